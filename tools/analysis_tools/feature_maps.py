"""Draw the maps of each stage and branch, and where a class is seen by them.

python tools/analysis_tools/feature_maps.py IMAGE CONFIG CHECKPOINT \
        --out-dir pictures --category car
"""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.analysis.activation_pictures import draw_activations
from uhrnet.analysis.activations import (
    class_target,
    collect,
    default_stages,
    load_input,
    shown_part,
)
from uhrnet.analysis.error_pictures import read_image
from uhrnet.apis.loading import load_model
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.launch import merge_cfg_options
from uhrnet.errors import ConfigError, DataError


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw what the stages of a network hold of an image '
        '(feature_maps.png), and by which of it a class is seen (cam.png)'
    )
    parser.add_argument('img', help='image file')
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file or address')
    parser.add_argument(
        '--out-dir', required=True, help='folder for the pictures'
    )
    parser.add_argument(
        '--target-layers',
        nargs='+',
        metavar='NAME',
        help='modules whose maps to draw (default: all stages of the '
        'backbone)',
    )
    parser.add_argument(
        '--category',
        metavar='CLASS',
        help='name or number of the class of cam.png (default: the one that '
        'is predicted most; for depth there is none, and cam.png shows what '
        'makes the depth larger)',
    )
    parser.add_argument('--device', default='cpu', help='where to run')
    add_cfg_options(parser)
    return parser.parse_args()


def main() -> None:
    """Run the model on an image and draw."""
    args = parse_args()
    cfg = read_config(args.config)
    merge_cfg_options(cfg, args.cfg_options)
    if not Path(args.img).is_file():
        raise DataError(f'{args.img} does not exist: name an image')
    model = load_model(cfg, args.checkpoint, args.device)
    model.requires_grad_(True)
    inputs, samples = load_input(cfg, model, args.img)
    names = list((model.dataset_meta or {}).get('classes') or ())
    category = number_of(args.category, names)
    stages = args.target_layers or default_stages(model)
    seen = []

    def forward() -> object:
        target, name = class_target(model, inputs, samples, category)
        seen.append(name)
        return target

    activations = collect(model, stages, forward)
    window = samples[0].metainfo.get('window', (0, None, 0, None))
    image = read_image(args.img, window)
    part = shown_part(inputs, samples[0])
    folder = Path(args.out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    stem = Path(args.img).stem
    for file, title, cam in (
        ('feature_maps.png', f'Feature maps of {stem}', False),
        ('cam.png', f'{seen[0]} in {stem}', True),
    ):
        figure = draw_activations(image, activations, title, cam, part)
        figure.savefig(folder / file)
    print(f'{len(activations)} maps, {seen[0]}: {folder}')


def number_of(category: str | None, names: list[str]) -> int | None:
    """Return the number of a class that is given by name or number."""
    if category is None:
        return None
    if category in names:
        return names.index(category)
    if category.isdigit():
        return int(category)
    raise ConfigError(
        f'--category {category} is none of the classes: {", ".join(names)}'
    )


if __name__ == '__main__':
    run(main)
