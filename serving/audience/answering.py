"""The process beside: a line that says which store and project, then a question a line, until there are no more."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from refrain.errors import RefrainError
from refrain.project import Project
from serving.audience.beside import FAULT, FINE
from serving.audience.figures import FiguresHere
from tasks.collected.opening import store_at
from tasks.collected.store import EventStore
from tasks.database.address import address_of

if TYPE_CHECKING:
    from serving.audience.asking import AskedAudience

_LOWER_PRIORITY = 10


def answer_questions(questions: IO[str], answers: IO[str]) -> None:
    """Answer each line, until there are no more."""
    told = json.loads(questions.readline())
    store = store_at(address_of(told["address"]))
    root = told["project"]
    here = FiguresHere(store, told["timezone"], None if root is None else lambda: _audience(store, Path(root)))
    for line in questions:
        asked = json.loads(line)
        answers.write(_answered(here, asked["question"], asked["given"]) + "\n")
        answers.flush()


@cache
def _audience(store: EventStore, root: Path) -> "AskedAudience":
    # Heavy: a collector that is only asked for activity does without.
    from serving.audience.asking import AskedAudience, registered  # noqa: PLC0415

    project = Project(root)
    return AskedAudience(project, store, registered(project))


def _answered(here: FiguresHere, question: str, given: Mapping[str, Any]) -> str:
    try:
        return FINE + here.ask(question, **given)
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
