"""ResNet that also returns what its stem computes."""

from mmseg.models.backbones import ResNetV1c
from mmseg.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class StemResNetV1c(ResNetV1c):
    """``ResNetV1c`` with the stem's map, stride 2, in front of the others.

    For decoders that go up to stride 2. Takes the arguments of ``ResNetV1c``,
    and has its parameters, so its weights load.
    """

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map (N, 3, H, W) to (N, 64, H/2, W/2) and the maps of stages."""
        stem = self.stem(x)
        maps = [stem]
        x = self.maxpool(stem)
        for index, name in enumerate(self.res_layers):
            x = getattr(self, name)(x)
            if index in self.out_indices:
                maps.append(x)
        return tuple(maps)

    def train(self, mode: bool = True) -> 'StemResNetV1c':
        """Set the mode and return the model, which the host's does not."""
        super().train(mode)
        return self
