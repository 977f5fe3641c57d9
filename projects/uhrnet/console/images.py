"""Predict images to a folder; run again, what is not there yet."""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from uhrnet.apis.coco_results import join_coco
from uhrnet.apis.inputs import Source
from uhrnet.apis.predictions import (
    PREDICTIONS,
    DetectionPrediction,
    Prediction,
    check_kinds,
)
from uhrnet.apis.predictor import Predictor
from uhrnet.checkpoint_file import write_whole
from uhrnet.errors import DataError
from uhrnet.version import __version__

from .output_names import output_names, root_of
from .progress import Progress
from .record import describe_file, is_complete, record_or_compare

DETECTIONS = 'detections.json'


def predict_images(
    predictor: Predictor,
    images: Sequence[Path],
    inputs: Sequence[str],
    out: Path,
    args: argparse.Namespace,
) -> dict[str, DataError]:
    """Predict what has no complete results yet.

    Args:
        predictor: The model.
        images: Files.
        inputs: What the user named them by.
        out: Folder for the results.
        args: Of the command line.

    Returns:
        Images that cannot be used, with what is wrong.
    """
    task = predictor.task
    endings = PREDICTIONS[task].endings
    check_kinds(args.kinds, endings, task)
    kinds = list(args.kinds or endings)
    # of all kinds, so that names are the same if others are added later
    names = output_names(
        images,
        root_of(inputs),
        endings.values(),
        [DETECTIONS] if 'json' in endings else [],
    )
    outputs = {
        image: [out / (name + endings[kind]) for kind in kinds]
        for image, name in names.items()
    }
    made_of = {
        name + endings[kind]: os.path.abspath(image)
        for image, name in names.items()
        for kind in kinds
    }
    if 'json' in kinds:
        made_of[DETECTIONS] = 'all images'
    record_or_compare(out, made_by(predictor, args), made_of)
    waiting = [x for x in images if not is_complete(x, outputs[x])]
    if len(waiting) < len(images):
        print(
            f'{len(images) - len(waiting)} of {len(images)} images have '
            f'their results in {out} already',
            flush=True,
        )
    failed: dict[str, DataError] = {}
    seconds = 0.0
    with Progress('image', len(waiting)) as progress:

        def note(name: str, error: DataError) -> None:
            failed[name] = error
            progress.advance(f'{name} cannot be used')

        # known to be files, so that one that is gone by now is one error
        sources = [Source(str(image)) for image in waiting]
        for found in predictor.predict(
            sources, args.batch, args.focal, on_error=note
        ):
            seconds += found.seconds
            name = names[Path(found.source)]
            save(found, out, name, kinds, args)
            progress.advance(f'{found.source} {found.seconds:.2f} s')
    if 'json' in kinds:
        parts = [
            json.loads(outputs[image][kinds.index('json')].read_text())
            for image in images
            if str(image) not in failed
        ]
        text = json.dumps(join_coco(parts)).encode()
        write_whole(out / DETECTIONS, lambda file: file.write(text))
    done = len(waiting) - len(failed)
    rate = f', {done / seconds:.2f} a second' if done else ''
    print(
        f'{done} images predicted to {out}{rate}'
        + f'; {len(failed)} cannot be used' * bool(failed),
        flush=True,
    )
    return failed


def save(
    found: Prediction,
    out: Path,
    name: str,
    kinds: Sequence[str],
    args: argparse.Namespace,
) -> None:
    """Write all kinds; into pictures, boxes above the threshold alone."""
    for kind in kinds:
        shown = found
        if kind == 'overlay' and isinstance(found, DetectionPrediction):
            shown = found.above(args.threshold)
        shown.save(out, [kind], name, args.opacity)


def made_by(predictor: Predictor, args: argparse.Namespace) -> dict:
    """Return all that decides on results."""
    return dict(
        uhrnet=__version__,
        model=predictor.name,
        weights=describe_file(predictor.weights),
        tta=args.tta,
        backend=args.backend,
        heads=args.heads and describe_file(args.heads),
        focal=args.focal,
        threshold=args.threshold,
        opacity=args.opacity,
    )
