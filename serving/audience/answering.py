"""The process beside: a line that says which store, then a question a line, until there are no more."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from refrain.errors import RefrainError
from refrain.project import Project
from serving.audience.beside import FAULT, FINE
from serving.audience.figures import FiguresHere
from tasks.collected.opening import store_at
from tasks.database.address import address_of

if TYPE_CHECKING:
    from serving.audience.asking import AskedAudience

_LOWER_PRIORITY = 10


class Answering:
    """What is asked, by name."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._store = store_at(address_of(told["address"]))
        self._here = FiguresHere(self._store, told["timezone"])
        self._root = None if told.get("project") is None else Path(told["project"])

    def activity(self, at: str, top: int) -> str:
        """As features.activity.Activity."""
        return self._here.at(datetime.fromisoformat(at), top)

    def churn_summary(self, at: str | None, **given: Any) -> str:
        """As serving.audience.asking.AskedAudience has it."""
        return self._audience.churn_summary(read_at(at), **given)

    def churn_rows(self, at: str | None, user_ids: list[str]) -> str:
        """As serving.audience.asking.AskedAudience has it."""
        return self._audience.churn_rows(read_at(at), user_ids)

    def hourly(self, at: str | None, **given: Any) -> str:
        """As serving.audience.asking.AskedAudience has it."""
        return self._audience.hourly(read_at(at), **given)

    @cached_property
    def _audience(self) -> "AskedAudience":
        # Heavy: a collector that is only asked for activity does without.
        from serving.audience.asking import AskedAudience, registered  # noqa: PLC0415

        assert self._root is not None
        project = Project(self._root)
        return AskedAudience(project, self._store, registered(project))


QUESTIONS: Mapping[str, Callable[..., str]] = {
    question.__name__: question
    for question in (Answering.activity, Answering.churn_summary, Answering.churn_rows, Answering.hourly)
}


def read_at(text: str | None) -> date | datetime | None:
    """A day or a moment, as serving.audience.parameters writes it."""
    if text is None:
        return None
    return date.fromisoformat(text) if len(text) == len("2026-01-01") else datetime.fromisoformat(text)


def answer_questions(questions: IO[str], answers: IO[str]) -> None:
    """Answer each line, until there are no more."""
    answering = Answering(json.loads(questions.readline()))
    for line in questions:
        asked = json.loads(line)
        answers.write(_answered(answering, asked["question"], asked["given"]) + "\n")
        answers.flush()


def _answered(answering: Answering, question: str, given: Mapping[str, Any]) -> str:
    try:
        return FINE + QUESTIONS[question](answering, **given)
    except RefrainError as error:
        return FAULT + json.dumps({"kind": type(error).__name__, "message": error.message, "hint": error.hint})
    except Exception as error:  # whose text may hold what is stored: only its kind and place are told
        place = traceback.extract_tb(error.__traceback__)[-1]
        return FAULT + json.dumps({"kind": type(error).__name__, "place": f"{place.filename}:{place.lineno}"})


if __name__ == "__main__":
    # Ctrl-C is meant for the collector, which finishes what it has begun.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_LOWER_PRIORITY)
    answer_questions(sys.stdin, sys.stdout)
