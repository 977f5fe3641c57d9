"""What Gradio is told before it is imported: stay on this machine.

Gradio reads its settings from the environment. One that is left there by
something else could open folders to visitors, share the page through the
internet or start processes that serve files beside it.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_OFF = {
    'GRADIO_ANALYTICS_ENABLED': 'False',
    'GRADIO_RUN_HISTORY': 'False',
    'HF_HUB_DISABLE_TELEMETRY': '1',
    'HF_HUB_OFFLINE': '1',
    'DO_NOT_TRACK': '1',
}


@contextlib.contextmanager
def private_settings(folder: Path) -> Iterator[None]:
    """Set the environment while a page is served.

    Args:
        folder: Where uploads and results go, and all that is served from.
    """
    before = dict(os.environ)
    try:
        for name in before:
            if name.startswith('GRADIO_'):
                del os.environ[name]
        os.environ.update(_OFF)
        os.environ['GRADIO_TEMP_DIR'] = str(folder)
        # By default in the current folder, and served from there.
        os.environ['GRADIO_EXAMPLES_CACHE'] = str(folder / 'examples')
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
