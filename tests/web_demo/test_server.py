"""The page's server, by raw requests on this machine."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from uhrnet.errors import ConfigError
from uhrnet.web_demo import launch, serve

# Importing Gradio takes seconds.
pytestmark = pytest.mark.slow
pytest.importorskip('gradio')
LINE = b'--x\r\n'


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    """A current folder with a file that is nobody's business."""
    place = tmp_path_factory.mktemp('place')
    (place / 'secret.txt').write_text('secret')
    (place / 'pictures').mkdir()
    cv2.imwrite(str(place / 'pictures/a.png'), np.zeros((8, 8, 3), np.uint8))
    before = os.getcwd()
    os.chdir(place)
    yield place
    os.chdir(before)


@pytest.fixture(scope='module')
def looked_up():
    """Hosts whose addresses this process has asked for."""
    names = set()
    original = socket.getaddrinfo

    def note(host, *rest, **more):
        names.add(host.decode() if isinstance(host, bytes) else host)
        return original(host, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, 'getaddrinfo', note)
        yield names


@pytest.fixture(scope='module')
def url(place, looked_up):
    hostile = dict(GRADIO_ALLOWED_PATHS=str(place), GRADIO_SHARE='True')
    with pytest.MonkeyPatch.context() as patch:
        for name, value in hostile.items():
            patch.setenv(name, value)
        with serve(port=0, examples=place / 'pictures') as url:
            yield url


@pytest.fixture(scope='module')
def own(url):
    """The folder that the page keeps its files in."""
    return Path(os.environ['GRADIO_TEMP_DIR'])


def ask(url, method, path, body=None, **headers):
    """Send a request as it is; return status, type and body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.putrequest(method, path, skip_host='Host' in headers)
        for name, value in headers.items():
            connection.putheader(name.replace('_', '-'), value)
        if body is not None and 'Content_Length' not in headers:
            connection.putheader('Content-Length', str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def upload(url, name, content):
    body = (
        LINE + b'Content-Disposition: form-data; name="files"; filename="'
        + name.encode() + b'"\r\n\r\n' + content + b'\r\n--x--\r\n'
    )  # fmt: skip
    kind = 'multipart/form-data; boundary=x'
    return ask(url, 'POST', '/gradio_api/upload', body, Content_Type=kind)


def test_the_page_names_no_other_host(url):
    status, headers, body = ask(url, 'GET', '/')
    assert status == 200
    assert "default-src 'self'" in headers['content-security-policy']
    # What is loaded; Gradio's description of itself names its home.
    loaded = re.findall(r'(?:src|href)="(https?://[^"]+)', body.decode())
    hosts = {urlsplit(x).hostname for x in loaded}
    assert hosts <= {'127.0.0.1'}, hosts
    theme = ask(url, 'GET', '/theme.css')[2]
    assert b'//' not in theme.replace(b'http://www.w3.org/2000/svg', b'')


def test_only_this_machine_reaches_it(url):
    port = urlsplit(url).port
    assert urlsplit(url).hostname == '127.0.0.1'
    with socket.socket() as other:
        # An address of this machine too, and another one.
        assert other.connect_ex(('127.0.0.2', port)) != 0


@pytest.mark.parametrize(
    'path',
    [
        '/gradio_api/file=/etc/passwd',
        '/gradio_api/file={place}/secret.txt',
        '/gradio_api/file=secret.txt',
        '/gradio_api/file=../secret.txt',
        '/gradio_api/file={own}/../../../../etc/passwd',
        '/gradio_api/file={own}/..%2f..%2f..%2f..%2fetc%2fpasswd',
        '/gradio_api/file={own}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
        '/gradio_api/file=file:///etc/passwd',
        '/gradio_api/file=http://127.0.0.1:1/x',
        '/gradio_api/file={own}',
        '/gradio_api/file=/proc/self/environ',
        '/file=/etc/passwd',
        '/file/etc/passwd',
        '/gradio_api/file/etc/passwd',
        '/static/../../../../../../etc/passwd',
        '/static/%2e%2e/%2e%2e/%2e%2e/__init__.py',
        '/assets/..%2f..%2f..%2f__init__.py',
        '/assets/%2e%2e%2f%2e%2e%2f%2e%2e%2f__init__.py',
        '/svelte/..%2f..%2f__init__.py',
        '//etc/passwd',
        '/gradio_api/proxy=http://127.0.0.1:1/x',
    ],
)
def test_paths_lead_nowhere_else(url, own, place, path):
    status, _, body = ask(url, 'GET', path.format(own=own, place=place))
    assert status in (403, 404), (status, body[:80])
    for content in (b'root:', b'import', b'PATH='):
        assert content not in body
    assert body != b'secret'


def test_an_upload_stays_in_the_folder(url, own):
    for name in ('../../../escaped.png', '..\\..\\escaped.png', '/escaped'):
        status, _, body = upload(url, name, b'content')
        if status == 200:
            (path,) = json.loads(body)
            assert own in Path(path).resolve().parents
            found = ask(url, 'GET', f'/gradio_api/file={path}')
            assert found[0] == 200 and found[2] == b'content'
        else:
            assert status == 400
    found = [x for x in own.rglob('*') if 'escaped' in x.name]
    assert found and not list(own.parent.glob('escaped*'))


def test_a_page_uploaded_is_no_page(url):
    """It is offered to save: run here, it could use this page."""
    (path,) = json.loads(upload(url, 'a.html', b'<script>1</script>')[2])
    status, headers, _ = ask(url, 'GET', f'/gradio_api/file={path}')
    assert status == 200
    assert headers['content-disposition'].startswith('attachment')
    assert headers['x-content-type-options'] == 'nosniff'


def test_too_large_an_upload(url, own):
    before = sum(x.stat().st_size for x in own.rglob('*') if x.is_file())
    status, _, body = ask(
        url, 'POST', '/gradio_api/upload', b'',
        Content_Type='multipart/form-data; boundary=x',
        Content_Length=str(2**40),
    )  # fmt: skip
    assert status == 413 and b'MiB are the most' in body
    try:
        status = upload(url, 'a.png', bytes(2**25 + 2**17))[0]
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it did not wait for the rest
    assert status == 413
    after = sum(x.stat().st_size for x in own.rglob('*') if x.is_file())
    assert after - before < 2**20


def test_an_upload_that_breaks_off_leaves_nothing(url, own):
    before = {x for x in own.rglob('*') if x.is_file()}
    begin = LINE + b'Content-Disposition: form-data; name="files"; '
    begin += b'filename="a.png"\r\n\r\n' + bytes(2**20)
    with socket.create_connection(
        ('127.0.0.1', urlsplit(url).port), 20
    ) as connection:
        connection.sendall(
            b'POST /gradio_api/upload HTTP/1.1\r\n'
            b'Host: localhost\r\nContent-Length: 9999999\r\n'
            b'Content-Type: multipart/form-data; boundary=x\r\n\r\n' + begin
        )
        wait_for(lambda: {x for x in own.iterdir() if x.is_file()})
    wait_for(lambda: {x for x in own.rglob('*') if x.is_file()} == before)


def test_chunks_that_say_no_length(url, own):
    """They are refused on the way, and deleted."""
    before = {x for x in own.rglob('*') if x.is_file()}

    def chunks():
        yield LINE + b'Content-Disposition: form-data; name="files"; '
        yield b'filename="a.png"\r\n\r\n'
        for _ in range(40):
            yield bytes(2**20)

    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    kind = {'Content-Type': 'multipart/form-data; boundary=x'}
    try:
        connection.request(
            'POST', '/gradio_api/upload', chunks(), kind, encode_chunked=True
        )
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # it did not wait for the rest
    finally:
        connection.close()
    wait_for(lambda: {x for x in own.rglob('*') if x.is_file()} == before)


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_value_names_no_other_file(url, place):
    for path in (str(place / 'secret.txt'), 'http://127.0.0.1:1/a.png'):
        file = dict(path=path, meta={'_type': 'gradio.FileData'})
        body = dict(data=[file], fn_index=2, session_hash='x')
        status, _, said = ask(
            url, 'POST', '/gradio_api/queue/join', json.dumps(body).encode(),
            Content_Type='application/json',
        )  # fmt: skip
        assert (status, said) == (403, b'This file is not served.\n')


def test_strangers_are_turned_away(url):
    assert ask(url, 'GET', '/', Host='evil.example.org')[0] == 403
    origin = dict(Origin='http://evil.example.org')
    assert ask(url, 'POST', '/gradio_api/upload', b'', **origin)[0] == 403


def test_nothing_is_reported(url, looked_up):
    assert '127.0.0.1' in looked_up
    assert looked_up <= {'127.0.0.1', 'localhost', None}
    config = json.loads(ask(url, 'GET', '/config')[2])
    assert config['analytics_enabled'] is False
    assert config['run_history'] is False


def test_all_is_gone_afterwards(place):
    before = dict(os.environ)
    with serve(port=0, examples=place / 'pictures') as address:
        folder = Path(os.environ['GRADIO_TEMP_DIR'])
        assert upload(address, 'a.png', b'content')[0] == 200
        assert any(folder.rglob('a.png'))
    assert not folder.exists()
    assert dict(os.environ) == before
    with pytest.raises(OSError):
        ask(address, 'GET', '/')


@pytest.mark.parametrize('sign', ['SIGINT', 'SIGTERM'])
def test_all_is_gone_when_it_is_ended(place, tmp_path, sign):
    projects = Path(__file__).parents[2] / 'projects'
    paths = dict(PYTHONPATH=str(projects), TMPDIR=str(tmp_path))
    command = ['-m', 'uhrnet', 'demo', '--port', '0']
    with subprocess.Popen(
        [sys.executable, *command, '--examples', 'pictures'],
        cwd=place,
        env=os.environ | paths,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        said = [process.stdout.readline() for _ in range(2)]
        assert 'Open http://127.0.0.1' in said[1], said
        assert list(tmp_path.glob('uhrnet-demo-*'))
        process.send_signal(getattr(signal, sign))
        assert process.wait(30) == 0
    assert not list(tmp_path.glob('uhrnet-demo-*'))


@pytest.mark.parametrize('host', ['::1', '[::1]'])
def test_this_machine_by_its_longer_address(place, host):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(('::1', 0))
    except OSError as error:
        pytest.skip(f'there is no IPv6 here: {error}')
    with serve(host, 0, examples=place / 'pictures') as address:
        assert urlsplit(address).hostname == '::1'
        assert ask(address, 'GET', '/robots.txt')[0] == 200
        assert ask(address, 'GET', '/', Host='evil.example.org')[0] == 403


def test_a_port_that_is_taken(place):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        for number in (port, 99999):
            with (
                pytest.raises(ConfigError, match=f'port {number}.*--port'),
                serve(port=number, examples=place / 'pictures'),
            ):
                pass


def test_what_the_terminal_says(place, monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr('uhrnet.web_demo.server.wait', interrupted)
    monkeypatch.setattr(signal, 'signal', lambda *_: None)
    launch('0.0.0.0', 0, examples=place / 'pictures')
    said = capsys.readouterr().out
    assert 'Run "make demo"' in said
    assert 'warning: 0.0.0.0 lets' in said and 'no password' in said
    assert 'Ctrl-C ends' in said
    launch(port=0, examples=place / 'pictures')
    assert 'warning' not in capsys.readouterr().out
