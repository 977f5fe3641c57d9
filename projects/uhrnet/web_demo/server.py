"""Serve the page, to this machine unless told otherwise."""

import contextlib
import ipaddress
import logging
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from uhrnet.errors import ConfigError, MissingLibraryError

from .settings import private_settings
from .wanted import Wanted

if TYPE_CHECKING:
    from gradio import Blocks

HOST, PORT = '127.0.0.1', 7860
_HERE = frozenset(('localhost', '127.0.0.1', '[::1]'))


def launch(
    host: str = HOST,
    port: int = PORT,
    *,
    models: Sequence[Wanted] = (),
    examples: Path | None = None,
    device: str | None = None,
) -> None:
    """Serve the page until it is interrupted (Ctrl-C).

    Args:
        host: Address to listen at. Other machines are let in by another one
            than this machine's own.
        port: To listen at; 0 takes a free one.
        models: That are offered; by default the trainings in ``work_dirs``.
        examples: Folder with pictures to offer; by default streets are
            rendered.
        device: For the models; None chooses.

    Raises:
        ConfigError: If the port is taken, or if a model has no weights.
        MissingLibraryError: If Gradio is not installed.
    """
    from .offers import NO_WEIGHTS, find_offers

    offers = find_offers(models)
    for offer in offers:
        print(f'{offer.task}: {offer.title} ({offer.weights})')
    if not offers:
        print(NO_WEIGHTS)
    # ended in either way, it deletes its files
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        contextlib.suppress(KeyboardInterrupt),
        serve(
            host, port, models=models, examples=examples, device=device
        ) as url,
    ):
        if not is_loopback(host):
            print(
                f'warning: {host} lets other machines in. Whoever reaches it '
                'can use the models, and read what others send: there is no '
                'password and no encryption.'
            )
        print(f'Open {url} in a browser. Ctrl-C ends.', flush=True)
        wait()


def wait() -> None:
    """Wait for Ctrl-C."""
    threading.Event().wait()


@contextlib.contextmanager
def serve(
    host: str = HOST,
    port: int = PORT,
    *,
    models: Sequence[Wanted] = (),
    examples: Path | None = None,
    device: str | None = None,
) -> Iterator[str]:
    """Serve the page while the context lasts, see :func:`launch`.

    All files that visitors leave or take are in one temporary folder, which
    is deleted at the end.

    Yields:
        The address of the page.
    """
    with tempfile.TemporaryDirectory(
        prefix='uhrnet-demo-', ignore_cleanup_errors=True
    ) as name:
        folder = Path(name).resolve()
        with private_settings(folder):
            page = _build(folder, models, examples, device)
            url = _listen(page, host, port, folder)
            try:
                yield url
            finally:
                page.close(verbose=False)


def _build(
    folder: Path,
    models: Sequence[Wanted],
    examples: Path | None,
    device: str | None,
) -> 'Blocks':
    """Import Gradio, which reads its settings then, and build the page."""
    try:
        import gradio  # noqa: F401
    except ImportError as error:
        raise MissingLibraryError(
            f'the page needs Gradio ({error}): pip install -r '
            'requirements/demo.txt -c requirements/constraints.txt'
        ) from error
    from .examples import prepare_examples
    from .model_store import ModelStore
    from .offers import find_offers
    from .page import build_page

    find_offers(models)  # a name that is wrong is an error now
    # It logs a line for every request that the page makes to itself.
    logging.getLogger('httpx').setLevel(logging.WARNING)
    pictures = prepare_examples(folder / 'pictures', examples)
    return build_page(
        lambda: find_offers(models), ModelStore(device), pictures, folder
    )


def _listen(page: 'Blocks', host: str, port: int, folder: Path) -> str:
    """Start the server in a thread; return the page's address."""
    from gradio.themes import Default
    from starlette.middleware import Middleware

    from . import look
    from .guard import Guard
    from .page import SESSIONS
    from .uploads import MAX_BYTES

    host = host.strip('[]')
    hosts = _HERE | {host} if is_loopback(host) else None
    try:
        _, url, _ = page.launch(
            # Gradio puts it into addresses as it is
            server_name=f'[{host}]' if ':' in host else host,
            server_port=port or _free_port(host),
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            max_file_size=MAX_BYTES,
            allowed_paths=[],
            blocked_paths=[],
            state_session_capacity=SESSIONS,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            pwa=False,
            num_workers=0,
            theme=Default(font=look.FONTS, font_mono=look.MONOSPACED),
            css=look.CSS,
            app_kwargs=dict(
                middleware=[Middleware(Guard, folder=folder, hosts=hosts)]
            ),
        )
    # numbers that are no port overflow
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f'the page cannot listen at {host}, port {port}: {error}. '
            'Choose another one with --port'
        ) from error
    return url


def is_loopback(host: str) -> bool:
    """Whether an address is reached by this machine alone."""
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host.strip('[]')).is_loopback
    except ValueError:
        return False


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]
