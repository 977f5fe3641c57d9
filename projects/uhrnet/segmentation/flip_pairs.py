"""Classes that change sides in a mirror image, such as left and right arm.

A data set names them in its ``metainfo``, ``flip_pairs=[(14, 15), ...]``,
0-based. Whoever mirrors an image has to swap them: in the labels when training
and in the predictions when testing. mmcv's ``RandomFlip`` does the first with
``swap_seg_labels``; mmsegmentation's test-time augmentation lacks the second.
"""

from collections.abc import Sequence

from mmcv.transforms import RandomFlip
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from mmengine.structures import PixelData
from mmseg.models.segmentors import SegTTAModel
from mmseg.registry import MODELS
from mmseg.utils import SampleList

from uhrnet.errors import ConfigError


@MODELS.register_module()
class FlipPairsTTAModel(SegTTAModel):
    """Test-time augmentation that swaps classes back in mirror images.

    Attributes:
        flip_pairs: The classes that change sides; :class:`FlipPairsHook` sets
            them from the data set. Without any it equals ``SegTTAModel``.
    """

    flip_pairs: Sequence[tuple[int, int]] = ()

    def merge_preds(self, data_samples_list: list[SampleList]) -> SampleList:
        """Merge the views of each image, (K, H, W) logits, into one."""
        if self.flip_pairs:
            for views in data_samples_list:
                for sample in views:
                    # Horizontal or vertical: both are mirror images.
                    if sample.metainfo.get('flip'):
                        self._swap(sample)
        return super().merge_preds(data_samples_list)

    def _swap(self, sample: object) -> None:
        logits = sample.seg_logits.data
        order = list(range(len(logits)))
        for left, right in self.flip_pairs:
            order[left], order[right] = right, left
        sample.seg_logits = PixelData(data=logits[order])


@HOOKS.register_module()
class FlipPairsHook(Hook):
    """Take ``flip_pairs`` from the data set to where they are needed.

    Raises:
        ConfigError: If a training pipeline mirrors images and does not swap
            just these classes, or if a pair is not one of two classes.
    """

    def before_train(self, runner: Runner) -> None:
        """Check that the training pipeline swaps labels."""
        dataset = runner.train_dataloader.dataset
        pairs = pairs_of(dataset.metainfo)
        while hasattr(dataset, 'dataset'):
            dataset = dataset.dataset
        steps = getattr(getattr(dataset, 'pipeline', None), 'transforms', ())
        for step in steps:
            if not isinstance(step, RandomFlip):
                continue
            swapped = {frozenset(x) for x in step.swap_seg_labels or ()}
            if swapped != {frozenset(pair) for pair in pairs}:
                raise ConfigError(
                    f'flip_pairs of the data set are {pairs}, and RandomFlip '
                    f'of its pipeline has swap_seg_labels='
                    f'{step.swap_seg_labels}: they must be equal'
                )

    def before_test(self, runner: Runner) -> None:
        """Give the pairs to a model for test-time augmentation."""
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        if isinstance(model, FlipPairsTTAModel):
            dataset = runner.test_dataloader.dataset
            model.flip_pairs = pairs_of(dataset.metainfo)


def pairs_of(metainfo: dict) -> list[tuple[int, int]]:
    """Return a data set's classes that change sides.

    Raises:
        ConfigError: If a pair is not one of two classes.
    """
    pairs = [tuple(pair) for pair in metainfo.get('flip_pairs') or ()]
    members = [index for pair in pairs for index in pair]
    valid = range(len(metainfo.get('classes') or ()))
    if (
        any(len(pair) != 2 for pair in pairs)
        or len(set(members)) < len(members)
        or not set(members) <= set(valid)
    ):
        raise ConfigError(
            f'flip_pairs of the data set are {pairs}: give pairs of two of '
            f'its classes, 0 to {len(valid) - 1}, each class once'
        )
    return pairs
