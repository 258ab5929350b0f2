"""The audience that the sheets of activity speak of: that of the store once it holds sessions, else the datasets'."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from refrain.datasets import EVENTS, SHOWS
from tasks.audience.choosing import Audiences
from tasks.audience.faults import NoAudienceError
from tasks.audience.in_datasets import SnapshotAudience
from tasks.audience.in_store import StoredAudience
from tasks.audience.recent import Recent, recent_in_datasets, recent_in_store, state_of_store
from tasks.collected.store import EventStore
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material, now

TOP = 25
"""Shows that are listed."""
_STEP_SECONDS = 2
"""Moments are taken in steps, so that the sheets of one page speak of the same moment, which is counted once."""


@dataclass(frozen=True)
class Lately:
    """The last days, and whose."""

    source: str
    """StoredAudience.source or SnapshotAudience.source."""
    timezone: str
    recent: Recent

    @property
    def notes(self) -> tuple[str, ...]:
        """Whose they are, and up to when."""
        return (_whose(self), *_short(self.recent))


def audiences_of(material: Material) -> Audiences:
    """Where rows may come from."""
    return Audiences(material.project, material.events, now)


def lately(material: Material) -> Lately:
    """The seven days up to now, or up to the end of the datasets. Raises NotYetError where there is nothing."""
    timezone = audiences_of(material).settings.hourly.timezone
    events = material.events
    state = None if events is None else state_of_store(events)
    try:
        if events is not None and state is not None:
            return Lately(StoredAudience.source, timezone, _in_store(events, state, _in_steps(now()), timezone))
        return Lately(SnapshotAudience.source, timezone, _embedded(material, timezone))
    except NoAudienceError as error:
        raise NotYetError(error.message, hint=error.hint) from None


def _embedded(material: Material, timezone: str) -> Recent:
    files = [material.project.raw(dataset.name) for dataset in (EVENTS, SHOWS)]
    if not files[0].is_file():
        raise NotYetError(
            "Neither has the store a session, nor the project any.", hint="Log sessions, or run `refrain run audience`."
        )
    return _in_datasets(*files, timezone, tuple(_stamp(file) for file in files if file.is_file()))


@lru_cache(maxsize=2)
def _in_store(store: EventStore, _: Hashable, at: datetime, timezone: str) -> Recent:
    return recent_in_store(store, at, timezone, TOP)


@lru_cache(maxsize=2)
def _in_datasets(events: Path, shows: Path, timezone: str, _: Hashable) -> Recent:
    return recent_in_datasets(events, shows, timezone, TOP)


def _stamp(file: Path) -> Hashable:
    found = file.stat()
    return found.st_mtime_ns, found.st_size


def _in_steps(moment: datetime) -> datetime:
    whole = int(moment.timestamp())
    return datetime.fromtimestamp(whole - whole % _STEP_SECONDS, UTC)


def _whose(found: Lately) -> str:
    if found.source == StoredAudience.source:
        return (
            "Counted from the collector's store, up to now: sessions of registered users that have ended. The "
            "project's own datasets are not among them."
        )
    return (
        "Counted from the project's datasets, up to the end of their last session, because the collector's store holds "
        "no session of a registered user. From the first one on, only the store's are shown."
    )


def _short(recent: Recent) -> tuple[str, ...]:
    begins = recent.begins
    if begins <= recent.week.since:
        return ()
    return (
        f"The record begins {begins.day} {begins:%B %Y, %H:%M} UTC, so that it does not fill the seven days: the mean "
        "per user and day still divides by seven.",
    )
