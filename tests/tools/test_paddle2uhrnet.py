"""Official weights from the command line, and files that look like it."""

import gzip
import hashlib
import io
import os
import shutil
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import uhrnet_golden as golden
from command_line import ROOT, call_tool, fail, import_tool, miou, succeed
from converters.hostile import ArrayWithState, Call
from tools.conftest import DATA, options, write_pdparams

from uhrnet.converters.conversion import ConversionError

PADDLE = 'tools/model_converters/paddle2uhrnet.py'
CONFIG = 'configs/uhrnet/fcn_uhrnet-{}_4xb2-80k_cityscapes-512x1024.py'
SMALL = CONFIG.format('w18-small')


def write_tar(path, *members):
    """Members are (name, content) or (TarInfo, content)."""
    with tarfile.open(path, 'w:gz', compresslevel=1) as archive:
        for info, content in members:
            if isinstance(info, str):
                info = tarfile.TarInfo(info)
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def load(path):
    return torch.load(path, weights_only=True)


def test_what_is_written(pdparams, converted, mmseg_scope):
    from mmseg.utils import get_classes, get_palette

    checkpoint = load(converted)
    assert checkpoint.keys() == {'meta', 'state_dict'}
    meta = checkpoint['meta']
    assert meta['arch'] == 'uhrnet-w18-small'
    assert meta['source'] == dict(
        name='model.pdparams',
        sha256=hashlib.sha256(pdparams.read_bytes()).hexdigest(),
        origin='PaddleSeg',
        notes=[],
    )
    assert meta['dataset_meta'] == dict(
        classes=tuple(get_classes('cityscapes')),
        palette=get_palette('cityscapes'),
    )
    assert meta['normalisation'] == dict(
        mean=[127.5] * 3, std=[127.5] * 3, bgr_to_rgb=True
    )
    assert converted.stat().st_size < pdparams.stat().st_size * 1.02


def test_forward_equals_the_original(converted, mmseg_scope):
    """From the file, through the host's own loader, to the golden numbers."""
    import uhrnet.segmentation  # noqa: F401, isort: skip
    from mmseg.apis import init_model

    model = init_model(str(ROOT / SMALL), str(converted), device='cpu')
    assert len(model.dataset_meta['classes']) == 19
    with np.load(DATA / 'UHRNet_W18_Small.npz') as file:
        reference = dict(file)
    for size in ((64, 128), (97, 61), (130, 70)):
        name = f'logits_{size[0]}x{size[1]}'
        with torch.no_grad():
            x = torch.from_numpy(golden.image(*size))
            ours = model.decode_head(model.extract_feat(x)).numpy()
        theirs = reference[name]
        error = float(abs(ours - theirs).max() / abs(theirs).max())
        print(f'{name}: max relative difference {error:.1e}')
        assert error < 1e-5


def test_test_script_takes_the_file(
    converted, cityscapes, tmp_path, mmseg_scope
):
    import uhrnet.segmentation  # noqa: F401, isort: skip
    from mmseg.apis import inference_model, init_model

    out = tmp_path / 'labels'
    log = succeed(
        'tools/test.py', SMALL, converted, '--out', out,
        '--work-dir', tmp_path / 'work', *options(cityscapes),
    )  # fmt: skip
    miou(log)
    model = init_model(str(ROOT / SMALL), str(converted), device='cpu')
    images = sorted((cityscapes / 'leftImg8bit/val').rglob('*.png'))
    assert len(images) == 2
    for path in images:
        written = cv2.imread(str(out / path.name), cv2.IMREAD_UNCHANGED)
        expected = inference_model(model, str(path)).pred_sem_seg.data[0]
        assert (written == expected.numpy()).all()
        assert len(np.unique(written)) > 1


@pytest.mark.slow
def test_training_from_it_starts_at_zero(converted, cityscapes, tmp_path):
    log = succeed(
        'tools/train.py', SMALL, '--work-dir', tmp_path,
        *options(cityscapes, f'load_from={converted}'),
    )  # fmt: skip
    assert 'Iter(train) [1/1]' in log
    assert f'Load checkpoint from {converted}' in log
    meta = torch.load(tmp_path / 'iter_1.pth', weights_only=False)['meta']
    assert meta['iter'] == 1
    # What a test of the new checkpoint will compare.
    assert meta['arch'] == 'uhrnet-w18-small'
    assert meta['normalisation'] == load(converted)['meta']['normalisation']


@pytest.mark.slow
def test_it_cannot_be_resumed(converted, cityscapes, tmp_path):
    message = fail(
        'tools/train.py', SMALL, '--resume', converted,
        '--work-dir', tmp_path, *options(cityscapes),
    )  # fmt: skip
    assert 'holds weights alone, without the state of a training' in message
    assert f'--cfg-options load_from={converted}' in message
    assert not list(tmp_path.rglob('*.pth'))


@pytest.mark.parametrize(
    'script', ['test', pytest.param('train', marks=pytest.mark.slow)]
)
def test_another_arch_fails_by_name(converted, cityscapes, tmp_path, script):
    load_from = dict(test=[converted], train=[])[script]
    more = dict(test=[], train=[f'load_from={converted}'])[script]
    message = fail(
        f'tools/{script}.py', CONFIG.format('w18'), *load_from,
        '--work-dir', tmp_path, *options(cityscapes, *more),
    )  # fmt: skip
    assert 'it holds uhrnet-w18-small, the config builds uhrnet-w18.' in (
        message
    )
    assert '  backbone.stage1.2.conv1.conv.weight: missing' in message


def test_other_normalisation_is_noticed(converted, cityscapes, tmp_path):
    message = fail(
        'tools/test.py', SMALL, converted, '--work-dir', tmp_path,
        *options(cityscapes, 'model.data_preprocessor.mean=[123.7,116,104]'),
    )  # fmt: skip
    assert 'was trained with mean [127.5, 127.5, 127.5], and' in message


@pytest.fixture(scope='module')
def backbones(tmp_path_factory, arrays):
    """The same backbone in three forms, converted."""
    folder = tmp_path_factory.mktemp('backbones')
    named = {k: v for k, v in arrays.items() if k.startswith('backbone.')}
    bare = {k.removeprefix('backbone.'): v for k, v in named.items()}
    sources = dict(
        prefix=write_pdparams(folder / 'prefix.pdparams', named),
        bare=write_pdparams(folder / 'bare.pdparams', bare, protocol=2),
    )
    content = sources['bare'].read_bytes()
    name = 'uhrnetw18_small_imagenet/model.pdparams'
    sources['tar'] = write_tar(folder / 'imagenet.tar.gz', (name, content))
    results = {}
    for form, path in sources.items():
        results[form] = path.with_name(f'{form}.pth')
        said = succeed(PADDLE, path, results[form])
        assert 'uhrnet-w18-small, backbone; 605 parameters placed' in said
    return results


def test_three_forms_of_a_backbone_are_equal(backbones, converted):
    whole = load(converted)['state_dict']
    states = {k: load(path)['state_dict'] for k, path in backbones.items()}
    keys = {key for key in whole if key.startswith('backbone.')}
    for form, state in states.items():
        assert state.keys() == keys, form
        assert all(torch.equal(state[k], whole[k]) for k in keys), form
    meta = load(backbones['tar'])['meta']
    assert meta['normalisation'] is None and 'dataset_meta' not in meta


@pytest.mark.slow
def test_pretrained_config(backbones, cityscapes, tmp_path):
    """Absent: address and command. Present: training starts from it."""
    config = CONFIG.format('w18-small-in1k-pre')
    path = tmp_path / 'some' / 'uhrnet.pth'
    arguments = (
        'tools/train.py', config, '--work-dir', tmp_path / 'work',
        *options(cityscapes, f'model.backbone.init_cfg.checkpoint={path}'),
    )  # fmt: skip
    message = fail(*arguments)
    assert f'init_cfg names {path}, which does not exist. Download ' in message
    address = (
        'https://bj.bcebos.com/paddleseg/dygraph/backbone/'
        'uhrnetw18_small_imagenet.tar.gz'
    )
    assert address in message
    command = (
        'python tools/model_converters/paddle2uhrnet.py '
        f'uhrnetw18_small_imagenet.tar.gz {path}'
    )
    assert command in message

    path.parent.mkdir()
    shutil.copy(backbones['tar'], path)
    log = succeed(*arguments, 'optim_wrapper.optimizer.lr=0')
    assert 'Iter(train) [1/1]' in log
    trained = torch.load(tmp_path / 'work/iter_1.pth', weights_only=False)
    for key, value in load(path)['state_dict'].items():
        if key.endswith(('weight', 'bias')):
            assert torch.equal(trained['state_dict'][key], value), key


def link(name, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, str(target)
    return info, b''


KEY = 'backbone.st3.stage_st3_2.fuse_func.residual_st3_2_layer_1_2'
EVIL = 'evil-of-a-test.pdparams'


def hostile_files(kind, folder, arrays, source):
    """Write one of the files that have to be refused."""
    marker = folder / 'marker'
    path = folder / 'hostile.pdparams'
    archive = folder / 'hostile.tar.gz'
    good = source.read_bytes()
    first = next(iter(arrays))

    def changed(value):
        return write_pdparams(path, arrays | {first: value})

    match kind:
        case 'os.system':
            return changed(Call(os.system, f'touch {marker}'))
        case 'global outside numpy':
            return changed(Call(shutil.copy, str(source), str(marker)))
        case 'nested tar':
            write_tar(archive, ('model.pdparams', good))
            inner = archive.read_bytes()
            return write_tar(archive, ('inner.tar.gz', inner))
        case 'parent member':
            return write_tar(
                archive, (f'../{EVIL}', good), ('model.pdparams', good)
            )
        case 'symlink member':
            return write_tar(
                archive, link('folder', folder.parent), ('folder/x', b'x'),
                ('model.pdparams', good),
            )  # fmt: skip
        case 'wrong dtype':
            return changed(arrays[first].astype('float64'))
        case 'object array':
            return changed(np.array([os.getcwd, None], object))
        case 'huge shape':
            kind = np.dtype('float32')
            return changed(
                ArrayWithState(1, (1 << 31, 1 << 31), kind, False, bytes(64))
            )
        case 'truncated':
            path.write_bytes(good[: len(good) // 2])
        case 'empty':
            path.write_bytes(b'')
        case 'missing key':
            lacking = dict(arrays)
            del lacking[f'{KEY}._conv.weight']
            return write_pdparams(path, lacking)
        case 'extra key':
            more = {'backbone.st9.extra': np.zeros(3, 'float32')}
            return write_pdparams(path, arrays | more)
    return path


HOSTILE = {
    'os.system': 'the pickle refers to posix.system, which is not part',
    'global outside numpy': 'the pickle refers to shutil.copy, which is not',
    'nested tar': 'its member inner.tar.gz is another archive',
    'parent member': f'its member ../{EVIL} leads out of the folder',
    'symlink member': 'its member folder is a link to ',
    'wrong dtype': "an array holds type 'f8'; parameters are float32",
    'object array': 'an array holds objects; parameters are float32',
    'huge shape': 'declares the shape (2147483648, 2147483648), that is '
    '18446744073709551616 bytes, and 64 are there',
    'truncated': 'the file is damaged or incomplete',
    'empty': 'the file is empty',
    'missing key': f'  missing: {KEY}._conv.weight',
    'extra key': '  not placed: backbone.st9.extra',
}


def listing(*folders):
    return {
        (path, path.lstat().st_mtime_ns)
        for folder in folders
        for path in folder.rglob('*')
    }


@pytest.mark.parametrize('kind', HOSTILE)
def test_hostile_file(kind, tmp_path, arrays, pdparams, monkeypatch):
    converter = import_tool(monkeypatch, PADDLE)
    folder = tmp_path / 'hostile'
    folder.mkdir()
    path = hostile_files(kind, folder, arrays, pdparams)
    target = tmp_path / 'target' / 'uhrnet.pth'
    # In half of the cases the target is an older file, which has to stay.
    older = list(HOSTILE).index(kind) % 2 == 0
    if older:
        target.parent.mkdir()
        target.write_bytes(b'kept')
    before = listing(tmp_path)
    with pytest.raises(ConversionError) as stop:
        call_tool(monkeypatch, converter, path, target)
    message = str(stop.value)
    assert message.startswith(f'{path}: ')
    assert HOSTILE[kind] in message
    assert listing(tmp_path) == before, 'something was written'
    assert target.exists() == older
    for elsewhere in (ROOT, ROOT.parent, Path.home(), Path.cwd()):
        assert not (elsewhere / EVIL).exists()


def test_bomb(tmp_path):
    """Two megabytes that would unpack to more than the limit."""
    header = tarfile.TarInfo('model.pdparams')
    header.size = 3 << 30
    path = tmp_path / 'bomb.tar.gz'
    path.write_bytes(gzip.compress(header.tobuf() + bytes(1 << 20)))
    message = fail(PADDLE, path, tmp_path / 'a.pth')
    assert not (tmp_path / 'a.pth').exists()
    assert 'the member model.pdparams has 3221225472 bytes' in message


@pytest.mark.slow
def test_other_classes_need_a_name(tmp_path, arrays):
    changed = dict(arrays)
    for key in ('head.cls.weight', 'head.cls.bias'):
        changed[key] = arrays[key][:11]
    source = write_pdparams(tmp_path / 'camvid.pdparams', changed)
    target = tmp_path / 'camvid.pth'
    assert 'say which data set' in fail(PADDLE, source, target)
    assert not target.exists()
    said = succeed(PADDLE, source, target, '--dataset', 'CamVidDataset')
    assert 'uhrnet-w18-small, 11 classes' in said
    meta = load(target)['meta']['dataset_meta']
    assert len(meta['classes']) == len(meta['palette']) == 11
    assert 'pole' in meta['classes']


def test_files_that_cannot_be_read_or_written(tmp_path, pdparams):
    message = fail(PADDLE, tmp_path / 'no.pdparams', tmp_path / 'a.pth')
    assert message.startswith(
        f'error: {tmp_path / "no.pdparams"}: there is no such file: docs/'
    )
    (tmp_path / 'file').write_bytes(b'')
    message = fail(PADDLE, pdparams, tmp_path / 'file' / 'a.pth')
    assert 'file is no folder. Name another file' in message
    assert 'is a folder: give' in fail(PADDLE, pdparams, tmp_path)
    before = pdparams.read_bytes()
    assert 'the same file' in fail(PADDLE, pdparams, pdparams)
    assert pdparams.read_bytes() == before
