"""The sheets `catalogue_months` and `catalogue_far_months`: the months of a track, an artist or the catalogue.

Those known and the next 24 are one sheet. Those further ahead are another: they are seldom asked for, and so many that
only the catalogue's and its largest artists' are published.
"""

from collections.abc import Iterator

import polars as pl

from refrain.track_months import MONTH_AHEAD
from tasks.forecasting.forecaster import TARGET
from tasks.sheets.catalogue.entries import largest_artists
from tasks.sheets.catalogue.now import ARTIST, CATALOGUE, DATASETS, TRACK, Catalogue, catalogue_now
from tasks.sheets.catalogue.rows import far_rows, near_rows
from tasks.sheets.catalogue.words import notes
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_MOST_FAR = 20
_OF_SUM = "Of all expected months up to this one together: "


def make(material: Material, part: Part) -> Made:
    """The known months of one thing, and the next ones."""
    catalogue = catalogue_now(material)
    return _made(catalogue, near_rows(catalogue, part["scope"], [part["id"]]))


def make_far(material: Material, part: Part) -> Made:
    """The months of one thing that lie further ahead."""
    catalogue = catalogue_now(material)
    return _made(catalogue, far_rows(catalogue, part["scope"], [part["id"]]))


def together(material: Material) -> Iterator[tuple[Part, Made]]:
    """All there is: many are forecast in little more time than one."""
    catalogue = catalogue_now(material)
    for scope in (CATALOGUE, ARTIST, TRACK):
        yield from _parts(catalogue, near_rows(catalogue, scope))


def together_far(material: Material) -> Iterator[tuple[Part, Made]]:
    """The catalogue and its largest artists."""
    catalogue = catalogue_now(material)
    yield from _parts(catalogue, far_rows(catalogue, CATALOGUE))
    yield from _parts(catalogue, far_rows(catalogue, ARTIST, largest_artists(catalogue, _MOST_FAR)))


def _parts(catalogue: Catalogue, rows: pl.DataFrame) -> Iterator[tuple[Part, Made]]:
    for (scope, name), some in rows.partition_by("scope", "id", as_dict=True, maintain_order=True).items():
        yield {"scope": str(scope), "id": str(name)}, _made(catalogue, some)


def _made(catalogue: Catalogue, rows: pl.DataFrame) -> Made:
    return Made(rows, (*notes(catalogue), *_of_time(catalogue)), (catalogue.loaded.served,))


def _of_time(catalogue: Catalogue) -> Iterator[str]:
    learned, calibrator = catalogue.loaded.learned, getattr(catalogue.loaded.model, "calibrator", None)
    if learned is not None and MONTH_AHEAD in learned.ranges:
        furthest = int(learned.ranges[MONTH_AHEAD][1])
        yield f"The model learned from months up to {furthest} ahead; what lies further is drawn on from there."
    measured = int(getattr(calibrator, "furthest_", 0))
    if measured:
        yield (
            f"Intervals were made from errors up to {measured} months ahead; beyond, they widen as those of a random "
            "walk do."
        )
    tested = catalogue.tested_months
    if tested:
        yield (
            f"Forecasts of up to {tested} months have been held against what came. How right those further ahead are, "
            "nobody knows."
        )


_COLUMNS = columns(
    ("scope", Kind.TEXT, "What it is of: catalogue, artist or track"),
    ("id", Kind.TEXT, "Its id, as catalogue_entries has it; of the catalogue: all"),
    ("kind", Kind.TEXT, "Whether the month is known or expected"),
    (
        "months_ahead",
        Kind.WHOLE,
        "1 for the first month after the last day with counts; 0 for the last whole month",
        "months",
    ),
    ("first_day", Kind.DATE, "First day of the month"),
    ("last_day", Kind.DATE, "Last day of the month"),
    ("years_ahead", Kind.NUMBER, "From the last day with counts to the month's end", "years"),
    ("value", Kind.NUMBER, "Streams of the month: counted, or expected", "streams"),
    ("low_80", Kind.NUMBER, "80 % interval of what is expected: from", "streams"),
    ("high_80", Kind.NUMBER, "80 % interval of what is expected: to", "streams"),
    ("low_95", Kind.NUMBER, "95 % interval of what is expected: from", "streams"),
    ("high_95", Kind.NUMBER, "95 % interval of what is expected: to", "streams"),
    ("flat", Kind.NUMBER, "What it would be if every month were as the last", "streams"),
    ("classic", Kind.NUMBER, "What the classic rule says: published decay rates by age", "streams"),
    ("total", Kind.NUMBER, f"{_OF_SUM}streams", "streams"),
    ("total_low_80", Kind.NUMBER, f"{_OF_SUM}80 % interval from", "streams"),
    ("total_high_80", Kind.NUMBER, f"{_OF_SUM}80 % interval to", "streams"),
    ("total_low_95", Kind.NUMBER, f"{_OF_SUM}95 % interval from", "streams"),
    ("total_high_95", Kind.NUMBER, f"{_OF_SUM}95 % interval to", "streams"),
    ("tracks", Kind.WHOLE, "Tracks with a count in the month, or with a forecast of it", "tracks"),
    (
        "unknown_days",
        Kind.WHOLE,
        "Days of tracks in a known month, after their first count, without a count",
        "days",
    ),
)
SHEETS = (
    Sheet(
        "catalogue_months",
        "The months of a track, an artist or the whole catalogue: those known, and those expected",
        _COLUMNS,
        make,
        datasets=DATASETS,
        targets=(TARGET,),
        parted_by=("scope", "id"),
        together=together,
    ),
    Sheet(
        "catalogue_far_months",
        "The expected months of a track, an artist or the whole catalogue that lie more than 24 months ahead",
        _COLUMNS,
        make_far,
        datasets=DATASETS,
        targets=(TARGET,),
        parted_by=("scope", "id"),
        together=together_far,
    ),
)
