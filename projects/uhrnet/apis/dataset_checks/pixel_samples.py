"""Samples of segmentation and of depth, in MMSegmentation's scope."""

from mmcv.transforms import BaseTransform, LoadImageFromFile
from mmengine.dataset import BaseDataset
from mmseg.datasets.transforms import LoadAnnotations

from uhrnet.depth.transforms import LoadCheckedDepth
from uhrnet.segmentation.transforms.packed_loading import LoadPackedSample

from .depth_maps import DepthReader
from .labels import LabelReader
from .packed_samples import PackedReader
from .reading import Reading, begin_reading, run_steps


class PixelReader:
    """Reads image, label map and depth map as a pipeline does.

    Args:
        dataset: Whose samples they are.
        loaders: The loading steps of its pipeline.
    """

    def __init__(
        self, dataset: BaseDataset, loaders: list[BaseTransform]
    ) -> None:
        self.loaders = loaders
        self.image = self.labels = self.depth = self.packed = None
        # Steps that nothing is known of are run as they are.
        self.others = False
        classes = dataset.metainfo.get('classes') or ()
        ignore_index = getattr(dataset, 'ignore_index', 255)
        for loader in loaders:
            if isinstance(loader, LoadPackedSample):
                self.packed = PackedReader(dataset)
            elif isinstance(loader, LoadAnnotations):
                self.labels = LabelReader(loader, classes, ignore_index)
            elif isinstance(loader, LoadCheckedDepth):
                self.depth = DepthReader(loader)
            elif isinstance(loader, LoadImageFromFile):
                self.image = loader
            else:
                self.others = True

    def __call__(self, sample: dict) -> Reading:
        """Read and check a sample."""
        if self.packed:
            return self.packed(sample)
        reading, shape = begin_reading(self.image, sample)
        if self.labels is not None:
            defects, reading.pixels = self.labels(sample, shape)
            reading.defects += defects
        if self.depth is not None:
            defects, reading.depth = self.depth(sample, shape)
            reading.defects += defects
        if self.others and not reading.defects:
            run_steps(self.loaders, sample, reading)
        return reading
