"""The page of a run, from the run."""

import base64
import html
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmengine.visualization import LocalVisBackend
from mmseg.structures import SegDataSample
from small_training import Losses, Mean, Model, Noise, build

from uhrnet.analysis.log_curves import Curve
from uhrnet.engine.hooks import ReportHook, report
from uhrnet.reports import run_page
from uhrnet.segmentation.visualizer import SideBySideVisualizer

EVIL = '<b>$x</b>'


class Segmenting(Model):
    """Predicts the first class on the left and the second on the right."""

    path = ''
    count = 0

    def forward(self, inputs, mode='tensor'):
        if mode != 'predict':
            return super().forward(inputs, mode)
        samples = []
        for index in torch.stack(inputs)[:, 0]:
            labels = torch.zeros(1, 20, 40, dtype=torch.int64)
            labels[..., 20:] = 1
            truth = labels.clone()
            truth[:, int(5 * index) :] = 0
            samples.append(
                SegDataSample(
                    metainfo=dict(img_path=self.path, value=1.0),
                    gt_sem_seg=PixelData(data=truth),
                    pred_sem_seg=PixelData(data=labels),
                )
            )
        self.count += len(samples)
        return samples


@pytest.fixture
def training(tmp_path, monkeypatch):
    """Builds trainings with a validation at iterations 6 and 12."""
    path = tmp_path / f'{EVIL.replace("/", "")}.png'
    cv2.imwrite(str(path), np.full((20, 40, 3), 200, np.uint8))
    meta = dict(classes=('a', EVIL), palette=[(255, 0, 0), (0, 0, 255)])
    monkeypatch.setattr(Noise, 'metainfo', meta)
    monkeypatch.setattr(Segmenting, 'path', str(path))

    def make(*hooks, **options):
        work_dir = tmp_path / 'work'
        visualizer = SideBySideVisualizer()
        runner = build(work_dir, *hooks, model=Segmenting(), **options)
        visualizer.dataset_meta = meta
        visualizer._vis_backends = dict(
            a=LocalVisBackend(
                str(tmp_path / 'work' / runner.timestamp / 'vis_data')
            )
        )
        runner.visualizer = visualizer
        return runner

    return make


def read(runner):
    return (Path(runner.work_dir) / 'report.html').read_text()


LOGGER = dict(type='LoggerHook', interval=2, log_metric_by_epoch=False)


def test_the_page_of_a_training(training):
    hook = ReportHook(pictures=1)
    runner = training(hook)
    runner.train()
    text = read(runner)
    assert 'validation at iteration 12, 2 images' in text
    assert html.escape(EVIL) in text and EVIL not in text
    # (0 + 0) of 800, then 5 of 20 rows of the right half
    rows = re.findall(
        r'<th scope="row">(.*?)</th>\s*<td class="number">([^<]*)<', text
    )
    assert rows == [
        (html.escape(EVIL), f'{100 * 100 / 800:.1f}'),
        ('a', f'{100 * 800 / 1500:.1f}'),
    ]
    pictures = re.findall('data:image/jpeg;base64,([^"]+)', text)
    assert len(pictures) == 2
    picture = cv2.imdecode(
        np.frombuffer(base64.b64decode(pictures[0]), np.uint8), 1
    )
    assert picture.shape[1] > 3 * 288
    assert 'mIoU 25.0 %' in text
    assert '<b>1</b><span>m/mean</span>' in text
    facts = dict(
        re.findall(r'<th scope="row">([a-z ]+)</th><td>(.*?)</td>', text)
    )
    assert facts['iterations'] == '12 of 12' and facts['seed'] == '5'
    assert facts['work dir'] == html.escape(runner.work_dir)
    assert 'class="remark"' not in text
    assert (Path(runner.log_dir) / 'report.html').read_text() == text


def test_of_several_processes(training, monkeypatch):
    """Each has every other image; what is there twice counts once."""
    monkeypatch.setattr(report, 'get_world_size', lambda: 2)
    monkeypatch.setattr(report, 'get_rank', lambda: 1)
    gathered = []

    def gather(part):
        gathered.append(part[1].images)
        return [part, (True, None, [])]

    monkeypatch.setattr(report, 'all_gather_object', gather)
    runner = training(ReportHook())
    runner.train()
    # images 1 and 3, of two that there are
    assert gathered == [1, 1]
    assert 'iteration 12, 1 images' in read(runner)


def test_a_process_that_could_not_count(training, monkeypatch):
    """What the others have is a part of the images, and not shown."""
    monkeypatch.setattr(
        report,
        'all_gather_object',
        lambda part: [part, (False, None, ['OSError: gone'])],
    )
    runner = training(ReportHook())
    runner.train()
    text = read(runner)
    assert text.count('OSError: gone') == 1
    assert '<b>1</b><span>m/mean</span>' in text
    assert '<section id="classes">' not in text


def test_what_the_metric_passes_over_does_not_count(training, monkeypatch):
    monkeypatch.setattr(Mean, 'ignore_index', 0, raising=False)
    hook = ReportHook()
    training(hook).train()
    counts = hook.evaluation.summary.counts
    # five rows of the right half of the second image
    assert counts.tolist() == [[0, 0], [0, 100]]


def test_numbers_of_all_types(training, monkeypatch):
    figures = dict(
        tensor=torch.tensor(0.125), array=np.array(0.25), text='no', one=True
    )
    monkeypatch.setattr(Mean, 'compute_metrics', lambda *args: figures)
    runner = training(ReportHook())
    evaluation = run_page.Evaluation('test', figures, None)
    page = run_page.make_page(runner, evaluation, 0.0, {}, [])
    assert page.metrics == [('tensor', '0.125'), ('array', '0.25'),
                            ('one', '1')]  # fmt: skip


def test_the_code_is_that_of_the_start(training, monkeypatch):
    monkeypatch.setattr(
        report, 'describe_run', lambda: {'git revision': 'first'}
    )
    hook = ReportHook()
    runner = training(hook)
    hook.before_run(runner)
    monkeypatch.setattr(report, 'describe_run', dict)
    hook.after_run(runner)
    assert '<td>first</td>' in read(runner)


@pytest.mark.parametrize(
    'where', ['count', 'gather', 'draw', 'curves', 'confusion', 'write']
)
def test_a_failure_is_a_warning(training, monkeypatch, where):
    def fail(*args, **kwargs):
        raise RuntimeError(f'{where} went wrong')

    if where == 'count':
        monkeypatch.setattr(ReportHook, '_add', fail)
    elif where == 'gather':
        monkeypatch.setattr(report, 'all_gather_object', fail)
    elif where == 'draw':
        monkeypatch.setattr(run_page, 'draw_sample', fail)
    elif where == 'curves':
        monkeypatch.setattr(run_page, 'read_curves', fail)
    elif where == 'confusion':
        monkeypatch.setattr(run_page, 'draw_confusion', fail)
    else:
        monkeypatch.setattr(report, 'write_whole', fail)
    losses = Losses()
    runner = training(ReportHook(), losses)
    warnings = []
    monkeypatch.setattr(
        runner.logger, 'warning', lambda text: warnings.append(text)
    )
    runner.train()
    assert max(losses.seen) == 12
    if where in ('count', 'gather', 'write'):
        assert any(f'{where} went wrong' in x for x in warnings)
    if where != 'write':
        assert f'{where} went wrong' in read(runner)
        drawn = where in ('curves', 'confusion')
        assert ('data:image/jpeg' in read(runner)) == drawn


def test_a_finished_training_keeps_its_page(training):
    runner = training(ReportHook())
    runner.train()
    before = read(runner)
    runner = training(ReportHook(), resume=True)
    runner.train()
    assert runner.iter == 12 and read(runner) == before


def test_what_is_not_known_is_not_drawn():
    known, unknown = [0.5, -1.0], [-1.0, float('nan')]
    curves = {
        name: Curve([1, 2], values, 'epoch', validation)
        for name, values, validation in (
            ('mAP', known, True),
            ('mAP_s', unknown, True),
            ('loss', known, False),
            ('time', known, False),
        )
    }
    training, validation = run_page.choose_curves(curves)
    assert [*training, *validation] == ['loss', 'mAP']


def test_curves_of_all_parts(training, monkeypatch):
    options = dict(
        default_hooks=dict(
            logger=LOGGER,
            checkpoint=dict(
                type='SafeCheckpointHook', by_epoch=False, interval=3
            ),
        )
    )
    runner = training(ReportHook(), Losses(stop_at=8), **options)
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    # as if it had not been in the same second
    folder = Path(runner.log_dir)
    folder.rename(folder.with_name('20200101_000000'))
    drawn = {}
    draw = run_page.draw_curves
    monkeypatch.setattr(
        run_page,
        'draw_curves',
        lambda runs: drawn.update(runs['']) or draw(runs),
    )
    runner = training(ReportHook(), resume=True, **options)
    runner.train()
    assert drawn['loss'].steps == [2, 4, 6, 8, 10, 12]
    assert drawn['m/mean'].steps == [6, 12]
    text = read(runner)
    assert text.count('data:image/svg+xml') == 3
    assert f'20200101_000000, {runner.timestamp}' in text
