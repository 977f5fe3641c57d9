"""What the page does when somebody chooses, predicts or moves a slider.

Functions from values to values: which components show them is
:mod:`.page`'s.
"""

import dataclasses
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from uhrnet.apis.predictions import DetectionPrediction, Prediction
from uhrnet.command_line import explain

from . import markup
from .legend import show_legend
from .model_store import ModelStore
from .offers import NO_WEIGHTS, Offer
from .sizing import bring_to, shrink
from .uploads import read_picture
from .view import show_picture, show_prediction

EMPTY = (
    '<div class="empty">Upload a picture or pick an example, then press '
    'Predict.</div>'
)


AS_TRAINED = 'as trained'
"""In place of a side: as suits the model."""
SIDES = (160, 320, 640, 1024, 2048)
"""Longer sides to predict at, in pixels."""


class Chosen(NamedTuple):
    """A picture to predict.

    Attributes:
        name: Of its file, without the ending.
        image: (H, W, 3) uint8, RGB; no larger than anything is predicted at,
            as every open page keeps one.
        size: Height and width of the file's.
    """

    name: str
    image: np.ndarray
    size: tuple[int, int]


@dataclasses.dataclass
class Visit:
    """An open page, shared by all that runs for it.

    Attributes:
        chosen: The picture that was chosen last.
    """

    chosen: Chosen | None = None


class Shown(NamedTuple):
    """What a prediction looks like.

    Attributes:
        view: The picture, as HTML.
        legend: What its colours stand for, as HTML.
    """

    view: str
    legend: str


class Problem(Exception):
    """Something that the page says in place of a result."""


def choose(path: str | Path) -> Chosen:
    """Take a picture.

    Raises:
        Problem: If it is none.
    """
    image = told(lambda: read_picture(path))
    return Chosen(Path(path).stem, shrink(image, SIDES[-1]), image.shape[:2])


def list_models(find: Callable[[], list[Offer]]) -> list[Offer]:
    """Look for the models that there are.

    Raises:
        Problem: If there are none, or one that was asked for is gone.
    """
    offers = told(find)
    if not offers:
        raise Problem(NO_WEIGHTS)
    return offers


def pick(offers: list[Offer], title: str | None) -> Offer:
    """Return the model of a title.

    Raises:
        Problem: If it is gone since the page was loaded.
    """
    for offer in offers:
        if offer.title == title:
            return offer
    raise Problem(f'The model {title} is gone. Reload the page.')


def preview(chosen: Chosen) -> str:
    """Return the view of a picture that is not predicted yet."""
    return show_picture(chosen.image)


def predict(
    chosen: Chosen | None,
    offer: Offer,
    models: ModelStore,
    focal: float | None = None,
    longest: int | str = AS_TRAINED,
) -> tuple[Prediction, str]:
    """Predict a picture.

    Args:
        chosen: The picture.
        offer: The model's.
        models: Where to get it.
        focal: Focal length of the camera in pixels, if known.
        longest: Pixels that its longer side may have; a larger picture is
            made smaller before. ``AS_TRAINED`` leaves it to the model.

    Returns:
        The prediction and a line of facts about it, as HTML.

    Raises:
        Problem: If there is no picture, or if it or the model fails.
    """
    if chosen is None:
        raise Problem('Choose a picture first: upload one or pick an example.')
    model = told(lambda: models.get(offer))
    # of another task, the field is not to be seen
    focal = focal if offer.task == 'depth' and focal else None
    if longest != AS_TRAINED:
        image = shrink(chosen.image, longest)
    elif offer.side is not None:
        image = bring_to(chosen.image, offer.side)
    else:
        image = chosen.image
    if focal:
        focal *= max(image.shape[:2]) / max(chosen.size)
    prediction = told(lambda: next(model.predict([image], focal=focal)))
    prediction = dataclasses.replace(prediction, source=chosen.name)
    facts = {
        'Predicted in': f'{prediction.seconds:.2f} s',
        'Picture': _written(chosen.size),
        'Device': model.device,
        'Model': offer.title,
    }
    if image.shape[:2] != chosen.size:
        facts['Predicted at'] = _written(image.shape[:2])
    cells = ''.join(
        f'<span>{name} <b>{markup.text(value)}</b></span>'
        for name, value in facts.items()
    )
    return prediction, f'<div class="facts">{cells}</div>'


def show(prediction: Prediction, opacity: float, threshold: float) -> Shown:
    """Draw a prediction, without predicting again.

    Args:
        prediction: Of any task.
        opacity: Of what is drawn over the picture, 0 to 1.
        threshold: The lowest score of an object to show.
    """
    if isinstance(prediction, DetectionPrediction):
        prediction = prediction.above(threshold)
    return Shown(show_prediction(prediction, opacity), show_legend(prediction))


def told(step: Callable) -> object:
    """Take a step; what goes wrong becomes a message."""
    try:
        return step()
    except Exception as error:
        message = explain(error)
        if message is None:
            # Whoever runs the page sees where, visitors of it do not.
            traceback.print_exc()
            message = (
                f'That failed ({type(error).__name__}). The terminal that '
                'runs the page says where.'
            )
        raise Problem(message) from error


def _written(size: tuple[int, int]) -> str:
    height, width = size
    return f'{width} x {height} pixels'
