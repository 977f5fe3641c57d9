"""What of a sample reaches the model, the metric and the visualiser."""

from collections.abc import Sequence

from mmseg.datasets.transforms import PackSegInputs
from mmseg.registry import TRANSFORMS

META_KEYS = (
    'img_path', 'depth_map_path', 'out_name', 'focal', 'ori_shape',
    'img_shape', 'pad_shape', 'scale_factor', 'zoom', 'window', 'flip',
    'flip_direction',
)  # fmt: skip


@TRANSFORMS.register_module()
class PackDepthInputs(PackSegInputs):
    """``PackSegInputs`` with the keys that depth needs.

    These are, beside the host's, ``out_name``, under which predictions and
    pictures are saved; ``zoom``, see :class:`RandomZoom`; ``window``, see
    :class:`CropKITTI`; and ``focal``, the focal length in pixels.

    Args:
        meta_keys: Keys to keep where a sample has them.
    """

    def __init__(self, meta_keys: Sequence[str] = META_KEYS) -> None:
        super().__init__(meta_keys=meta_keys)
