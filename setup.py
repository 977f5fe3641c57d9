"""The package is described in setup.cfg; here is what mim needs with it."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# What mim reads and runs, and the kinds of files that belong to it.
MIM = {
    'configs': ('.md', '.py', '.yml'),
    'demo': ('.py',),
    'tools': ('.py', '.sh'),
}
INDEX = 'model-index.yml'


class BuildWithMim(build_py):
    """Copies configs, tools and demo to ``uhrnet/.mim`` of a wheel.

    They go from the tree straight to the build folder, so the tree stays as
    it is. An editable install is the tree, and has no ``.mim``.
    """

    def run(self):
        package = Path(self.build_lib, 'uhrnet')
        if not self.editable_mode:
            # Files of an earlier build that are gone from the tree.
            shutil.rmtree(package, ignore_errors=True)
        super().run()
        if not self.editable_mode:
            for target, source in self.mim_files().items():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def mim_files(self):
        """Where each file is to lie, and where it comes from."""
        sources = [
            path
            for folder, kinds in MIM.items()
            for path in Path(folder).rglob('*')
            if path.suffix in kinds and path.is_file()
        ]
        root = Path(self.build_lib, 'uhrnet', '.mim')
        return {str(root / x): str(x) for x in [*sorted(sources), Path(INDEX)]}

    def get_source_files(self):
        """Of an archive of the sources, so that wheels can be built of it."""
        return [*super().get_source_files(), *self.mim_files().values()]

    def get_outputs(self, include_bytecode=True):
        outputs = super().get_outputs(include_bytecode)
        return outputs if self.editable_mode else [*outputs, *self.mim_files()]


setup(cmdclass={'build_py': BuildWithMim})
