"""Let the toolboxes' inferencers take the names of this package's configs.

They look names up in the metafiles of the toolbox itself, and by their
folders find those of no other package.
"""

import functools
import os
from types import ModuleType
from typing import Any

from .compat.import_hook import when_imported


def _patch(module: ModuleType) -> None:
    """Have every inferencer look for names here first."""
    inferencer = module.BaseInferencer
    original = inferencer.__init__

    @functools.wraps(original)
    def init(
        self: Any,
        model: Any = None,
        weights: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if isinstance(model, str) and not os.path.isfile(model):
            from .apis.catalogue import published_weights
            from .engine.config_lookup import all_configs

            path = all_configs().get(model)
            if path is not None:
                weights = weights or published_weights(model)
                model = str(path)
        original(self, model, weights, *args, **kwargs)

    inferencer.__init__ = init


_installed = False


def install() -> None:
    """Patch mmengine now or when it is imported. Idempotent."""
    global _installed
    if not _installed:
        _installed = True
        when_imported('mmengine.infer.infer', _patch)
