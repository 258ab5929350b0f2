"""What there is to know of an audience, wherever it is kept."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import pandas as pd

from features.churn import ChurnSettings
from features.hourly import HourlySettings
from refrain.datasets import SHOWS
from refrain.project import Project
from refrain.settings import validated
from tasks.audience.faults import BeforeTheDataError
from tasks.churn_figures import CHURN, DayOfUsers

HOURLY = "audience.hourly"
PAST_DAYS = 7
"""Days before the hours ahead whose hours are told."""
At = date | datetime | None
"""Which as_of is meant: the newest up to a day; the newest that was over by a moment; the newest there is."""


@dataclass(frozen=True)
class AudienceSettings:
    """What the rows of the audience's targets are."""

    churn: ChurnSettings
    hourly: HourlySettings
    shows: bool
    """Whether the project has shows: without them, rows lack what is made of them."""

    @classmethod
    def of(cls, project: Project) -> "AudienceSettings":
        """Those of params.yaml. Raises SettingsError."""
        where, settings = str(project.params_file), project.settings
        return cls(
            validated(ChurnSettings, dict(settings.target(CHURN).snapshot), where),
            validated(HourlySettings, dict(settings.target(HOURLY).snapshot), where),
            SHOWS.name in settings.datasets,
        )


@dataclass(frozen=True)
class UsersFound:
    """Those of some users who have a row at an as_of, and why the others have none."""

    rows: pd.DataFrame
    """user_id, as_of and the features, in the order in which they were asked for."""
    missing: Mapping[str, str]
    """User -> why there is no row, in the order in which they were asked for."""


@dataclass(frozen=True)
class HoursKnown:
    """The hours around an as_of."""

    ahead: pd.DataFrame
    """The rows of audience.hourly at as_of, by hour. `label`: what came, where that is known."""
    past: pd.DataFrame
    """hour and users of the days before and of as_of, by hour; users are null where they are not known."""


class Audience(Protocol):
    """What is known. Raises BeforeTheDataError, NoAudienceError, and what its store raises."""

    source: str
    """Where it is kept, as answers call it."""

    def churn_as_of(self, at: At) -> date:
        """The newest week end that is meant."""

    def hourly_as_of(self, at: At) -> date:
        """The newest local day that is meant."""

    def state(self, as_of: date, zone: str) -> Hashable:
        """Changes where what is known as of that day, of this time zone, does."""

    def churn_day(self, as_of: date) -> DayOfUsers:
        """All users of a week end, and what was known by then."""

    def users(self, as_of: date, user_ids: Sequence[str]) -> UsersFound:
        """Some users at a week end."""

    def hours(self, as_of: date) -> HoursKnown:
        """The hours around the end of a day."""


def last_day(at: At, now: datetime, zone: str = "UTC") -> date:
    """The last day that may be an as_of: `at` itself where it is a day, otherwise the last that was over by then."""
    if at is not None and not isinstance(at, datetime):
        return at
    return (at or now).astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def end_of(day: date, zone: str) -> datetime:
    """The first moment after a day of a time zone (naive, UTC)."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC).replace(tzinfo=None)


def newest(days: Sequence[date], at: At, zone: str = "UTC") -> date:
    """The newest of `days`, which ascend, that is meant. Raises BeforeTheDataError."""
    if at is None:
        return days[-1]
    meant = [day for day in days if day <= last_day(at, datetime.max, zone)]
    if not meant:
        raise BeforeTheDataError(
            "There is nothing as of so early a day.", hint=f"It begins as of {days[0]}, and ends as of {days[-1]}."
        )
    return meant[-1]


def around(rows: pd.DataFrame, as_of: date) -> HoursKnown:
    """The hours around `as_of`, of the rows of audience.hourly of the week up to it.

    An hour of the last days whose final count is not known yet has the one that was known at the end of as_of.
    """
    ordered = rows.sort_values("hour", kind="stable")
    ahead = ordered[ordered["as_of"] == as_of].reset_index(drop=True)
    before = ordered[ordered["as_of"] < as_of].drop_duplicates("hour", keep="last")
    by_clock = ahead.drop_duplicates("hour_of_day").set_index("hour_of_day")
    users = before["label"].astype("float64")
    for back in range(1, PAST_DAYS):
        # The rows as of the day before a day are its hours.
        of_the_day = (before["as_of"] == as_of - timedelta(days=back)) & users.isna()
        users = users.mask(of_the_day, before["hour_of_day"].map(by_clock[f"days_ago_{back}"]))
    return HoursKnown(ahead, pd.DataFrame({"hour": before["hour"], "users": users}).reset_index(drop=True))
