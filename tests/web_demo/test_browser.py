"""The page in a browser: Chromium without a window."""

import base64
import re
import shutil
import threading
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
import torch
from untrained import DETECTOR, ESTIMATOR, SEGMENTOR

from uhrnet.apis import load
from uhrnet.web_demo import actions, serve
from uhrnet.web_demo.sizing import bring_to
from uhrnet.web_demo.uploads import MAX_BYTES
from uhrnet.web_demo.wanted import Wanted

pytestmark = pytest.mark.slow
pytest.importorskip('gradio')
playwright = pytest.importorskip('playwright.sync_api')
TASKS = {
    'Segmentation': SEGMENTOR,
    'Depth': ESTIMATOR,
    'Detection': DETECTOR,
}


@pytest.fixture(scope='module')
def browser():
    path = shutil.which('chromium') or shutil.which('chromium-browser')
    with playwright.sync_playwright() as started:
        try:
            browser = started.chromium.launch(
                executable_path=path, args=['--no-sandbox']
            )
        except playwright.Error as error:
            pytest.skip(f'there is no Chromium: {str(error)[:200]}')
        yield browser
        browser.close()


@pytest.fixture(scope='module')
def trainings(untrained, examples, tmp_path_factory):
    """Folders of trainings by their tasks."""
    folders = {task: untrained(name) for task, name in TASKS.items()}
    decided = tmp_path_factory.mktemp('decided') / DETECTOR
    shutil.copytree(folders['Detection'], decided)
    decide(decided, examples[0])
    return folders | dict(Detection=decided)


def decide(folder, image):
    """Make a detector more certain of some objects than of others."""
    predictor = load(folder, device='cpu')
    layer = predictor.model.roi_head.bbox_head.fc_cls
    seen = []
    handle = layer.register_forward_hook(lambda *x: seen.append(x[1][0]))
    next(predictor.predict(image))
    handle.remove()
    mean = seen[0].mean(0)
    with torch.no_grad():
        factor = 2 / (layer.weight @ (seen[0] - mean).T).std()
        layer.weight *= factor
        layer.bias[:] = -layer.weight @ mean
    path = folder / 'best_random_iter_1.pth'
    checkpoint = torch.load(path)
    checkpoint['state_dict'] = predictor.model.state_dict()
    torch.save(checkpoint, path)


@pytest.fixture(scope='module')
def models(trainings):
    """What the page has to show, by its tasks."""
    return {
        task: load(folder, device='cpu') for task, folder in trainings.items()
    }


@pytest.fixture(scope='module')
def examples(scenes):
    return sorted((scenes / 'images/val').iterdir())


@pytest.fixture(scope='module')
def url(trainings, examples):
    wanted = [Wanted(str(folder)) for folder in trainings.values()]
    folder = examples[0].parent
    with serve(port=0, models=wanted, examples=folder, device='cpu') as url:
        yield url


@pytest.fixture(scope='module')
def opened(browser, url):
    """The page, and what has gone wrong on it."""
    page = browser.new_page(viewport=dict(width=1280, height=1400))
    page.set_default_timeout(20000)
    faults = []
    page.on(
        'console',
        lambda x: faults.append(x.text) if x.type == 'error' else None,
    )
    page.on('pageerror', lambda error: faults.append(str(error)))
    page.on('response', lambda x: faults.append(x.url) if not x.ok else None)
    hosts = set()
    page.on('request', lambda x: hosts.add(urlsplit(x.url).netloc))
    page.goto(url)
    page.locator('#task label').first.wait_for()
    yield page, faults, hosts
    page.close()


@pytest.fixture
def page(opened):
    page, faults, hosts = opened
    yield page
    assert not faults, faults
    # those of pictures that are in the page itself have none
    assert hosts <= {urlsplit(page.url).netloc, ''}, hosts


def predict(page, task):
    """Predict the first example anew."""
    page.locator('#task label', has_text=task).click()
    page.wait_for_function(
        'name => document.querySelector("#model input").value === name',
        arg=TASKS[task],
    )
    choose(page, 0)
    page.locator('#predict').click()
    page.locator('#facts .facts').wait_for()


def choose(page, index):
    page.locator('#examples .thumbnail-item').nth(1 - index).click()
    page.locator('#facts').wait_for(state='detached')
    before = page.locator('#view').inner_html()
    page.locator('#examples .thumbnail-item').nth(index).click()
    changed(page, before)


def changed(page, before):
    """Wait until another picture is shown; return it."""
    page.wait_for_function(
        'before => document.querySelector("#view img")'
        ' && document.querySelector("#view img").outerHTML'
        ' && !before.includes(document.querySelector("#view img").outerHTML)',
        arg=before,
    )
    return picture(page)


def picture(page):
    data = page.locator('#view img').get_attribute('src').partition(',')[2]
    content = np.frombuffer(base64.b64decode(data), np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_COLOR)[..., ::-1]


def slide(page, name, value):
    """Set a slider; return the picture that follows."""
    before = page.locator('#view').inner_html()
    page.locator(f'#{name} input[type=range]').fill(str(value))
    return changed(page, before)


def expected(models, examples, task, focal=None):
    """What the page has to show of the first example.

    Depth is predicted at the longer side of its training by default.
    """
    image = cv2.imread(str(examples[0]))[..., ::-1].copy()
    if task == 'Depth':
        width = image.shape[1]
        image = bring_to(image, 160)
        focal = focal and focal * 160 / width
    return next(models[task].predict([image], focal=focal))


def point(page, x, y, size):
    """Point at a pixel of a picture; return what is said of it."""
    page.locator('#view img').scroll_into_view_if_needed()
    box = page.locator('#view img').bounding_box()
    height, width = size
    ratio = min(box['width'] / width, box['height'] / height)
    left = box['x'] + (box['width'] - ratio * width) / 2
    top = box['y'] + (box['height'] - ratio * height) / 2
    page.mouse.move(left + ratio * (x + 0.5), top + ratio * (y + 0.5))
    page.wait_for_function(
        'end => document.querySelector("#view figcaption")'
        '.textContent.endsWith(end)',
        arg=f' at {x}, {y}',
    )
    text = page.locator('#view figcaption').inner_text()
    return text.removesuffix(f' at {x}, {y}')


def test_segmentation(page, models, examples):
    predict(page, 'Segmentation')
    found = expected(models, examples, 'Segmentation')
    rows = page.locator('#legend tbody tr')
    shown = [
        (row.locator('.name').inner_text(), row.locator('.value').inner_text())
        for row in rows.all()
    ]
    areas = found.areas()
    assert shown == [(name, f'{100 * x:.1f} %') for _, name, x in areas]
    color = rows.first.locator('.swatch').evaluate(
        'x => getComputedStyle(x).backgroundColor'
    )
    assert color == f'rgb{tuple(found.palette[areas[0][0]])}'
    assert np.array_equal(picture(page), found.draw(0.5))
    for x, y in ((3, 2), (90, 60)):
        label = found.classes[found.labels[y, x]]
        assert point(page, x, y, found.labels.shape) == label


def test_opacity_draws_without_predicting(page, models, examples):
    predict(page, 'Segmentation')
    found = expected(models, examples, 'Segmentation')
    facts = page.locator('#facts').inner_text()
    for opacity in (0.9, 0):
        assert np.array_equal(
            slide(page, 'opacity', opacity), found.draw(opacity)
        )
    assert page.locator('#facts').inner_text() == facts


def test_depth(page, models, examples):
    predict(page, 'Depth')
    found = expected(models, examples, 'Depth')
    assert np.array_equal(picture(page), found.draw(1))
    for x, y in ((0, 0), (50, 40), (95, 63)):
        said = point(page, x, y, found.depth.shape)
        assert re.fullmatch(r'\d+\.\d\d m', said)
        assert float(said[:-2]) == pytest.approx(found.depth[y, x], abs=0.01)
    ticks = page.locator('#legend .ticks span').all_inner_texts()
    near, far = (float(ticks[index][:-2]) for index in (0, -1))
    assert near == pytest.approx(found.depth.min(), rel=0.01)
    assert far == pytest.approx(found.depth.max(), rel=0.01)
    # with the camera's focal length, another distance
    page.locator('#focal input').fill('250')
    before = page.locator('#legend').inner_text()
    page.locator('#predict').click()
    page.wait_for_function(
        'before => document.querySelector("#legend")'
        ' && document.querySelector("#legend").innerText !== before',
        arg=before,
    )
    said = point(page, 50, 40, found.depth.shape)
    known = expected(models, examples, 'Depth', focal=250).depth[40, 50]
    assert known > 1.5 * found.depth[40, 50]
    assert float(said[:-2]) == pytest.approx(known, abs=0.02)
    page.locator('#focal input').fill('')


def test_another_picture_during_a_prediction(page, models, monkeypatch):
    """What is said of the last one is not shown of the next."""
    begun, go_on = threading.Event(), threading.Event()
    original = actions.predict

    def slow(*args):
        begun.set()
        assert go_on.wait(20)
        return original(*args)

    predict(page, 'Segmentation')
    monkeypatch.setattr(actions, 'predict', slow)
    page.locator('#predict').click()
    assert begun.wait(20)
    other = np.full((30, 50, 3), 99, np.uint8)
    upload(page, 'grey.png', cv2.imencode('.png', other)[1].tobytes())
    page.locator('#view img[alt="the chosen picture"]').wait_for()
    go_on.set()
    monkeypatch.undo()
    # those of a page follow each other, so the first one has ended then
    page.locator('#predict').click()
    page.wait_for_function(
        'document.querySelector("#facts .facts")'
        '?.innerText.includes("50 x 30")',
    )
    (found,) = models['Segmentation'].predict([other])
    assert np.array_equal(picture(page), found.draw(0.5))
    page.locator('#upload [aria-label="Clear"]').click()
    page.locator('#view img').wait_for(state='detached')


def test_the_size_of_the_training_is_the_default(page):
    said = page.locator('#longest input')
    for task, size in (
        ('Depth', '160 pixels'),
        ('Segmentation', 'own size, up to 2048'),
    ):
        page.locator('#task label', has_text=task).click()
        page.wait_for_function(
            'said => document.querySelector("#longest input").value === said',
            arg=f'as trained: {size}',
        )
        assert said.is_visible()


def test_threshold_changes_the_boxes(page, models, examples):
    predict(page, 'Detection')
    found = expected(models, examples, 'Detection')
    assert np.array_equal(picture(page), found.above(0.3).draw())
    # as the slider has it, between the best and the others
    between = float(np.floor(100 * found.scores[0]) / 100)
    some = found.above(between)
    number = len(some.scores)
    assert 0 < number < len(found.above(0.3).scores), found.scores
    assert found.scores[0] < 1
    assert np.array_equal(slide(page, 'threshold', between), some.draw())
    assert np.array_equal(slide(page, 'threshold', 0.01), found.draw())
    counts = page.locator('#legend .value').all_inner_texts()
    assert sum(map(int, counts)) == len(found.scores)
    assert np.array_equal(slide(page, 'threshold', 1), found.image)
    assert 'Nothing scores as high' in page.locator('#legend').inner_text()


def test_results_can_be_saved(page, models, examples, tmp_path):
    predict(page, 'Depth')
    found = expected(models, examples, 'Depth')
    names = page.locator('#files a').all_inner_texts()
    stem = examples[0].stem
    assert names == [f'{stem}.npy', f'{stem}.png', f'{stem}_overlay.png']
    for name in names:
        with page.expect_download() as download:
            page.locator('#files a', has_text=re.compile(f'^{name}$')).click()
        download.value.save_as(tmp_path / name)
        assert download.value.suggested_filename == name
    assert np.array_equal(np.load(tmp_path / names[0]), found.depth)
    metres = cv2.imread(str(tmp_path / names[1]), cv2.IMREAD_UNCHANGED)
    assert metres.dtype == np.uint16
    assert np.abs(metres / 256 - found.depth).max() < 0.01


HOSTILE = '<img src=x onerror=document.title=1>${1}{{value}}.png'


@pytest.mark.parametrize(
    ('name', 'content', 'said'),
    [
        ('note.txt', b'no picture', 'note.txt is not a picture'),
        ('empty.png', b'', 'empty.png is empty'),
        (HOSTILE, b'no picture', 'is not a picture'),
    ],
)
def test_a_bad_file_is_refused(page, name, content, said):
    predict(page, 'Segmentation')
    upload(page, name, content)
    notice = page.locator('#notice [role=alert]')
    notice.wait_for()
    assert said in notice.inner_text()
    assert page.locator('#view img').count() == 0
    page.locator('#predict').click()
    page.wait_for_function(
        'document.querySelector("#notice").innerText.includes("first")'
    )
    assert page.title() == 'uhrnet'
    page.locator('#upload [aria-label="Clear"]').click()
    page.locator('#notice').wait_for(state='detached')


def upload(page, name, content):
    file = dict(name=name, mimeType='image/png', buffer=content)
    page.locator('#upload input[type=file]').set_input_files(file)


def test_a_broken_picture_and_a_whole_one(page, models, examples):
    predict(page, 'Segmentation')
    upload(page, 'half.png', examples[1].read_bytes()[:-40])
    notice = page.locator('#notice [role=alert]')
    notice.wait_for()
    assert 'half.png is damaged' in notice.inner_text()
    page.locator('#upload [aria-label="Clear"]').click()
    notice.wait_for(state='detached')
    upload(page, 'whole.png', examples[1].read_bytes())
    page.locator('#view img').wait_for()
    image = cv2.imread(str(examples[1]))[..., ::-1].copy()
    assert np.array_equal(picture(page), image)
    page.locator('#predict').click()
    page.locator('#facts .facts').wait_for()
    (found,) = models['Segmentation'].predict([image])
    assert np.array_equal(picture(page), found.draw(0.5))
    page.locator('#upload [aria-label="Clear"]').click()
    page.locator('#view img').wait_for(state='detached')


def test_too_large_a_file(browser, url, tmp_path):
    """It is refused before it is sent."""
    page = browser.new_page()
    page.goto(url)
    path = tmp_path / 'large.png'
    with path.open('wb') as file:
        file.truncate(MAX_BYTES + 1)
    page.locator('#upload input[type=file]').set_input_files(path)
    said = page.get_by_text('exceed the maximum allowed size of 32')
    said.first.wait_for()
    page.close()


def test_a_phone_shows_the_whole_width(browser, url):
    page = browser.new_page(viewport=dict(width=390, height=800))
    page.goto(url)
    page.locator('#task label').first.wait_for()
    assert page.evaluate('document.documentElement.scrollWidth') == 390
    page.close()


def test_without_weights(browser, trainings, examples, tmp_path, monkeypatch):
    """The page says what to do, and finds the model once it is there."""
    monkeypatch.chdir(tmp_path)
    page = browser.new_page()
    with serve(port=0, examples=examples[0].parent) as url:
        page.goto(url)
        notice = page.locator('#notice')
        notice.wait_for()
        assert 'Run "make demo"' in notice.inner_text()
        assert page.locator('#predict').is_disabled()
        shutil.copytree(trainings['Depth'], 'work_dirs/demo')
        page.reload()
        page.locator('#task label', has_text='Depth').wait_for()
        assert page.locator('#predict').is_enabled()
        assert page.locator('#model input').input_value() == 'demo'
        page.close()
