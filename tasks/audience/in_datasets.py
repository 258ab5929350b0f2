"""The audience as the project's own datasets know it: the rows of its snapshots."""

from collections.abc import Hashable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import pandas as pd
import polars as pl

from features.target import AS_OF
from refrain.datasets import USERS
from refrain.project import Project
from sources.canonical import naming, scan_dataset
from tasks.audience.faults import NoAudienceError
from tasks.audience.in_store import in_order, why_missing
from tasks.audience.known import (
    HOURLY,
    PAST_DAYS,
    At,
    AudienceSettings,
    HoursKnown,
    UsersFound,
    around,
    newest,
)
from tasks.churn_figures import CHURN, DayOfUsers, read_users


class SnapshotAudience:
    """See Audience. The newest as_of is the end of the data, whatever the clock says."""

    source = "datasets"

    def __init__(self, project: Project, settings: AudienceSettings) -> None:
        self._project, self._settings = project, settings

    def churn_as_of(self, at: At) -> date:
        """The newest week end in the snapshot that is meant."""
        return newest(_days_of(self._project.snapshot(CHURN)), at)

    def hourly_as_of(self, at: At) -> date:
        """The newest day in the snapshot that is meant. Of the last one nobody knows whether it is over."""
        days = _days_of(self._project.snapshot(HOURLY))
        return newest(days[:-1] if at is None and len(days) > 1 else days, at, self._settings.hourly.timezone)

    def state(self, as_of: date, zone: str) -> Hashable:
        """The files as they are."""
        files = (self._project.snapshot(CHURN), self._project.snapshot(HOURLY), self._project.raw(USERS.name))
        return tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.is_file())

    def churn_day(self, as_of: date) -> DayOfUsers:
        """All users at a week end."""
        return read_users(self._project.snapshot(CHURN), as_of)

    def users(self, as_of: date, user_ids: Sequence[str]) -> UsersFound:
        """Some users at a week end."""
        snapshot, users = self._project.snapshot(CHURN), self._project.raw(USERS.name)
        rows = pd.read_parquet(snapshot, filters=[(AS_OF, "==", as_of), ("user_id", "in", set(user_ids))])
        there = set(rows["user_id"])
        missing = [user for user in user_ids if user not in there]
        with naming(users):
            registered = scan_dataset(USERS, users).filter(pl.col("user_id").is_in(missing)).collect()
        return UsersFound(in_order(rows, user_ids), why_missing(missing, registered, as_of))

    def hours(self, as_of: date) -> HoursKnown:
        """The hours around the end of a day; what came later is told where it is known."""
        week = [(AS_OF, ">=", as_of - timedelta(days=PAST_DAYS)), (AS_OF, "<=", as_of)]
        return around(pd.read_parquet(self._project.snapshot(HOURLY), filters=week), as_of)


def _days_of(snapshot: Path) -> Sequence[date]:
    """The as_ofs of a snapshot, ascending. Raises NoAudienceError where there is none."""
    if not snapshot.is_file():
        raise NoAudienceError(
            "Neither has the store a session, nor the project a snapshot.",
            hint="Log sessions, or run `refrain run audience`.",
        )
    status = snapshot.stat()
    return _read_days(snapshot, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _read_days(snapshot: Path, _changed: int, _size: int) -> Sequence[date]:
    return tuple(sorted(pd.read_parquet(snapshot, columns=[AS_OF])[AS_OF].unique()))
