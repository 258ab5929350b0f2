"""Who makes the figures that are asked for: this process, or one beside it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from refrain.errors import ModelError, UsageError
from serving.beside.beside import Beside
from tasks.audience.faults import BeforeTheDataError, NoAudienceError
from tasks.collected.store import EventStore, EventStoreError
from tasks.database.address import Address

if TYPE_CHECKING:
    from serving.audience.asking import AskedAudience

ACTIVITY = "activity"
SECONDS_TO_ANSWER = 30.0
"""For whoever asks."""
_MODULE = "serving.audience.answering"
_FAULTS = (EventStoreError, ModelError, UsageError, BeforeTheDataError, NoAudienceError)
_SECONDS_TO_MAKE = 180.0
"""After which the process beside is ended. Longer than anybody waits: what is made by then is there for the next."""


class Figures(Protocol):
    """Makes figures of the audience, as JSON."""

    def at(self, moment: datetime, top: int) -> str:
        """The Activity (features.figures.activity) of a moment that knows its offset, with so many shows.

        Raises EventStoreError.
        """

    def ask(self, question: str, **given: Any) -> str:
        """The answer, as JSON, to ACTIVITY or one of serving.audience.asking.QUESTIONS.

        Raises EventStoreError, ModelError, BeforeTheDataError or NoAudienceError.
        """

    def close(self) -> None:
        """Let go of everything."""


class FiguresHere:
    """Makes them in the thread that asks."""

    def __init__(self, store: EventStore, timezone: str, audience: Callable[[], "AskedAudience"] | None = None) -> None:
        """`audience`: gives what all but the activity is asked of; without it there is only that."""
        self._store, self._timezone, self._audience = store, timezone, audience

    def at(self, moment: datetime, top: int) -> str:  # noqa: D102 - as in the protocol
        # Heavy, and a collector that is asked for no figures does without.
        from tasks.collected.activity import stored_activity  # noqa: PLC0415

        return stored_activity(self._store, moment, self._timezone, top).model_dump_json()

    def ask(self, question: str, **given: Any) -> str:  # noqa: D102 - as in the protocol
        if question == ACTIVITY:
            return self.at(datetime.fromisoformat(given["at"]), given["top"])
        if self._audience is None:
            raise NoAudienceError("There is only the activity here.", hint="Ask what `refrain serve` has begun.")
        return self._audience().answer(question, **given)

    def close(self) -> None:  # noqa: D102
        pass  # the store is the collector's


class FiguresBeside:
    """Makes them in a process beside, started when it is first asked for, and again where it has ended."""

    def __init__(
        self,
        address: Address,
        timezone: str,
        seconds_to_make: float = _SECONDS_TO_MAKE,
        project: Path | None = None,
    ) -> None:
        """`project`: the root of the project whose models and datasets are asked; without it there is only activity."""
        told = {
            "address": address.url.render_as_string(hide_password=False),
            "timezone": timezone,
            "project": None if project is None else str(project),
        }
        self._beside = Beside(_MODULE, told, seconds_to_make, _FAULTS)

    @property
    def beside(self) -> Beside:
        """Whoever is asked."""
        return self._beside

    def at(self, moment: datetime, top: int) -> str:  # noqa: D102 - as in the protocol
        return self.ask(ACTIVITY, at=moment.isoformat(), top=top)

    def ask(self, question: str, **given: Any) -> str:  # noqa: D102 - as in the protocol
        return self._beside.ask(question, given)

    def close(self) -> None:  # noqa: D102
        self._beside.close()
