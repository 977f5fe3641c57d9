"""The tables of the README and of the configs' guides."""

from collections.abc import Callable

from .figures import MODE_TITLES, MODES, join_name
from .hrnet_guide import hrnet_detection, hrnet_segmentation
from .metafile import Rows
from .tables import cell, giga, link, millions, table

_OF_CITYSCAPES = '_4xb3-120k_cityscapes-512x1024'
_SIZES = (
    ('U-HRNet-W18-Small', 'fcn_uhrnet-w18-small'),
    ('U-HRNet-W18', 'fcn_uhrnet-w18'),
    ('HRNet-W18', 'fcn_hrnet-w18'),
    ('HRNet-W32', 'fcn_hrnet-w32'),
    ('HRNet-W40', 'fcn_hrnet-w40'),
    ('U-HRNet-W48', 'fcn_uhrnet-w48'),
    ('HRNet-W48', 'fcn_hrnet-w48'),
    ('U-HRNet-W48 + OCR', 'ocrnet_uhrnet-w48'),
    ('HRNet-W48 + OCR', 'ocrnet_hrnet-w48'),
)
_UHRNET_CITYSCAPES = (
    'fcn_uhrnet-w18-small-in1k-pre_4xb2-80k_cityscapes-512x1024',
    'fcn_uhrnet-w18-small-in1k-pre_4xb3-120k_cityscapes-512x1024',
    'fcn_uhrnet-w48-in1k-pre_4xb2-80k_cityscapes-512x1024',
    'fcn_uhrnet-w48-in1k-pre_4xb3-120k_cityscapes-512x1024',
)
_CAMVID = (
    'fcn_uhrnet-w18-small_1xb4-1k_camvid-256x256',
    'fcn_hrnet-w18-small-v2_1xb4-1k_camvid-256x256',
)
_BCCD = (
    'faster-rcnn_uhrnetv2p-w18-small_1xb4-6e_bccd-240x320',
    'faster-rcnn_hrnetv2p-w18_1xb4-6e_bccd-240x320',
    'faster-rcnn_r50-fpn_1xb4-6e_bccd-240x320',
)
_SCENES = (
    'depth_uhrnet-w18-small_1xb8-4k_scenes-96x160',
    'depth_hrnet-w18-small-v2_1xb8-4k_scenes-96x160',
)
_HFGD_RIVALS = (
    'fcn_uhrnet-w18-small', 'fpn_uhrnet-w18-small', 'hfgd_uhrnet-w18-small',
    'fcn_r50-d8', 'fpn_r50', 'hfgd_r50',
)  # fmt: skip
_HFGD_PARTS = {
    'hfgd_r50': 'as it is',
    'hfgd-attached_r50': 'no stop-gradient',
    'hfgd-attached-low_r50': 'low maps attached',
    'hfgd-attached-high_r50': 'high-level map attached',
    'hfgd-attached-kernels_r50': 'class kernels attached',
    'hfgd-cae-none_r50': 'no context augmentation',
    'hfgd-cae-conv_r50': 'context augmentation without attention',
}
_OF_HFGD = '_1xb4-500it_camvid-192x192'


def guides(rows: Rows) -> dict[str, dict[str, Callable[[], str]]]:
    """Return what writes the blocks of each page.

    Args:
        rows: Of all metafiles.
    """
    return {
        'README.md': {
            'sizes': lambda: sizes(rows),
            'cityscapes': lambda: uhrnet_cityscapes(rows, 'configs/uhrnet/'),
            'trained': lambda: trained_here(rows),
        },
        'configs/uhrnet/README.md': {
            'cityscapes': lambda: uhrnet_cityscapes(rows),
            'camvid': lambda: trained(rows, _CAMVID, 'uhrnet'),
            'bccd': lambda: trained(rows, _BCCD, 'uhrnet'),
            'scenes': lambda: depth_of_scenes(rows),
        },
        'configs/hrnet/README.md': {
            'segmentation': lambda: hrnet_segmentation(rows),
            'coco': lambda: hrnet_detection(rows),
        },
        'configs/hfgd/README.md': {
            'camvid': lambda: hfgd_rivals(rows),
            'parts': lambda: hfgd_parts(rows),
        },
    }


def sizes(rows: Rows) -> str:
    """Parameters and multiply-adds of the Cityscapes configs."""
    return table(
        ('model', 'parameters', 'GMACs'),
        (
            (title, f'{row["Metadata"]["Parameters"]:,}', giga(row, 3))
            for title, row in (
                (title, rows[name + _OF_CITYSCAPES]) for title, name in _SIZES
            )
        ),
    )


def uhrnet_cityscapes(rows: Rows, folder: str = '') -> str:
    """U-HRNet's published figures, by ways of testing."""
    return table(
        ('config', *(MODE_TITLES[mode] for mode in MODES), 'status'),
        (
            [
                link(name, folder),
                *(
                    cell(
                        rows[name],
                        'Cityscapes val',
                        join_name('mIoU', mode),
                        'reported',
                    )
                    for mode in MODES
                ),
                'reported',
            ]
            for name in _UHRNET_CITYSCAPES
        ),
    )


def link_from(folder: str, row: dict) -> str:
    """Link to a row's config from another folder of configs."""
    own = row['Config'].split('/')[1]
    return link(row['Name'], '' if own == folder else f'../{own}/')


def trained(rows: Rows, names: tuple[str, ...], folder: str) -> str:
    """Trained figures, one column for each data set and metric."""
    found = {
        (result['Dataset'], metric): None
        for name in names
        for result in rows[name]['Results']
        if result['Status'] == 'trained'
        for metric in result['Metrics']
    }
    titles = [f'{data}: {metric}' for data, metric in found]
    return table(
        ('config', 'parameters', 'GMACs', *titles, 'status'),
        (
            [
                link_from(folder, rows[name]),
                millions(rows[name]),
                giga(rows[name]),
                *(
                    cell(rows[name], data, metric, 'trained')
                    for data, metric in found
                ),
                'trained',
            ]
            for name in names
        ),
    )


def trained_here(rows: Rows) -> str:
    """Test figures of what was trained here, one a row."""
    shown = [
        *((name, 'CamVid test', 'mIoU') for name in _CAMVID),
        *((name, 'BCCD test', 'box AP') for name in _BCCD),
        *((name, 'scenes, 64 held out', 'abs_rel') for name in _SCENES),
    ]
    return table(
        ('config', 'data', 'metric', 'figure', 'status'),
        (
            (
                f'[{name}]({rows[name]["Config"]})',
                data,
                metric,
                cell(rows[name], data, metric, 'trained'),
                'trained',
            )
            for name, data, metric in shown
        ),
    )


def depth_of_scenes(rows: Rows) -> str:
    """Depth of rendered streets, one row for each way of testing."""
    data = 'scenes, 64 held out'
    bases = ('abs_rel', 'rmse', 'silog', 'a1', 'a2', 'a3')
    return table(
        ('config', 'parameters', 'GMACs', 'test', *bases, 'status'),
        (
            [
                link_from('uhrnet', rows[name]),
                millions(rows[name]),
                giga(rows[name], 2),
                MODE_TITLES[mode],
                *(
                    cell(rows[name], data, join_name(base, mode), 'trained')
                    for base in bases
                ),
                'trained',
            ]
            for name in _SCENES
            for mode in MODES
        ),
    )


def hfgd_rivals(rows: Rows) -> str:
    """HFGD beside other decoders on CamVid."""
    lines = []
    for short in _HFGD_RIVALS:
        row = rows[short + _OF_HFGD]
        lines.append(
            (
                f'[{short}]({row["Name"]}.py)',
                f'{millions(row)}, {giga(row)} GMACs',
                *_val_and_test(row),
                'trained',
            )
        )
    return table(('config', 'cost', 'val', 'test', 'status'), lines)


def hfgd_parts(rows: Rows) -> str:
    """What HFGD's parts do."""
    lines = []
    for short, change in _HFGD_PARTS.items():
        row = rows[short + _OF_HFGD]
        lines.append(
            (
                f'[{short}]({row["Name"]}.py)',
                change,
                *_val_and_test(row),
                'trained',
            )
        )
    return table(('config', 'change', 'val', 'test', 'status'), lines)


def _val_and_test(row: dict) -> list[str]:
    return [
        cell(row, f'CamVid {split}', 'mIoU', 'trained')
        for split in ('val', 'test')
    ]
