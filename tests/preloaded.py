"""What the server process of ``command_line`` has ready for all tools."""

import importlib

for name in (
    'uhrnet',  # before the toolboxes, where mmcv has no compiled ops
    'mmengine.runner',
    'torch._dynamo',  # as optimizers do
    'mmseg.datasets',
    'mmseg.evaluation',
    'mmseg.models',
    'mmseg.visualization',
    'mmdet.datasets',
    'mmdet.evaluation',
    'mmdet.models',
    'mmdet.visualization',
    'matplotlib.figure',  # as the page at the end of runs does
    'matplotlib.backends.backend_svg',
):
    importlib.import_module(name)

# Layout of the configs that mmengine logs, which takes longer than most runs.
config = importlib.import_module('mmengine.config.config')
config.FormatCode = lambda text, **_: (text, False)
