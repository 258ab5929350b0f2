"""The sheets `activity`, `activity_days` and `top_shows`: what the audience has lately done, counted."""

from datetime import datetime

import polars as pl

from features.figures.activity import Activity
from refrain.datasets import EVENTS, SHOWS
from tasks.sheets.audience.now import Lately, lately
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

LAST, BEFORE = "last 7 days", "7 days before"
_MEAN_MEANING = "All minutes / users who were active at all / 7 days"


def make_activity(material: Material, part: Part) -> Made:
    """The last seven days and, where the record reaches back so far, the seven before."""
    del part
    found = lately(material)
    spans = {LAST: found.recent.week, BEFORE: found.recent.before}
    rows = [_span(name, week, found) for name, week in spans.items() if week is not None]
    return Made(pl.DataFrame(rows), found.notes)


def make_days(material: Material, part: Part) -> Made:
    """The 24 hours up to the moment, and the six times 24 hours before, the oldest first."""
    del part
    found = lately(material)
    rows = [{"source": found.source, **day.model_dump()} for day in found.recent.days]
    return Made(pl.DataFrame(rows), found.notes)


def make_top_shows(material: Material, part: Part) -> Made:
    """The shows of the most sessions of the last seven days."""
    del part
    found = lately(material)
    rows = [
        {"rank": rank, "source": found.source, **show.model_dump()}
        for rank, show in enumerate(found.recent.week.top_shows, start=1)
    ]
    return Made(pl.DataFrame(rows), found.notes)


def _span(name: str, week: Activity, found: Lately) -> dict[str, str | int | float | datetime | None]:
    return {
        "span": name,
        "source": found.source,
        "since": week.since,
        "until": week.at,
        "timezone": week.timezone,
        "sessions": week.sessions,
        "users": week.users,
        "watch_minutes": week.watch_minutes,
        "minutes_per_user_and_day": week.minutes_per_user_and_day,
        "minutes_per_active_day": week.minutes_per_active_day,
        "record_begins": found.recent.begins,
        "newest_session": found.recent.newest,
    }


_SOURCE = ("source", Kind.TEXT, "Whose audience: the event store's, or the datasets'")
_SPAN = (
    ("since", Kind.MOMENT, "Sessions that ended after this moment"),
    ("until", Kind.MOMENT, "... up to this one"),
)
_DATASETS = (EVENTS.name, SHOWS.name)

SHEETS = (
    Sheet(
        "activity",
        "The audience of the last seven days, and of the seven before",
        columns(
            ("span", Kind.TEXT, f"Which days: {LAST}, or {BEFORE}"),
            _SOURCE,
            *_SPAN,
            ("timezone", Kind.TEXT, "The platform's time zone, whose days are counted"),
            ("sessions", Kind.WHOLE, "Sessions that ended", "sessions"),
            ("users", Kind.WHOLE, "Users who were active at all", "users"),
            ("watch_minutes", Kind.NUMBER, "All that was watched", "minutes"),
            ("minutes_per_user_and_day", Kind.NUMBER, _MEAN_MEANING, "minutes"),
            ("minutes_per_active_day", Kind.NUMBER, "All minutes / days on which a user began a session", "minutes"),
            ("record_begins", Kind.MOMENT, "When the first session on record began"),
            ("newest_session", Kind.MOMENT, "When the last session on record began"),
        ),
        make_activity,
        datasets=_DATASETS,
        kept=False,
    ),
    Sheet(
        "activity_days",
        "The last seven days one by one, each of 24 hours up to the moment's time of day",
        columns(
            _SOURCE,
            *_SPAN,
            ("sessions", Kind.WHOLE, "Sessions that ended", "sessions"),
            ("users", Kind.WHOLE, "Users who were active", "users"),
            ("watch_minutes", Kind.NUMBER, "All that was watched", "minutes"),
            ("minutes_per_user", Kind.NUMBER, "All minutes / those users", "minutes"),
        ),
        make_days,
        datasets=_DATASETS,
        kept=False,
    ),
    Sheet(
        "top_shows",
        "The shows of the most sessions of the last seven days",
        columns(
            ("rank", Kind.WHOLE, "1 is the show of the most sessions; among equals by id"),
            _SOURCE,
            ("show_id", Kind.TEXT, "The show"),
            ("title", Kind.TEXT, "What it is called; its id where that is not known"),
            ("sessions", Kind.WHOLE, "Sessions in which it was watched", "sessions"),
            ("users", Kind.WHOLE, "Users who watched it", "users"),
            ("watch_minutes", Kind.NUMBER, "A session's minutes, split evenly over the shows of its list", "minutes"),
        ),
        make_top_shows,
        datasets=_DATASETS,
        kept=False,
    ),
)
