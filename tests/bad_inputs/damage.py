"""Ways to make an input bad, as functions of the folder it is in."""

import json
import warnings

import cv2
import numpy as np
import torch
from converters.hostile import Call


def remove(name):
    """Delete a file."""
    return lambda folder: (folder / name).unlink()


def rename(name):
    """Move a file or folder out of its place."""
    return lambda folder: (folder / name).rename(folder / f'{name}.moved')


def write(name, content=b''):
    """Put bytes or text in the place of a file."""

    def damage(folder):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )

    return damage


def cut(name, share=0.5):
    """Keep the first part of a file."""

    def damage(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(len(content) * share)])

    return damage


def paint(name, shape, value=0, kind=np.uint8):
    """Put an image of one value in the place of another."""

    def damage(folder):
        assert cv2.imwrite(str(folder / name), np.full(shape, value, kind))

    return damage


def array(name, shape, value=1.0):
    """Put a numpy file of one value in the place of another."""
    return lambda folder: np.save(folder / name, np.full(shape, value))


def replace(name, old, new):
    """Change text in a file."""

    def damage(folder):
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return damage


def edit(name, change):
    """Change what a JSON file holds."""

    def damage(folder):
        content = json.loads((folder / name).read_text())
        content = change(content) or content
        (folder / name).write_text(json.dumps(content))

    return damage


def append(name, text):
    """Add lines to a file."""

    def damage(folder):
        with open(folder / name, 'a') as file:
            file.write(text)

    return damage


def save(name, content):
    """Save something as a checkpoint."""
    return lambda folder: torch.save(content, folder / name)


def save_model(folder, name):
    """Save the model of a config as a training does."""
    from uhrnet.apis import load_model

    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        model = load_model(folder / f'{name}.py')
    meta = dict(
        dataset_meta=model.dataset_meta,
        arch=model.backbone.name,
        iter=1,
        epoch=0,
        seed=0,
    )
    checkpoint = dict(state_dict=model.state_dict(), meta=meta)
    torch.save(checkpoint, folder / f'{name}.pth')


def hostile(name):
    """Save what would write a file when it is loaded."""
    return save(name, dict(state_dict=Call(open, 'executed', 'w')))


def recheckpoint(name, change):
    """Change what a checkpoint holds, after its loading."""

    def damage(folder):
        content = torch.load(folder / name, weights_only=True)
        content = change(content) or content
        torch.save(content, folder / name)

    return damage


def both(*damages):
    """One after the other."""

    def damage(folder):
        for step in damages:
            step(folder)

    return damage
