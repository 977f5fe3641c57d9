"""What reaches Gradio, and what does not."""

import asyncio
import json
import os

import pytest

from uhrnet.web_demo.guard import Guard
from uhrnet.web_demo.uploads import MAX_BYTES

HERE = frozenset(('localhost', '127.0.0.1', '[::1]'))


async def application(scope, receive, send):
    """Answer with the body that came."""
    body, more = b'', True
    while more:
        message = await receive()
        body += message.get('body', b'')
        more = message.get('more_body', False)
    await send(dict(type='http.response.start', status=200, headers=[]))
    await send(dict(type='http.response.body', body=body))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / 'own'
    folder.mkdir()
    (folder / 'a.png').touch()
    (tmp_path / 'secret').touch()
    (folder / 'link').symlink_to(tmp_path / 'secret')
    return folder


def ask(
    folder, method, path, *chunks, host='localhost:7860', hosts=HERE, **headers
):
    """Send a request in chunks; return status, headers and body."""
    sent = []
    waiting = list(chunks) or [b'']

    async def receive():
        body = waiting.pop(0)
        return dict(type='http.request', body=body, more_body=bool(waiting))

    async def send(message):
        sent.append(message)

    pairs = dict(headers, host=host).items()
    scope = dict(
        type='http',
        method=method,
        path=path,
        headers=[(k.encode(), v.encode()) for k, v in pairs],
    )
    guard = Guard(application, folder, hosts)
    asyncio.run(guard(scope, receive, send))
    start, end = sent
    return start['status'], dict(start['headers']), end['body']


@pytest.mark.parametrize(
    ('method', 'path'),
    [
        ('GET', '/'),
        ('HEAD', '/'),
        ('GET', '/theme.css'),
        ('GET', '/assets/index.js'),
        ('GET', '/gradio_api/queue/data'),
        ('GET', '/gradio_api/heartbeat/abc123'),
        ('POST', '/gradio_api/upload'),
        ('POST', '/gradio_api/queue/join'),
    ],
)
def test_what_the_page_needs_passes(folder, method, path):
    assert ask(folder, method, path, b'{}')[0] == 200


@pytest.mark.parametrize(
    ('method', 'path'),
    [
        ('GET', '/gradio_api/proxy=http://example.org/'),
        ('GET', '/gradio_api/info'),
        ('GET', '/monitoring'),
        ('GET', '/gradio_api/runs'),
        ('GET', '/gradio_api/dev/reload'),
        ('GET', '/file=/etc/passwd'),
        ('GET', '/gradio_api/file/etc/passwd'),
        ('GET', '/gradio_api/custom_component/1/server/x/y'),
        ('POST', '/gradio_api/run/predict'),
        ('POST', '/gradio_api/call/predict'),
        ('POST', '/gradio_api/component_server'),
        ('POST', '/gradio_api/vibe-edit'),
        ('POST', '/gradio_api/process_recording'),
        ('POST', '/login'),
        ('POST', '/'),
        ('PUT', '/gradio_api/upload'),
        ('GET', '/gradio_api/upload'),
    ],
)
def test_all_else_is_not_there(folder, method, path):
    assert ask(folder, method, path)[0] == 404


def test_files_of_its_own_folder_alone(folder):
    def status(path):
        return ask(folder, 'GET', f'/gradio_api/file={path}')[0]

    assert status(folder / 'a.png') == 200
    for path in (
        '/etc/passwd',
        folder.parent / 'secret',
        f'{folder}/../secret',
        f'{folder}/link',
        f'{folder}-other/a',
        f'{folder}/a\0.png',
        'own/a.png',
        os.path.relpath(folder / 'a.png'),
        'http://example.org/a.png',
        'file:///etc/passwd',
    ):
        assert status(path) == 403, path


@pytest.mark.parametrize(
    'path', ['/etc/passwd', 'http://example.org/x.png', '{}/../secret', 7]
)
def test_values_name_no_file_of_others(folder, path):
    """Gradio would copy or fetch it."""
    path = path.format(folder) if isinstance(path, str) else path
    body = json.dumps(dict(data=[None, [dict(path=path)]])).encode()
    assert ask(folder, 'POST', '/gradio_api/queue/join', body)[0] == 403


def test_a_body_in_pieces_arrives_whole(folder):
    body = json.dumps(dict(data=[dict(path=f'{folder}/a.png')])).encode()
    pieces = body[:9], body[9:20], body[20:]
    status, _, got = ask(folder, 'POST', '/gradio_api/queue/join', *pieces)
    assert (status, got) == (200, body)


@pytest.mark.parametrize('body', [b'{', b'[' * 10**5, b'\xff'])
def test_a_body_that_is_no_json(folder, body):
    assert ask(folder, 'POST', '/gradio_api/queue/join', body)[0] == 400


def test_a_full_folder(folder, monkeypatch):
    monkeypatch.setattr('uhrnet.web_demo.guard.ROOM', MAX_BYTES)
    status, headers, said = ask(folder, 'POST', '/gradio_api/upload')
    assert status == 507 and b'no room' in said
    assert b'content-security-policy' in headers


def test_no_websocket(folder):
    sent = []

    async def send(message):
        sent.append(message)

    guard = Guard(application, folder, None)
    asyncio.run(guard(dict(type='websocket', path='/'), None, send))
    assert sent == [dict(type='websocket.close')]


def test_too_large_by_what_it_says(folder):
    long = str(MAX_BYTES * 2)
    found = ask(
        folder, 'POST', '/gradio_api/upload', **{'content-length': long}
    )
    assert found[0] == 413 and b'32 MiB are the most' in found[2]
    strange = {'content-length': '-5'}
    assert ask(folder, 'POST', '/gradio_api/upload', **strange)[0] == 413


def test_too_large_without_saying_so(folder):
    chunks = [bytes(2**20)] * 34
    assert ask(folder, 'POST', '/gradio_api/upload', *chunks[:32])[0] == 200
    assert ask(folder, 'POST', '/gradio_api/upload', *chunks)[0] == 413
    path = '/gradio_api/queue/join'
    assert ask(folder, 'POST', path, *chunks[:2])[0] == 413


@pytest.mark.parametrize(
    ('host', 'status'),
    [
        ('127.0.0.1:7860', 200),
        ('[::1]:7860', 200),
        ('localhost', 200),
        ('rebound.example.org:7860', 403),
        ('', 403),
    ],
)
def test_other_names_of_this_machine(folder, host, status):
    """A stranger's name may be made to lead here."""
    assert ask(folder, 'GET', '/', host=host)[0] == status
    assert ask(folder, 'GET', '/', host=host, hosts=None)[0] == 200


def test_other_pages(folder):
    own, other = 'http://localhost:7860', 'http://example.org'
    path = '/gradio_api/upload'
    assert ask(folder, 'POST', path, origin=own)[0] == 200
    assert ask(folder, 'POST', path, origin=other)[0] == 403
    assert ask(folder, 'POST', path, origin='null')[0] == 403


def test_browsers_are_told_to_stay(folder):
    headers = ask(folder, 'GET', '/')[1]
    policy = headers[b'content-security-policy'].decode()
    assert (
        "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    )
    assert '://' not in policy
