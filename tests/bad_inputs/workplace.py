"""A folder with everything that small runs need, in which a row goes wrong.

Rows run in their own copy of it, as the current folder, so that commands and
messages have no other paths than a user's would.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bad_inputs.damage import save_model
from command_line import ROOT, fork_tool
from detection.voc_files import write_voc

SIZE = (64, 96)
# A backbone of a thousandth of the usual cost.
TINY = (
    'arch=dict(_delete_=True, base_channels=4, num_modules=(1,) * 8, '
    'num_blocks=1)'
)
MAPS = [2, 4, 8, 16, 32]
SPLITS = ('train', 'val', 'test')


def loaders(root, **more):
    """Of a config: the data of one folder, in one process, in small batches.

    ``more`` is text by split.
    """
    return ''.join(
        f'{split}_dataloader = dict(num_workers=0, persistent_workers=False, '
        f'batch_size={1 + (split == "train")}, '
        f"dataset=dict(data_root='data/{root}'{more.get(split, '')}))\n"
        for split in ('train', 'val', 'test')
    )


def coco(split):
    """Of a config: annotations of a split, and what its classes are."""
    return (
        f", ann_file='instances_{split}.json', data_prefix=dict("
        f"img='images/{split}/'), metainfo=dict(classes=('person', 'car', "
        "'sign'))"
    )


def dense(channels):
    """Of a config: a small model whose head takes all maps."""
    return (
        f'model = dict(data_preprocessor=dict(size={SIZE}), '
        f'backbone=dict({TINY}), decode_head=dict(in_channels={MAPS}, '
        f'channels={channels}))\n'
        'train_cfg = dict(max_iters=1, val_interval=1)\n'
    )


_DETECTOR = f'backbone=dict({TINY}), neck=dict(in_channels={MAPS}'
_TRUTH = "dict(ann_file='data/scenes/instances_val.json')"
CROPS = """
train_pipeline = [dict(step) for step in _base_.train_pipeline]
for step in train_pipeline:
    if step['type'] == 'RandomScaleCrop':
        step.update(scale=(96, 64), crop_size=(64, 96))
"""
# Base config, and the rest.
CONFIGS = {
    'fcn.py': (
        'uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py',
        CROPS
        + loaders('scenes', train=', pipeline=train_pipeline')
        + dense(8),
    ),
    'hfgd.py': (
        'hfgd/hfgd_uhrnet-w18-small_1xb4-500it_scenes-192x320.py',
        CROPS
        + loaders('scenes', train=', pipeline=train_pipeline')
        + dense(32),
    ),
    'depth.py': (
        'uhrnet/depth_uhrnet-w18-small_1xb8-4k_scenes-96x160.py',
        loaders('scenes') + dense(8),
    ),
    'cells.py': (
        'uhrnet/faster-rcnn_uhrnetv2p-w18-small_1xb4-6e_bccd-240x320.py',
        loaders('cells') + f'model = dict({_DETECTOR}), roi_head=dict('
        'bbox_head=dict(fc_out_channels=32)))\n',
    ),
    'coco.py': (
        'uhrnet/fcos_uhrnetv2p-w18_4xb4-2x_coco.py',
        loaders(
            'scenes', train=coco('train'), val=coco('val'), test=coco('val')
        )
        + f'model = dict({_DETECTOR}, out_channels=32), bbox_head=dict('
        'num_classes=3, in_channels=32, feat_channels=32))\n'
        f'val_evaluator = {_TRUTH}\ntest_evaluator = {_TRUTH}\n',
    ),
}


class Row(NamedTuple):
    """A bad input.

    Attributes:
        kind: Heading in the document.
        what: The input, in words.
        command: What a user types.
        says: Parts of the message: what is wrong, then what to do.
        damage: Makes the input, in the folder that it is given.
    """

    kind: str
    what: str
    command: str
    says: tuple[str, ...]
    damage: Callable[[Path], object] = lambda folder: None


class Outcome(NamedTuple):
    """What came of a row.

    Attributes:
        code: The exit code.
        output: All that was printed.
        left: Files that were not there before, but for logs.
    """

    code: int
    output: str
    left: list[str]

    @property
    def message(self):
        """The last error of the output, to its end."""
        parts = re.split(r'(?m)^(?=(?:\S+\.py: )?error: )', self.output)
        return parts[-1].strip() if len(parts) > 1 else ''


def build(folder):
    """Write data, configs and a checkpoint."""
    from uhrnet.scenes import write_dataset

    scenes = folder / 'data/scenes'
    write_dataset(scenes, splits={'train': 1, 'val': 1}, size=SIZE)
    write_voc(folder / 'data/cells', scenes)
    for name, (base, text) in CONFIGS.items():
        (folder / name).write_text(f"_base_ = '{ROOT}/configs/{base}'\n{text}")
    save_model(folder, 'fcn')


def carry_out(row, original, folder):
    """Make the input in a copy of the original folder, and run the command."""
    shutil.copytree(original, folder)
    row.damage(folder)
    before = files_in(folder)
    tool, *arguments = row.command.split()
    done = fork_tool(ROOT / tool, *arguments, cwd=folder)
    left = sorted(files_in(folder) - before)
    output = done.stdout.replace(f'{folder}/', '')
    return Outcome(done.returncode, output, left)


def files_in(folder):
    """All files, without the logs of a run and copies of its config."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob('*')
        if not path.is_dir()
        and not (
            'work_dirs' in path.parts
            and (
                path.suffix in ('.log', '.json', '.py')
                or '.tfevents.' in path.name  # curves for TensorBoard
            )
        )
    }
