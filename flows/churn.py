"""`refrain churn`: who of the audience is likely to leave, and why."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from features.registry import find_target
from refrain.errors import InputError, ModelError, UsageError
from refrain.files import replacing
from refrain.project import Project
from tasks.churn_figures import (
    CHURN,
    REASON,
    AskedModel,
    ChurnFigures,
    churn_figures,
    explained,
    load_champion,
    read_users,
)
from tasks.tracking import Store, open_store


@dataclass(frozen=True)
class ChurnReport:
    """The figures, and the users with what drives their scores, the likeliest to leave first."""

    figures: ChurnFigures
    users: pd.DataFrame
    scale: str
    """Of the drivers' effects: models.contributions.LOG_ODDS or PROBABILITY."""
    without_reasons: str
    """Why no reasons are said; empty where they are."""


def churn_report(project: Project, at: date | None, threshold: float | None, most: int | None) -> ChurnReport:
    """What the champions say of the users at the newest as_of, or at `at`; only the first `most` users, where given.

    Raises ModelError if audience.churn has no champion, InputError without its snapshot, UsageError for another as_of.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"--threshold {threshold} is no probability.", hint="Write one from 0 to 1.")
    store = open_store(project)
    churn = load_champion(store, find_target(CHURN))
    reason, why_not = _reason_model(store)
    day = read_users(project.snapshot(CHURN), at)
    figures, users = churn_figures(day, churn, reason, threshold)
    table, scale = explained(users if most is None else users.head(most), day, churn)
    return ChurnReport(figures, table, scale, why_not)


def write_users(users: pd.DataFrame, path: Path) -> None:
    """The table of users as a CSV. Raises InputError where it cannot be written."""
    try:
        with replacing(path) as beside:
            users.to_csv(beside, index=False, lineterminator="\n")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.", hint="Check the path.") from None


def _reason_model(store: Store) -> tuple[AskedModel | None, str]:
    try:
        return load_champion(store, find_target(REASON)), ""
    except ModelError as error:
        return None, str(error)
