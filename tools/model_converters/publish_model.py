"""Make a checkpoint ready to be shared.

    python tools/model_converters/publish_model.py iter_80000.pth uhrnet.pth

writes uhrnet-1a2b3c4d.pth: the weights, the classes, the architecture and how
images are normalised. The state of the optimiser, logs, and the config, which
is code, stay out. The digits are the start of the written file's SHA-256.
"""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

import torch

from uhrnet.checkpoint_file import plain_state_dict, save_checkpoint
from uhrnet.command_line import run
from uhrnet.compat.checkpoint import load_checkpoint
from uhrnet.errors import DataError

# What inference and fine-tuning read, and where the weights come from.
KEPT = ('arch', 'dataset_meta', 'normalisation', 'source', 'uhrnet_version')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Make a checkpoint ready to be shared'
    )
    parser.add_argument('source', type=Path, help='checkpoint of a training')
    parser.add_argument(
        'target',
        type=Path,
        help='file to write; the start of its SHA-256 is added to the name',
    )
    return parser.parse_args()


def published(checkpoint: dict) -> dict:
    """Reduce a checkpoint to what is needed.

    Raises:
        ValueError: If it has no state_dict of dense tensors, or one with
            infinite values or NaN.
    """
    state = plain_state_dict(checkpoint)
    broken = [key for key, x in state.items() if not x.isfinite().all()]
    if broken:
        raise ValueError(
            f'{len(broken)} of its parameters hold infinite values or NaN, '
            f'the first is {broken[0]}: the training diverged'
        )
    meta = checkpoint.get('meta')
    meta = meta if isinstance(meta, dict) else {}
    return dict(
        meta={key: meta[key] for key in KEPT if key in meta},
        # A clone leaves the rest of a larger, shared storage behind.
        state_dict={
            key: value.detach()
            .cpu()
            .clone(memory_format=torch.contiguous_format)
            for key, value in state.items()
        },
    )


def main() -> None:
    """Publish."""
    args = parse_args()
    try:
        checkpoint = published(load_checkpoint(str(args.source)))
    except ValueError as error:
        raise DataError(f'{args.source}: {error}') from error
    path = save_checkpoint(checkpoint, args.target, hashed=True)
    print(
        f'{path}: {len(checkpoint["state_dict"])} parameters, '
        f'{path.stat().st_size / 2**20:.1f} MiB'
    )


if __name__ == '__main__':
    run(main)
