"""The tables of published figures in the guide of HRNet's configs."""

from .figures import MODE_TITLES, MODES, join_name, show
from .metafile import Rows
from .tables import link, table

_DETECTORS = (
    ('Faster R-CNN', 'faster-rcnn', '8xb2', ('1x', '2x')),
    ('Mask R-CNN', 'mask-rcnn', '8xb2', ('1x', '2x')),
    ('Cascade R-CNN', 'cascade-rcnn', '8xb2', ('20e',)),
    ('Cascade Mask R-CNN', 'cascade-mask-rcnn', '8xb2', ('20e',)),
    ('HTC', 'htc', '8xb2', ('20e',)),
    ('FCOS', 'fcos', '4xb4', ('2x', 'ms-2x')),
)


def hrnet_segmentation(rows: Rows) -> str:
    """HRNet's published figures of segmentation that configs aim at."""
    wanted = [join_name('mIoU', mode) for mode in MODES]
    lines = []
    for name, row in sorted(rows.items()):
        if row['In Collection'] != 'HRNet':
            continue
        for result in row['Results']:
            shown = result['Metrics']
            if result['Status'] != 'reported' or not shown.keys() & {*wanted}:
                continue
            lines.append(
                (
                    result['Dataset'],
                    link(name, data=True),
                    *(
                        show(metric, shown[metric], 'reported')
                        if metric in shown
                        else ''
                        for metric in wanted
                    ),
                    result.get('Note', ''),
                    result['Source'],
                )
            )
    lines.sort()
    modes = (MODE_TITLES[mode] for mode in MODES)
    return table(('data set', 'config', *modes, 'note', 'source'), lines)


def hrnet_detection(rows: Rows) -> str:
    """Box AP (and mask AP) of the authors, by detector and size."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for title, detector, batch, schedules in _DETECTORS:
        for schedule in schedules:
            end = f'-in1k-pre_{batch}-{schedule}_coco'
            found[title, schedule] = {
                size: _box_and_mask(rows[f'{detector}_hrnetv2p-{size}{end}'])
                for size in ('w18', 'w32', 'w40', 'w48')
            }
    shown = [
        size
        for size in ('w18', 'w32', 'w40', 'w48')
        if any(line[size] for line in found.values())
    ]
    return table(
        ('detector', 'schedule', *(size.upper() for size in shown)),
        (
            (*titles, *(line[size] for size in shown))
            for titles, line in found.items()
        ),
    )


def _box_and_mask(row: dict) -> str:
    metrics = {}
    for result in row['Results']:
        if result['Status'] == 'reported' and result.get('Comparable', True):
            metrics |= result['Metrics']
    shown = [
        show(name, metrics[name], 'reported')
        for name in ('box AP', 'mask AP')
        if name in metrics
    ]
    return f'{shown[0]} ({shown[1]})' if len(shown) > 1 else ''.join(shown)
