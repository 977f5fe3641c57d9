"""The page in a real browser."""

import http.server
import re
import shutil
import subprocess
import threading
from dataclasses import replace

import cv2
import pytest
import test_page

from uhrnet.reports.page import render

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')


@pytest.fixture
def server():
    """Counts what is asked of it."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.asked = asked
        yield server
        server.shutdown()


def show(path, *options):
    """Return what the browser says and how the page ends up."""
    done = subprocess.run(
        [
            CHROMIUM, '--headless', '--no-sandbox', '--disable-gpu',
            '--disable-background-networking', '--enable-logging=stderr',
            f'--user-data-dir={path.parent / "profile"}',
            '--window-size=1280,900', *options, path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    return re.findall('CONSOLE.*', done.stderr), done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason='there is no Chromium')
def test_no_error_and_no_request(tmp_path, server, monkeypatch):
    address = f'http://127.0.0.1:{server.server_port}/'
    evil = test_page.EVIL.replace('http://a.b/', address)
    monkeypatch.setattr(test_page, 'EVIL', evil)
    page = test_page.evil_page()
    path = tmp_path / 'report.html'
    path.write_text(render(page))
    said, tree = show(path, '--dump-dom')
    assert said == [] and 'alert(1)' in tree and '<script>' not in tree
    show(path, f'--screenshot={tmp_path / "page.png"}')
    picture = cv2.imread(str(tmp_path / 'page.png'))
    assert picture.shape == (900, 1280, 3)
    # styles work: cards stand on grey
    assert tuple(picture[5, 5]) == (0xF7, 0xF5, 0xF4)
    assert server.asked == []


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason='there is no Chromium')
def test_the_policy_keeps_what_would_load_from_loading(tmp_path, server):
    """And this test sees it, if something does."""
    address = f'http://127.0.0.1:{server.server_port}/'
    element = f'<img src="{address}a"><script>console.log("run")</script>'
    page = replace(test_page.evil_page(), title='title')
    text = render(page).replace('<header>', f'<header>{element}')
    path = tmp_path / 'report.html'
    path.write_text(text)
    said, _ = show(path, '--dump-dom')
    assert len(said) == 2 and server.asked == []
    path.write_text(re.sub('<meta http-equiv.*', '', text))
    said, _ = show(path, '--dump-dom')
    assert '"run"' in said[0] and server.asked == ['/a']
