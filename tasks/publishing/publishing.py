"""A publication, from the models' answers to the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tasks.publishing.destination import Destination
from tasks.publishing.making import Tell, make_sheets
from tasks.publishing.writing import write
from tasks.sheets.material import Material
from tasks.sheets.sheet import Sheet


@dataclass(frozen=True)
class PublishedSheet:
    """What was published of a sheet."""

    sheet: str
    rows: int
    missing: str
    """Where there is nothing to show yet: why, and what to run."""


@dataclass(frozen=True)
class Publication:
    """What is published now."""

    publication: str
    published_at: datetime
    sheets: tuple[PublishedSheet, ...]


def publish(
    material: Material,
    sheets: Sequence[Sheet],
    destination: Destination,
    tell: Tell,
    writes: Callable[[], None] = lambda: None,
) -> Publication:
    """Make the sheets and replace what is published by them. Raises PublishError: what was there is there still.

    `tell` is told which sheet is made, `writes` called once all are made.
    """
    published_at = datetime.now(UTC)
    with TemporaryDirectory(prefix="refrain-publish-") as folder:
        made = make_sheets(material, sheets, Path(folder), tell)
        writes()
        publication = write(destination, made, published_at)
    said = tuple(PublishedSheet(one.sheet.name, one.rows, one.whole.missing) for one in made)
    return Publication(publication, published_at, said)
