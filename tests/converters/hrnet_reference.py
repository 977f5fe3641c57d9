"""HRNet as its authors compute it, on the names of their checkpoints.

Written from the facts in HRNet-Semantic-Segmentation (lib/models/seg_hrnet.py
at 605d941f, experiments/cityscapes/*small_v*.yaml) and
HRNet-Image-Classification (lib/models/cls_hrnet.py at 4ad13bb3), with nothing
but functions of torch. It shares no code with the converter: parameters are
drawn when the forward pass first asks for them, so the names and shapes of a
whole checkpoint come from this file alone.
"""

import zlib

import torch
import torch.nn.functional as F
from torch import Tensor

# Stage 1: inner width and number of bottlenecks. Stages 2, 3, 4: modules and
# the width of each stream; every branch of a module has 2 blocks.
VARIANTS = {
    'w18-small-v1': dict(
        stage1=(32, 1), modules=(1, 1, 1), widths=(16, 32, 64, 128)
    ),
    'w18-small-v2': dict(
        stage1=(64, 2), modules=(1, 3, 2), widths=(18, 36, 72, 144)
    ),
}
NUM_CLASSES = 7


class Reference:
    """A network whose ``state`` fills itself.

    Args:
        variant: One of ``VARIANTS``.
        fuse: 'bilinear' as in segmentation or 'nearest' as in classification.
        norm: 'batch', or 'inplace' as in the code for torch 0.4.
    """

    def __init__(self, variant, fuse='bilinear', norm='batch'):
        self.name = variant
        self.facts = VARIANTS[variant]
        self.fuse = fuse
        self.norm_kind = norm
        self.state = {}

    def draw(self, name, shape, low, high):
        """Uniform numbers that depend on the name alone."""
        if name not in self.state:
            generator = torch.Generator().manual_seed(
                zlib.crc32(name.encode())
            )
            values = torch.rand(shape, generator=generator)
            self.state[name] = low + (high - low) * values
        return self.state[name]

    def conv(self, x, name, width, kernel, stride=1, bias=False):
        inputs = x.shape[1]
        bound = (6 / (inputs * kernel**2)) ** 0.5
        shape = (width, inputs, kernel, kernel)
        weight = self.draw(f'{name}.weight', shape, -bound, bound)
        b = self.draw(f'{name}.bias', (width,), -0.5, 0.5) if bias else None
        return F.conv2d(x, weight, b, stride, kernel // 2)

    def norm(self, x, name):
        shape = (x.shape[1],)
        # One weight in six is negative.
        weight = self.draw(f'{name}.weight', shape, -0.25, 1.25)
        bias = self.draw(f'{name}.bias', shape, -0.3, 0.3)
        mean = self.draw(f'{name}.running_mean', shape, -0.3, 0.3)
        var = self.draw(f'{name}.running_var', shape, 0.5, 1.5)
        if self.norm_kind == 'inplace':
            weight = weight.abs() + 1e-5
        else:
            counter = f'{name}.num_batches_tracked'
            self.state.setdefault(counter, torch.tensor(1234))
        return F.batch_norm(x, mean, var, weight, bias)

    def unit(self, x, conv, norm, *args):
        return self.norm(self.conv(x, conv, *args), norm)

    def pair(self, x, name, *args):
        """Members 0 and 1 of a ``Sequential``."""
        return self.unit(x, f'{name}.0', f'{name}.1', *args)

    def bottleneck(self, x, name, inner, first):
        y = F.relu(self.unit(x, f'{name}.conv1', f'{name}.bn1', inner, 1))
        y = F.relu(self.unit(y, f'{name}.conv2', f'{name}.bn2', inner, 3))
        y = self.unit(y, f'{name}.conv3', f'{name}.bn3', 4 * inner, 1)
        if first:
            x = self.pair(x, f'{name}.downsample', 4 * inner, 1)
        return F.relu(x + y)

    def basic(self, x, name):
        width = x.shape[1]
        y = F.relu(self.unit(x, f'{name}.conv1', f'{name}.bn1', width, 3))
        return F.relu(
            x + self.unit(y, f'{name}.conv2', f'{name}.bn2', width, 3)
        )

    def upsample(self, x, size):
        if self.fuse == 'nearest':
            return F.interpolate(x, size, mode='nearest')
        return F.interpolate(x, size, mode='bilinear', align_corners=False)

    def module(self, streams, name):
        streams = [
            self.basic(
                self.basic(x, f'{name}.branches.{i}.0'),
                f'{name}.branches.{i}.1',
            )
            for i, x in enumerate(streams)
        ]
        fused = []
        for i, target in enumerate(streams):
            total, width = torch.zeros_like(target), target.shape[1]
            for j, x in enumerate(streams):
                fuse = f'{name}.fuse_layers.{i}.{j}'
                if j > i:
                    y = self.pair(x, fuse, width, 1)
                    y = self.upsample(y, target.shape[2:])
                else:
                    y = x
                    for step in range(i - j):
                        last = step == i - j - 1
                        out = width if last else x.shape[1]
                        y = self.pair(y, f'{fuse}.{step}', out, 3, 2)
                        y = y if last else F.relu(y)
                total = total + y
            fused.append(F.relu(total))
        return fused

    def body(self, image: Tensor) -> list[Tensor]:
        """Four maps, at strides 4, 8, 16, 32."""
        inner, blocks = self.facts['stage1']
        widths = self.facts['widths']
        x = F.relu(self.unit(image, 'conv1', 'bn1', 64, 3, 2))
        x = F.relu(self.unit(x, 'conv2', 'bn2', 64, 3, 2))
        for block in range(blocks):
            x = self.bottleneck(x, f'layer1.{block}', inner, block == 0)
        streams = [
            F.relu(self.pair(x, 'transition1.0', widths[0], 3)),
            F.relu(self.pair(x, 'transition1.1.0', widths[1], 3, 2)),
        ]
        for stage, modules in enumerate(self.facts['modules'], start=2):
            if stage > 2:
                name = f'transition{stage - 1}.{stage - 1}.0'
                new = self.pair(streams[-1], name, widths[stage - 1], 3, 2)
                streams.append(F.relu(new))
            for module in range(modules):
                streams = self.module(streams, f'stage{stage}.{module}')
        return streams

    def logits(self, image: Tensor) -> Tensor:
        """Of the segmentation model, at stride 4."""
        maps = self.body(image)
        size = maps[0].shape[2:]
        x = torch.cat(
            [maps[0], *(self.upsample(m, size) for m in maps[1:])], 1
        )
        x = self.conv(x, 'last_layer.0', x.shape[1], 1, 1, True)
        x = F.relu(self.norm(x, 'last_layer.1'))
        return self.conv(x, 'last_layer.3', NUM_CLASSES, 1, 1, True)
