"""Which times are believed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from refrain.settings import CollectorSettings
from serving.collector.fields import refusal, seconds_of
from tasks.collected.outcome import Refusal

Clock = Callable[[], datetime]
"""Says what time it is, with its offset."""


@dataclass(frozen=True)
class Moment:
    """When a request came, and what times it may speak of: whole seconds since 1970."""

    received_at: int
    earliest: int
    latest: int

    @classmethod
    def at(cls, now: datetime, settings: CollectorSettings) -> "Moment":
        """The moment `now`."""
        latest = now + timedelta(minutes=settings.max_minutes_ahead)
        earliest = datetime.combine(settings.earliest, time(), UTC)
        return cls(seconds_of(now), seconds_of(earliest), seconds_of(latest))

    def doubt(self, field: str, seconds: int, line: int | None = None) -> Refusal | None:
        """A refusal if a time cannot be believed."""
        if seconds > self.latest:
            return refusal(field, "is in the future, further than a clock may be ahead", line)
        if seconds < self.earliest:
            return refusal(field, "is too long ago to be believed", line)
        return None


def system_clock() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)
