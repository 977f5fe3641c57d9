"""Configs and options that cannot be used."""

from bad_inputs.damage import append, both, paint, replace, write
from bad_inputs.workplace import Row

TRAIN = 'tools/train.py fcn.py'
WITH = f'{TRAIN} --cfg-options'


def row(what, command, *says, damage=None):
    rest = () if damage is None else (damage,)
    return Row('Configs and options', what, command, says, *rest)


ROWS = [
    row(
        'a config that is not there',
        'tools/train.py fnc.py',
        'config fnc.py does not exist',
        'name a file',
    ),
    row(
        'a base config that is not there',
        'tools/train.py child.py',
        'config child.py cannot be read, correct it',
        'none.py',
        damage=write('child.py', "_base_ = './none.py'\n"),
    ),
    row(
        'a config that is no Python',
        TRAIN,
        'config fcn.py cannot be read, correct it',
        'SyntaxError',
        damage=append('fcn.py', 'model = dict(\n'),
    ),
    row(
        'a config with an import that fails',
        TRAIN,
        'config fcn.py cannot be read, correct it',
        "No module named 'mypackage'",
        damage=append(
            'fcn.py',
            "custom_imports = dict(imports=['mypackage'], "
            'allow_failed_imports=False)\n',
        ),
    ),
    row(
        'an option without a value',
        f'{WITH} model.backbone.arch',
        "'model.backbone.arch' is not of the form KEY=VALUE",
    ),
    row(
        'an option with an open bracket',
        f'{WITH} model.decode_head.in_channels=[2,(4]',
        'Imbalanced brackets',
    ),
    row(
        'a misspelt option',
        f'{WITH} modell.backbone.arch=w18',
        'nothing reads modell',
        'Did you mean model?',
    ),
    row(
        'an option for a variable of the config file',
        f'{WITH} data_root=elsewhere',
        'data_root is a variable',
        'train_dataloader.dataset.data_root',
    ),
    row(
        'an option below something that has no keys',
        f'{WITH} train_cfg.max_iters.x=1',
        '--cfg-options train_cfg.max_iters.x does not fit the config',
    ),
    row(
        'a misspelt argument of a class',
        f'{WITH} model.backbone.archh=w18',
        "UHRNet.__init__() got an unexpected keyword argument 'archh'",
        'correct the config',
    ),
    row(
        'an unknown type',
        f'{WITH} train_dataloader.dataset.type=Senes',
        'Senes is not in the mmseg::dataset registry',
        'Correct the type',
    ),
    row(
        'an unknown variant of the backbone',
        f'{WITH} model.backbone.arch=w32',
        "unknown U-HRNet arch 'w32'",
        "use one of 'w18-small', 'w18', 'w48'",
    ),
    row(
        'a head for the channels of another backbone',
        f'{WITH} model.decode_head.in_channels=[9,18,36,72,144]',
        'model.decode_head.in_channels=[9, 18, 36, 72, 144]',
        '[2, 4, 8, 16, 32]',
    ),
    row(
        'a head at a stride that its backbone does not have',
        'tools/train.py hfgd.py --cfg-options '
        'model.decode_head.output_stride=2',
        'output_stride',
        'return_stem=True',
    ),
    row(
        'a neck for the channels of another backbone',
        'tools/train.py coco.py --cfg-options '
        'model.neck.in_channels=[9,18,36,72,144]',
        'HRNetV2p was built with in_channels=(9, 18, 36, 72, 144)',
        '(2, 4, 8, 16, 32) channels: set in_channels to these',
    ),
    row(
        'a backbone for images of four channels',
        f'{WITH} model.backbone.in_channels=4',
        'UHRNet was built for inputs (N, 4, H, W) and got (2, 3, 64, 96)',
        'set in_channels to the channels of the images',
    ),
    row(
        'a head with too few classes',
        f'{WITH} model.decode_head.num_classes=5',
        'model.decode_head.num_classes=5',
        'ScenesDataset',
        '11 classes',
    ),
    row(
        'a detector with another number of classes than its data',
        'tools/train.py coco.py --cfg-options model.bbox_head.num_classes=80',
        'model.bbox_head.num_classes=80',
        '3 classes',
    ),
    row(
        'crops larger than what images are padded to',
        f'{WITH} model.data_preprocessor.size=(32,32)',
        'stack expects each tensor to be equal size',
        'make model.data_preprocessor.size as large as crop_size',
        damage=both(
            paint('data/scenes/images/train/1.png', (32, 96, 3)),
            paint('data/scenes/annotations/train/1.png', (32, 96)),
        ),
    ),
    row(
        'a crop and a batch of which one value per channel is left',
        f'{WITH} train_dataloader.batch_size=1 '
        'model.data_preprocessor.size=(32,32)',
        'Expected more than 1 value per channel',
        'make train_dataloader.batch_size or crop_size',
        damage=replace('fcn.py', 'crop_size=(64, 96)', 'crop_size=(32, 32)'),
    ),
    row(
        'scaling a learning rate without a batch size',
        f'{TRAIN} --auto-scale-lr',
        'fcn.py has no auto_scale_lr.base_batch_size',
        'say which total batch size',
        damage=append('fcn.py', 'auto_scale_lr = dict(_delete_=True)\n'),
    ),
    row(
        'mixed precision of an R-CNN on a CPU',
        'tools/train.py cells.py --amp',
        '--amp on a CPU means bfloat16',
        'train detectors with a roi_head without it',
    ),
    row(
        'a fixed part that the backbone does not have',
        f'{WITH} model.backbone.frozen_stages=12',
        'frozen_stages goes from -1 to 9, not 12',
    ),
    row(
        'a depth range of the metric that is empty',
        'tools/train.py depth.py --cfg-options val_evaluator.max_depth=0',
        'depths from min_depth=0.001 to max_depth=0 are none',
        'make max_depth larger',
    ),
    row(
        'a crop of the metric that nobody defined',
        'tools/train.py depth.py --cfg-options val_evaluator.crop=kb',
        "crop is one of 'garg', 'eigen', 'nyu', or None, not 'kb'",
    ),
    row(
        'windows with gaps between them',
        'tools/test.py fcn.py fcn.pth --cfg-options model.test_cfg.mode=slide '
        'model.test_cfg.crop_size=(32,32) model.test_cfg.stride=(48,48)',
        'test_cfg.stride of 48 leaves gaps between windows of crop_size 32',
        'make it 32 or less',
    ),
]
