"""Data sets that cannot be used."""

from bad_inputs.damage import (
    append,
    array,
    both,
    cut,
    edit,
    paint,
    remove,
    rename,
    replace,
    write,
)
from bad_inputs.workplace import Row

TRAIN = 'tools/train.py fcn.py'
DEPTH = 'tools/train.py depth.py'
CELLS = 'tools/train.py cells.py'
COCO = 'tools/train.py coco.py'
IMAGE = 'data/scenes/images/train/00000.png'
LABELS = 'data/scenes/annotations/train/00000.png'
METRES = 'data/scenes/depth/train/00000.npy'
XML = 'data/cells/Annotations/train_000.xml'
LIST = 'data/cells/ImageSets/Main/train.txt'
JSON = 'data/scenes/instances_train.json'
JPEG = b'\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00'


def row(what, command, *says, damage=None):
    rest = () if damage is None else (damage,)
    return Row('Data', what, command, says, *rest)


def named(image):
    """In place of one image, the whole list of them."""
    image['images'][0]['file_name'] = 'none.png'


ROWS = [
    row(
        'a data set that is not there',
        TRAIN,
        "data_root 'data/scenes' of train_dataloader.dataset",
        'Render it: python tools/dataset_converters/scenes.py data/scenes',
        'train_dataloader.dataset.data_root=FOLDER',
        damage=rename('data/scenes'),
    ),
    row(
        'a folder of images that is not there',
        TRAIN,
        "'data/scenes/images/train', data_root and data_prefix.img_path",
        '--cfg-options train_dataloader.dataset.data_prefix.img_path=FOLDER',
        damage=rename('data/scenes/images/train'),
    ),
    row(
        'a folder of images without images',
        TRAIN,
        'data/scenes/images/train, data_prefix.img_path of '
        'train_dataloader.dataset, holds no file *.png',
        'put the images there, or give their ending',
        damage=remove(IMAGE),
    ),
    row(
        'an image without labels',
        TRAIN,
        f'{LABELS} is missing, although the data set names it',
        'Complete the data set',
        damage=remove(LABELS),
    ),
    row(
        'a PNG that was cut off',
        TRAIN,
        f'{IMAGE} is truncated',
        'Copy or download it again',
        damage=cut(IMAGE),
    ),
    row(
        'the same, read by a worker process',
        f'{TRAIN} --cfg-options train_dataloader.num_workers=1',
        f'{IMAGE} is truncated',
        'Copy or download it again',
        damage=cut(IMAGE),
    ),
    row(
        'a JPEG that was cut off',
        CELLS,
        'data/cells/JPEGImages/train_000.jpg is truncated',
        'Copy or download it again',
        damage=write('data/cells/JPEGImages/train_000.jpg', JPEG),
    ),
    row(
        'a text by the name of an image',
        TRAIN,
        f'{IMAGE} is no image (22 bytes)',
        'Replace it, or remove it',
        damage=write(IMAGE, '<html>not found</html>'),
    ),
    row(
        'an empty image file',
        TRAIN,
        f'{IMAGE} is empty',
        'Replace it, or remove it',
        damage=write(IMAGE),
    ),
    row(
        'a label that is no class',
        TRAIN,
        f'{LABELS} holds labels outside 0-10 and 255 (ignored): 77 (6144 '
        'pixels)',
        'Correct the file, or num_classes and label map',
        damage=paint(LABELS, (64, 96), 77),
    ),
    row(
        'labels of another size than the image',
        TRAIN,
        f'{LABELS} is 32x96 (height x width)',
        f'{IMAGE} is 64x96. They must be equal',
        damage=paint(LABELS, (32, 96)),
    ),
    row(
        'labels in colours',
        TRAIN,
        f'{LABELS} has shape (64, 96, 3)',
        'Colour-coded maps have to be converted first',
        damage=paint(LABELS, (64, 96, 3)),
    ),
    row(
        'the same, when they are tested',
        'tools/test.py fcn.py fcn.pth',
        'data/scenes/annotations/val/00000.png has shape (64, 96, 3)',
        'Colour-coded maps have to be converted first',
        damage=paint('data/scenes/annotations/val/00000.png', (64, 96, 3)),
    ),
    row(
        'classes that a mirror image swaps, not swapped',
        TRAIN,
        'flip_pairs of the data set are [(0, 1)]',
        'swap_seg_labels',
        damage=append(
            'fcn.py',
            'for x in train_dataloader, val_dataloader, test_dataloader:\n'
            "    x['dataset']['metainfo'] = dict(flip_pairs=[[0, 1]])\n",
        ),
    ),
    row(
        'depth of 8 bits',
        DEPTH,
        'data/scenes/depth/train/00000.png holds uint8 of shape (64, 96)',
        'from which metres cannot be read',
        damage=both(
            paint('data/scenes/depth/train/00000.png', (64, 96), 9),
            append(
                'depth.py',
                "train_dataloader['dataset']['depth_map_suffix'] = '.png'\n",
            ),
        ),
    ),
    row(
        'depth of another size than the image',
        DEPTH,
        f'{METRES} is 32x96 (height x width)',
        'They must be equal',
        damage=array(METRES, (32, 96)),
    ),
    row(
        'depth in other units than the config says',
        DEPTH,
        f'{METRES} holds depths from 5000 to 5000 m, and max_depth is 80',
        'a pixel of one metre has the value scale=1',
        damage=array(METRES, (64, 96), 5000.0),
    ),
    row(
        'a depth map that was cut off',
        DEPTH,
        f'{METRES} is not a complete numpy file',
        'Copy or convert it again',
        damage=cut(METRES),
    ),
    row(
        'scenes without their description',
        DEPTH,
        'data/scenes/meta.json does not describe the cameras',
        'Render the scenes again',
        damage=remove('data/scenes/meta.json'),
    ),
    row(
        'an empty list of images',
        CELLS,
        f'{LIST}, ann_file of train_dataloader.dataset',
        'is empty: write the names of the images into it',
        damage=write(LIST),
    ),
    row(
        'a list that names an image twice',
        CELLS,
        f"{LIST}, line 2: 'train_000' is there twice",
        'The names of images are wanted, one a line',
        damage=append(LIST, '\ntrain_000'),
    ),
    row(
        'a list that names an image without annotation',
        CELLS,
        'data/cells/Annotations/train_009.xml is missing, although',
        'Complete the data set, or remove it from the list',
        damage=append(LIST, '\ntrain_009'),
    ),
    row(
        'an annotation that is no XML',
        CELLS,
        f'{XML} is no XML',
        f'Replace it, or remove it from {LIST}',
        damage=cut(XML),
    ),
    row(
        'an annotation of a class that the data set has not',
        CELLS,
        "an object of class 'WBC'",
        'Add it to metainfo.classes, or to passed_over',
        damage=append(
            'cells.py',
            'for loader in train_dataloader, val_dataloader, test_dataloader:'
            "\n    loader['dataset']['metainfo'] = dict("
            "classes=('RBC', 'Platelets'))\n"
            "model['roi_head']['bbox_head']['num_classes'] = 2\n",
        ),
    ),
    row(
        'a box without a number',
        CELLS,
        f'{XML}: an object has no name, or its box',
        damage=replace(XML, '<xmin>', '<xmin>left'),
    ),
    row(
        'an annotation file that is no JSON',
        COCO,
        f"{JSON} is not a complete file of COCO's form",
        'Download or write it again',
        damage=cut(JSON),
    ),
    row(
        'COCO without categories',
        COCO,
        f"{JSON} has no class 'person', 'car', 'sign'",
        'metainfo=dict(classes=(...))',
        damage=edit(JSON, lambda x: {**x, 'categories': []}),
    ),
    row(
        'COCO with its classes in another order',
        COCO,
        f'{JSON} has the classes in another order',
        "Write metainfo=dict(classes=('sign', 'car', 'person'))",
        damage=edit(
            JSON, lambda x: {**x, 'categories': x['categories'][::-1]}
        ),
    ),
    row(
        'COCO with annotations of an image that is not there',
        COCO,
        'data/scenes/images/train/none.png is missing',
        'Complete the data set',
        damage=edit(JSON, named),
    ),
    row(
        'COCO without any annotation',
        COCO,
        f'{JSON}: none of 1 images is left',
        'filter_cfg.filter_empty_gt',
        damage=edit(JSON, lambda x: {**x, 'annotations': []}),
    ),
    row(
        'annotations of other images for the evaluation',
        f'{COCO} --cfg-options val_evaluator.ann_file={JSON}',
        f'val_evaluator.ann_file is {JSON!r}',
        'name one file in both',
    ),
    row(
        'no annotations for the evaluation',
        f'{COCO} --cfg-options val_evaluator.ann_file=none.json',
        "val_evaluator.ann_file='none.json' does not exist",
        '--cfg-options val_evaluator.ann_file=FILE',
    ),
]
