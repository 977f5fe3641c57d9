"""The web page of ``uhrnet demo``: predictions in a browser.

Importing this is cheap. Gradio, of the extra ``demo``, is imported when the
page is built, after :mod:`.settings` has told it to stay on this machine.
"""

from .options import add_arguments, run
from .server import launch, serve

__all__ = ['add_arguments', 'launch', 'run', 'serve']
