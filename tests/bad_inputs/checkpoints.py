"""Checkpoints that cannot be used."""

import torch
from bad_inputs.damage import (
    cut,
    hostile,
    recheckpoint,
    remove,
    save,
    write,
)
from bad_inputs.workplace import Row

TEST = 'tools/test.py fcn.py fcn.pth'
RESUME = 'tools/train.py fcn.py --resume fcn.pth'
PUBLISH = 'tools/model_converters/publish_model.py fcn.pth out/model.pth'

HRNET = 'tools/model_converters/hrnet2uhrnet.py fcn.pth new.pth'


def row(what, command, *says, damage=None):
    rest = () if damage is None else (damage,)
    return Row('Checkpoints', what, command, says, *rest)


def backbone_alone(checkpoint):
    """As ImageNet weights are, with what says where they are from."""
    state = checkpoint['state_dict']
    kept = {k: x for k, x in state.items() if k.startswith('backbone.')}
    return dict(state_dict=kept, meta=dict(arch=checkpoint['meta']['arch']))


def other_mean(checkpoint):
    """Trained with what ImageNet's images are normalised by."""
    checkpoint['meta']['normalisation'] = dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    )


def nineteen_classes(checkpoint):
    """Trained on Cityscapes."""
    state = checkpoint['state_dict']
    state['decode_head.conv_seg.weight'] = torch.zeros(19, 8, 1, 1)
    state['decode_head.conv_seg.bias'] = torch.zeros(19)


def diverged(checkpoint):
    """With a value that is not a number."""
    checkpoint['state_dict']['decode_head.conv_seg.bias'][0] = torch.nan


ROWS = [
    row(
        'a checkpoint that is not there',
        'tools/test.py fcn.py none.pth',
        'none.pth does not exist',
        'name the file of a checkpoint',
    ),
    row(
        'the same, to export',
        'tools/deployment/export.py fcn.py none.pth --format onnx',
        'none.pth does not exist',
        'name the file of a checkpoint',
    ),
    row(
        'a checkpoint that was cut off',
        TEST,
        'fcn.pth is damaged or incomplete',
        'Download or copy it again',
        damage=cut('fcn.pth'),
    ),
    row(
        'the same, to publish',
        PUBLISH,
        'fcn.pth is damaged or incomplete',
        'Download or copy it again',
        damage=cut('fcn.pth'),
    ),
    row(
        'no checkpoint, to publish',
        PUBLISH,
        'fcn.pth does not exist',
        'name the file of a checkpoint',
        damage=remove('fcn.pth'),
    ),
    row(
        'an empty file, to publish',
        PUBLISH,
        'fcn.pth is damaged or incomplete',
        'Download or copy it again',
        damage=write('fcn.pth'),
    ),
    row(
        'a web page, to publish',
        PUBLISH,
        'fcn.pth was refused',
        'or is no checkpoint',
        damage=write('fcn.pth', '<html>not found</html>'),
    ),
    row(
        'no checkpoint, to convert',
        HRNET,
        'fcn.pth does not exist',
        'name the file of a checkpoint',
        damage=remove('fcn.pth'),
    ),
    row(
        'an empty file, to convert',
        HRNET,
        'fcn.pth is damaged or incomplete',
        'Download or copy it again',
        damage=write('fcn.pth'),
    ),
    row(
        'a web page, to convert',
        HRNET,
        'fcn.pth was refused',
        'or is no checkpoint',
        damage=write('fcn.pth', '<html>not found</html>'),
    ),
    row(
        'a checkpoint of another config, to export',
        'tools/deployment/export.py fcn.py fcn.pth --format onnx '
        '--cfg-options model.decode_head.channels=4',
        'fcn.pth does not fit the model of this config',
        'decode_head.convs.0.conv.weight',
    ),
    row(
        'a web page by the name of a checkpoint',
        TEST,
        'fcn.pth was refused',
        'or is no checkpoint',
        damage=write('fcn.pth', '<html>not found</html>'),
    ),
    row(
        'a list by the name of a checkpoint',
        TEST,
        'fcn.pth holds list in place of a dict with a state_dict',
        'name another file',
        damage=save('fcn.pth', [1, 2]),
    ),
    row(
        'a checkpoint that runs code',
        TEST,
        'fcn.pth was refused',
        'Loading it could run code, so nothing of it was used',
        damage=hostile('fcn.pth'),
    ),
    row(
        'the same, to export',
        'tools/deployment/export.py fcn.py fcn.pth --format onnx',
        'fcn.pth was refused',
        'Loading it could run code, so nothing of it was used',
        damage=hostile('fcn.pth'),
    ),
    row(
        'a checkpoint of another variant',
        f'{TEST} --cfg-options model.backbone.arch.base_channels=8 '
        'model.decode_head.in_channels=[4,8,16,32,64]',
        'fcn.pth does not fit this model',
        'Use the config that the checkpoint was trained with',
    ),
    row(
        'a checkpoint of other classes',
        TEST,
        'decode_head.conv_seg.weight: (19, 8, 1, 1) in place of (11, 8, 1, 1)',
        'Use the config that the checkpoint was trained with',
        damage=recheckpoint('fcn.pth', nineteen_classes),
    ),
    row(
        'a checkpoint under other names',
        TEST,
        'fcn.pth does not fit this model',
        damage=recheckpoint(
            'fcn.pth',
            lambda x: {
                'state_dict': {
                    f'model.{k}': v for k, v in x['state_dict'].items()
                }
            },
        ),
    ),
    row(
        'weights of another model to start from',
        'tools/train.py fcn.py --cfg-options load_from=fcn.pth '
        'model.backbone.arch.base_channels=8 '
        'model.decode_head.in_channels=[4,8,16,32,64]',
        'fcn.pth does not fit this model',
    ),
    row(
        'a checkpoint of a training with another normalisation',
        TEST,
        'fcn.pth was trained with mean [123.675, 116.28, 103.53], and '
        'model.data_preprocessor has [127.5, 127.5, 127.5]',
        'use the config that it was trained with, or change these',
        damage=recheckpoint('fcn.pth', other_mean),
    ),
    row(
        'a backbone alone, to test',
        TEST,
        'It is a backbone alone: train a model from it, with load_from',
        damage=recheckpoint('fcn.pth', backbone_alone),
    ),
    row(
        'a backbone alone, to resume',
        RESUME,
        'fcn.pth holds weights alone',
        '--cfg-options load_from=fcn.pth',
        damage=recheckpoint('fcn.pth', backbone_alone),
    ),
    row(
        'weights alone, to resume',
        RESUME,
        'fcn.pth holds weights alone',
        '--cfg-options load_from=fcn.pth',
        damage=recheckpoint(
            'fcn.pth', lambda x: dict(state_dict=x['state_dict'])
        ),
    ),
    row(
        'ImageNet weights that are not there',
        'tools/train.py fcn.py --cfg-options '
        'model.backbone.init_cfg.type=Pretrained '
        'model.backbone.init_cfg.checkpoint=none.pth',
        'init_cfg names none.pth, which does not exist',
        '--cfg-options model.backbone.init_cfg=None',
    ),
    row(
        'a checkpoint without weights, to publish',
        PUBLISH,
        "fcn.pth: its state_dict holds 'meta', which is no dense tensor",
        damage=save('fcn.pth', dict(meta={})),
    ),
    row(
        'a training that diverged, to publish',
        PUBLISH,
        'the first is decode_head.conv_seg.bias: the training diverged',
        damage=recheckpoint('fcn.pth', diverged),
    ),
    row(
        'a folder as the file to publish to',
        'tools/model_converters/publish_model.py fcn.pth data',
        'data is a folder: give the name of a file',
    ),
    row(
        'a target below a file',
        'tools/model_converters/publish_model.py fcn.pth fcn.py/model.pth',
        'fcn.py/model.pth cannot be written: fcn.py is no folder',
        'Name another file',
    ),
]
