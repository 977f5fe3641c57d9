"""Change how a config prepares test images: without labels, augmented."""

import copy

from mmengine.config import Config, ConfigDict

from uhrnet.errors import ConfigError

from .dataset_configs import find_leaves

SCALINGS = ('Resize', 'RandomZoom')


def use_tta_pipeline(cfg: Config, flip_only: bool = False) -> None:
    """Put the test pipeline into its augmented form.

    Args:
        cfg: Of a run; it is changed.
        flip_only: Augment by mirror images alone. The images are resized as
            the test pipeline does.

    Raises:
        ConfigError: If the config has no ``tta_model`` or ``tta_pipeline``.
    """
    for key in ('tta_model', 'tta_pipeline'):
        if not cfg.get(key):
            raise ConfigError(f'--tta needs {key} in the config')
    for _, dataset in find_leaves(cfg.test_dataloader, ''):
        resizing = [step for step in dataset.pipeline if step.type == 'Resize']
        dataset.pipeline = copy.deepcopy(cfg.tta_pipeline)
        for step in dataset.pipeline:
            if flip_only and step.type == 'TestTimeAug':
                step.transforms = [
                    resizing if options[0].type in SCALINGS else options
                    for options in step.transforms
                    if options[0].type not in SCALINGS or resizing
                ]


def use_tta(cfg: Config, flip_only: bool = False) -> None:
    """Put both the test pipeline and the model into their augmented forms."""
    use_tta_pipeline(cfg, flip_only)
    cfg.model = ConfigDict(**cfg.tta_model, module=cfg.model)


def without_labels(pipeline: list) -> list:
    """Leave out the steps that load labels, also in branches (``--tta``)."""
    steps = []
    for step in pipeline:
        if isinstance(step, list):
            steps.append(without_labels(step))
        elif 'Annotations' in step.type or step.type == 'LoadCheckedDepth':
            continue
        elif 'transforms' in step:
            inner = [x for x in without_labels(step.transforms) if x != []]
            steps.append(step | dict(transforms=inner))
        else:
            steps.append(step)
    return steps
