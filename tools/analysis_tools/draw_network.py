"""Draw the network of a config, with the shapes of its maps, as an SVG.

    python tools/analysis_tools/draw_network.py CONFIG --out network.svg

Without --out, --docs draws those of the documentation into a folder.
"""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.analysis.network_figure import save_svg
from uhrnet.analysis.network_layout import lay_out
from uhrnet.analysis.network_trace import trace_shapes
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.launch import merge_cfg_options

# Pictures in docs/: config, title and input.
DOCS = {
    'network_uhrnet.svg': (
        'fcn_uhrnet-w18_4xb3-120k_cityscapes-512x1024',
        'U-HRNet-W18 with its head for Cityscapes',
        (512, 1024),
    ),
    'network_hrnet.svg': (
        'fcn_hrnet-w48_4xb3-120k_cityscapes-512x1024',
        'HRNetV2-W48 with its head for Cityscapes',
        (512, 1024),
    ),
    'network_hfgd.svg': (
        'hfgd_uhrnet-w18_4xb2-80k_cityscapes-512x1024',
        'HFGD on U-HRNet-W18',
        (512, 1024),
    ),
    'network_v2p.svg': (
        'faster-rcnn_hrnetv2p-w18-in1k-pre_8xb2-1x_coco',
        'HRNetV2p on HRNet-W18',
        (800, 1344),
    ),
}


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Draw the network of a config: U-HRNet or HRNet, with '
        'HRNetV2, HRNetV2p, or a head of FCN, depth or HFGD'
    )
    parser.add_argument('config', nargs='?', help='config file')
    parser.add_argument('--out', metavar='FILE.svg', help='where to draw it')
    parser.add_argument(
        '--shape',
        type=int,
        nargs=2,
        default=(512, 1024),
        metavar=('H', 'W'),
        help='of the input (default: 512 1024)',
    )
    parser.add_argument('--title', help='of the picture')
    parser.add_argument(
        '--docs',
        metavar='FOLDER',
        help='draw the pictures of the documentation, without a config',
    )
    add_cfg_options(parser)
    args = parser.parse_args()
    if bool(args.docs) == bool(args.config):
        parser.error('name a config, or --docs')
    if args.config and not args.out:
        parser.error('--out: name the file to write')
    if args.out and not args.out.endswith('.svg'):
        parser.error('--out FILE.svg')
    return args


def main() -> None:
    """Draw."""
    args = parse_args()
    if args.docs:
        for name, (config, title, size) in DOCS.items():
            draw(config, {}, size, title, Path(args.docs) / name)
        return
    title = args.title or Path(args.config).stem
    size = tuple(args.shape)
    draw(args.config, args.cfg_options, size, title, Path(args.out))


def draw(
    config: str, options: dict, size: tuple[int, int], title: str, path: Path
) -> None:
    """Draw the network of a config into a file."""
    cfg = read_config(config)
    merge_cfg_options(cfg, options)
    model, shapes = trace_shapes(cfg, size)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_svg(lay_out(model, shapes, size, title), path)
    print(f'{title}: {path}')


if __name__ == '__main__':
    run(main)
