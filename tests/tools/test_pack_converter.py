"""Packed copies: the same samples, and nothing that is wrong goes unseen."""

import json
import pickle

import cv2
import numpy as np
import pytest
import torch
from command_line import call_tool, import_tool
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from uhrnet.errors import DataError

CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'
LOADING = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedAnnotations', num_classes=11),
]
REST = [
    dict(
        type='RandomScaleCrop',
        scale=(96, 64),
        step=0.25,
        crop_size=(32, 48),
        cat_max_ratio=0.75,
    ),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomColorDistortion'),
    dict(type='PhotoMetricDistortion'),
    dict(type='Pad', size=(64, 40), pad_val=dict(img=0, seg=255)),
    dict(type='PackSegInputs'),
]


@pytest.fixture
def tool(monkeypatch, mmseg_scope):
    """Run the tool in this process; importing all it needs takes seconds."""
    module = import_tool(monkeypatch, 'tools/dataset_converters/pack.py')
    return lambda *arguments: call_tool(monkeypatch, module, *arguments)


@pytest.fixture
def pack(scenes, tmp_path, tool):
    """Pack the scenes, by default as they are."""

    def run(*options):
        root = f'train_dataloader.dataset.data_root={scenes}'
        tool(CONFIG, tmp_path / 'pack', '--cfg-options', root, *options)
        return tmp_path / 'pack'

    return run


def from_files(scenes, rest=REST, **options):
    from mmseg.registry import DATASETS

    classes = len(options.get('metainfo', dict(classes=range(11)))['classes'])
    labels = LOADING[1] | dict(num_classes=classes)
    return DATASETS.build(
        dict(
            type='ScenesDataset',
            data_root=str(scenes),
            data_prefix=dict(
                img_path='images/train', seg_map_path='annotations/train'
            ),
            pipeline=[LOADING[0], labels, *rest],
            **options,
        )
    )


def from_pack(root, rest=REST):
    from mmseg.registry import DATASETS

    return DATASETS.build(
        dict(
            type='PackedDataset',
            data_root=str(root),
            pipeline=[dict(type='LoadPackedSample'), *rest],
        )
    )


def assert_equal_samples(ours, theirs):
    """Pixels, labels, and every key of the samples."""
    assert torch.equal(ours['inputs'], theirs['inputs'])
    ours, theirs = ours['data_samples'], theirs['data_samples']
    assert torch.equal(ours.gt_sem_seg.data, theirs.gt_sem_seg.data)
    assert ours.metainfo == theirs.metainfo


# as the built-in scenes are, and with labels that change on the way
SETS = {
    'as stored': {},
    'zero is reduced': dict(reduce_zero_label=True),
    'fewer classes': dict(metainfo=dict(classes=('road', 'sky', 'person'))),
}


@pytest.mark.parametrize('name', SETS)
def test_same_samples(name, scenes, pack, capsys):
    from uhrnet.scenes import CLASSES

    options = dict(SETS[name])
    arguments = []
    if 'metainfo' in options:
        classes = CLASSES[:2] + CLASSES[-1:]
        options['metainfo'] = dict(classes=classes)
        names = ','.join(classes)
        arguments = [f'train_dataloader.dataset.metainfo.classes=({names})']
    elif options:
        arguments = ['train_dataloader.dataset.reduce_zero_label=True']
    theirs, ours = from_files(scenes, **options), from_pack(pack(*arguments))
    assert '8 samples' in capsys.readouterr().out
    assert ours.metainfo == theirs.metainfo
    assert len(ours) == len(theirs) == 8
    for index in range(8):
        for seed in range(3):
            samples = []
            for dataset in (ours, theirs):
                np.random.seed(seed)
                samples.append(dataset[index])
            assert_equal_samples(*samples)
    labels = samples[0]['data_samples'].gt_sem_seg.data
    assert set(labels.unique().tolist()) - {255}


def test_same_keys_and_pixels_without_any_other_step(scenes, pack):
    root = pack()
    theirs, ours = from_files(scenes, ()), from_pack(root, ())
    for one, other in zip(ours, theirs, strict=True):
        other.pop('sample_idx'), one.pop('sample_idx')
        for key in ('img', 'gt_seg_map'):
            array = one.pop(key)
            np.testing.assert_array_equal(array, other.pop(key))
            array[:1] = 0  # of this copy alone
        assert one == other
    again = from_pack(root, ())
    assert again[0]['img'][0].any()


def test_workers(scenes, pack):
    """Other processes map the files by themselves."""
    ours = pickle.loads(pickle.dumps(from_pack(pack(), REST[-1:])))
    loader = DataLoader(
        ours,
        batch_size=4,
        num_workers=2,
        multiprocessing_context='fork',
        collate_fn=pseudo_collate,
    )
    samples = [
        dict(inputs=image, data_samples=labels)
        for batch in loader
        for image, labels in zip(*batch.values(), strict=True)
    ]
    theirs = from_files(scenes, REST[-1:])
    for sample, other in zip(samples, theirs, strict=True):
        assert_equal_samples(sample, other)


def test_nothing_but_the_crop_is_read(pack):
    """Whatever stands around it in the files, the sample is the same."""
    root = pack()
    crop = dict(
        type='RandomScaleCrop',
        scale=(96, 64),
        ratio_range=(1, 1),
        step=1,
        crop_size=(16, 24),
    )
    dataset = from_pack(root, [crop])
    np.random.seed(0)
    before = dataset[3]
    image, labels = before['img'].copy(), before['gt_seg_map'].copy()
    np.random.seed(0)
    np.random.randint(1)  # the ratio
    top, left = np.random.randint(64 - 16 + 1), np.random.randint(96 - 24 + 1)
    window = np.s_[3, top : top + 16, left : left + 24]
    for name, channels in (('images.bin', 3), ('labels.bin', 1)):
        shape = (8, 64, 96, channels)
        pixels = np.memmap(root / name, np.uint8, 'r+', shape=shape)
        kept = pixels[window].copy()
        pixels[:] = 77
        pixels[window] = kept
    np.random.seed(0)
    after = dataset[3]
    np.testing.assert_array_equal(after['img'], image)
    np.testing.assert_array_equal(after['gt_seg_map'], labels)


def test_verify_names_a_damaged_sample(pack, tool, capsys):
    root = pack()
    tool('--verify', root)
    assert '8 samples, all as they were packed' in capsys.readouterr().out
    for file, kind in (('images.bin', 'image'), ('labels.bin', 'labels')):
        content = bytearray((root / file).read_bytes())
        content[len(content) * 5 // 8 + 9] ^= 1  # in the sixth of eight
        (root / file).write_bytes(content)
        with pytest.raises(DataError, match='1 damaged of 16'):
            tool('--verify', root)
        printed = capsys.readouterr().out
        assert f'00005.png: its {kind} ' in printed
        assert printed.count('\n') == 1
        content[len(content) * 5 // 8 + 9] ^= 1
        (root / file).write_bytes(content)


def test_what_is_wrong_stops(pack):
    root = pack()
    path = root / 'index.json'
    index = path.read_text()

    def refused(**changes):
        changed = json.loads(index)
        for key, value in changes.items():
            if key in changed:
                changed[key] = value
            else:
                changed['samples'][2][key] = value
        path.write_text(json.dumps(changed))
        with pytest.raises(DataError) as error:
            from_pack(root)
        assert 'index.json' in str(error.value)
        return str(error.value)

    assert 'version 2, and this release reads 1' in refused(version=2)
    offset = dict(offset=64 * 96 * 3 * 7 + 1, sha256='')
    assert 'sample 2' in refused(image=offset)
    assert '00002.png' in refused(image=offset)
    assert 'sample 2' in refused(labels=dict(offset=-1, sha256=''))
    for shape in ([0, 96], [64.0, 96], [64, -96], [64, True], [10**9, 10**9]):
        assert 'sample 2' in refused(shape=shape)
    for broken in (dict(shape=[64]), dict(image=None), dict(samples=None)):
        assert 'damaged' in refused(**broken)
    for pairs in ([[0, 300]], [[0, -1]], [[0, 77]], [[0]], 7, False):
        assert 'damaged' in refused(label_map=pairs)
    assert 'reduce_zero_label' in refused(reduce_zero_label='false')
    assert 'ignore_index' in refused(ignore_index='x')
    assert 'ignore_index' in refused(ignore_index=2**31)
    assert 'classes' in refused(metainfo=dict(classes='abc'))
    names = ['a', 'b']
    for palette in ([[0, 0, 0]], [[0, 0], [0, 0]], [[0, 0, 256]] * 2, 'ab'):
        assert 'palette' in refused(
            metainfo=dict(classes=names, palette=palette)
        )
    for pairs in ([[0, 2]], [[0]], [[-1, 0]]):
        assert 'flip_pairs' in refused(
            metainfo=dict(classes=names, flip_pairs=pairs)
        )
    assert 'samples' in refused(samples=[]) and refused(samples={})
    assert 'sample 2' in refused(img_path=None)
    assert 'sample 2' in refused(seg_map_path=3)
    assert 'damaged' in refused(metainfo={})
    for text in ('', index[:-5], '[]', '\xff', '[' * 100000):
        path.write_text(text, 'latin-1')
        with pytest.raises(DataError, match=r'index\.json'):
            from_pack(root)
    path.write_text(index)
    labels = root / 'labels.bin'
    labels.write_bytes(labels.read_bytes()[:-1])
    with pytest.raises(DataError, match=r'00007\.png.*labels\.bin.*truncated'):
        from_pack(root)
    labels.unlink()
    with pytest.raises(DataError, match=r'labels\.bin is missing'):
        from_pack(root)
    path.unlink()
    with pytest.raises(DataError, match=r'index\.json cannot be read'):
        from_pack(root)


def test_nothing_that_looks_complete_is_left(
    pack, scenes, tmp_path, monkeypatch
):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr('json.dump', interrupted)
        with pytest.raises(KeyboardInterrupt):
            pack()
    assert not list(tmp_path.iterdir())
    assert sorted(path.name for path in pack().iterdir()) == [
        'images.bin',
        'index.json',
        'labels.bin',
    ]
    assert [path.name for path in tmp_path.iterdir()] == ['pack']
    with pytest.raises(DataError, match='exists already'):
        pack()


def test_nothing_else_of_metainfo_is_used(pack):
    """Mmengine would open what its strings name."""
    root = pack()
    path = root / 'index.json'
    index = json.loads(path.read_text())
    index['metainfo']['leak'] = str(root / 'labels.bin')
    path.write_text(json.dumps(index))
    assert 'leak' not in from_pack(root).metainfo


def test_what_cannot_be_stored_is_seen_before(tmp_path):
    from uhrnet.segmentation.datasets.pack_format import write_pack

    head = dict(metainfo=dict(palette=np.zeros(3)))
    with pytest.raises(DataError, match='metainfo .* cannot be stored'):
        write_pack(tmp_path / 'pack', head, [], 0)
    (tmp_path / 'file').write_text('')
    with pytest.raises(OSError, match='file'):
        write_pack(tmp_path / 'file/pack', {}, [], 0)


def test_a_full_disk_is_seen_before(pack, tmp_path, monkeypatch):
    usage = type('Usage', (), dict(free=1000))
    monkeypatch.setattr('shutil.disk_usage', lambda _: usage)
    with pytest.raises(DataError, match='are free there'):
        pack()
    assert not list(tmp_path.iterdir())


def test_wrong_labels_are_not_packed(tmp_path, tool):
    """By the same check as when files are read."""
    for kind, channels in (('images', (3,)), ('annotations', ())):
        (tmp_path / kind / 'train').mkdir(parents=True)
        pixels = np.full((8, 9, *channels), 11, np.uint8)
        cv2.imwrite(str(tmp_path / kind / 'train/a.png'), pixels)
    root = f'train_dataloader.dataset.data_root={tmp_path}'
    with pytest.raises(DataError, match=r'a\.png holds labels outside 0-10'):
        tool(CONFIG, tmp_path / 'pack', '--cfg-options', root)
    assert not (tmp_path / 'pack').exists()


def test_arguments(tool, capsys):
    for arguments in ((), (CONFIG,), (CONFIG, 'out', '--verify', 'out')):
        with pytest.raises(SystemExit):
            tool(*arguments)
        assert 'give CONFIG and OUT' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        tool('--verify', 'out', '--cfg-options', 'a=1')
    assert 'needs no config' in capsys.readouterr().err
