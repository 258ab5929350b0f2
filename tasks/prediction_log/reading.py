"""Logged predictions, read again: the track record's one half."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from refrain.errors import InputError
from tasks.prediction_log.entries import COLUMNS

_JSON = ("keys", "answers", "features")
_FIRST, _LAST = "0001", "9999"


def read_predictions(
    path: Path, target: str, since: datetime | None = None, until: datetime | None = None
) -> pd.DataFrame:
    """The logged predictions of a target, from the oldest to the newest: those of `since` up to before `until`.

    One row for each, with `logged_at` (UTC), `request_id`, `record` (its place in the request, from 1), `target`, who
    predicted (`name`, `family`, `version`, `is_baseline`, `learned_until`), the keys as they were sent, the answers in
    the columns that a scored file has, and the features; a missing one is None or NaN. May be read while it is written.
    Raises InputError where there is no log.
    """
    if not path.is_file():
        raise InputError(f"There is no prediction log at {path}.", hint="PREDICTION_LOG names it when serving.")
    query = (
        f"SELECT {', '.join(COLUMNS)} FROM predictions "  # noqa: S608 - our own names
        "WHERE target = ? AND logged_at >= ? AND logged_at < ? ORDER BY id"
    )
    try:
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute(query, (target, _moment(since, _FIRST), _moment(until, _LAST))).fetchall()
    except sqlite3.Error as error:
        raise InputError(f"{path} is not a readable prediction log: {error}.", hint="Name another file.") from None
    return _frame([dict(zip(COLUMNS, row, strict=True)) for row in rows])


def _moment(given: datetime | None, otherwise: str) -> str:
    return otherwise if given is None else given.astimezone(UTC).isoformat(timespec="milliseconds")


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    plain = [name for name in COLUMNS if name not in _JSON]
    # A name that is both (a month ahead, say) is a key: the value is the same.
    flat = [
        orjson.loads(row["features"])
        | orjson.loads(row["answers"])
        | orjson.loads(row["keys"])
        | {name: row[name] for name in plain}
        for row in rows
    ]
    found = pd.DataFrame(flat, columns=None if flat else plain)
    moments = pd.to_datetime(found["logged_at"], utc=True)
    return found.assign(logged_at=moments, is_baseline=found["is_baseline"].astype(bool))
