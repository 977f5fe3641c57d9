"""The images that a model is worst on, with pictures, of any task."""

import argparse
import csv
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from matplotlib.figure import Figure

from uhrnet.analysis import image_errors
from uhrnet.analysis.confusion import count_labels
from uhrnet.analysis.error_pictures import (
    draw_boxes,
    draw_depths,
    draw_labels,
    read_image,
)
from uhrnet.analysis.image_errors import ImageError, rank, write_figure
from uhrnet.analysis.outcomes import Outcome, Outcomes
from uhrnet.analysis.progress import follow
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.launch import merge_cfg_options
from uhrnet.errors import ConfigError


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Order images by how wrong a model is on them, and draw '
        'the worst and the best'
    )
    parser.add_argument('config', help='config file')
    parser.add_argument(
        'prediction_path',
        help='what tools/test.py --out has saved, a folder of PNGs or a .pkl '
        'file, or a checkpoint to predict with',
    )
    parser.add_argument(
        'show_dir', help='folder for errors.csv, worst/ and best/'
    )
    parser.add_argument(
        '--topk', type=int, default=20, help='how many to draw (default: 20)'
    )
    parser.add_argument(
        '--by',
        metavar='FIGURE',
        help='order by this figure; by default mIoU (segmentation), abs_rel '
        '(depth) or errors: misses, false positives and objects of a wrong '
        'class (detection)',
    )
    parser.add_argument(
        '--show-score-thr',
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
    args = parser.parse_args()
    if args.topk < 1:
        parser.error('--topk is 1 or more')
    return args


class Judge:
    """Measures and draws outcomes of one task."""

    def __init__(self, outcomes: Outcomes, args: argparse.Namespace) -> None:
        self.outcomes = outcomes
        self.thresholds = args.show_score_thr, args.tp_iou_thr

    def measure(self, outcome: Outcome) -> ImageError:
        """Return the figures of an image."""
        task, known = self.outcomes.task, self.outcomes
        truth, prediction = outcome.truth, outcome.prediction
        if task == 'segmentation':
            figures = image_errors.label_figures(
                count_labels(
                    truth, prediction, len(known.classes), known.ignore_index
                )
            )
        elif task == 'depth':
            figures = image_errors.depth_map_figures(
                truth, prediction, *known.depth_range
            )
        else:
            from uhrnet.analysis.box_matching import count_boxes, match_boxes

            matches = match_boxes(truth, prediction, *self.thresholds)
            figures = image_errors.box_figures(
                count_boxes(truth, prediction, matches, len(known.classes))
            )
        return ImageError(outcome.index, outcome.name, figures)

    def draw(self, outcome: Outcome, title: str) -> Figure:
        """Draw an image."""
        known = self.outcomes
        image = read_image(outcome.path, outcome.window)
        pair = outcome.truth, outcome.prediction
        if known.task == 'segmentation':
            return draw_labels(
                image,
                *pair,
                known.classes,
                known.palette,
                title,
                known.ignore_index,
            )
        if known.task == 'depth':
            return draw_depths(image, *pair, title)

        from uhrnet.analysis.box_matching import match_boxes

        matches = match_boxes(*pair, *self.thresholds)
        return draw_boxes(image, *pair, matches, known.classes, title)


def main() -> None:
    """Measure all images, draw some."""
    args = parse_args()
    cfg = read_config(args.config)
    merge_cfg_options(cfg, args.cfg_options)
    folder = Path(args.show_dir)
    check_empty(folder)
    outcomes = Outcomes(cfg, args.prediction_path, args.device)
    judge = Judge(outcomes, args)
    by = args.by or image_errors.MAIN[outcomes.task]
    errors = [judge.measure(outcome) for outcome in follow(outcomes)]
    ranked = rank(errors, by)
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / 'errors.csv', ranked)
    print()
    for place, error in enumerate(ranked[: args.topk], 1):
        print(f'{place:4} {error.name}: {describe(error, by)}')
    known = [x for x in ranked if x.figures[by] == x.figures[by]]
    worst = known[: args.topk]
    best = known[len(worst) :][::-1][: args.topk]
    for kind, chosen in (('worst', worst), ('best', best)):
        for place, error in enumerate(chosen, 1):
            title = f'{error.name}\n{describe(error, by)}'
            picture = judge.draw(outcomes[error.index], title)
            path = folder / kind / f'{place:03}_{error.name}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            picture.savefig(path)
    print(f'{len(ranked)} images by {by}: {folder}')


def check_empty(folder: Path) -> None:
    """Refuse a folder where images of another model would stay."""
    for kind in ('worst', 'best'):
        if (folder / kind).exists():
            raise ConfigError(
                f'{folder} has pictures in {kind}/ that would be mixed with '
                'the new ones: name another folder, or delete it'
            )


def describe(error: ImageError, by: str) -> str:
    """Write the figures of an image, the one it is ordered by first."""
    figures = {by: error.figures[by]} | error.figures
    few = [x for x in figures if x not in image_errors.SELDOM or x == by]
    return ', '.join(write_figure(x, figures[x]) for x in few)


def write_table(path: Path, ranked: list[ImageError]) -> None:
    """Write the figures of all images, the worst first."""
    with path.open('w', newline='') as file:
        writer = csv.writer(file)
        names = list(ranked[0].figures) if ranked else []
        writer.writerow(['index', 'name', *names])
        for error in ranked:
            figures = [error.figures[name] for name in names]
            writer.writerow([error.index, error.name, *figures])


if __name__ == '__main__':
    run(main)
