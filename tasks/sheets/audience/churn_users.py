"""The sheet `churn_users`: who may leave, why they would, and what makes the model think so."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from refrain.sessions import REASONS
from tasks.audience.churn_words import in_words
from tasks.churn_figures import DRIVERS
from tasks.sheets.audience.churn_day import TARGETS, AskedDay, asked_day, state
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_ATTRIBUTES = ("subscription", "country")
TOWARDS_LEAVING, TOWARDS_STAYING = "towards leaving", "towards staying"


def make(material: Material, part: Part) -> Made:
    """A row for each user of the newest week end."""
    del part
    asked = asked_day(material)
    features = asked.day.rows.loc[asked.users.index]
    attributes = {name: features[name] for name in _ATTRIBUTES if name in features}
    users = asked.users.assign(
        likely=asked.users["probability"] >= asked.figures.threshold, **_drivers(asked.users, features), **attributes
    )
    named = users.rename(columns={f"driver_{place}": f"feature_{place}" for place in range(1, DRIVERS + 1)})
    return Made(
        pl.from_pandas(named.rename(columns={f"words_{place}": f"driver_{place}" for place in range(1, DRIVERS + 1)})),
        (*asked.notes, *_notes(asked)),
        (asked.by_churn[0], *asked.by_reason[:1]),
    )


def _drivers(users: pd.DataFrame, features: pd.DataFrame) -> dict[str, Any]:
    """Of each place the driver in words, and where it points."""
    found: dict[str, Any] = {}
    rows: list[dict[str, Any]] = features.to_dict("records")  # type: ignore[assignment]  # columns are named by texts
    for place in range(1, DRIVERS + 1):
        names, effects = users[f"driver_{place}"], users[f"effect_{place}"].to_numpy(dtype=np.float64)
        found[f"words_{place}"] = [
            None if pd.isna(name) else in_words(name, row) for name, row in zip(names, rows, strict=True)
        ]
        found[f"direction_{place}"] = [
            None if np.isnan(effect) else TOWARDS_LEAVING if effect > 0 else TOWARDS_STAYING for effect in effects
        ]
    return found


def _notes(asked: AskedDay) -> tuple[str, ...]:
    drivers = (
        f"Drivers are the {DRIVERS} features that move a user's score furthest from the mean of those that the model "
        f"learned from; effects are on the scale of {asked.scale}, before calibration. They say what the model goes "
        "by, not what makes a user leave."
    )
    if asked.reason is None:
        return (drivers, "No model of reasons is served.")
    chosen = "A reason is the one that is chosen, should the user leave; it need not be the likeliest."
    return (drivers, chosen)


def _driver(place: int) -> tuple[tuple[str, Kind, str] | tuple[str, Kind, str, str], ...]:
    what = ("What moves the score most", "What moves it second most", "What moves it third most")[place - 1]
    return (
        (f"driver_{place}", Kind.TEXT, f"{what}, in words"),
        (f"direction_{place}", Kind.TEXT, f"Where that moves it: {TOWARDS_LEAVING}, or {TOWARDS_STAYING}"),
        (f"effect_{place}", Kind.NUMBER, "How far: above 0 towards leaving", "the score's scale, see the notes"),
        (f"feature_{place}", Kind.TEXT, "The feature that it is"),
    )


SHEETS = (
    Sheet(
        "churn_users",
        "A user of the newest week end, and the probability of leaving",
        columns(
            ("user_id", Kind.TEXT, "The user"),
            ("as_of", Kind.DATE, "The week end up to which the user is known"),
            ("probability", Kind.NUMBER, "Of leaving", "probability"),
            ("likely", Kind.FLAG, "Whether the odds of leaving are at least twice the usual ones"),
            ("reason", Kind.TEXT, "The reason that is chosen, if the user leaves"),
            *(
                (f"reason_{name}", Kind.NUMBER, f"Of the reason {name}, if the user leaves", "probability")
                for name in REASONS
            ),
            *(column for place in range(1, DRIVERS + 1) for column in _driver(place)),
            ("subscription", Kind.TEXT, "The user's subscription, where it is known"),
            ("country", Kind.TEXT, "The user's country, where it is known"),
        ),
        make,
        targets=TARGETS,
        search=("user_id",),
        order="-probability",
        state=state,
    ),
)
