"""How much of the disk uploads may take."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

# What a file takes of the disk at least, and its folder too.
_BLOCK = 4096


class NoSpace(Exception):
    """There is no room for another upload."""


class UploadSpace:
    """Lets uploads in as long as there is room in their folder.

    Gradio writes an upload into a file right in the folder and moves it below
    once it is whole. One that breaks off, or is refused on the way, stays
    there for ever: Gradio deletes the old ones of those that it knows.

    Args:
        folder: Of uploads, results and examples.
        room: Bytes that it may hold.
        largest: That one upload may bring.
    """

    def __init__(self, folder: Path, room: int, largest: int) -> None:
        self.folder = folder
        self.room = room
        self.largest = largest
        self._running = 0

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold the room of an upload while it arrives.

        Raises:
            NoSpace: If there is none.
        """
        # All that is running may yet become as large as can be.
        wanted = (self._running + 1) * self.largest
        if sum(_sizes(self.folder)) + wanted > self.room:
            raise NoSpace(
                'There is no room for more pictures now: older ones are '
                'deleted after an hour.'
            )
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._clear()

    def _clear(self) -> None:
        """Delete what uploads have left that did not get to their end."""
        for path in self.folder.iterdir():
            if path.is_file():
                path.unlink(missing_ok=True)


def _sizes(folder: Path) -> Iterator[int]:
    for place, folders, files in os.walk(folder):
        yield _BLOCK * len(folders)
        for name in files:
            # gone in the meantime, perhaps
            with contextlib.suppress(OSError):
                found = os.lstat(os.path.join(place, name))
                yield max(found.st_size, _BLOCK)
