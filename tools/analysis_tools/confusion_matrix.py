"""Which class a model takes for which, of any task."""

import argparse
import csv
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

import numpy as np
from matplotlib import colormaps

from uhrnet.analysis.confusion import (
    BACKGROUND,
    count_labels,
    draw_confusion,
    largest_confusions,
)
from uhrnet.analysis.depth_bins import bin_depths, bin_edges, bin_names
from uhrnet.analysis.outcomes import Outcomes
from uhrnet.analysis.progress import follow
from uhrnet.analysis.windows import show
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.launch import merge_cfg_options


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw which class a model takes for which: of pixels '
        '(segmentation), of objects (detection) or of ranges of depth'
    )
    parser.add_argument('config', help='config file')
    parser.add_argument(
        'prediction_path',
        help='what tools/test.py --out has saved, a folder of PNGs or a .pkl '
        'file, or a checkpoint to predict with',
    )
    parser.add_argument(
        'save_dir', help='folder for confusion_matrix.png and .csv'
    )
    parser.add_argument('--show', action='store_true', help='open a window')
    parser.add_argument(
        '--color-theme',
        default='Blues',
        choices=sorted(colormaps),
        metavar='NAME',
        help='colour map of matplotlib (default: Blues)',
    )
    parser.add_argument('--title', help='of the picture')
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.3,
        help='detection: boxes of lower scores do not count (default: 0.3)',
    )
    parser.add_argument(
        '--tp-iou-thr',
        type=float,
        default=0.5,
        help="detection: overlap from which a box is an object's "
        '(default: 0.5)',
    )
    parser.add_argument('--device', default='cpu', help='where to predict')
    add_cfg_options(parser)
    return parser.parse_args()


def main() -> None:
    """Count, draw and save."""
    args = parse_args()
    cfg = read_config(args.config)
    merge_cfg_options(cfg, args.cfg_options)
    outcomes = Outcomes(cfg, args.prediction_path, args.device)
    counts, names, unit = count(outcomes, args)
    title = args.title or f'Confusion matrix\n{Path(args.config).stem}'
    if outcomes.task == 'detection' and not args.title:
        title += (
            f'\nboxes of scores from {args.score_thr:g}, IoU from '
            f'{args.tp_iou_thr:g}'
        )
    what = 'range' if outcomes.task == 'depth' else 'class'
    figure = draw_confusion(counts, names, title, unit, args.color_theme, what)
    folder = Path(args.save_dir)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / 'confusion_matrix.png')
    write_table(folder / 'confusion_matrix.csv', counts, names)
    print(f'\n{counts.sum():,} {unit} of {len(outcomes)} images: {folder}')
    # not what became of nothing
    known = counts[: len(outcomes.classes) or None]
    for true, predicted, rate in largest_confusions(known, names, 5):
        print(f'{rate:5.1f} % of {true} are taken for {predicted}')
    if args.show:
        show(figure)


def count(
    outcomes: Outcomes, args: argparse.Namespace
) -> tuple[np.ndarray, list[str], str]:
    """Return counts, names of rows and columns, and what is counted."""
    pairs = follow(outcomes)
    names = list(outcomes.classes)
    if outcomes.task == 'segmentation':
        counts = sum(
            count_labels(
                x.truth, x.prediction, len(names), outcomes.ignore_index
            )
            for x in pairs
        )
        return counts, names, 'pixels'
    if outcomes.task == 'depth':
        edges = bin_edges(outcomes.depth_range[1])
        names = bin_names(edges)
        counts = sum(
            count_labels(
                bin_depths(x.truth, edges, outcomes.depth_range),
                bin_depths(x.prediction, edges),
                len(names),
            )
            for x in pairs
        )
        return counts, names, 'pixels'

    from uhrnet.analysis.box_matching import count_boxes, match_boxes

    counts = sum(
        count_boxes(
            x.truth,
            x.prediction,
            match_boxes(
                x.truth, x.prediction, args.score_thr, args.tp_iou_thr
            ),
            len(names),
        )
        for x in pairs
    )
    return counts, [*names, BACKGROUND], 'objects'


def write_table(path: Path, counts: np.ndarray, names: list[str]) -> None:
    """Write the counts, rows of true classes, columns of predicted ones."""
    with path.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['true \\ predicted', *names])
        for name, row in zip(names, counts.tolist(), strict=True):
            writer.writerow([name, *row])


if __name__ == '__main__':
    run(main)
