"""One way to run a config's model, on random data, to be measured."""

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from mmengine.config import Config
from mmengine.hub import get_config
from mmengine.optim import build_optim_wrapper
from mmengine.structures import BaseDataElement, InstanceData, PixelData
from torch import Tensor, nn

from uhrnet.engine.config_file import read_config as read_config_file
from uhrnet.engine.launch import merge_cfg_options
from uhrnet.errors import ConfigError
from uhrnet.memory import keep_freed_memory
from uhrnet.models.backbones.memory_formats import format_of

from .exported_model import ExportedModel
from .inference import prepare_for_inference
from .loading import load_model

DTYPES = {
    'float32': torch.float32,
    'bfloat16': torch.bfloat16,
    'float16': torch.float16,
}
# Which arrange their input, as memory_format says.
OURS = ('UHRNet', 'ExactHRNet', 'NearestHRNet')
_BOXES = 8


class Case(NamedTuple):
    """What is measured.

    Attributes:
        config: Config file, or ``mmseg::...`` and the like of a host.
        task: ``'inference'``, from a normalised image to logits, depths or
            a detector's maps; or ``'train'``, a step of the optimiser from
            images in bytes.
        batch: Number of images.
        shape: Their height and width.
        memory_format: ``'channels_last'`` or ``'contiguous'``; by default
            that of the config's model.
        dtype: ``'bfloat16'`` and ``'float16'`` are automatic mixed precision.
        prepare: Whether to call :func:`prepare_for_inference`.
        compile: Mode of :class:`CompileHook`.
        backend: ``'onnxruntime'`` or ``'openvino'`` for an exported file.
        stock_memory: Training: leave the memory of large tensors to the C
            library, as the hosts' tools do and ``tools/train.py`` does not.
        device: Of PyTorch.
        cfg_options: Overrides of the config.
    """

    config: str
    task: str = 'inference'
    batch: int = 1
    shape: tuple[int, int] = (512, 1024)
    memory_format: str | None = None
    dtype: str = 'float32'
    prepare: bool = False
    compile: str | None = None
    backend: str = 'eager'
    stock_memory: bool = False
    device: str = 'cpu'
    cfg_options: dict | None = None


def build_call(case: Case) -> tuple[Callable[[], object], nn.Module]:
    """Build what a case describes.

    Returns:
        A function of no arguments that runs it once, and the model.

    Raises:
        ConfigError: If options exclude each other.
    """
    _check(case)
    config = read_config(case)
    preprocessor = config.model.get('data_preprocessor') or {}
    if preprocessor.get('size'):
        preprocessor.size = case.shape  # it would pad to the recipe's crop
    if case.memory_format and config.model.backbone.type in OURS:
        config.model.backbone.memory_format = case.memory_format
    model = load_model(config, device=case.device)
    if case.memory_format:
        model.backbone.to(memory_format=format_of(case.memory_format))
        for part in model.children():
            if any(p.dim() == 4 for p in part.parameters()):
                part.to(memory_format=format_of(case.memory_format))
    if case.task == 'train':
        return _training(case, config, model), model
    return _inference(case, model), model


def read_config(case: Case) -> Config:
    """Read a case's config, with its overrides."""
    if '::' in case.config:
        # Before the host is, as it stands in for mmcv's compiled ops.
        import uhrnet.segmentation  # noqa: F401

        config = get_config(case.config)
    else:
        config = read_config_file(case.config)
    merge_cfg_options(config, case.cfg_options or {})
    return config


def _check(case: Case) -> None:
    exported = case.backend != 'eager'
    if case.task == 'train' and (exported or case.prepare):
        raise ConfigError('a prepared or exported model cannot be trained')
    ways = case.compile, case.prepare, case.memory_format
    if exported and (any(ways) or case.dtype != 'float32'):
        raise ConfigError(
            f'backend {case.backend} folds, lays out and compiles float32 on '
            'its own: leave out the other options'
        )
    if case.task != 'train' and case.stock_memory:
        raise ConfigError('stock_memory is for training')


def _inference(case: Case, model: nn.Module) -> Callable[[], object]:
    from .export_graph import input_channels, reference, task_of

    size = (case.batch, input_channels(model), *case.shape)
    image = torch.randn(size, device=case.device)
    if case.memory_format:
        image = image.contiguous(memory_format=format_of(case.memory_format))
    if case.backend != 'eager':
        return _exported(case, model, image)
    if case.prepare:
        prepare_for_inference(model)
    _compile(case, model)
    task = task_of(model)

    def predict() -> object:
        with torch.no_grad(), _autocast(case):
            outs = reference(model, image, task)
        return outs if task == 'detection' else outs[0]

    return predict


def _exported(
    case: Case, model: nn.Module, image: Tensor
) -> Callable[[], object]:
    """Export as tools/deployment/export.py does, and run the file."""
    from .export import export_model

    file_format, name = {
        'onnxruntime': ('onnx', 'model.onnx'),
        'openvino': ('openvino', 'model.xml'),
    }[case.backend]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        export_model(model, path, file_format, case.shape)
        exported = ExportedModel(path, case.backend)
    return lambda: exported(image)


def _training(
    case: Case, config: Config, model: nn.Module
) -> Callable[[], object]:
    if not case.stock_memory:
        keep_freed_memory()
    model.train()
    wrapper_cfg = config.optim_wrapper
    if case.dtype != 'float32':
        wrapper_cfg.update(type='AmpOptimWrapper', dtype=case.dtype)
        if case.device == 'cpu':
            wrapper_cfg.type = 'Bf16OptimWrapper'
            wrapper_cfg.pop('dtype')
    wrapper = build_optim_wrapper(model, wrapper_cfg)
    _compile(case, model)
    data = random_batch(model, case.batch, case.shape)
    return lambda: model.train_step(data, wrapper)


def _compile(case: Case, model: nn.Module) -> None:
    if case.compile:
        from uhrnet.engine.hooks import CompileHook

        CompileHook(case.compile).compile_parts(model)


def _autocast(case: Case) -> contextlib.AbstractContextManager:
    return torch.autocast(
        torch.device(case.device).type,
        DTYPES[case.dtype],
        enabled=case.dtype != 'float32',
    )


def random_batch(
    model: nn.Module, batch: int, shape: tuple[int, int]
) -> dict[str, list]:
    """Make images and what they are compared with, as loaders give them."""
    from .export_graph import input_channels

    images = [
        torch.randint(
            0, 256, (input_channels(model), *shape), dtype=torch.uint8
        )
        for _ in range(batch)
    ]
    return dict(
        inputs=images,
        data_samples=[random_sample(model, shape) for _ in images],
    )


def random_sample(model: nn.Module, shape: tuple[int, int]) -> BaseDataElement:
    """Make labels, depths, or boxes with masks, of an image."""
    from .export_graph import task_of

    meta = dict(
        img_shape=shape,
        ori_shape=shape,
        pad_shape=shape,
        batch_input_shape=shape,
        scale_factor=(1.0, 1.0),
    )
    task = task_of(model)
    if task == 'detection':
        return _random_objects(model, shape, meta)
    from mmseg.structures import SegDataSample

    if task == 'depth':
        depth = torch.rand(1, *shape) * 50 + 1
        return SegDataSample(metainfo=meta, gt_depth_map=PixelData(data=depth))
    classes = getattr(model, 'num_classes', 2)
    labels = torch.randint(0, classes, (1, *shape))
    return SegDataSample(metainfo=meta, gt_sem_seg=PixelData(data=labels))


def _random_objects(
    model: nn.Module, shape: tuple[int, int], meta: dict
) -> BaseDataElement:
    from mmdet.structures import DetDataSample
    from mmdet.structures.mask import BitmapMasks

    height, width = shape
    corners = torch.rand(_BOXES, 2) * 0.6
    boxes = torch.cat((corners, corners + 0.1 + torch.rand(_BOXES, 2) / 4), 1)
    boxes = boxes * torch.tensor([width, height, width, height])
    objects = InstanceData(
        bboxes=boxes, labels=torch.zeros(_BOXES, dtype=torch.long)
    )
    masks = np.random.randint(0, 2, (_BOXES, *shape), np.uint8)
    objects.masks = BitmapMasks(masks, *shape)
    # an eighth of the image, as HTC's recipe makes it
    stuff = torch.zeros(1, -(-height // 8), -(-width // 8), dtype=torch.long)
    return DetDataSample(
        metainfo=meta, gt_instances=objects, gt_sem_seg=PixelData(data=stuff)
    )
