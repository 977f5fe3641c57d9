"""HRNet's original files from the command line."""

import os

import pytest
import torch
from command_line import fail, succeed
from converters.hostile import Call
from converters.hrnet_reference import Reference

from uhrnet.converters.hrnet import ABN_NOTE

HRNET = 'tools/model_converters/hrnet2uhrnet.py'


def load(path):
    return torch.load(path, weights_only=True)


@pytest.mark.slow
def test_segmentation_and_classification(tmp_path):
    images = torch.zeros(1, 3, 32, 32)
    segmentation = Reference('w18-small-v2')
    segmentation.logits(images)
    source, target = tmp_path / 'lip.pth', tmp_path / 'out.pth'
    torch.save(
        {f'model.{k}': v for k, v in segmentation.state.items()}, source
    )
    assert 'the head has 7 classes: say which' in fail(HRNET, source, target)
    said = succeed(HRNET, source, target, '--dataset', 'LoveDADataset')
    assert f'{target}: hrnetv2-w18-small-v2, 7 classes; ' in said
    checkpoint = load(target)
    meta = checkpoint['meta']
    assert meta['source']['origin'] == 'github.com/HRNet'
    assert meta['normalisation'] == dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    )
    state = checkpoint['state_dict']
    weight = segmentation.state['last_layer.3.weight']
    assert torch.equal(state['decode_head.conv_seg.weight'], weight)

    classification = Reference('w18-small-v2', fuse='nearest')
    classification.body(images)
    more = {'classifier.bias': torch.zeros(1000)}
    wrapped = dict(epoch=3, state_dict=classification.state | more)
    torch.save(wrapped, source)
    said = succeed(HRNET, source, target)
    assert 'hrnetv2-w18-small-v2, backbone; ' in said
    assert '1 unused ones dropped' in said
    state = load(target)['state_dict']
    assert all(key.startswith('backbone.') for key in state)


@pytest.mark.parametrize(
    'content, message',
    [
        (dict(a=Call(os.getcwd)), 'was refused: it holds more than tensors'),
        ([1, 2], 'holds list in place of a dict'),
        (dict(state_dict=[1]), 'it has no state_dict'),
        ({}, 'it has no state_dict'),
        ({'x': torch.zeros(1)}, 'not an HRNet checkpoint'),
        ({'conv3x3_ocr.0.bias': torch.zeros(1)}, 'HRNet+OCR is not converted'),
        ({1: torch.zeros(1)}, 'holds 1, which is no dense tensor'),
        ({'x': 'text'}, "holds 'x', which is no dense tensor"),
        ({'x': torch.eye(3).to_sparse()}, 'is no dense tensor'),
        ({'x': torch.zeros(3, device='meta')}, 'is no dense tensor'),
        ({'x': torch.zeros(1).expand(1 << 40)}, 'tensor has 4398046511104 b'),
    ],
    ids=[
        'code',
        'list',
        'wrapped list',
        'empty',
        'other',
        'ocr',
        'numbers',
        'text',
        'sparse',
        'meta',
        'expanded',
    ],
)
def test_refusals(tmp_path, content, message):
    source = tmp_path / 'a.pth'
    torch.save(content, source)
    said = fail(HRNET, source, tmp_path / 'b.pth')
    assert message in said and 'Traceback' not in said
    assert list(tmp_path.iterdir()) == [source]


def test_what_was_done_to_old_files_is_told(tmp_path):
    old = Reference('w18-small-v2', norm='inplace')
    old.logits(torch.zeros(1, 3, 32, 32))
    source, target = tmp_path / 'old.pth', tmp_path / 'out.pth'
    torch.save(old.state, source)
    said = succeed(HRNET, source, target, '--dataset', 'LoveDADataset')
    assert ABN_NOTE in said
    assert load(target)['meta']['source']['notes'] == [ABN_NOTE]


def test_source_stays(tmp_path):
    source = tmp_path / 'a.pth'
    body = Reference('w18-small-v2')
    body.body(torch.zeros(1, 3, 32, 32))
    torch.save(body.state, source)
    before = source.read_bytes()
    assert 'the same file' in fail(HRNET, source, source)
    assert source.read_bytes() == before
