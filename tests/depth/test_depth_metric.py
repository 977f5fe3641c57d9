"""Figures of depth maps, beside an independent transcription."""

import math

import cv2
import numpy as np
import pytest
import torch

from uhrnet.depth.metrics import (
    DepthMetric,
    depth_metric,
    evaluation_crop,
)
from uhrnet.depth.metrics.depth_metric import FIGURES


def sample(prediction, truth, path='images/0001.png'):
    """As the evaluator hands it over."""
    return dict(
        img_path=path,
        **{
            key: dict(data=torch.tensor(np.asarray(x, np.float32))[None])
            for key, x in (
                ('pred_depth_map', prediction),
                ('gt_depth_map', truth),
            )
            if x is not None
        },
    )


def evaluate(*samples, **options):
    metric = DepthMetric(**options)
    metric.process({}, samples)
    return metric.evaluate(len(samples))


def by_loops(prediction, truth, low, high):
    """The formulas, pixel by pixel."""
    pairs = [
        (min(max(float(p), low), high), float(t))
        for p, t in zip(prediction.flat, truth.flat, strict=True)
        if low < t < high
    ]
    n = len(pairs)
    logs = [math.log(p) - math.log(t) for p, t in pairs]
    mean = sum(logs) / n
    return dict(
        a1=sum(max(p / t, t / p) < 1.25 for p, t in pairs) / n,
        a2=sum(max(p / t, t / p) < 1.5625 for p, t in pairs) / n,
        a3=sum(max(p / t, t / p) < 1.953125 for p, t in pairs) / n,
        abs_rel=sum(abs(p - t) / t for p, t in pairs) / n,
        sq_rel=sum((p - t) ** 2 / t for p, t in pairs) / n,
        rmse=math.sqrt(sum((p - t) ** 2 for p, t in pairs) / n),
        rmse_log=math.sqrt(sum(d * d for d in logs) / n),
        log10=sum(abs(math.log10(p / t)) for p, t in pairs) / n,
        silog=100 * math.sqrt(sum(d * d for d in logs) / n - mean**2),
    )


def test_against_the_formulas():
    rng = np.random.default_rng(0)
    images = []
    for _ in range(3):
        truth = rng.uniform(0, 90, (6, 7)).astype(np.float32)
        truth[rng.random(truth.shape) < 0.3] = 0
        prediction = truth * rng.uniform(0.4, 2.2, truth.shape)
        prediction[truth == 0] = 5
        images.append((prediction.astype(np.float32), truth))
    figures = evaluate(*(sample(*x) for x in images))
    assert tuple(figures) == FIGURES
    expected = [by_loops(*x, 1e-3, 80.0) for x in images]
    for key in FIGURES:
        mean = sum(x[key] for x in expected) / 3
        print(f'{key}: {figures[key]:.6f}, off by {figures[key] - mean:.1e}')
        assert math.isclose(figures[key], mean, rel_tol=1e-6, abs_tol=1e-9)


def test_by_hand():
    figures = evaluate(sample([[2.0, 4.0]], [[1.0, 4.0]]))
    ln2 = math.log(2)
    expected = dict(
        a1=0.5, a2=0.5, a3=0.5, abs_rel=0.5, sq_rel=0.5,
        rmse=math.sqrt(0.5), rmse_log=ln2 / math.sqrt(2),
        log10=math.log10(2) / 2, silog=100 * ln2 / 2,
    )  # fmt: skip
    assert all(math.isclose(figures[k], v) for k, v in expected.items())


def test_is_a_mean_over_images_not_pixels():
    figures = evaluate(
        sample([[2.0, 0, 0]], [[1.0, 0, 0]]), sample([[4.0] * 3], [[4.0] * 3])
    )
    assert figures['abs_rel'] == 0.5
    assert figures['a1'] == 0.5


@pytest.mark.parametrize(
    'value, counts_as',
    [(-3.0, 1e-3), (0.0, 1e-3), (np.inf, 80.0), (-np.inf, 1e-3), (500, 80.0)],
)
def test_predictions_are_clamped(value, counts_as):
    figures = evaluate(sample([[value]], [[10.0]]))
    assert math.isclose(
        figures['abs_rel'], abs(counts_as - 10) / 10, rel_tol=1e-6
    )
    assert figures['a1'] == 0 and figures['silog'] == 0
    assert all(math.isfinite(x) for x in figures.values())


def test_a_prediction_that_is_no_number():
    with pytest.raises(ValueError, match=r'0001.png is not a number'):
        evaluate(sample([[np.nan]], [[10.0]]))


def test_images_without_ground_truth_are_passed_over(monkeypatch):
    lines = []
    monkeypatch.setattr(
        depth_metric, 'print_log', lambda line, logger: lines.append(line)
    )
    known = sample([[2.0]], [[1.0]])
    empty = sample([[2.0]], [[0.0]])
    far = sample([[2.0]], [[80.0]])  # the range is open
    assert evaluate(known, empty, far) == evaluate(known)
    assert lines[0].startswith('Depth of 1 images, 2 without ground truth:')
    assert lines[1].startswith('Depth of 1 images:')
    with pytest.raises(ValueError, match='none of 2 images has ground truth'):
        evaluate(empty, far)


def test_one_pixel():
    figures = evaluate(sample([[2.0, 9]], [[1.0, 0]]))
    assert figures['silog'] == 0 and figures['rmse'] == 1


@pytest.mark.parametrize('shape', [(352, 1216), (375, 1242), (33, 47)])
@pytest.mark.parametrize(
    'crop, shares',
    [
        ('garg', (0.40810811, 0.99189189, 0.03594771, 0.96405229)),
        ('eigen', (0.3324324, 0.91351351, 0.0359477, 0.96405229)),
    ],
)
def test_crops_of_kitti(crop, shares, shape):
    rows, columns = evaluation_crop(crop, shape)
    sizes = (shape[0], shape[0], shape[1], shape[1])
    edges = [
        math.floor(x * size) for x, size in zip(shares, sizes, strict=True)
    ]
    assert [rows.start, rows.stop, columns.start, columns.stop] == edges
    if crop == 'garg' and shape == (352, 1216):
        assert edges == [143, 349, 43, 1172]
    truth = np.zeros(shape, np.float32)
    truth[rows.start, columns.start] = truth[-1, -1] = 4
    assert evaluate(sample(truth + 4, truth, 'a'), crop=crop)['rmse'] == 4
    truth[rows.start, columns.start] = 0
    with pytest.raises(ValueError, match='none of 1 images'):
        evaluate(sample(truth + 4, truth), crop=crop)


def test_crop_of_nyu():
    truth = np.zeros((480, 640), np.float32)
    truth[45:471, 41:601] = 2
    inside = np.where(truth > 0, 4, 9)
    figures = evaluate(
        sample(inside, np.maximum(truth, 5 * (truth == 0))), crop='nyu'
    )
    assert figures['rmse'] == 2
    with pytest.raises(ValueError, match=r'480, 640.*this is \(240, 320\)'):
        evaluate(sample(truth[::2, ::2], truth[::2, ::2]), crop='nyu')


def test_range():
    truth, prediction = [[1.0, 5.0, 20.0]], [[2.0, 5.0, 40.0]]
    figures = evaluate(
        sample(prediction, truth), min_depth=2.0, max_depth=10.0
    )
    assert figures['rmse'] == 0


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(crop='center'), "crop is one of 'garg'.*not 'center'"),
        (dict(output_dir='x', max_depth=300.0), 'hold up to 256 m, not'),
        (dict(min_depth=0), 'depths from min_depth=0 to max_depth=80.0'),
        (dict(max_depth=1e-3), 'are none'),
        (dict(format_only=True), 'format_only needs output_dir'),
    ],
)
def test_other_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        DepthMetric(**options)


def test_other_sizes_are_refused():
    with pytest.raises(
        ValueError, match=r'is \(1, 2\), its ground truth \(1, 1\)'
    ):
        evaluate(sample([[1.0, 2.0]], [[1.0]]))


@pytest.mark.parametrize('truth', [None, [[1.0, 5.0]]], ids=['none', 'known'])
def test_submission(truth, tmp_path):
    images = [
        sample([[1.003, 300.0]], truth, f'rgb/{name}.jpg')
        for name in ('0001', '0002')
    ]
    folder = tmp_path / 'new' / 'folder'
    figures = evaluate(
        *images, output_dir=str(folder), format_only=truth is None
    )
    assert (figures == {}) == (truth is None)
    files = sorted(folder.iterdir())
    assert [x.name for x in files] == ['0001.png', '0002.png']
    saved = cv2.imread(str(files[0]), cv2.IMREAD_UNCHANGED)
    assert saved.dtype == np.uint16
    assert saved.tolist() == [[257, 80 * 256]]


def test_nothing_predicted_is_saved_as_unknown(tmp_path):
    evaluate(sample([[0.0]], [[2.0]]), output_dir=str(tmp_path))
    saved = cv2.imread(str(tmp_path / '0001.png'), cv2.IMREAD_UNCHANGED)
    assert saved.tolist() == [[1]]


def test_what_cannot_be_saved(tmp_path):
    (tmp_path / '0001.png').mkdir()
    with pytest.raises(OSError, match='0001.png cannot be written'):
        evaluate(sample([[1.0]], [[2.0]]), output_dir=str(tmp_path))


def test_images_without_a_map():
    with pytest.raises(ValueError, match=r'0001.png has no ground truth .*--'):
        evaluate(sample([[1.0]], None))


def test_ends_of_the_range_do_not_count():
    figures = evaluate(
        sample([[2.0, 2.0, 2.0]], [[1.0, 2.0, 4.0]]),
        min_depth=1.0, max_depth=4.0,
    )  # fmt: skip
    assert figures['abs_rel'] == 0


def test_images_of_one_name_are_saved_apart(tmp_path):
    """As in KITTI and NYU, whose folders repeat names."""
    images = [
        sample([[2.0]], [[2.0]], f'{name}/0001.jpg') | dict(out_name=name)
        for name in ('a', 'b')
    ]
    evaluate(*images, output_dir=str(tmp_path))
    assert sorted(x.name for x in tmp_path.iterdir()) == ['a.png', 'b.png']


def test_keeps_nine_numbers_of_an_image():
    metric = DepthMetric()
    metric.process({}, [sample(np.ones((200, 300)), np.ones((200, 300)))])
    (kept,) = metric.results
    assert len(kept) == 9 and all(np.isscalar(x) for x in kept)
