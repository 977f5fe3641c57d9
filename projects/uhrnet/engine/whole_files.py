"""Where mmengine writes checkpoints: a disk, but never half a file."""

from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from uhrnet.checkpoint_file import write_whole

NAME = 'whole_files'


class WholeFileBackend(LocalBackend):
    """mmengine's local files, written whole or not at all.

    Registered as ``backend_args=dict(backend='whole_files')``.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write ``obj``; see :func:`uhrnet.checkpoint_file.write_whole`."""
        write_whole(filepath, lambda file: file.write(obj))


register_backend(NAME, WholeFileBackend, force=True)
