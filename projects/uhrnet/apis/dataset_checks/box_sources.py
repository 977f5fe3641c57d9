"""Samples of the data sets of detection, with what these would drop."""

from collections.abc import Callable, Mapping

from mmcv.transforms import BaseTransform
from mmdet.datasets import BaseDetDataset, CocoDataset, XMLDataset
from mmengine.fileio import join_path, list_from_file, load

from uhrnet.detection.datasets import VOCStyleDataset
from uhrnet.errors import DataError

from .box_samples import BoxReader
from .coco_objects import CocoObjects, by_image, check_ids
from .defect import Defect
from .objects import Annotation, ListedObjects
from .sources import Source, failure, take
from .voc_objects import VOCObjects, list_files

Objects = Callable[[dict], Annotation]


def fill_source(
    source: Source,
    dataset: BaseDetDataset,
    loaders: list[BaseTransform],
    leaf: Mapping,
) -> None:
    """Have a data set list its samples, and its files the rest.

    Files in the forms of COCO and VOC are read as they are, so that a data
    set which stops at the first defect does not hide the others.

    Args:
        source: Takes the samples.
        dataset: Lists them.
        loaders: The loading steps of its pipeline.
        leaf: Its config.
    """
    source.classes = tuple(dataset.metainfo.get('classes') or ())
    contents = _keep_coco_files(dataset)
    kept, error = [], None
    try:
        dataset.data_list = dataset.load_data_list()
        kept = dataset.filter_data()
    except Exception as stopped:
        error = stopped
        source.defects.append(failure(leaf, source.key, error))
    if _inherits(dataset, CocoDataset) and contents:
        samples, objects = _coco_samples(source, dataset, contents[0])
    elif _inherits(dataset, XMLDataset):
        samples, objects = _voc_samples(dataset)
    else:
        samples, objects = [], ListedObjects(len(source.classes))
    source.read = BoxReader(loaders, objects)
    if error is None:
        source.samples = _join(samples, dataset, kept, leaf.get('indices'))
    else:
        source.samples = [dict(x, left_out=None) for x in samples]


def _inherits(dataset: BaseDetDataset, kind: type) -> bool:
    """Whether a data set reads files as another one does."""
    return isinstance(dataset, kind) and all(
        getattr(type(dataset), name)
        in (getattr(kind, name), getattr(VOCStyleDataset, name))
        for name in ('load_data_list', 'parse_data_info')
    )


def _keep_coco_files(dataset: BaseDetDataset) -> list[Mapping]:
    """Return a list that gets the content of COCO's file when it is read.

    Reading it takes seconds and gigabytes, once is enough.
    """
    contents = []
    if isinstance(dataset, CocoDataset):
        kind = dataset.COCOAPI

        def read(file: str) -> object:
            try:
                api = kind(file)
            except DataError:
                # of a field; the other fields are still looked at
                contents.append(_load(file))
                raise
            contents.append(api.dataset)
            return api

        dataset.COCOAPI = read
    return contents


def _load(file: str) -> Mapping:
    try:
        content = load(file, file_format='json')
    except (OSError, ValueError, RecursionError):
        return {}
    lists = ('images', 'annotations', 'categories')
    return {
        key: [x for x in content.get(key) or () if isinstance(x, dict)]
        for key in lists
        if isinstance(content, dict)
    }


def _coco_samples(
    source: Source, dataset: CocoDataset, content: Mapping
) -> tuple[list[dict], Objects]:
    file = dataset.ann_file
    source.defects += check_ids(content, file)
    annotations = by_image(content)
    samples = []
    for image in content.get('images') or ():
        name = image.get('file_name')
        if not isinstance(name, str):
            message = f'{file}: the image {image.get("id")!r} has no file_name'
            source.defects.append(Defect('annotation', file, message))
            continue
        samples.append(
            dict(
                img_id=image.get('id'),
                img_path=join_path(dataset.data_prefix.get('img', ''), name),
                width=image.get('width'),
                height=image.get('height'),
                annotations=annotations.get(image.get('id'), []),
            )
        )
    categories = content.get('categories') or ()
    return samples, CocoObjects(file, categories, source.classes)


def _voc_samples(dataset: XMLDataset) -> tuple[list[dict], Objects]:
    names = list_from_file(dataset.ann_file, backend_args=dataset.backend_args)
    samples = list_files(
        [name.strip() for name in names if name.strip()],
        dataset.sub_data_root,
        (dataset.img_subdir, dataset.ann_subdir),
        getattr(dataset, 'img_suffix', '.jpg'),
    )
    return samples, VOCObjects(
        dataset.metainfo['classes'],
        getattr(dataset, 'passed_over', frozenset()),
        isinstance(dataset, VOCStyleDataset),
        dataset.backend_args,
    )


def _join(
    samples: list[dict],
    dataset: BaseDetDataset,
    kept: list[dict],
    indices: object,
) -> list[dict]:
    """Put together what a data set lists and what its files say.

    Args:
        samples: From the files, or none.
        dataset: Its ``data_list`` is all that it lists.
        kept: What its filter left of that.
        indices: What the config takes of the latter.
    """
    known = {id(x) for x in kept}
    chosen = {id(x) for x in take(kept, indices)}
    raw = {x['img_id']: x for x in samples}
    return [
        {
            **listed,
            **raw.get(listed.get('img_id'), {}),
            'left_out': None if id(listed) in known else _why(listed, dataset),
        }
        for listed in dataset.data_list
        if id(listed) in chosen
        or (indices is None and id(listed) not in known)
    ]


def _why(listed: dict, dataset: BaseDetDataset) -> str:
    """Say why a filter dropped an image."""
    least = (dataset.filter_cfg or {}).get('min_size', 0)
    size = listed.get('width'), listed.get('height')
    if None not in size and min(size) < least:
        return f'is {size[0]}x{size[1]}, smaller than min_size={least}'
    return 'has no object of the classes'
