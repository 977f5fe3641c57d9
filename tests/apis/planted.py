"""Copies of data sets to plant defects in, and what a check says of them."""

import json
import os

import cv2
from config_files import named

SPLITS = ('train', 'val', 'test')


def config_of(stem, root):
    """A config that reads its data from ``root``."""
    cfg = named(stem)
    for split in SPLITS:
        old = cfg[f'{split}_dataloader'].dataset.data_root
        cfg[f'{split}_dataloader'].dataset.data_root = f'{root}/'
        evaluator = cfg[f'{split}_evaluator'] if split != 'train' else {}
        if 'ann_file' in evaluator:
            evaluator.ann_file = evaluator.ann_file.replace(old, f'{root}/')
    return cfg


def check(cfg, splits=None, workers=0):
    """Check the data of a config."""
    from uhrnet.apis.dataset_checks import check_datasets

    report = check_datasets(cfg, splits, workers)
    json.dumps(report.to_dict(), allow_nan=False)
    return report


def found(report, root):
    """Split, kind and file of every defect, sorted."""
    return sorted(
        (x.split, x.kind, os.path.relpath(x.file, root))
        for x in report.defects
    )


def edit_image(path, change):
    """Change the pixels of an image as they are stored."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert cv2.imwrite(str(path), change(pixels))


def truncate(path):
    """Cut a file in half."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def edit_json(path, change):
    """Change the content of a JSON file."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
