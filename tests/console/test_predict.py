"""``uhrnet predict`` on images: complete, once, and under its own names."""

import json
import shutil

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO
from untrained import DETECTOR, ESTIMATOR, SEGMENTOR

from uhrnet.console import images as images_module
from uhrnet.console import main


@pytest.fixture
def images(scenes, tmp_path):
    """Four images, two of them with equal names in different folders."""
    folder = tmp_path / 'in'
    for number, name in enumerate(('a.png', 'b.png', 'deep/a.png', 'c.png')):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        source = scenes / f'images/val/0000{number}.png'
        shutil.copyfile(source, folder / name)
    return folder


def predict(*arguments):
    main(['predict', *map(str, arguments), '--device', 'cpu'])


def fail(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        predict(*arguments)
    assert end.value.code == 1
    return capsys.readouterr().err


def files_in(folder):
    return sorted(
        str(x.relative_to(folder)) for x in folder.rglob('*') if x.is_file()
    )


def test_labels_of_a_folder(loaded, untrained, images, tmp_path, capsys):
    folder, out = untrained(SEGMENTOR), tmp_path / 'out'
    predict(folder, images, '--out', out, '--batch', 2)
    assert files_in(out) == [
        '.uhrnet.json',
        *('a.png', 'a_overlay.png', 'b.png', 'b_overlay.png', 'c.png'),
        *('c_overlay.png', 'deep/a.png', 'deep/a_overlay.png'),
    ]
    said = capsys.readouterr().out
    assert f'{SEGMENTOR} (segmentation) on cpu' in said
    assert 'image 4/4' in said and '4 images predicted to' in said
    (found,) = loaded(folder).predict(images / 'deep' / 'a.png')
    saved = cv2.imread(str(out / 'deep/a.png'), cv2.IMREAD_UNCHANGED)
    assert (saved == found.labels).mean() > 0.99  # in batches of two there


def test_it_goes_on_where_it_stopped(
    untrained, images, tmp_path, capsys, monkeypatch
):
    folder, out = untrained(SEGMENTOR), tmp_path / 'out'
    save = images_module.save

    def interrupted(found, *more):
        if found.source.endswith('c.png'):
            raise KeyboardInterrupt
        save(found, *more)

    monkeypatch.setattr(images_module, 'save', interrupted)
    with pytest.raises(SystemExit) as end:
        predict(folder, images, '--out', out)
    assert end.value.code == 130
    assert 'the same command goes on' in capsys.readouterr().err
    monkeypatch.setattr(images_module, 'save', save)
    before = (out / 'a.png').stat().st_mtime_ns
    (out / 'b_overlay.png').unlink()
    predict(folder, images, '--out', out)
    said = capsys.readouterr().out
    assert '1 of 4 images have their results' in said
    assert 'image 3/3' in said
    assert (out / 'a.png').stat().st_mtime_ns == before
    assert len(files_in(out)) == 9
    predict(folder, images, '--out', out)
    assert '4 of 4 images' in capsys.readouterr().out


def test_other_options_need_another_folder(
    untrained, images, tmp_path, capsys
):
    folder, out = untrained(SEGMENTOR), tmp_path / 'out'
    predict(folder, images / 'a.png', '--out', out)
    said = fail(capsys, folder, images, '--out', out, '--opacity', 0.9)
    assert f'{out} holds other predictions: opacity was 0.5 and is 0.9' in said


def test_kinds_one_after_another(untrained, images, tmp_path):
    folder, out = untrained(SEGMENTOR), tmp_path / 'out'
    shutil.copyfile(images / 'b.png', images / 'a_overlay.png')
    for kind in ('labels', 'overlay'):
        predict(folder, images, '--out', out, '--kinds', kind)
    assert {'a.png.png', 'a.png_overlay.png'} < {*files_in(out)}
    assert len(files_in(out)) == 11


def test_predictions_beside_their_images(untrained, images, tmp_path, capsys):
    folder = untrained(SEGMENTOR)
    source = (images / 'a.png').read_bytes()
    said = fail(capsys, folder, images, '--out', images)
    assert 'a.png would be replaced' in said
    assert (images / 'a.png').read_bytes() == source
    for _ in range(2):
        predict(folder, images, '--out', images / 'out')
    said = capsys.readouterr().out
    assert '8 inputs are left out' in said and '4 of 4 images have' in said
    said = fail(capsys, folder, images / 'out' / 'a.png')
    assert 'nothing else to predict' in said


def test_an_image_that_goes_away(
    untrained, images, tmp_path, capsys, monkeypatch
):
    save = images_module.save

    def removing(found, *more):
        (images / 'b.png').unlink(missing_ok=True)
        save(found, *more)

    monkeypatch.setattr(images_module, 'save', removing)
    said = fail(capsys, untrained(SEGMENTOR), images, '--out', tmp_path / 'o')
    assert 'b.png is missing' in said
    assert (tmp_path / 'o' / 'deep' / 'a.png').exists()


def test_broken_images_are_named_at_the_end(
    untrained, images, tmp_path, capsys
):
    content = (images / 'b.png').read_bytes()
    (images / 'b.png').write_bytes(content[:-40])
    (images / 'c.png').write_text('no image')
    out = tmp_path / 'out'
    said = fail(capsys, untrained(SEGMENTOR), images, '--out', out)
    first, second = said.splitlines()
    assert first.startswith(f'error: {images}/b.png is truncated')
    assert second.startswith(f'error: {images}/c.png is no image')
    assert 'a.png' in files_in(out) and 'deep/a.png' in files_in(out)
    (images / 'b.png').write_bytes(content)
    said = fail(capsys, untrained(SEGMENTOR), images, '--out', out)
    assert said.count('error: ') == 1
    assert 'b.png' in files_in(out)


def test_depth(untrained, images, tmp_path):
    out = tmp_path / 'out'
    predict(
        *(untrained(ESTIMATOR), images / 'a.png', '--out', out),
        *('--focal', 125, '--kinds', 'npy', 'png'),
    )
    assert files_in(out) == ['.uhrnet.json', 'a.npy', 'a.png']
    depth = np.load(out / 'a.npy')
    saved = cv2.imread(str(out / 'a.png'), cv2.IMREAD_UNCHANGED)
    assert saved.dtype == np.uint16
    assert np.allclose(saved / 256, depth, atol=1 / 256)


def test_boxes_of_all_images_in_one_file(
    loaded, untrained, images, tmp_path, capsys
):
    folder, out = untrained(DETECTOR), tmp_path / 'out'
    (images / 'b.png').write_text('no image')
    fail(capsys, folder, images, '--out', out, '--threshold', 1)
    read = COCO(out / 'detections.json')
    named = [x['file_name'] for x in read.imgs.values()]
    assert named == [str(images / x) for x in ('a.png', 'c.png', 'deep/a.png')]
    (found,) = loaded(folder).predict(images / 'c.png')
    theirs = read.imgToAnns[2]
    assert len(theirs) == len(found.boxes) > 0
    for index, one in enumerate(theirs):
        left, top, width, height = one['bbox']
        box = [left, top, left + width, top + height]
        assert box == pytest.approx(found.boxes[index], abs=1e-4)
        assert np.array_equal(read.annToMask(one), found.masks[index])
    # none is above the threshold, and none is drawn
    drawn = cv2.imread(str(out / 'c_overlay.png'))
    assert np.array_equal(drawn[..., ::-1], found.image)
    part = json.loads((out / 'c.json').read_text())
    assert part['annotations'][0]['score'] == theirs[0]['score']


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nothing'], 'config nothing does not exist'),
        ([SEGMENTOR], 'no weights are published for'),
        ([SEGMENTOR, '--out', 'a.mp4'], '--out a.mp4 is a video, and the in'),
        ([SEGMENTOR, '--out', 'a.webm'], 'a.webm cannot be written: name a '),
        ([SEGMENTOR, '--out', 'a.png'], 'a.png cannot be written: name a fo'),
    ],
)
def test_mistakes(images, capsys, monkeypatch, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    model, *options = arguments
    said = fail(capsys, model, images, *options)
    assert said.startswith('error: ') and message in said


def test_a_kind_of_another_task(untrained, images, tmp_path, capsys):
    out = tmp_path / 'out'
    said = fail(
        capsys, untrained(SEGMENTOR), images, '--out', out, '--kinds', 'npy'
    )
    assert 'segmentation cannot be saved as npy: kinds are labels' in said
    assert not out.exists()


@pytest.mark.parametrize(
    'option', [['--batch', '0'], ['--opacity', '2'], ['--kinds', 'gif']]
)
def test_refused_options(option, capsys):
    with pytest.raises(SystemExit) as end:
        predict('model', 'image.png', *option)
    assert end.value.code == 2
    assert option[0] in capsys.readouterr().err
