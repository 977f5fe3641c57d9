"""Truth and prediction of the images that a config tests on."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from PIL import Image

from uhrnet.apis.loading import load_model
from uhrnet.depth.metrics.depth_metric import KITTI_SCALE
from uhrnet.depth.metrics.evaluation_crop import crop_mask
from uhrnet.errors import ConfigError, DataError

from .datasets import open_dataset
from .prediction_pickles import read_predictions

PICKLES = ('.pkl', '.pickle')


class Outcome(NamedTuple):
    """What is known of an image, and what a model says of it.

    Attributes:
        index: Place in the data set.
        name: Of the image; a prediction of it is saved under this name.
        path: Of the image.
        truth: Labels (H, W), depth (H, W) in metres or
            :class:`~uhrnet.analysis.box_matching.Boxes`.
        prediction: The same.
        window: Top, bottom, left and right of the part of the image that
            truth and prediction are of.
    """

    index: int
    name: str
    path: str
    truth: Any
    prediction: Any
    window: tuple[int, int | None, int, int | None] = (0, None, 0, None)


class Outcomes:
    """Reads the test data, and predictions or a model's checkpoint.

    Args:
        cfg: Of any task. Its ``test_dataloader`` names the data.
        predictions: What ``tools/test.py --out`` has saved of them, a folder
            of PNGs or a ``.pkl`` file; or a checkpoint, to predict.
        device: Where to predict.

    Attributes:
        task: ``'segmentation'``, ``'depth'`` or ``'detection'``.
        classes: Names.
        palette: Colours of the classes, RGB; empty without.
        depth_range: What the config's evaluator counts, in metres. True
            depths elsewhere are 0.
        ignore_index: True class that the evaluator does not count.

    Raises:
        DataError: If data or predictions are missing.
    """

    def __init__(
        self, cfg: Config, predictions: str | Path, device: str = 'cpu'
    ) -> None:
        self.task = task_of(cfg)
        self.dataset = open_dataset(cfg, 'test')
        meta = self.dataset.metainfo
        self.classes = tuple(meta.get('classes') or ())
        self.palette = list(meta.get('palette') or ())
        evaluator = evaluator_of(cfg, self.task)
        self.depth_range = (
            evaluator.get('min_depth', 1e-3),
            evaluator.get('max_depth', 80.0),
        )
        self._crop = evaluator.get('crop')
        self.ignore_index = evaluator.get('ignore_index', 255)
        path = Path(predictions)
        if path.is_dir():
            self._predict = partial(self._read_png, path)
        elif path.suffix in PICKLES:
            self._predict = partial(_nth, self._read_pickle(path))
        else:
            model = load_model(cfg, predictions, device)
            self._predict = partial(_run, model)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.dataset)

    def __iter__(self) -> Iterator[Outcome]:
        """Go through the images in their order."""
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Outcome:
        """Read the truth of an image, and read or make its prediction."""
        sample = self.dataset[index]
        data = sample['data_samples']
        predicted = self._predict(index, sample)
        if not isinstance(predicted, np.ndarray):
            predicted = self.prediction_of(predicted)
        if self.task == 'detection':
            instances = self.dataset.get_data_info(index)['instances']
            truth = true_boxes(instances)
        else:
            truth = _map(self._map_of(data, 'gt'))
        if self.task == 'depth':
            low, high = self.depth_range
            counted = (truth > low) & (truth < high)
            counted &= crop_mask(self._crop, truth.shape)
            truth = np.where(counted, truth, 0)
        return Outcome(
            index,
            name_of(data),
            data.img_path,
            truth,
            predicted,
            tuple(data.metainfo.get('window', (0, None, 0, None))),
        )

    def prediction_of(self, sample: Mapping) -> Any:
        """Return the prediction of a data sample, or of one made a dict."""
        if self.task == 'detection':
            return predicted_boxes(sample.get('pred_instances'))
        return _map(self._map_of(sample, 'pred'))

    def _map_of(self, sample: Mapping, side: str) -> Any:
        kind = 'sem_seg' if self.task == 'segmentation' else 'depth_map'
        found = sample.get(f'{side}_{kind}')
        if found is None:
            raise DataError(
                f'{sample.get("img_path")} has no {side}_{kind}: '
                + (
                    'the test data need labels'
                    if side == 'gt'
                    else 'name predictions of this config'
                )
            )
        return found

    def _read_png(self, folder: Path, index: int, sample: dict) -> np.ndarray:
        if self.task == 'detection':
            raise ConfigError(
                f'{folder} is a folder: boxes are saved to a .pkl file, by '
                'tools/test.py --out FILE.pkl'
            )
        data = sample['data_samples']
        file = folder / f'{name_of(data)}.png'
        if not file.exists():
            raise DataError(
                f'{file} is missing: save predictions of all test images by '
                f'tools/test.py --out {folder}'
            )
        values = np.array(Image.open(file))
        if self.task == 'depth':
            return values.astype(np.float32) / KITTI_SCALE
        shift = int(data.metainfo.get('reduce_zero_label') or 0)
        return values.astype(np.int64) - shift

    def _read_pickle(self, path: Path) -> list:
        results = read_predictions(path)
        if len(results) != len(self):
            raise DataError(
                f'{path} holds {len(results)} predictions, and the config '
                f'tests on {len(self)} images: name predictions of this config'
            )
        return results


def task_of(cfg: Config) -> str:
    """Return ``'segmentation'``, ``'depth'`` or ``'detection'``."""
    if cfg.get('default_scope') == 'mmdet':
        return 'detection'
    depth = 'Depth' in str(cfg.model.get('type'))
    return 'depth' if depth else 'segmentation'


def evaluator_of(cfg: Config, task: str) -> dict:
    """Return the evaluator that measures a task; empty without one."""
    found = cfg.get('test_evaluator') or {}
    if isinstance(found, dict):
        found = found.get('metrics', found)
    sign = 'Depth' if task == 'depth' else 'IoU'
    every = found if isinstance(found, list) else [found]
    named = (x for x in every if sign in str(x.get('type')))
    return next(named, {})


def name_of(sample: Any) -> str:
    """Return the name under which a prediction is saved."""
    return sample.get('out_name') or Path(sample.img_path).stem


def true_boxes(instances: list[dict]) -> Any:
    """Return the objects that a data set of mmdet lists of an image."""
    from .box_matching import Boxes

    return Boxes(
        np.array([x['bbox'] for x in instances], np.float32).reshape(-1, 4),
        np.array([x['bbox_label'] for x in instances], np.int64),
        ignored=np.array([x.get('ignore_flag', 0) for x in instances], bool),
    )


def predicted_boxes(instances: Mapping | None) -> Any:
    """Return the boxes that mmdet predicts in an image."""
    from .box_matching import Boxes

    if instances is None:
        raise DataError(
            'the predictions have no pred_instances: name those of a detector'
        )
    bboxes, labels, scores = (
        np.asarray(instances[key]) for key in ('bboxes', 'labels', 'scores')
    )
    return Boxes(bboxes.reshape(-1, 4), labels.astype(np.int64), scores)


def _map(data: Any) -> np.ndarray:
    data = data['data'] if isinstance(data, dict) else data.data
    return data.cpu().numpy().squeeze(0)


def _nth(results: list, index: int, sample: dict) -> Mapping:
    result = results[index]
    named, wanted = result.get('img_path'), sample['data_samples'].img_path
    if named is not None and Path(named).name != Path(wanted).name:
        raise DataError(
            f'prediction {index} is of {named}, and image {index} of the '
            f'config is {wanted}: name predictions of this config'
        )
    return result


def _run(model: Any, index: int, sample: dict) -> Mapping:
    import torch

    with torch.no_grad():
        return model.test_step(pseudo_collate([sample]))[0]
