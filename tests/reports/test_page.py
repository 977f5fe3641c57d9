"""What strangers write stays text, and nothing is loaded."""

import base64
import html
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure

from uhrnet.reports.charts import draw_svg
from uhrnet.reports.class_table import make_table
from uhrnet.reports.page import Page, Picture, render
from uhrnet.reports.pictures import jpeg_uri

EVIL = '<script>alert(1)</script>"\'><img src="http://a.b/c">&amp;'


class Elements(HTMLParser):
    """All elements with their attributes, and all text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ''
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def evil_page():
    uri = jpeg_uri(np.zeros((4, 4, 3), np.uint8))
    picture = Picture(uri, EVIL, [EVIL])
    return Page(
        title=EVIL,
        facts=[(EVIL, EVIL)],
        environment=[(EVIL, EVIL)],
        config=EVIL,
        metrics=[(EVIL, EVIL)],
        curves=[(EVIL, uri)],
        table=make_table(
            [EVIL, 'b'], {f'{EVIL} (%)': [1, 151.26]}, [EVIL, ''], kind=EVIL
        ),
        confusion=uri,
        order=EVIL,
        panels=EVIL,
        worst=[picture],
        best=[picture],
        remarks=[EVIL],
    )


def test_everything_is_escaped():
    text = render(evil_page())
    elements = Elements(text)
    tags = {tag for tag, _ in elements.elements}
    assert not tags & {'script', 'iframe', 'object', 'base', 'form'}
    assert elements.text.count('alert(1)') >= 20
    addresses = [
        value
        for _, attributes in elements.elements
        for name, value in attributes.items()
        if name in ('src', 'href')
    ]
    assert len(addresses) > 5
    assert all(x.startswith(('data:', '#')) for x in addresses)
    assert not any(
        name.startswith('on')
        for _, attributes in elements.elements
        for name in attributes
    )


def test_policy_and_figures():
    text = render(evil_page())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert html.unescape(policy) == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    )
    cells = re.findall(r'<td class="number">([^<]*)</td>', text)
    # value, behind the mean, behind the best
    assert cells == ['1.0', '75.1', '150.3', '151.3', '-75.1', '0.0']


def test_a_page_of_little():
    text = render(Page('a', [], [], 'config = 1'))
    assert 'config = 1' in text
    sections = re.findall('<section id="([a-z]+)"', text)
    assert sections == ['run', 'environment', 'config']


@pytest.mark.filterwarnings('error')
def test_names_are_no_formulas():
    """And letters that the font lacks are no reason to fail."""

    def draw(title):
        figure = Figure()
        figure.suptitle(title)
        return figure

    uri = draw_svg(draw, r'$\frac{$ 汽车 <b>')
    kind, data = uri.split(';base64,')
    assert kind == 'data:image/svg+xml'
    picture = base64.b64decode(data).decode()
    assert picture.startswith('<?xml') and '<b>' not in picture
