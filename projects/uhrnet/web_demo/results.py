"""A prediction with its files, as long as its page is open."""

import shutil
import tempfile
import weakref
from pathlib import Path

from uhrnet.apis.predictions import Prediction

from . import markup

_MEANINGS = {
    'labels': 'class of every pixel, by its number',
    'npy': 'metres as a NumPy array, float32',
    'png': 'metres times 256, 16 bits',
    'json': 'boxes and scores, as COCO has them',
    'overlay': 'the picture with the prediction over it',
}


class Results:
    """What a page knows of its last prediction.

    Its files are deleted once nothing refers to this any longer: another
    prediction has taken its place, or the page is closed.

    Args:
        prediction: Of any task.
        folder: A new folder is made below it.

    Attributes:
        prediction: The same.
        files: All kinds of files that there are of it, by their kinds.
    """

    def __init__(self, prediction: Prediction, folder: Path) -> None:
        self.prediction = prediction
        below = tempfile.mkdtemp(prefix='results-', dir=folder)
        weakref.finalize(self, shutil.rmtree, below, ignore_errors=True)
        kinds = list(prediction.endings)
        paths = prediction.save(below, kinds, opacity=0.5)
        self.files = dict(zip(kinds, paths, strict=True))

    def __deepcopy__(self, memo: dict) -> 'Results':
        """Stay one: a copy would have no files."""
        return self

    def links(self) -> str:
        """Return a list of the files, to download."""
        rows = ''.join(
            f'<li><a href="gradio_api/file={markup.text(path)}" '
            f'download="{markup.text(path.name)}">{markup.text(path.name)}'
            f'</a> <span>{_MEANINGS[kind]}, {_size(path)}</span></li>'
            for kind, path in self.files.items()
        )
        return f'<div class="files"><h2>Download</h2><ul>{rows}</ul></div>'


def _size(path: Path) -> str:
    return f'{max(1, round(path.stat().st_size / 1024))} KiB'
