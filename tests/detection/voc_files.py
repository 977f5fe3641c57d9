"""A data set in the layout of Pascal VOC, of rendered scenes."""

import json
import shutil
from xml.etree import ElementTree

from uhrnet.scenes import THINGS

CELLS = ('RBC', 'WBC', 'Platelets')


def write_voc(root, scenes, names=CELLS):
    """Copy the scenes to ``root``; persons, cars and signs get ``names``."""
    for folder in ('Annotations', 'JPEGImages', 'ImageSets/Main'):
        (root / folder).mkdir(parents=True)
    for split, source in (('train', 'train'), ('val', 'val'), ('test', 'val')):
        content = json.loads((scenes / f'instances_{source}.json').read_text())
        stems = []
        for image in content['images']:
            stem = f'{split}_{image["id"]:03}'
            stems.append(stem)
            # what matters is the content, not the ending
            shutil.copy(
                scenes / 'images' / source / image['file_name'],
                root / f'JPEGImages/{stem}.jpg',
            )
            tree = ElementTree.Element('annotation')
            ElementTree.SubElement(tree, 'filename').text = f'{stem}.jpg'
            size = ElementTree.SubElement(tree, 'size')
            for key in ('width', 'height'):
                ElementTree.SubElement(size, key).text = str(image[key])
            for item in content['annotations']:
                if item['image_id'] == image['id']:
                    add_object(
                        tree, names[item['category_id'] - 1], item['bbox']
                    )
            ElementTree.ElementTree(tree).write(
                root / f'Annotations/{stem}.xml'
            )
        (root / f'ImageSets/Main/{split}.txt').write_text('\n'.join(stems))
    assert len(names) == len(THINGS)
    return root


def add_object(tree, name, bbox):
    """Append an object with a box of COCO's form; VOC counts from 1."""
    found = ElementTree.SubElement(tree, 'object')
    ElementTree.SubElement(found, 'name').text = name
    ElementTree.SubElement(found, 'difficult').text = '0'
    box = ElementTree.SubElement(found, 'bndbox')
    x, y, width, height = map(round, bbox)
    values = dict(xmin=x, ymin=y, xmax=x + width, ymax=y + height)
    for key, value in values.items():
        ElementTree.SubElement(box, key).text = str(value + 1)
