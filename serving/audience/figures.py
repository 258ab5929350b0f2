"""Who makes the figures that are asked for: this process, or one beside it."""

from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from serving.audience.beside import Beside
from tasks.collected.store import EventStore
from tasks.database.address import Address

_SECONDS_TO_ANSWER = 30.0


class Figures(Protocol):
    """Makes features.activity.Activity, as JSON, of what a store holds."""

    def at(self, moment: datetime, top: int) -> str:
        """The figures at a moment that knows its offset, with so many shows. Raises EventStoreError."""

    def close(self) -> None:
        """Let go of everything."""


class AudienceFigures(Figures, Protocol):
    """Answers all questions about the audience."""

    def ask(self, question: str, **given: Any) -> str:
        """The answer, as JSON, to one of serving.audience.answering.QUESTIONS.

        Raises EventStoreError, ModelError, BeforeTheDataError or NoAudienceError.
        """


class FiguresHere:
    """Makes the activity in the thread that asks."""

    def __init__(self, store: EventStore, timezone: str) -> None:
        self._store, self._timezone = store, timezone

    def at(self, moment: datetime, top: int) -> str:  # noqa: D102 - as in the protocol
        # Heavy, and a collector that is asked for no figures does without.
        from tasks.collected.activity import stored_activity  # noqa: PLC0415

        return stored_activity(self._store, moment, self._timezone, top).model_dump_json()

    def close(self) -> None:  # noqa: D102
        pass  # the store is the collector's


class FiguresBeside:
    """Makes them in a process beside, started when it is first asked for, and again where it has ended."""

    def __init__(
        self,
        address: Address,
        timezone: str,
        seconds_to_answer: float = _SECONDS_TO_ANSWER,
        project: Path | None = None,
    ) -> None:
        """`project`: the root of the project whose models and datasets are asked; without it there is only activity."""
        told = {
            "address": address.url.render_as_string(hide_password=False),
            "timezone": timezone,
            "project": None if project is None else str(project),
        }
        self._beside = Beside(told, seconds_to_answer)

    @property
    def beside(self) -> Beside:
        """Whoever is asked."""
        return self._beside

    def at(self, moment: datetime, top: int) -> str:  # noqa: D102 - as in the protocol
        return self.ask("activity", at=moment.isoformat(), top=top)

    def ask(self, question: str, **given: Any) -> str:  # noqa: D102 - as in the protocol
        return self._beside.ask(question, given)

    def close(self) -> None:  # noqa: D102
        self._beside.close()
