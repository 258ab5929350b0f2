"""The users of the newest week end, and what the champions say of them: what the sheets of churn are made of."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, timedelta
from weakref import WeakKeyDictionary

import pandas as pd

from tasks.audience.choosing import Audiences
from tasks.audience.faults import NoAudienceError
from tasks.audience.in_store import StoredAudience
from tasks.audience.known import Audience
from tasks.champions.loaded import LoadedTarget, ServedModel
from tasks.churn_figures import (
    CHURN,
    REASON,
    AskedModel,
    ChurnFigures,
    DayOfUsers,
    churn_figures,
    explained,
    likeliest_first,
    said_of_users,
)
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material, now

TARGETS = (CHURN, REASON)


@dataclass(frozen=True)
class AskedDay:
    """A day of users, asked about."""

    source: str
    """Where the audience is kept: "event store" or "datasets"."""
    day: DayOfUsers
    figures: ChurnFigures
    users: pd.DataFrame
    """Everyone, the likeliest to leave first: what tasks.churn_figures.said_of_users and `explained` say."""
    scale: str
    """Of the drivers' effects."""
    churn: LoadedTarget
    reason: LoadedTarget | None
    horizon_days: int
    """Days without a session that make a user one who left."""
    too_short: str
    """Why the event store's audience is not the one that is asked about although it holds sessions; often empty."""

    @property
    def by_churn(self) -> tuple[ServedModel, ...]:
        """Who said how likely it is, and what is usual."""
        return _both(self.churn)

    @property
    def by_reason(self) -> tuple[ServedModel, ...]:
        """Who said why, and what is usual."""
        return () if self.reason is None else _both(self.reason)

    @property
    def is_test(self) -> bool:
        """Whether the model of leaving learned from earlier days only, as far as that was noted."""
        until = self.figures.churn_model.learned_until
        return until is None or self.figures.as_of > until

    @property
    def notes(self) -> tuple[str, ...]:
        """Who the users are, what leaving is, and whether the day is a test of the models."""
        return tuple(note for note in (self._whose(), self._leaving(), *self._no_test()) if note)

    def _whose(self) -> str:
        whose = "of the event store" if self.source == StoredAudience.source else "of the project's datasets"
        said = f"The users {whose} who had a session in the four weeks up to {in_words(self.figures.as_of)}."
        return f"{said} {self.too_short}" if self.too_short else said

    def _leaving(self) -> str:
        last = self.figures.as_of + timedelta(days=self.horizon_days)
        return f"To leave is to begin no session in the {self.horizon_days} days after it, up to {in_words(last)}."

    def _no_test(self) -> tuple[str, ...]:
        asked = (self.figures.churn_model, self.figures.reason_model)
        return tuple(
            f"{served.target} learned from days up to {in_words(served.learned_until)}: this day is no test of it."
            for served in asked
            if served is not None and served.learned_until is not None and self.figures.as_of <= served.learned_until
        )


_LAST: WeakKeyDictionary[Material, tuple[Hashable, AskedDay]] = WeakKeyDictionary()
"""Several sheets are made of the same answers."""


def asked_day(material: Material) -> AskedDay:
    """What the champions say of the newest day's users. Raises NotYetError where there is no champion, or no day."""
    churn, reason = material.served(CHURN), _served_or_none(material)
    audience, as_of, too_short = _newest(material)
    by_whom = (AskedModel.of(churn.champion), None if reason is None else AskedModel.of(reason.champion))
    key = (_state(audience, as_of), *(None if one is None else one.identity for one in by_whom))
    kept = _LAST.get(material)
    if kept is not None and kept[0] == key:
        return kept[1]
    day = audience.churn_day(as_of)
    if day.rows.empty:
        raise NotYetError(f"Nobody was there in the four weeks up to {as_of}.", hint="Log sessions, or import some.")
    asked, why = by_whom
    figures, _ = churn_figures(day, asked, why)
    users, scale = explained(likeliest_first(said_of_users(day, asked, why)), day, asked)
    horizon = Audiences(material.project, None).settings.churn.horizon_days
    found = AskedDay(audience.source, day, figures, users, scale, churn, reason, horizon, too_short)
    _LAST[material] = (key, found)
    return found


def state(material: Material) -> Hashable:
    """Changes where the users do. Raises EventStoreError."""
    try:
        audience, as_of, _ = _newest(material)
    except NotYetError as error:
        return str(error)
    return _state(audience, as_of)


def in_words(day: date) -> str:
    """As "29 December 2024"."""
    return f"{day.day} {day:%B %Y}"


def _state(audience: Audience, as_of: date) -> Hashable:
    return audience.source, as_of, audience.state(as_of, "UTC")


def _newest(material: Material) -> tuple[Audience, date, str]:
    """The audience, its newest week end, and why it is not the event store's where that holds sessions."""
    audiences = Audiences(material.project, material.events, now)
    audience = audiences.newest()
    try:
        return audience, audience.churn_as_of(None), ""
    except NoAudienceError as error:
        fault = error
    if audience is not audiences.embedded:
        try:
            return (
                audiences.embedded,
                audiences.embedded.churn_as_of(None),
                f"{fault} Until then, the datasets' are shown.",
            )
        except NoAudienceError:
            pass  # the store is where to wait for them
    raise NotYetError(fault.message, hint=fault.hint)


def _served_or_none(material: Material) -> LoadedTarget | None:
    try:
        return material.served(REASON)
    except NotYetError:
        return None


def _both(loaded: LoadedTarget) -> tuple[ServedModel, ...]:
    usual = loaded.baseline
    return (loaded.champion.served,) if usual is None else (loaded.champion.served, usual.served)
