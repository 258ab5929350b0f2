"""Who is likely to leave, how many that makes, and why: what the champions of audience.churn and churn_reason say."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.registry import find_target
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Target
from models.contributions import contributions
from models.expected_number import COLUMNS
from models.storage import load_estimator
from refrain.errors import InputError, UsageError
from refrain.settings import Frozen
from tasks.champions.loaded import LoadedModel, ServedModel, identity, served_model
from tasks.kinds.registry import kind_of
from tasks.model_folder import MODEL_FILE, fetched_model
from tasks.tracking import Store
from tasks.versions import Version, champion

CHURN, REASON = "audience.churn", "audience.churn_reason"
DRIVERS = 3
"""Features that are named of each user."""
_UNKNOWN_BASE_RATE = 0.5
Numbers = NDArray[np.float64]


class ExpectedLeavers(Frozen):
    """How many of the users are expected to leave; bounds are None where the model knows no interval."""

    number: float
    low_80: int | None = None
    high_80: int | None = None
    low_95: int | None = None
    high_95: int | None = None


class ChurnFigures(Frozen):
    """The figures of the users of one as_of."""

    as_of: date
    users: int
    expected: ExpectedLeavers
    base_rate: float | None
    """Share of users who left, in the rows whose outcome was known by as_of; None where there were none."""
    threshold: float
    """Probability from which a user counts as likely to leave."""
    likely: int
    share_likely: float
    reasons: Mapping[str, float] | None
    """Of those likely to leave, each counted by the probability of leaving: the share of each reason. None where nobody
    is, or no model of reasons is served."""
    churn_model: ServedModel
    reason_model: ServedModel | None


@dataclass(frozen=True)
class AskedModel:
    """A loaded version."""

    target: Target
    served: ServedModel
    model: Any
    identity: Hashable = ()
    """What tells it from any other version: numbers are given again where a registry is made anew."""

    @staticmethod
    def of(loaded: LoadedModel) -> "AskedModel":
        """One that is loaded already."""
        return AskedModel(loaded.target, loaded.served, loaded.model, identity(loaded.version))


@dataclass(frozen=True)
class DayOfUsers:
    """The rows of one as_of, and what was known by then."""

    as_of: date
    rows: pd.DataFrame
    base_rate: float | None


def load_champion(store: Store, target: Target) -> AskedModel:
    """The served model of a target. Raises ModelError if there is none, or it does not load."""
    return load_asked(store, champion(store, target.name))


def load_asked(store: Store, version: Version) -> AskedModel:
    """The model of a version. Raises ModelError if it does not load."""
    with fetched_model(store, version) as folder:
        model = load_estimator(folder / MODEL_FILE)
    return AskedModel(find_target(version.target), served_model(version), model, identity(version))


def read_users(snapshot: Path, at: date | None) -> DayOfUsers:
    """The users of a snapshot of audience.churn at its newest as_of, or at `at`.

    Raises InputError if there is no snapshot, UsageError if it has no such as_of.
    """
    if not snapshot.is_file():
        raise InputError(f"There is no snapshot of {CHURN} ({snapshot}).", hint="Run `refrain run audience`.")
    known = pd.read_parquet(snapshot, columns=[AS_OF, LABEL_KNOWN_AT, LABEL])
    days = sorted(known[AS_OF].unique())
    day = days[-1] if at is None else at
    if day not in days:
        near = [str(one) for one in sorted(days, key=lambda one: abs((one - day).days))[:2]]
        raise UsageError(
            f"{CHURN} has no rows of {day}; they are of {days[0]} to {days[-1]}.",
            hint=f"The nearest: {', '.join(sorted(near))}.",
        )
    came = known[LABEL][known[LABEL].notna() & (known[LABEL_KNOWN_AT] <= day)]
    rows = pd.read_parquet(snapshot, filters=[(AS_OF, "==", day)]).reset_index(drop=True)
    return DayOfUsers(day, rows, float(came.mean()) if len(came) else None)


def default_threshold(base_rate: float | None) -> float:
    """The probability at which the odds of leaving are twice those of the base rate: 0.18 for 0.1, 0.46 for 0.3."""
    if base_rate is None:
        return _UNKNOWN_BASE_RATE
    return 2 * base_rate / (1 + base_rate)


def churn_figures(
    day: DayOfUsers, churn: AskedModel, reason: AskedModel | None, threshold: float | None = None
) -> tuple[ChurnFigures, pd.DataFrame]:
    """The figures of a day's users, and the users, the likeliest to leave first.

    A user's columns are those of `said_of_users`, and `likely` (0 or 1); reasons only of those who are.
    """
    users = said_of_users(day, churn, reason)
    probabilities = users["probability"].to_numpy()
    limit = default_threshold(day.base_rate) if threshold is None else threshold
    likely = probabilities >= limit
    users.insert(3, "likely", likely.astype(np.int64))
    shares = None
    if reason is not None:
        if likely.any():
            chances = users.loc[likely, [f"reason_{name}" for name in reason.target.classes]].to_numpy()
            shares = _weighted(reason.target.classes, chances, probabilities[likely])
        told = ["reason", *(f"reason_{name}" for name in reason.target.classes)]
        users.loc[~likely, told] = None
    figures = ChurnFigures(
        as_of=day.as_of,
        users=len(users),
        expected=expected_leavers(churn.model, probabilities),
        base_rate=day.base_rate,
        threshold=limit,
        likely=int(likely.sum()),
        share_likely=float(likely.mean()),
        reasons=shares,
        churn_model=churn.served,
        reason_model=None if reason is None else reason.served,
    )
    return figures, likeliest_first(users)


def said_of_users(day: DayOfUsers, churn: AskedModel, reason: AskedModel | None) -> pd.DataFrame:
    """user_id, as_of and probability of leaving of a day's users, in the order of its rows.

    Where a model of reasons is served also `reason`, the one that is chosen if the user leaves, and the probability of
    each (`reason_price` ...).
    """
    users = day.rows[["user_id", AS_OF]].assign(probability=probabilities_of(day, churn))
    if reason is None:
        return users
    said = kind_of(reason.target).ask(reason.model, _features(reason.target, day.rows))
    return users.assign(**_reason_columns(reason.target.classes, said))


def probabilities_of(day: DayOfUsers, churn: AskedModel) -> Numbers:
    """The probabilities of leaving of a day's users, in the order of its rows."""
    return kind_of(churn.target).ask(churn.model, _features(churn.target, day.rows))


def likeliest_first(users: pd.DataFrame) -> pd.DataFrame:
    """The users in the order of their probabilities, then of their names."""
    return users.sort_values(["probability", "user_id"], ascending=[False, True], kind="stable")


def explained(users: pd.DataFrame, day: DayOfUsers, churn: AskedModel) -> tuple[pd.DataFrame, str]:
    """`users` (rows of what `churn_figures` gives) with the features that drive their scores, and the scores' scale.

    `driver_1`, `effect_1` to `driver_3`, `effect_3`: what moves the score of the model furthest from its mean, with its
    sign (above 0: towards leaving), as models.contributions has it; empty where fewer features move it.
    """
    given = contributions(churn.model, _features(churn.target, day.rows.loc[users.index]))
    values = np.asarray(given.values, dtype=np.float64)
    names = np.array([*given.features, None], dtype=object)
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :DRIVERS]
    columns: dict[str, Any] = {}
    for place in range(DRIVERS):
        if place < order.shape[1]:
            effect = np.take_along_axis(values, order[:, [place]], axis=1)[:, 0]
            moves = effect != 0
            columns[f"driver_{place + 1}"] = names[np.where(moves, order[:, place], len(given.features))]
            columns[f"effect_{place + 1}"] = np.where(moves, effect, np.nan)
        else:
            columns[f"driver_{place + 1}"], columns[f"effect_{place + 1}"] = None, np.nan
    return users.assign(**columns), given.scale


def expected_leavers(model: Any, probabilities: Numbers) -> ExpectedLeavers:
    """How many of users with these probabilities are expected to leave, as the model that gave them knows it."""
    number = getattr(model, "expected_number", None)
    if number is None:
        return ExpectedLeavers(number=float(probabilities.sum()))
    expected, *bounds = number.answer(probabilities)
    return ExpectedLeavers(number=float(expected), **dict(zip(COLUMNS[1:], map(int, bounds), strict=True)))


def _features(target: Target, rows: pd.DataFrame) -> pd.DataFrame:
    found = rows.reindex(columns=list(target.features))
    return found.astype(dict.fromkeys(target.numeric, np.float64))


def _weighted(classes: tuple[str, ...], said: Numbers, weights: Numbers) -> dict[str, float]:
    shares = weights @ said / weights.sum()
    return {name: float(share) for name, share in zip(classes, shares, strict=True)}


def _reason_columns(classes: tuple[str, ...], said: Numbers) -> dict[str, Any]:
    chosen = [classes[int(place)] for place in said[:, -1]]
    return {
        "reason": pd.Series(chosen, dtype=object).to_numpy(),
        **{f"reason_{name}": said[:, place] for place, name in enumerate(classes)},
    }
