"""Taking samples from a packed data set."""

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ..datasets.pack_format import map_array
from .annotation_loading import map_labels


@TRANSFORMS.register_module()
class LoadPackedSample(BaseTransform):
    """Map image and labels of a ``PackedDataset`` into memory.

    In place of ``LoadCheckedImage`` and ``LoadCheckedAnnotations``, whose keys
    it sets. What is written to the arrays does not reach the files. Nothing is
    read yet, unless labels have to be mapped: then all labels of the image.
    Labels were checked when they were packed.
    """

    def transform(self, results: dict) -> dict:
        """Set ``img`` (H, W, 3), ``gt_seg_map`` (H, W) and the sizes."""
        packed = results.pop('packed')
        root, shape = packed['root'], packed['shape']
        results['img'] = map_array(root, 'image', packed['image'], shape)
        results['img_shape'] = results['ori_shape'] = shape
        results['gt_seg_map'] = map_labels(
            map_array(root, 'labels', packed['labels'], shape),
            results['reduce_zero_label'],
            results['label_map'],
        )
        results['seg_fields'].append('gt_seg_map')
        return results
