"""What can be chosen about the simulated world, and what follows from it."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from refrain.settings import Frozen

_ARTISTS = 3000
SCENE = 3000
"""Artists whom one listener can come across, however many there are."""
_LISTENERS = 27
# Smaller worlds have too few discoveries and releases to learn from and to test on.
_FEWEST_ARTISTS = 1200
_FEWEST_LISTENERS = 8
_SCROBBLES_A_MONTH = 975  # a listener of the usual kind, joining later included
_USERS = 3200
_FEWEST_USERS = 300
_SESSIONS_A_DAY = 0.1376  # a user of the usual kind, the days before registering and after leaving included


class WorldSettings(Frozen):
    """The world's knobs. Rows grow in proportion to `scale`: 1 is about 18,000 tracks, 900,000 scrobbles and, on the
    streaming platform, 3,200 users with 480,000 sessions. A world has at least 1,200 artists, 8 listeners and 300
    users, however small the scale; the platform's shows are the same few hundred at any scale.
    """

    seed: int = Field(default=20260101, ge=0)
    scale: float = Field(default=1.0, gt=0, le=1000)
    start: date = date(2022, 1, 1)
    """First day of the plays, streams and listener counts. Tracks reach eight years further back."""
    end: date = date(2024, 12, 31)
    """Last day of everything."""

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if (self.end - self.start).days < 365:
            raise ValueError("end must be at least a year after start: a shorter world has nothing to learn from")
        return self

    def scale_for_scrobbles(self, rows: int) -> float:
        """The scale at which about `rows` scrobbles are made."""
        months = (self.end - self.start).days / 30.4
        return rows / (_LISTENERS * _SCROBBLES_A_MONTH * months)

    def scale_for_events(self, rows: int) -> float:
        """The scale at which about `rows` sessions are made."""
        days = (self.end - self.start).days + 1
        return rows / (_USERS * _SESSIONS_A_DAY * days)

    @property
    def artists(self) -> int:
        """How many artists there are."""
        return max(_FEWEST_ARTISTS, round(_ARTISTS * self.scale))

    @property
    def listeners(self) -> int:
        """How many listeners scrobble."""
        return max(_FEWEST_LISTENERS, round(_LISTENERS * self.scale))

    @property
    def users(self) -> int:
        """How many users register with the streaming platform before it all ends."""
        return max(_FEWEST_USERS, round(_USERS * self.scale))
