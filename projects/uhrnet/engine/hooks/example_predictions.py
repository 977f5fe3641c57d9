"""A few predictions of every validation, to look at."""

from collections.abc import Sequence
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from uhrnet.errors import ConfigError


@HOOKS.register_module()
class ExamplePredictionsHook(Hook):
    """Draw the same few images in validations, beside their truth.

    The pictures go to the backends of the visualiser: to ``vis_image`` in
    the folder of the log, and to TensorBoard and others where these are in
    use. They are made small. Of several processes the first one draws, of
    the images that it has.

    Args:
        images: How many, spread evenly over the data set.
        interval: Draw in every so many validations, the first one included.

    Raises:
        ConfigError: If one of them is below 1.
    """

    def __init__(self, images: int = 4, interval: int = 1) -> None:
        for name, value in (('images', images), ('interval', interval)):
            if value < 1:
                raise ConfigError(
                    f'ExamplePredictionsHook: {name}={value} is below 1; to '
                    'draw nothing leave the hook out of custom_hooks'
                )
        self.images = images
        self.interval = interval
        self._validations = 0
        self._batches: set[int] = set()

    def before_val_epoch(self, runner: Runner) -> None:
        """Choose the batches."""
        self._batches = set()
        if self._validations % self.interval == 0 and is_main_process():
            count = len(runner.val_dataloader)
            chosen = min(self.images, count)
            self._batches = {i * count // chosen for i in range(chosen)}
        self._validations += 1

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Draw the first image of a chosen batch."""
        if batch_idx not in self._batches:
            return
        from uhrnet.reports.pictures import draw_sample, reduce_sample

        sample = outputs[0]
        try:
            picture = draw_sample(runner.visualizer, reduce_sample(sample))
            # Folders of a data set may have files of the same name.
            name = f'val_{batch_idx}_{Path(sample.img_path).stem}'
            runner.visualizer.add_image(name, picture, runner.iter)
        except Exception as error:  # it is worth no training
            self._batches = set()
            runner.logger.warning(f'Examples are not drawn: {error}')
