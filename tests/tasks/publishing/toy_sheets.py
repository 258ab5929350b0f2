"""Sheets with every kind of column, empty cells, ties and odd names; and publications of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from tasks.champions.loaded import ServedModel
from tasks.publishing.destination import destination_of
from tasks.publishing.publishing import Publication, publish
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Sheet, columns

MODEL = ServedModel(
    target="hits.hit", name="XGBoost", family="xgboost", version=3, is_baseline=False, learned_until=date(2026, 1, 2)
)
_TITLES = [
    "Ágætis byrjun",
    "100% pure",
    "a_b",
    'say "no"',
    "straße",
    "",
    None,
    "Zebra",
    "apple",
    "tab\tand ünïcode",
    "ab!",
]
_MOMENTS = [datetime(2026, 3, 29, 1, 30, tzinfo=UTC), None, datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)]


@dataclass
class Rowed:
    """What a maker reads: how many rows, and what is said."""

    rows: int = 40
    said: str = "first"


def odd(state: Rowed) -> Sheet:
    """A sheet whose columns are words of SQL's own, with ties, empty cells and letters of several scripts."""

    def make(material: Any, part: Any) -> Made:
        return Made(_odd_rows(state.rows), (f"Said {state.said}.", 'With "quotes" and ünïcode.'), (MODEL,))

    return Sheet(
        "odd",
        "Odd rows",
        columns(
            ("order", Kind.TEXT, "A word of SQL's own", "streams"),
            ("group", Kind.TEXT, "Another one"),
            ("select", Kind.NUMBER, "A number"),
            ("from", Kind.WHOLE, "A whole number"),
            ("to", Kind.FLAG, "A flag"),
            ("date", Kind.DATE, "A day"),
            ("timestamp", Kind.MOMENT, "A moment"),
            ("never", Kind.TEXT, "Always empty"),
        ),
        make,
        search=("order", "group"),
        order="-select",
    )


def _odd_rows(count: int) -> pl.DataFrame:
    places = range(count)
    return pl.DataFrame(
        {
            "order": [_TITLES[place % len(_TITLES)] for place in places],
            "group": [None if place % 5 == 0 else f"Group {place % 3}" for place in places],
            "select": [None if place % 7 == 0 else 0.1 * (place % 4) - 1 / 3 for place in places],
            "from": [None if place % 6 == 0 else (place % 3) * 2**53 + 1 for place in places],
            "to": [(True, False, None)[place % 3] for place in places],
            "date": [None if place % 4 == 0 else date(2024, 2, 28 + place % 2) for place in places],
            "timestamp": [_MOMENTS[place % 3] for place in places],
        },
        schema_overrides={"from": pl.Int64},
    )


def parted() -> Sheet:
    """A sheet that is asked for one part at a time; one of them has nothing yet."""

    def make(material: Any, part: Any) -> Made:
        name = part["kind"]
        if name == "none":
            raise NotYetError("There is none of it.", hint="Run something.")
        return Made(pl.DataFrame({"kind": [name] * 3, "n": [3, 1, 2]}), (f"About {name}.",), (MODEL,))

    return Sheet(
        "parted",
        "Rows in parts",
        columns(("kind", Kind.TEXT, "Its kind"), ("n", Kind.WHOLE, "A number")),
        make,
        parted_by=("kind",),
        parts=lambda material: [{"kind": name} for name in ("a", 'b "two"', "none")],
        order="n",
    )


def missing() -> Sheet:
    """A sheet of which there is nothing yet."""

    def make(material: Any, part: Any) -> Made:
        raise NotYetError("Nothing yet.", hint="Run `refrain run`.")

    return Sheet("missing", "Nothing", columns(("n", Kind.WHOLE, "A number")), make)


def broken() -> Sheet:
    """A sheet that cannot be made."""

    def make(material: Any, part: Any) -> Made:
        return Made(pl.DataFrame({"n": ["not a number"]}))

    return Sheet("wrong", "Broken", columns(("n", Kind.WHOLE, "A number")), make)


def toys(state: Rowed | None = None) -> list[Sheet]:
    """All that can be made."""
    return [missing(), odd(state or Rowed()), parted()]


def with_column(sheet: Sheet, name: str, kind: Kind) -> Sheet:
    """The same with another column, or with one of another kind."""
    others = [column for column in sheet.columns if column.name != name]
    return replace(sheet, columns=(*others, *columns((name, kind, "Another column"))))


def material(registry: str = "") -> Material:
    """As much of it as toys need. `registry`: why it cannot be read."""
    shelf = SimpleNamespace(refresh=lambda: (), shown=SimpleNamespace(registry=registry))
    return cast(Material, SimpleNamespace(shelf=shelf, state=lambda sheet: None))


def publish_toys(address: str, sheets: Sequence[Sheet] | None = None) -> Publication:
    """Publish them (all toys) at an address."""
    return publish(
        material(), toys() if sheets is None else sheets, destination_of(address, Path.cwd()), lambda _: None
    )
