"""Who makes the activity figures that are asked for: this process, or one beside it.

Beside it is for a collector: Python runs one thread at a time, and each step of an event that is logged would wait for
one that makes figures.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import datetime
from typing import IO, Protocol

from tasks.collected.opening import store_at
from tasks.collected.store import EventStore, EventStoreError
from tasks.database.address import Address, address_of

_SECONDS_TO_ANSWER = 30.0
_LOWER_PRIORITY = 10


class Figures(Protocol):
    """Makes features.activity.Activity, as JSON, of what a store holds. Asked by one thread at a time."""

    def at(self, moment: datetime, top: int) -> str:
        """The figures at a moment that knows its offset, with so many shows. Raises EventStoreError."""

    def close(self) -> None:
        """Let go of everything."""


class FiguresHere:
    """Makes them in the thread that asks."""

    def __init__(self, store: EventStore, timezone: str) -> None:
        self._store, self._timezone = store, timezone

    def at(self, moment: datetime, top: int) -> str:  # noqa: D102 - as in the protocol
        # Heavy, and a collector that is asked for no figures does without.
        from tasks.collected.activity import stored_activity  # noqa: PLC0415

        return stored_activity(self._store, moment, self._timezone, top).model_dump_json()

    def close(self) -> None:  # noqa: D102
        pass  # the store is the collector's


class FiguresBeside:
    """Makes them in a process beside, started when it is first asked for, and again where it has ended.

    It reads questions from a pipe, and ends with it: also when this process is killed.
    """

    def __init__(self, address: Address, timezone: str, seconds_to_answer: float = _SECONDS_TO_ANSWER) -> None:
        self._told = json.dumps({"address": address.url.render_as_string(hide_password=False), "timezone": timezone})
        self._seconds = seconds_to_answer
        self._process: subprocess.Popen[str] | None = None

    def at(self, moment: datetime, top: int) -> str:  # noqa: D102 - as in the protocol
        process = self._running()
        overdue = threading.Timer(self._seconds, process.kill)
        overdue.start()
        try:
            said = _ask(process, {"at": moment.isoformat(), "top": top})
        finally:
            overdue.cancel()
        if not said.endswith("\n"):  # it has ended
            self.close()
            raise EventStoreError("The process that makes the figures has ended.", hint="Ask again.")
        answer = json.loads(said)
        if "figures" not in answer:
            raise EventStoreError(answer["fault"], hint="Ask again.")
        return str(answer["figures"])

    def close(self) -> None:  # noqa: D102
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # What it might say there may hold what was stored.
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
            _write(self._process, self._told)
        return self._process


def _ask(process: "subprocess.Popen[str]", question: dict[str, object]) -> str:
    _write(process, json.dumps(question))
    assert process.stdout is not None
    return process.stdout.readline()


def _write(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass  # it has ended: it will not answer


def answer_questions(questions: IO[str], answers: IO[str]) -> None:
    """The process beside: a line that says which store, then a question a line, until there are no more."""
    told = json.loads(questions.readline())
    figures = FiguresHere(store_at(address_of(told["address"])), told["timezone"])
    for line in questions:
        asked = json.loads(line)
        try:
            answer = {"figures": figures.at(datetime.fromisoformat(asked["at"]), asked["top"])}
        except EventStoreError as error:
            answer = {"fault": str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    # Ctrl-C is meant for the collector, which finishes what it has begun.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_LOWER_PRIORITY)
    answer_questions(sys.stdin, sys.stdout)
