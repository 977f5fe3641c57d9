"""The page itself, from a template that escapes whatever it is given."""

from dataclasses import dataclass, field
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from .class_table import ClassTable


@dataclass(frozen=True)
class Picture:
    """An image of the evaluation.

    Attributes:
        uri: The picture as ``data:`` address.
        path: Of the image.
        figures: What was measured of it, as text.
    """

    uri: str
    path: str
    figures: list[str]


@dataclass(frozen=True)
class Page:
    """What the page shows; texts may be of any contents.

    Attributes:
        title: Of the page.
        facts: Name and value of what is to be known of the run.
        environment: Name and value of libraries and machine.
        config: Text of the config.
        metrics: Name and value of the evaluation.
        curves: Caption and ``data:`` address of figures of curves.
        table: Figures of the classes.
        confusion: ``data:`` address of the confusion matrix.
        order: What images are ordered by.
        panels: What a picture shows, from left to right.
        worst: The worst images.
        best: The best ones.
        remarks: What is missing, and why.
    """

    title: str
    facts: list[tuple[str, str]]
    environment: list[tuple[str, str]]
    config: str
    metrics: list[tuple[str, str]] = field(default_factory=list)
    curves: list[tuple[str, str]] = field(default_factory=list)
    table: ClassTable | None = None
    confusion: str | None = None
    order: str = ''
    panels: str = ''
    worst: list[Picture] = field(default_factory=list)
    best: list[Picture] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def render(page: Page) -> str:
    """Return the HTML of a page, which loads nothing and runs no script."""
    return _template().render(page=page)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader('uhrnet.reports', 'templates'),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters['figure'] = _write
    return environment.get_template('report.html')


def _write(value: float, column: str) -> str:
    """Write a figure of a table, a share or a number of something."""
    if value != value:
        return '-'  # unknown
    return f'{value:.1f}' if '%' in column else f'{value:.0f}'
