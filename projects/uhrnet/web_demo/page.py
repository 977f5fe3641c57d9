"""The page itself: what is where, and what follows from what."""

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from uhrnet.apis.predictions import DetectionPrediction
from uhrnet.version import __version__

from . import actions, markup
from .examples import Example
from .look import POINTER
from .model_store import ModelStore
from .offers import Offer
from .results import Results
from .uploads import MAX_BYTES, MAX_PIXELS

TASKS = ('segmentation', 'depth', 'detection')
_TITLE = (
    f'<div class="page-title"><h1>uhrnet {__version__}</h1><p>What a network '
    'sees in a picture: classes, distances or objects. Pictures stay on the '
    'computer that runs this page.</p></div>'
)
_OPACITY = dict(segmentation=0.5, depth=1.0, detection=0.5)
_THRESHOLD = 0.3
# Uploads and results: looked through at every so many seconds, and deleted
# when they are older.
_DELETE_EVERY, _DELETE_AFTER = 600, 3600
# Predictions are kept, to be drawn again, of so many open pages.
SESSIONS = 16


def build_page(
    find: Callable[[], list[Offer]],
    models: ModelStore,
    examples: list[Example],
    folder: Path,
) -> gr.Blocks:
    """Build the page.

    Args:
        find: Lists the models that there are. It is called whenever the page
            is loaded, so that a training that has ended is there.
        models: Where to get them.
        examples: Pictures to offer.
        folder: Where results are written to.
    """
    with gr.Blocks(
        title='uhrnet',
        analytics_enabled=False,
        delete_cache=(_DELETE_EVERY, _DELETE_AFTER),
    ) as page:
        gr.HTML(_TITLE, apply_default_css=False)
        notice = _block('notice')
        visit = gr.State(actions.Visit())
        predicted = gr.State(None)
        with gr.Row():
            with gr.Column(scale=1, min_width=320):
                task = gr.Radio(label='Task', elem_id='task')
                model = gr.Dropdown(label='Model', elem_id='model')
                upload = gr.File(
                    label='Picture, up to '
                    f'{MAX_BYTES // 2**20} MiB and {MAX_PIXELS // 10**6} '
                    'million pixels',
                    elem_id='upload',
                    height=160,
                )
                gallery = gr.Gallery(
                    [str(example.path) for example in examples],
                    label='Examples',
                    elem_id='examples',
                    columns=2,
                    height='auto',
                    object_fit='cover',
                    allow_preview=False,
                    interactive=False,
                    buttons=[],
                )
                longest = gr.Dropdown(
                    _sides(None),
                    value=actions.AS_TRAINED,
                    label='Longer side to predict at',
                    info='Distances are right at the size of the training '
                    'alone; others are a matter of detail and time.',
                    elem_id='longest',
                )
                focal = gr.Number(
                    label='Focal length of the camera, in pixels',
                    info='Without it, distances are those that the camera '
                    'of the training would have seen.',
                    elem_id='focal',
                    minimum=0,
                    visible=False,
                )
                button = gr.Button(
                    'Predict', variant='primary', elem_id='predict'
                )
            with gr.Column(scale=2, min_width=480):
                view = gr.HTML(
                    actions.EMPTY,
                    elem_id='view',
                    apply_default_css=False,
                    js_on_load=POINTER,
                )
                facts = _block('facts')
                opacity = gr.Slider(
                    0, 1, 0.5, step=0.05, label='Opacity of the overlay',
                    elem_id='opacity', visible=False,
                )  # fmt: skip
                threshold = gr.Slider(
                    0, 1, _THRESHOLD, step=0.01,
                    label='Lowest score of an object to show',
                    elem_id='threshold', visible=False,
                )  # fmt: skip
                legend = _block('legend')
                files = _block('files')
        sliders = [opacity, threshold]
        result = [predicted, view, facts, *sliders, legend, files]

        def on_load() -> tuple:
            message, offers = _html(), []
            try:
                offers = actions.list_models(find)
            except actions.Problem as problem:
                message = _html(markup.notice(str(problem), 'warning'))
            tasks = [x for x in TASKS if x in {o.task for o in offers}]
            first = tasks[0] if tasks else None
            return (
                gr.Radio([(x.capitalize(), x) for x in tasks], value=first),
                *_for_task(offers, first),
                gr.Button(interactive=bool(offers)),
                message,
            )

        def on_task(task: str | None) -> tuple:
            try:
                return _for_task(actions.list_models(find), task)
            except actions.Problem:  # said when the page was loaded
                return _for_task([], task)

        def on_model(title: str | None) -> gr.Dropdown:
            try:
                offer = actions.pick(actions.list_models(find), title)
            except actions.Problem:  # said when something is predicted
                offer = None
            return _for_model(offer)

        def on_upload(visit: actions.Visit, path: str | None) -> tuple:
            return gr.Gallery(selected_index=None), *take(visit, path, None)

        def on_example(visit: actions.Visit, event: gr.SelectData) -> tuple:
            example = examples[event.index]
            return None, *take(visit, str(example.path), example.focal)

        def take(
            visit: actions.Visit, path: str | None, focal: float | None
        ) -> tuple:
            """Take a picture, or none, in place of what is shown."""
            visit.chosen, said, view = None, _html(), actions.EMPTY
            try:
                if path is not None:
                    chosen = actions.choose(path)
                    view = actions.preview(chosen)
                    visit.chosen = chosen
            except actions.Problem as problem:
                said = _error(problem)
            return focal, said, *_no_result(view)

        def on_predict(
            visit: actions.Visit,
            title: str | None,
            longest: int | str,
            focal: float | None,
            threshold: float,
        ) -> tuple:
            chosen = visit.chosen
            try:
                offer = actions.pick(actions.list_models(find), title)
                prediction, facts = actions.predict(
                    chosen, offer, models, focal, longest
                )
            except actions.Problem as problem:
                view = actions.EMPTY
                if visit.chosen is not None:
                    view = actions.preview(visit.chosen)
                return _error(problem), *_no_result(view)
            opaque = _OPACITY[prediction.task]
            shown = actions.show(prediction, opaque, threshold)
            objects = isinstance(prediction, DetectionPrediction)
            overlay = not objects or prediction.masks is not None
            results = Results(prediction, folder)
            if visit.chosen is not chosen:
                return gr.skip()  # another picture is shown by now
            return (
                _html(),
                results,
                shown.view,
                _html(facts),
                gr.Slider(value=opaque, visible=overlay),
                gr.Slider(visible=objects),
                _html(shown.legend),
                _html(results.links()),
            )

        def on_slider(
            results: Results | None, opacity: float, threshold: float
        ) -> tuple:
            if results is None:
                return gr.skip(), gr.skip()
            return tuple(actions.show(results.prediction, opacity, threshold))

        of_task = [model, longest, focal]
        page.load(on_load, None, [task, *of_task, button, notice])
        task.input(on_task, task, of_task)
        model.input(on_model, model, longest)
        picture = [focal, notice, *result]
        upload.upload(on_upload, [visit, upload], [gallery, *picture])
        upload.clear(on_upload, [visit, upload], [gallery, *picture])
        gallery.select(on_example, visit, [upload, *picture])
        button.click(
            on_predict,
            [visit, model, longest, focal, threshold],
            [notice, *result],
            # of another picture meanwhile, it is not to be lost
            trigger_mode='always_last',
        )
        for slider in sliders:
            slider.input(
                on_slider,
                [predicted, *sliders],
                [view, legend],
                show_progress='hidden',
                trigger_mode='always_last',
            )
    page.queue(max_size=20)
    return page


def _for_task(
    offers: list[Offer], task: str | None
) -> tuple[gr.Dropdown, gr.Dropdown, gr.Number]:
    """Return the choice of models, of sides, and the field of depth alone."""
    offers = [offer for offer in offers if offer.task == task]
    first = offers[0] if offers else None
    models = gr.Dropdown(
        [offer.title for offer in offers], value=first and first.title
    )
    return models, _for_model(first), gr.Number(visible=task == 'depth')


def _for_model(offer: Offer | None) -> gr.Dropdown:
    """Return the choice of sides, at what suits a model."""
    return gr.Dropdown(_sides(offer), value=actions.AS_TRAINED)


def _sides(offer: Offer | None) -> list[tuple[str, int | str]]:
    trained = f'own size, up to {actions.SIDES[-1]}'
    if offer is not None and offer.side is not None:
        trained = f'{offer.side} pixels'
    return [
        (f'as trained: {trained}', actions.AS_TRAINED),
        *((f'at most {side} pixels', side) for side in actions.SIDES),
    ]


def _no_result(view: str) -> tuple:
    """Return values of a result's components before there is one."""
    hidden = gr.Slider(visible=False)
    return None, view, _html(), hidden, hidden, _html(), _html()


def _block(name: str) -> gr.HTML:
    return gr.HTML(elem_id=name, visible=False, apply_default_css=False)


def _error(problem: actions.Problem) -> gr.HTML:
    return _html(markup.notice(str(problem)))


def _html(content: str = '') -> gr.HTML:
    """Return new content; without any, no gap is left for it."""
    return gr.HTML(content, visible=bool(content))
