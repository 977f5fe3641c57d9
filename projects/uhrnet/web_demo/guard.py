"""Between the network and Gradio: what no visitor of the page needs.

Gradio serves more than pages: it fetches addresses for its visitors, reloads
and edits the program, and records runs. Only the routes that the page calls
are let through, files from the page's own folder alone, and requests that a
foreign page has a browser send are refused.
"""

import json
import os
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from .upload_space import NoSpace, UploadSpace
from .uploads import MAX_BYTES

_READ = re.compile(
    r'/(config|theme\.css|favicon\.ico|robots\.txt|manifest\.json)?'
    r'|/(assets|static|svelte)/.+'
    r'|/gradio_api/(startup-events|queue/data|upload_progress)'
    r'|/gradio_api/heartbeat/\w+'
    r'|/gradio_api/file=.+'
)
_WRITE = re.compile(r'/gradio_api/(queue/join|upload|cancel|reset)')
_FILE = '/gradio_api/file='
_UPLOAD = '/gradio_api/upload'
# Around a file, a form has some lines; the other requests are short.
_FORM, _REQUEST = 2**16, 2**20
ROOM = 2**30
"""Bytes that the folder may have when another upload begins."""
_HEADERS = {
    # Browsers then refuse whatever would come from elsewhere. Gradio compiles
    # its templates and styles in the browser.
    'content-security-policy': "default-src 'self'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
}

Send = Callable[[dict], Awaitable[None]]
Receive = Callable[[], Awaitable[dict]]


class _Refused(Exception):
    """A request that is not answered.

    Args:
        status: Of HTTP.
        message: For who sent it.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Guard:
    """ASGI middleware in front of Gradio.

    Args:
        app: What answers the requests that pass.
        folder: That files may be served from and named in.
        hosts: Names that the page is reached by; None for any. With those of
            this machine alone, no name that a stranger points at it is
            answered.
    """

    def __init__(
        self, app: Callable, folder: Path, hosts: frozenset[str] | None
    ) -> None:
        self.app = app
        self.folder = os.path.realpath(folder)
        self.hosts = hosts
        self._uploads = UploadSpace(folder, ROOM, MAX_BYTES + _FORM)

    async def __call__(
        self, scope: dict, receive: Receive, send: Send
    ) -> None:
        """Refuse a request or hand it on."""
        if scope['type'] == 'lifespan':
            await self.app(scope, receive, send)
            return
        if scope['type'] != 'http':
            await send(dict(type='websocket.close'))
            return
        started = False

        async def answer(message: dict) -> None:
            nonlocal started
            if message['type'] == 'http.response.start':
                started = True
                added = [(x.encode(), y.encode()) for x, y in _HEADERS.items()]
                message['headers'] = [*message.get('headers', ()), *added]
            await send(message)

        try:
            checked = await self._check(scope, receive)
            if scope['path'] == _UPLOAD:
                async with self._uploads.one():
                    await self.app(scope, checked, answer)
            else:
                await self.app(scope, checked, answer)
        except NoSpace as error:
            await _refuse(answer, _Refused(507, str(error)))
        except _Refused as refusal:
            if not started:
                await _refuse(answer, refusal)

    async def _check(self, scope: dict, receive: Receive) -> Receive:
        """Return what to read the request's body by.

        Raises:
            _Refused: If the request is none that the page makes.
        """
        headers = {
            key: value.decode('latin-1') for key, value in scope['headers']
        }
        self._check_sender(headers)
        path, method = scope['path'], scope['method']
        if method in ('GET', 'HEAD') and _READ.fullmatch(path):
            if path.startswith(_FILE):
                self._check_file(path.removeprefix(_FILE))
            return receive
        if method != 'POST' or not _WRITE.fullmatch(path):
            raise _Refused(404, 'There is nothing here.')
        limit = MAX_BYTES + _FORM if path == _UPLOAD else _REQUEST
        length = headers.get(b'content-length', '0')
        if not length.isdecimal() or int(length) > limit:
            raise _too_large(limit)
        limited = _limit(receive, limit)
        if path == _UPLOAD:
            return limited
        return await self._check_body(limited)

    def _check_sender(self, headers: dict[bytes, str]) -> None:
        host = headers.get(b'host', '')
        if self.hosts is not None and _name(host) not in self.hosts:
            raise _Refused(403, 'This page has another address.')
        origin = headers.get(b'origin')
        if origin is not None and origin.partition('://')[2] != host:
            raise _Refused(403, 'Another page may not use this one.')

    def _check_file(self, path: str) -> None:
        """Refuse files outside of the folder, addresses among them."""
        inside = False
        if os.path.isabs(path) and '\0' not in path:
            real = os.path.realpath(path)
            inside = os.path.commonpath((real, self.folder)) == self.folder
        if not inside:
            raise _Refused(403, 'This file is not served.')

    async def _check_body(self, receive: Receive) -> Receive:
        """Look for files in the values of a request.

        Gradio would fetch one that is an address.
        """
        body = b''
        more = True
        while more:
            message = await receive()
            if message['type'] != 'http.request':
                raise _Refused(400, 'The request is incomplete.')
            body += message.get('body', b'')
            more = message.get('more_body', False)
        try:
            for path in _paths(json.loads(body or b'null')):
                self._check_file(path)
        except (ValueError, RecursionError):
            raise _Refused(400, 'The request is no JSON.') from None
        return _replay(body, receive)


def _limit(receive: Receive, limit: int) -> Receive:
    """Stop reading a body that is longer than it said, or did not say."""
    left = limit

    async def limited() -> dict:
        nonlocal left
        message = await receive()
        left -= len(message.get('body', b''))
        if left < 0:
            raise _too_large(limit)
        return message

    return limited


def _replay(body: bytes, receive: Receive) -> Receive:
    messages = [dict(type='http.request', body=body, more_body=False)]

    async def replayed() -> dict:
        return messages.pop() if messages else await receive()

    return replayed


def _paths(value: Any) -> Iterator[str]:
    """Go through all that a request calls a path."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == 'path' and item is not None:
                yield str(item)
            else:
                yield from _paths(item)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item)


def _name(host: str) -> str:
    """Return the name or address of a Host header, without the port."""
    return host[: host.find(']') + 1] or host.partition(':')[0]


def _too_large(limit: int) -> _Refused:
    return _Refused(
        413, f'This is too large: {limit // 2**20} MiB are the most.'
    )


async def _refuse(send: Send, refusal: _Refused) -> None:
    await send(
        dict(
            type='http.response.start',
            status=refusal.status,
            headers=[
                (b'content-type', b'text/plain; charset=utf-8'),
                (b'connection', b'close'),
            ],
        )
    )
    await send(dict(type='http.response.body', body=f'{refusal}\n'.encode()))
