"""Runs that cannot be started as they were asked for."""

from bad_inputs.damage import append, paint
from bad_inputs.workplace import Row

TRAIN = 'tools/train.py fcn.py'
TEST = 'tools/test.py fcn.py fcn.pth'
FLOPS = 'tools/analysis_tools/get_flops.py'
BENCHMARK = 'tools/analysis_tools/benchmark.py'


def row(what, command, *says, damage=None):
    rest = () if damage is None else (damage,)
    return Row('Runs', what, command, says, *rest)


ROWS = [
    row(
        'Slurm on a CPU',
        f'{TRAIN} --launcher slurm',
        '--launcher slurm needs GPUs',
        'On CPUs use tools/dist_train.sh',
    ),
    row(
        'a process of several that nobody started',
        f'{TRAIN} --launcher pytorch',
        '--launcher pytorch: torch has not started this process',
        'Use tools/dist_train.sh',
    ),
    row(
        'nothing to submit to',
        f'{TEST} --format-only',
        '--format-only needs --out FOLDER',
    ),
    row(
        'a submission to a folder that holds other files',
        f'{TEST} --format-only --out data',
        '--out data is not empty',
        'name a new folder',
    ),
    row(
        'a submission of what no server takes',
        'tools/test.py cells.py fcn.pth --format-only --out new',
        '--format-only needs submission in the config',
    ),
    row(
        'predictions of boxes as PNGs',
        'tools/test.py coco.py fcn.pth --out new',
        '--out new must end in .pkl',
    ),
    row(
        'an augmentation that the config does not have',
        f'{TEST} --tta',
        '--tta needs tta_pipeline in the config',
        damage=append('fcn.py', 'tta_pipeline = None\n'),
    ),
    row(
        'pictures without what draws them',
        f'{TEST} --show-dir pictures',
        'need default_hooks.visualization in the config',
        damage=append('fcn.py', 'default_hooks = dict(visualization=None)\n'),
    ),
    row(
        'heads of what is exported whole',
        'tools/test.py fcn.py model.onnx --backend onnxruntime --heads '
        'fcn.pth',
        '--heads is for detectors',
    ),
    row(
        'costs at three sizes',
        f'{FLOPS} fcn.py --shape 64 96 3',
        '--shape takes a height and a width, both positive',
    ),
    row(
        'costs of a config that is not there',
        f'{FLOPS} none.py',
        'config none.py does not exist',
        'name a file',
    ),
    row(
        'costs with a misspelt option',
        f'{FLOPS} fcn.py --cfg-options modell.backbone.arch=w18',
        'nothing reads modell',
        'Did you mean model?',
    ),
    row(
        'speed of a config that is not there',
        f'{BENCHMARK} none.py',
        'config none.py does not exist',
        'name a file',
    ),
    row(
        'speed of no rounds',
        f'{BENCHMARK} fcn.py --rounds 0',
        'rounds must be 1 or more, not 0',
    ),
    row(
        'an image to test without its labels',
        TEST,
        'data/scenes/annotations/val/1.png is missing',
        'Complete the data set',
        damage=paint('data/scenes/images/val/1.png', (64, 96, 3)),
    ),
]
