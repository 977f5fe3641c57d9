"""HTML from values, so that none of them can be taken for markup."""

import base64
import html

import cv2
import numpy as np


def text(value: object) -> str:
    """Escape a value for text and attributes.

    Gradio fills templates with what it is given, so that braces and dollars
    are escaped too.
    """
    escaped = html.escape(str(value))
    for character in '{}$`':
        escaped = escaped.replace(character, f'&#{ord(character)};')
    return escaped


def rgb(color: tuple[int, int, int] | np.ndarray) -> str:
    """Write a colour as CSS does."""
    return f'rgb({", ".join(str(int(value)) for value in color)})'


def picture(image: np.ndarray, alt: str) -> str:
    """Return an image (H, W, 3), RGB, that brings its pixels along."""
    content = cv2.imencode('.png', np.ascontiguousarray(image[..., ::-1]))[1]
    data = encoded(content)
    return f'<img alt="{text(alt)}" src="data:image/png;base64,{data}">'


def encoded(values: np.ndarray) -> str:
    """Return an array's bytes in base64, low bytes first."""
    values = values.astype(values.dtype.newbyteorder('<'), copy=False)
    return base64.b64encode(values.tobytes()).decode()


def notice(message: str, kind: str = 'error') -> str:
    """Return a box with a message; of errors, screen readers speak up."""
    role = 'alert' if kind == 'error' else 'status'
    return (
        f'<div class="notice {text(kind)}" role="{role}">{text(message)}</div>'
    )
