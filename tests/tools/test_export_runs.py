"""Exporting a checkpoint, and evaluating the file, from the command line."""

import pytest
import torch
from command_line import ROOT, fail, miou, options_without_page, succeed

BASE = 'configs/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'
SMALL = f"""
_base_ = '{ROOT / BASE}'
model = dict(
    backbone=dict(
        arch=dict(
            _delete_=True, base_channels=4, num_modules=(1, ) * 8,
            num_blocks=1)),
    decode_head=dict(in_channels=[2, 4, 8, 16, 32], channels=16))
"""


@pytest.fixture(scope='module')
def small(tmp_path_factory):
    """A config of a small model, and a checkpoint of random weights."""
    from uhrnet.apis import load_model

    folder = tmp_path_factory.mktemp('small')
    config, checkpoint = folder / 'small.py', folder / 'weights.pth'
    config.write_text(SMALL)
    torch.manual_seed(0)
    model = load_model(config)
    model.init_weights()
    meta = dict(dataset_meta=model.dataset_meta)
    torch.save(dict(state_dict=model.state_dict(), meta=meta), checkpoint)
    return config, checkpoint


@pytest.mark.slow
def test_figures_of_the_file_are_those_of_the_model(small, scenes, tmp_path):
    config, checkpoint = small
    run = '--work-dir', tmp_path, *options_without_page(scenes)
    eager = miou(succeed('tools/test.py', config, checkpoint, *run))
    printed = succeed(
        'tools/deployment/export.py', config, checkpoint,
        '--format', 'onnx', '--shape', 64, 96,
    )  # fmt: skip
    assert '1x3x64x96: largest difference' in printed
    assert '2x3x43x65: largest difference' in printed
    exported = checkpoint.with_suffix('.onnx')
    for backend in ('onnxruntime', 'openvino'):
        found = miou(
            succeed(
                'tools/test.py', config, exported, '--backend', backend, *run
            )
        )  # fmt: skip
        assert found == pytest.approx(eager, abs=0.01)
    averaged = config.with_name('averaged.py')
    averaged.write_text(
        f"_base_ = '{config}'\ncustom_hooks = [dict(type='EMAHook')]"
    )
    for option in ('--fuse-conv-bn',), ('--backend', 'onnxruntime'):
        file = exported if '--backend' in option else checkpoint
        log = succeed('tools/test.py', averaged, file, *option, *run)
        assert miou(log) == pytest.approx(eager, abs=0.01)
    other = (
        'test_dataloader.dataset.metainfo.classes=(road,sky)',
        'model.decode_head.num_classes=2',
    )
    said = fail(
        'tools/test.py',
        config,
        exported,
        *('--backend', 'openvino'),
        *run,
        *other,
    )
    assert 'has 11 classes' in said
    said = fail(
        'tools/test.py', BASE, exported, '--backend', 'onnxruntime',
        '--work-dir', tmp_path, *options_without_page(scenes),
        'model.data_preprocessor.mean=[0,0,0]',
    )  # fmt: skip
    assert 'was trained with mean [127.5, 127.5, 127.5]' in said
