"""Training and testing depth from the command line, on small scenes."""

import re

import cv2
import numpy as np
import pytest
from command_line import ROOT, fail, options_without_page, succeed

CONFIG = 'configs/uhrnet/depth_uhrnet-w18-small_1xb8-4k_scenes-96x160.py'
KITTI = 'configs/uhrnet/depth_uhrnet-w18-small_4xb4-24e_kitti-352x704.py'
FIGURES = (
    'a1', 'a2', 'a3', 'abs_rel', 'sq_rel', 'rmse', 'rmse_log', 'log10',
    'silog',
)  # fmt: skip


def options(root, *more, iters=2):
    """Overrides that make a run small."""
    return (
        *options_without_page(root),
        'model.data_preprocessor.size=(64,96)',
        'train_dataloader.batch_size=2',
        f'train_cfg.max_iters={iters}',
        f'train_cfg.val_interval={iters}',
        'default_hooks.logger.interval=1',
        f'default_hooks.checkpoint.interval={iters}',
        *more,
    )


def figures(log):
    """All nine of the last evaluation in a log, as they are printed."""
    found = re.findall(
        r'Iter\((?:val|test)\).*?'
        + r'\s+'.join(rf'{x}: ([\d.]+)' for x in FIGURES),
        log,
    )
    assert found, log[-4000:]
    return found[-1]


@pytest.fixture(scope='module')
def trained(tmp_path_factory, scenes):
    """Folder and log of a short run."""
    folder = tmp_path_factory.mktemp('trained')
    log = succeed(
        'tools/train.py', CONFIG, '--work-dir', folder, *options(scenes)
    )
    return folder, log


def run_test(trained, scenes, folder, *arguments, more=()):
    return succeed(
        'tools/test.py', CONFIG, trained[0] / 'iter_2.pth', '--work-dir',
        folder, *arguments, *options(scenes, *more),
    )  # fmt: skip


def test_training_logs_and_saves(trained):
    folder, log = trained
    assert 'decode.loss_depth' in log and 'Depth of 4 images' in log
    assert len(figures(log)) == 9
    assert [x.name for x in folder.glob('best_abs_rel_iter_2.pth')]


def test_predictions_and_pictures(trained, scenes, tmp_path):
    out, pictures = tmp_path / 'out', tmp_path / 'pictures'
    log = run_test(
        trained, scenes, tmp_path, '--out', out, '--show-dir', pictures
    )
    assert figures(log) == figures(trained[1])
    names = [f'{i:05}' for i in range(4)]
    assert sorted(x.name for x in out.iterdir()) == [f'{x}.png' for x in names]
    saved = cv2.imread(str(out / '00000.png'), cv2.IMREAD_UNCHANGED)
    assert saved.dtype == np.uint16 and saved.shape == (64, 96)
    assert saved.min() > 0 and saved.max() <= 80 * 256
    # the figure of what was saved is what was printed
    relative = []
    for name in names:
        truth = np.load(scenes / f'depth/val/{name}.npy')
        path = str(out / f'{name}.png')
        depth = cv2.imread(path, cv2.IMREAD_UNCHANGED) / 256
        known = (truth > 0.001) & (truth < 80)
        relative.append((np.abs(depth - truth) / truth)[known].mean())
    printed = float(figures(log)[FIGURES.index('abs_rel')])
    assert abs(np.mean(relative) - printed) < 1e-3
    drawn = sorted(pictures.rglob('*.png'))
    assert [x.name for x in drawn] == [f'test_{x}_0.png' for x in names]
    picture = cv2.imread(str(drawn[0]))
    assert picture.shape[1] == 4 * 96 + 3 * 4


@pytest.mark.slow
def test_mirror_images_in_two_ways(trained, scenes, tmp_path):
    """Averaged by the model, or as versions of the data set."""
    by_model, by_data, scales, folded = (
        figures(run_test(trained, scenes, tmp_path, *arguments, more=more))
        for arguments, more in (
            ((), ('model.test_cfg.flip=True',)),
            (('--tta-flip',), ()),
            (('--tta',), ()),
            (('--fuse-conv-bn', '--tta-flip'), ()),
        )
    )
    assert by_model == by_data != figures(trained[1])
    for one, other in zip(folded, by_data, strict=True):
        assert float(one) == pytest.approx(float(other), abs=2e-3)
    assert scales not in (by_data, figures(trained[1]))


def test_pictures_need_no_training_data(trained, scenes, tmp_path):
    """Of the test images alone; the rest of the paths leads nowhere."""
    root = f'test_dataloader.dataset.data_root={scenes}'
    succeed(
        'tools/test.py', CONFIG, trained[0] / 'iter_2.pth', '--work-dir',
        tmp_path, '--show-dir', tmp_path / 'drawn', '--cfg-options', root,
        'test_dataloader.num_workers=0',
        'test_dataloader.persistent_workers=False',
    )  # fmt: skip
    assert len([*(tmp_path / 'drawn').rglob('*.png')]) == 4


@pytest.mark.slow
def test_two_processes_give_the_figures_of_one(trained, scenes, tmp_path):
    """Three images for two processes: one is there twice, and counts once."""
    more = ('test_dataloader.dataset.indices=3',)
    alone = run_test(trained, scenes, tmp_path, more=more)
    both = succeed(
        'tools/dist_test.sh', CONFIG, trained[0] / 'iter_2.pth', 2,
        '--work-dir', tmp_path, *options(scenes, *more),
    )  # fmt: skip
    assert 'Depth of 3 images' in alone and 'Depth of 3 images' in both
    assert figures(both) == figures(alone)


@pytest.mark.slow
def test_submission_for_the_server(trained, tmp_path):
    """Images alone, where KITTI's download puts them."""
    root, out = tmp_path / 'kitti', tmp_path / 'out'
    folder = root / 'depth_selection/test_depth_prediction_anonymous/image'
    folder.mkdir(parents=True)
    image = np.random.randint(0, 256, (352, 1216, 3), np.uint8)
    cv2.imwrite(str(folder / '0000000004.png'), image)
    log = succeed(
        'tools/test.py', KITTI, trained[0] / 'iter_2.pth', '--work-dir',
        tmp_path, '--format-only', '--out', out, *options_without_page(root),
    )  # fmt: skip
    assert f'{out} holds 1 files to submit' in log
    saved = cv2.imread(str(out / '0000000004.png'), cv2.IMREAD_UNCHANGED)
    assert saved.dtype == np.uint16 and saved.shape == (352, 1216)


def test_missing_data(tmp_path):
    text = fail('tools/train.py', KITTI, '--work-dir', tmp_path)
    assert "data_root 'data/kitti/'" in text
    assert 'eigen_{train,test}_files_with_gt.txt' in text
    assert 'kitti_depth.py RAW ANNOTATED LISTS data/kitti/' in text


def test_prediction_of_an_image(trained, scenes):
    """As mmsegmentation's users do it."""
    import uhrnet.depth
    import uhrnet.segmentation  # noqa: F401

    # isort: split
    from mmseg.apis import inference_model, init_model

    model = init_model(
        str(ROOT / CONFIG), str(trained[0] / 'iter_2.pth'), device='cpu'
    )
    path = str(scenes / 'images/val/00001.png')
    with pytest.warns(UserWarning, match='focal length of .* is not known'):
        result = inference_model(model, path)
    depth = result.pred_depth_map.data
    assert depth.shape == (1, 64, 96) and depth.min() > 0
    again = inference_model(model, cv2.imread(path))
    assert np.allclose(again.pred_depth_map.data, depth)
