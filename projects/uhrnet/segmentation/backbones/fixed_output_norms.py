"""Backbones with layer norms whose maps are read through a stop-gradient.

Swin and ConvNeXt normalise each map that they return, by a ``norm0``,
``norm1`` and so on that is of use to this map alone. Where a decoder reads the
finer maps through a stop-gradient, as ``HFGDHead`` does, nothing trains these
norms, and distributed training stops at parameters without a gradient. So
those of all maps but the last are not trained here, whatever the decoder
detaches. Nothing is lost: in ``HFGDHead`` a 1x1 convolution and a batch norm
follow, which can scale and shift channels as well.
"""

from mmseg.models.backbones import SwinTransformer
from mmseg.registry import MODELS
from torch import nn

from uhrnet.errors import MissingLibraryError


@MODELS.register_module()
class FixedNormSwin(SwinTransformer):
    """``SwinTransformer`` with fixed norms of all maps but the last.

    Takes the arguments of ``SwinTransformer``.
    """

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        fix_output_norms(self)

    def train(self, mode: bool = True) -> 'FixedNormSwin':
        """Set the mode and return the model, which the host's does not."""
        super().train(mode)
        return self


@MODELS.register_module()
def FixedNormConvNeXt(**kwargs: object) -> nn.Module:
    """Build mmpretrain's ``ConvNeXt``, norms fixed for all maps but the last.

    Takes the arguments of ``ConvNeXt``.

    Raises:
        MissingLibraryError: If mmpretrain or what it needs is missing.
    """
    try:
        from mmpretrain.models import ConvNeXt
    except (ImportError, RuntimeError) as error:  # a torchvision that is off
        raise MissingLibraryError(
            'ConvNeXt is of mmpretrain: pip install mmpretrain, and the '
            f'torchvision of your torch. Importing it says: {error}'
        ) from error
    return fix_output_norms(ConvNeXt(**kwargs))


def fix_output_norms(backbone: nn.Module) -> nn.Module:
    """Keep the norms of all returned maps but the last from training."""
    for index in backbone.out_indices[:-1]:
        getattr(backbone, f'norm{index}').requires_grad_(False)
    return backbone
