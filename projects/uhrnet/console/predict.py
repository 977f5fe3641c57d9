"""``uhrnet predict``: from images and videos to files."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

KINDS = ('labels', 'npy', 'png', 'json', 'overlay')
INTERRUPTED = 130


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        'predict',
        help='predict images and videos',
        description='Predict images, folders, patterns, videos or a webcam '
        '(0). Run again, it goes on where it was interrupted.',
    )
    parser.add_argument(
        'model',
        help='name of a model (uhrnet models), a config file, or the folder '
        'of a training with its best checkpoint',
    )
    parser.add_argument('inputs', nargs='+', help='what to predict')
    parser.add_argument(
        '--weights',
        metavar='FILE',
        help='checkpoint, or with --backend an exported file',
    )
    parser.add_argument(
        '--out',
        default='predictions',
        metavar='PATH',
        help='folder for the results (default: %(default)s); of one video or '
        'webcam, also a video file',
    )
    parser.add_argument(
        '--device', help='by default the first GPU, or else the CPU'
    )
    parser.add_argument(
        '--batch', type=positive, default=1, help='images at a time'
    )
    parser.add_argument(
        '--tta',
        action='store_true',
        help='average over scales and mirror images',
    )
    parser.add_argument(
        '--backend',
        choices=['onnxruntime', 'openvino'],
        help='run a file of tools/deployment/export.py by this library',
    )
    parser.add_argument(
        '--heads',
        metavar='CHECKPOINT',
        help='of an exported detector: the checkpoint with its heads',
    )
    parser.add_argument(
        '--kinds',
        nargs='+',
        choices=KINDS,
        help='what to save of images: labels (PNG), npy (metres), png '
        '(16 bits, metres * 256), json (COCO), overlay; by default all that '
        'the task has',
    )
    parser.add_argument(
        '--threshold',
        type=share,
        default=0.3,
        help='score from which boxes are drawn (default: %(default)s); '
        'the JSON has all',
    )
    parser.add_argument(
        '--opacity',
        type=share,
        default=0.5,
        help='of what is drawn over the image (default: %(default)s)',
    )
    parser.add_argument(
        '--focal',
        type=float,
        help='focal length of the camera in pixels, for models of depth that '
        'tell cameras apart',
    )
    parser.set_defaults(run=run)


def positive(text: str) -> int:
    """Read a number of things."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'{text} is not above 0')
    return number


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f'{text} is not between 0 and 1')
    return number


def run(args: argparse.Namespace) -> None:
    """Predict; end with exit code 1 if something could not be."""
    from mmengine.logging import MMLogger

    from uhrnet.memory import keep_freed_memory

    keep_freed_memory()
    logger = MMLogger.get_current_instance()
    level = logger.level
    # "Loads checkpoint by ..." would stand in the middle of the progress.
    logger.setLevel('WARNING')
    try:
        failed = predict(args)
    except KeyboardInterrupt:
        print(
            '\ninterrupted: what is complete is kept, and the same command '
            'goes on from there',
            file=sys.stderr,
        )
        sys.exit(INTERRUPTED)
    finally:
        logger.setLevel(level)
    for name, error in failed.items():
        text = str(error)
        prefix = '' if name in text else f'{name}: '
        print(f'error: {prefix}{text}', file=sys.stderr)
    if failed:
        sys.exit(1)


def predict(args: argparse.Namespace) -> dict[str, Exception]:
    """Predict all inputs; return those that cannot be used, and why."""
    from uhrnet.apis.inputs import IMAGES, find_files
    from uhrnet.apis.pretrained import load
    from uhrnet.apis.videos import CODECS, VIDEOS, is_webcam
    from uhrnet.errors import ConfigError

    from .images import predict_images
    from .live import predict_videos
    from .record import without_outputs

    # first, or mistakes would be found after the model is loaded
    videos: list[str | Path] = [x for x in args.inputs if is_webcam(x)]
    inputs = [x for x in args.inputs if not is_webcam(x)]
    paths = [path for x in inputs for path in find_files(x)]
    found = {os.path.abspath(path): path for path in paths}
    files = without_outputs(found.values())
    if len(files) < len(found):
        print(
            f'{len(found) - len(files)} inputs are left out: they are '
            'predictions of this program',
            flush=True,
        )
        if not files and not videos:
            raise ConfigError('there is nothing else to predict')
    videos += [x for x in files if x.suffix.lower() in VIDEOS]
    images = [x for x in files if x.suffix.lower() not in VIDEOS]
    out = Path(args.out)
    if out.suffix.lower() in CODECS and (images or len(videos) != 1):
        raise ConfigError(
            f'--out {out} is a video, and the inputs are {len(images)} '
            f'images and {len(videos)} videos: name a folder'
        )
    if not out.is_dir() and out.suffix.lower() in {*IMAGES, *VIDEOS} - {
        *CODECS
    }:
        raise ConfigError(
            f'--out {out} cannot be written: name a folder, or of one video a '
            f'file in {", ".join(CODECS)}'
        )
    if out.is_file() and any(out.samefile(x) for x in files):
        raise ConfigError(f'--out {out} is the video itself: name another')
    predictor = load(
        args.model,
        args.weights,
        args.device,
        backend=args.backend,
        heads=args.heads,
        tta=args.tta,
    )
    print(
        f'{predictor.name} ({predictor.task}) on {predictor.device}, weights '
        f'{predictor.weights}',
        flush=True,
    )
    predictor.check_focal(args.focal)
    if args.focal is None and predictor.focal is not None:
        args.focal = predictor.focal
        print(
            'without --focal, depth is that of a camera whose focal length '
            f'is {predictor.focal} pixels',
            flush=True,
        )
    failed = {}
    if images:
        failed |= predict_images(predictor, images, inputs, out, args)
    if videos:
        failed |= predict_videos(predictor, videos, inputs, out, args)
    return failed
