"""audience.churn and audience.churn_reason: who will stay away, and why do those leave who do?

A row is a user at the end of a week (UTC; `week_ends`, and of `every_weeks` weeks the last). It is there where at least
one session that was known by then began in the 28 days up to as_of: also of users who have been silent since. A session
is known at its end (features.sessions). No row are users who had said by then that they leave (`cancelled_at`), week
ends less than 28 days after the day of the first session, and those that the record does not reach beyond.

**Label of churn**: 1 if the user begins no session in the `horizon_days` days after as_of, else 0. Null, and the row
kept for scoring, unless a later session of anybody shows that these days are over: the last day of a record may be a
part of one.

**Label of the reason**: of a user who churned and said why in the `horizon_days` + `reason_within_days` days after
as_of, the reason's position in `classes`. `reasons` says which words stand for each; what nobody knows is "other".
It is known when both are: the end of the horizon, and the day of saying so. Null where it may still come to be known;
users who are known to have stayed, or to have left without a word, are no rows.

**Features** of the 7 and the 28 days up to as_of (`_7`, `_28`), which sessions belong to by the day they end on:

* `sessions`, those of each of the 3 weeks before the last (`sessions_back_1` .. `_3`), `active_days`: days with any.
* `watch_minutes`, and `mean_minutes` a session; `watch_trend`: minutes a day of the 7 days over those of the 21 before.
* `days_since_last`: days from the last session's to as_of. `mean_gap`: mean days from one active day to the next,
  `silence`: days_since_last over that; null with one active day. `longest_gap`: the most days from the last session of
  a week to the first of the user's next week with any, so far.
* `rate`: sessions a day since the user's first; `known_days`: days since then. `missed`: sessions that days_since_last
  would have had at that rate, `missed_28` at that of the 28 days up to the last session. `decline`: sessions a day over
  rate.
* `median_pauses`, `median_buffering` of the sessions that state them; `mean_buffering`, and `buffering_trend`, that of
  the 7 days less that of the 28; `buffering_so_far`: that of all sessions.
* `recommended`: share of the sessions that state it.
* `genres`: how many; `genre_diversity_28`: chance that two entries of the lists drawn at random are of different ones;
  `preferred_genre_share_28`: share of the user's preferred genre; `releases_28`: shows of its genre released in the 28
  days, mean over the entries, `releases_before_28`: in the 28 days before these (both need the dataset `shows`).
* `hour_spread`: 0 if all sessions begin in the same hour of the day, 1 if they are spread evenly around the clock.
* `tenure_days`: days since registering, `tenure_at_last`: those that the last session was after it; `subscription`,
  `age_band`, `country`. All null for a user who is unknown, or registered only after as_of.

Every float is one quotient of whole numbers (or a difference or root of such), so it never depends on the order of a
sum.
"""

from collections.abc import Mapping
from typing import Any, Literal

import narwhals as nw
from pydantic import Field, field_validator

from features.calendar import with_date
from features.churn_columns import CATEGORICAL, COUNTS, DAY, DAYS, NUMERIC, feature_columns
from features.churn_users import described_users
from features.churn_weeks import WEEK, medians, next_logins, tastes, user_weeks, windows
from features.held import held
from features.sessions import FIRST, LAST, USER, sessions_of, span_of
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Baseline, Frames, Kind, Target
from features.weeks import WEEKDAYS, last_day_of
from refrain.sessions import REASONS
from refrain.settings import Frozen

Lazy = nw.LazyFrame[Any]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_KEY = [USER, WEEK]
_KNOWN = "known"
SPAN = "span of events"


class ChurnSettings(Frozen):
    """The knobs of audience.churn."""

    week_ends: Weekday = "sunday"
    """Weekday of every as_of."""
    every_weeks: int = Field(default=1, ge=1, le=52)
    """Weeks from one as_of to the next."""
    horizon_days: int = Field(default=14, ge=1, le=180)
    """Days after as_of without a session that make a user churned."""


class ChurnReasonSettings(ChurnSettings):
    """The knobs of audience.churn_reason."""

    reason_within_days: int = Field(default=28, ge=0, le=365)
    """Days after the horizon in which a user may still say why."""
    reasons: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Reason -> other words for it, upper or lower case."""

    @field_validator("reasons")
    @classmethod
    def _known(cls, reasons: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        unknown = [name for name in reasons if name not in REASONS]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no reason; known: {', '.join(REASONS)}")
        return reasons


def churn_rows(frames: Frames, settings: ChurnSettings) -> Lazy:
    """The rows of audience.churn, as the module's text defines them. Needs `events` and `users`."""
    described = _described(frames, settings)
    horizon_end = nw.col(DAY) + settings.horizon_days
    label = nw.when(horizon_end < nw.col(LAST)).then(_is_silent(settings).cast(nw.Int8)).alias(LABEL)
    return _dated(described.with_columns(label, horizon_end.alias(_KNOWN)))


def reason_rows(frames: Frames, settings: ChurnReasonSettings) -> Lazy:
    """The rows of audience.churn_reason, as the module's text defines them. Needs `events` and `users`."""
    horizon_end, last = nw.col(DAY) + settings.horizon_days, nw.col(LAST)
    told_by = horizon_end + settings.reason_within_days
    cancelled = nw.col("cancelled")
    told = _is_told() & (cancelled <= told_by)
    described = _described(frames, settings).with_columns(told.fill_null(False).alias("told"))
    open_rows = described.filter(_is_silent(settings), nw.col("told") | (told_by >= last))
    known = nw.when(nw.col("told")).then(nw.max_horizontal(horizon_end, cancelled)).otherwise(told_by)
    label = nw.when(nw.col("told") & (horizon_end < last)).then(_position(settings.reasons)).alias(LABEL)
    return _dated(open_rows.with_columns(label, known.alias(_KNOWN)))


def span(frames: Frames) -> Frames:
    """What the rows of a part of the users need to know of all: from when to when the record reaches."""
    return {SPAN: span_of(frames["events"])}


def _described(frames: Frames, settings: ChurnSettings) -> Lazy:
    """Every row that there may be: _KEY, the ordinal of as_of, features, next_login, cancelled, reason, the span."""
    weekday = WEEKDAYS.index(settings.week_ends) + 1
    sessions = held(sessions_of(frames["events"], weekday))
    users = described_users(frames["users"])
    weeks = user_weeks(sessions, weekday)
    reach = frames[SPAN] if SPAN in frames else span_of(frames["events"])
    return (
        _eligible(windows(weeks), reach, settings, weekday)
        .join(medians(sessions), on=_KEY, how="left")
        .join(tastes(sessions, users, frames.get("shows"), weekday), on=_KEY, how="left")
        .join(next_logins(weeks, settings.horizon_days, weekday), on=_KEY, how="left")
        .join(users, on=USER, how="left")
        .filter(nw.col("cancelled").is_null() | (nw.col("cancelled") > nw.col(DAY)))
        .with_columns(*feature_columns())
    )


def _eligible(found: Lazy, reach: Lazy, settings: ChurnSettings, weekday: int) -> Lazy:
    """The windows at whose end there is a row, whatever the users say, with the span and the ordinal of as_of."""
    last_day = nw.col(DAY)
    return (
        found.filter(nw.col(WEEK) % settings.every_weeks == 0)
        .with_columns(last_day_of(nw.col(WEEK), weekday).alias(DAY))
        .join(reach, how="cross")
        .filter(
            nw.col("latest_login") > last_day - DAYS,
            last_day >= nw.col(FIRST) + DAYS,
            last_day < nw.col(LAST),
        )
    )


def _is_silent(settings: ChurnSettings) -> nw.Expr:
    """Whether no session is known to begin in the days after as_of."""
    login = nw.col("next_login")
    return login.is_null() | (login > nw.col(DAY) + settings.horizon_days)


def _is_told() -> nw.Expr:
    return (nw.col("cancelled") > nw.col(DAY)) & (nw.col("reason").str.strip_chars() != "")


def _position(words: Mapping[str, tuple[str, ...]]) -> nw.Expr:
    """The position of the stated reason in REASONS."""
    said = nw.col("reason").str.strip_chars().str.to_lowercase()
    meant = (
        nw.when(said.is_in([word.strip().lower() for word in (reason, *words.get(reason, ()))])).then(nw.lit(place))
        for place, reason in enumerate(REASONS)
    )
    return nw.coalesce(*meant, nw.lit(REASONS.index("other"))).cast(nw.Int8)


def _dated(rows: Lazy) -> Lazy:
    dated = with_date(with_date(rows, DAY, AS_OF), _KNOWN, LABEL_KNOWN_AT)
    # There are many rows: narrow ones.
    numbers = (nw.col(name).cast(nw.Int32) if name in COUNTS else nw.col(name) for name in NUMERIC)
    return dated.select(USER, AS_OF, LABEL_KNOWN_AT, *numbers, *CATEGORICAL, LABEL)


def _target(name: str, question: str, **chosen: Any) -> Target:
    return Target(
        name=f"audience.{name}",
        question=question,
        datasets=("events", "users"),
        optional=("shows",),
        entity=(USER,),
        cluster=(USER,),
        numeric=NUMERIC,
        categorical=CATEGORICAL,
        text=(),
        required=("sessions_28", "days_since_last"),
        apart=USER,
        shared=span,
        **chosen,
    )


TARGETS = (
    _target(
        "churn",
        "Will this user stay away for the next 14 days?",
        baselines=(Baseline("base rate"), Baseline("days since last session", "days_since_last")),
        headline="average_precision",
        settings_type=ChurnSettings,
        rows=churn_rows,
        counted=True,
    ),
    _target(
        "churn_reason",
        "If this user leaves, why?",
        baselines=(Baseline("most frequent reason"),),
        headline="macro_f1",
        settings_type=ChurnReasonSettings,
        rows=reason_rows,
        kind=Kind.CLASS,
        classes=REASONS,
        families="models.class_families",
    ),
)
