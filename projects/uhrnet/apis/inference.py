"""Make a trained model faster to predict with."""

import torch
from mmcv.cnn import fuse_conv_bn
from mmengine.model import BaseModel
from torch import nn

from uhrnet.memory import keep_freed_memory


def prepare_for_inference(model: nn.Module) -> nn.Module:
    """Fold batch norms into convolutions, put channels last, keep memory.

    Predictions stay the same to 1e-5. The model cannot be trained any more,
    and has no batch norms to load weights into: load them first. It is
    changed in place. The memory of large tensors is kept from one image to
    the next, by the whole process, see :func:`keep_freed_memory`.

    Args:
        model: A backbone, a segmentor, a detector or anything else with
            weights, in any mode.

    Returns:
        The model, in evaluation mode.

    Examples:
        >>> from mmseg.apis import inference_model, init_model
        >>> model = prepare_for_inference(init_model(config, checkpoint))
        >>> result = inference_model(model, 'image.png')
    """
    keep_freed_memory()
    model.eval()
    with torch.no_grad():
        fuse_conv_bn(model)
    model.requires_grad_(False)
    _channels_last(model)
    return model


def _channels_last(model: nn.Module) -> None:
    """Convert what is not a toolbox's preprocessor: that holds (3, 1, 1)."""
    parts = model.children() if isinstance(model, BaseModel) else [model]
    for part in parts:
        part.to(memory_format=torch.channels_last)
