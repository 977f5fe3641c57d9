"""The size that a model wants pictures at, where that matters."""

from collections.abc import Mapping

from mmengine.config import Config

from uhrnet.engine.dataset_configs import innermost_dataset


def trained_side(config: Config, task: str) -> int | None:
    """Return the longer side of the pictures that a model was trained on.

    Depth alone needs it: networks tell distances by how many pixels things
    take, so that a picture twice as large is wrong throughout. Classes are
    learnt at many scales, in crops, and told on whole pictures of any size
    (Cityscapes: crops of 512x1024, tests at 1024x2048); detectors resize in
    their test pipelines.

    Nor is it known, or needed, of depth where a pipeline cuts: a crop has the
    scale of the picture that it is from, whatever its size (KITTI: 704 of
    1242 pixels), and ``CropKITTI`` refuses pictures made smaller. Nor where
    the test pipeline resizes. Elsewhere whole pictures make a batch, and the
    data preprocessor's size is theirs.

    Args:
        config: Of the model.
        task: ``'segmentation'``, ``'depth'`` or ``'detection'``.

    Returns:
        Pixels, or None if pictures are best left as they are.
    """
    size = config.model.get('data_preprocessor', {}).get('size')
    if task != 'depth' or size is None:
        return None
    train = _steps(config.get('train_dataloader'))
    test = _steps(config.get('test_dataloader'))
    cut = any('Crop' in step for step in train + test)
    resized = any('Resize' in step for step in test)
    return None if cut or resized else max(size)


def _steps(loader: Mapping | None) -> list[str]:
    if loader is None:
        return []
    return [str(step['type']) for step in innermost_dataset(loader).pipeline]
