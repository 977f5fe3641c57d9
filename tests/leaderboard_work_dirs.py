"""Work dirs as trainings leave them, written without a training."""

import json

CONFIG = """default_scope = 'mmseg'
randomness = dict(seed={seed})
work_dir = '{folder}'
resume = {resume}
optimizer = dict(type='SGD', lr={rate})
train_cfg = dict({length})
train_dataloader = dict(dataset=dict(data_root='data/camvid'))
val_dataloader = dict(dataset=dict(data_prefix='val', pipeline=[]))
test_dataloader = dict(dataset=dict(data_prefix='{split}', pipeline={steps}))
"""
LOG = """2026/01/02 10:00:00 - mmengine - INFO -
------------------------------------------------------------
System environment:
    sys.platform: linux
    CUDA available: {cuda}
    numpy_random_seed: {seed}
{gpus}    PyTorch compiling details: PyTorch built with:
  - CPU capability usage: AVX512

Runtime environment:
    seed: {seed}
    GPU number: 2
------------------------------------------------------------
2026/01/02 10:00:05 - mmengine - INFO - Epoch(train) [1][10/13]  loss: 2.0
2026/01/02 {end} - mmengine - INFO - Done
"""
GPUS = '    GPU 0,1: NVIDIA H200\n'
NAME = 'fcn_uhrnet-w18-small_1xb4-1k_camvid-256x256'
DETECTOR = 'faster-rcnn_r50-fpn_1xb4-6e_bccd-240x320'
MIRRORS = [dict(type='RandomFlip', prob=prob) for prob in (0.0, 1.0)]
SIZES = [dict(type='Resize', scale_factor=factor) for factor in (0.5, 1.0)]
FLIP = [dict(type='TestTimeAug', transforms=[MIRRORS])]
SCALES = [dict(type='TestTimeAug', transforms=[SIZES, MIRRORS])]


def config(folder, **changes):
    """The text of a config."""
    values = dict(
        seed=0, folder=folder, resume=False, rate=0.1, split='test', steps=[],
        length='max_iters=20',
    )  # fmt: skip
    return CONFIG.format(**values | changes)


def write_start(
    folder, stamp='20260102_100000', name=NAME, steps=(10, 20), miou=40.0,
    seed=0, end='10:30:00', gpus='', evaluation=None, epochs=False, **changes,
):  # fmt: skip
    """A start of a training, evaluated at its end."""
    text = config(folder, seed=seed, **changes)
    start = folder / stamp
    (start / 'vis_data').mkdir(parents=True)
    (folder / f'{name}.py').write_text(text)
    (start / 'vis_data/config.py').write_text(text)
    lines = []
    for index, step in enumerate(steps):
        line = dict(lr=0.1, loss=10 / step, time=0.5, iter=step, step=step)
        lines.append(line | (dict(epoch=index + 1) if epochs else {}))
    lines.append(evaluation or dict(mIoU=miou, aAcc=80.0, step=steps[-1]))
    (start / 'vis_data/scalars.json').write_text(
        '\n'.join(json.dumps(line) for line in lines)
    )
    log = LOG.format(seed=seed, end=end, gpus=gpus, cuda=bool(gpus))
    (start / f'{stamp}.log').write_text(log)
    return start


def write_test(folder, metrics, name=NAME, **changes):
    """An evaluation by tools/test.py --work-dir FOLDER."""
    stamp = '20260102_110000'
    (folder / stamp).mkdir(parents=True)
    (folder / f'{name}.py').write_text(config(folder, **changes))
    (folder / stamp / f'{stamp}.json').write_text(json.dumps(metrics))
