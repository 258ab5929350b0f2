"""A process beside this one that answers questions about the audience, so that nothing here waits for its work.

Python runs one thread at a time: each step of an event that is logged, or of a prediction, would wait for a thread that
makes figures. It also keeps what that takes of memory apart.
"""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from refrain.errors import ModelError, RefrainError, UsageError
from tasks.audience.faults import BeforeTheDataError, NoAudienceError
from tasks.collected.store import EventStoreError

FINE, FAULT = "fine ", "fault "
"""How a line that answers begins: with an answer behind it, or with what is wrong."""
_MODULE = "serving.audience.answering"
_KINDS: Mapping[str, type[RefrainError]] = {
    kind.__name__: kind for kind in (EventStoreError, ModelError, UsageError, BeforeTheDataError, NoAudienceError)
}
_log = logging.getLogger("refrain.audience")


class Beside:
    """Asks a process that is started when it is first asked, and again where it has ended. Any thread may ask.

    It reads questions from a pipe, and ends with it: also when this process is killed.
    """

    def __init__(self, told: Mapping[str, Any], seconds_to_make: float) -> None:
        """`told`: what serving.audience.answering needs to know before the first question."""
        self._told = json.dumps(told)
        self._seconds = seconds_to_make
        self._one_at_a_time = threading.Lock()
        self.process: subprocess.Popen[str] | None = None

    def ask(self, question: str, given: Mapping[str, Any]) -> str:
        """The answer, as JSON, as serving.audience.figures.FiguresHere gives it.

        Raises what its making raises, and EventStoreError where the process has ended, or does not answer in time and
        is ended.
        """
        with self._one_at_a_time:
            said = self._said({"question": question, "given": given})
        if said.startswith(FINE):
            return said.removeprefix(FINE)
        fault = json.loads(said.removeprefix(FAULT))
        if "place" in fault:  # of the program's own
            _log.error("%s %s at %s", question, fault["kind"], fault["place"])
            raise EventStoreError("The figures cannot be made.", hint="The fault is logged.")
        raise _KINDS.get(fault["kind"], EventStoreError)(fault["message"], hint=fault["hint"])

    def close(self) -> None:
        """End the process. Whoever waits for it is told that it has ended."""
        process = self.process
        if process is not None:
            process.kill()
        with self._one_at_a_time:
            self._let_go()

    def _said(self, question: Mapping[str, Any]) -> str:
        process = self._running()
        overdue = threading.Timer(self._seconds, process.kill)
        overdue.start()
        try:
            _write(process, json.dumps(question))
            assert process.stdout is not None
            said = process.stdout.readline()
        finally:
            overdue.cancel()
        if not said.endswith("\n"):  # it has ended
            self._let_go()
            raise EventStoreError("The process that makes the figures has ended.", hint="Ask again.")
        return said.rstrip("\n")

    def _let_go(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _running(self) -> "subprocess.Popen[str]":
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # What it might say there may hold what was stored.
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
            _write(self.process, self._told)
        return self.process


def _write(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass  # it has ended: it will not answer
