"""Run a function on a module as soon as somebody imports that module."""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

Patch = Callable[[ModuleType], None]


class _PatchingLoader(importlib.abc.Loader):
    """Executes a module with its own loader, then applies the patch."""

    def __init__(self, loader: importlib.abc.Loader, patch: Patch) -> None:
        self.loader = loader
        self.patch = patch

    def create_module(
        self, spec: importlib.machinery.ModuleSpec
    ) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        self.patch(module)

    def __getattr__(self, name: str) -> object:
        # get_source, is_package and the like, which inspect and pkgutil use.
        return getattr(self.loader, name)


class _PatchingFinder(importlib.abc.MetaPathFinder):
    """Finds one module the ordinary way and wraps its loader."""

    def __init__(self, name: str, patch: Patch) -> None:
        self.name = name
        self.patch = patch

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        # Ask those behind, not just PathFinder: an editable install has a
        # finder of its own, and a second patch is another of these.
        for finder in sys.meta_path[sys.meta_path.index(self) + 1 :]:
            spec = finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _PatchingLoader(spec.loader, self.patch)
                return spec
        return None


def when_imported(name: str, patch: Patch) -> None:
    """Apply ``patch`` to module ``name`` now, or once it is imported.

    Args:
        name: Full dotted name of the module.
        patch: Called once with the module, after its body has run.
    """
    if name in sys.modules:
        patch(sys.modules[name])
    else:
        sys.meta_path.insert(0, _PatchingFinder(name, patch))
