"""A pre-trained start that happens completely or not at all.

mmengine's ``init_cfg=dict(type='Pretrained')`` loads what fits and logs the
rest, so that a wrong file means training from scratch without a word. Before
it loads, these functions make sure that the whole backbone is there.
"""

import os
from collections.abc import Mapping

from mmengine.model import PretrainedInit
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor, nn

from uhrnet.checkpoint_file import plain_state_dict
from uhrnet.errors import ConfigError
from uhrnet.state_dict_fit import describe_misfits, find_misfits

# Of a backbone or a whole model, as it is or in a wrapper.
_PREFIXES = ('', 'backbone.', 'module.', 'module.backbone.')
_PADDLE = 'https://bj.bcebos.com/paddleseg/dygraph/backbone'
# ImageNet weights that the authors published; there are none of W18.
PUBLISHED = {
    'uhrnet-w18-small': f'{_PADDLE}/uhrnetw18_small_imagenet.tar.gz',
    'uhrnet-w48': f'{_PADDLE}/uhrnetw48_imagenet.tar.gz',
}


def check_pretrained(
    backbone: nn.Module,
    init_cfg: dict | list[dict] | None,
    name: str,
    more_allowed: bool = False,
) -> None:
    """Check every pre-trained start in ``init_cfg`` and set its ``prefix``.

    The file may be one of a backbone or of a whole segmentor or detector:
    parameters are found with and without ``backbone.`` in front of them. A
    given prefix is kept.

    Args:
        backbone: What is about to be initialised.
        init_cfg: Its mmengine config; changed in place.
        name: The backbone's, for messages, such as ``'uhrnet-w18'``.
        more_allowed: Whether the file may have parameters that the backbone
            has not, such as those of a classifier.

    Raises:
        FileNotFoundError: If the file is absent. The message says where to
            get it.
        ConfigError: If it does not fit. The message names the parameters.
    """
    cfgs = init_cfg if isinstance(init_cfg, list) else [init_cfg or {}]
    for cfg in cfgs:
        kind = cfg.get('type')
        if kind is PretrainedInit or str(kind).endswith('Pretrained'):
            cfg['prefix'] = _fitting_prefix(backbone, cfg, name, more_allowed)


def _fitting_prefix(
    backbone: nn.Module, cfg: dict, name: str, more_allowed: bool
) -> str | None:
    path = str(cfg['checkpoint'])
    if '://' not in path and not os.path.isfile(os.path.expanduser(path)):
        raise FileNotFoundError(_how_to_get(path, name))
    checkpoint = CheckpointLoader.load_checkpoint(path, map_location='cpu')
    state = plain_state_dict(checkpoint)
    expected = backbone.state_dict()
    given = cfg.get('prefix')
    prefixes = (given.removesuffix('.') + '.',) if given else _PREFIXES
    misfits = {
        p: find_misfits(expected, _under(state, p), more_allowed)
        for p in prefixes
    }
    best = min(misfits, key=lambda prefix: len(misfits[prefix]))
    if misfits[best]:
        holds = (checkpoint.get('meta') or {}).get('arch')
        raise ConfigError(
            f'{path} does not fit {name}'
            + (f': it holds {holds}' if holds else '')
            + f'. The first name in it is {next(iter(state))!r}. '
            + f'With the prefix {best!r} there are '
            + describe_misfits(misfits[best])
        )
    return best or None


def _under(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): value
        for key, value in state.items()
        if key.startswith(prefix)
    }


def _how_to_get(path: str, name: str) -> str:
    text = f'init_cfg names {path}, which does not exist. '
    if name in PUBLISHED:
        address = PUBLISHED[name]
        text += (
            f'Download {address} and convert it: python '
            'tools/model_converters/paddle2uhrnet.py '
            f'{address.rsplit("/", 1)[1]} {path}\n'
        )
    else:
        text += f'No ImageNet weights of {name} have been published. '
    return text + (
        'To resume, or to start from scratch: --cfg-options '
        'model.backbone.init_cfg=None'
    )
