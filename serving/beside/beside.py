"""A process beside this one that answers questions, so that nothing here waits for its work.

Python runs one thread at a time: each step of an event that is logged, or of a prediction, would wait for a thread that
makes figures. It also keeps what that takes of memory apart.
"""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from refrain.errors import RefrainError

FINE, FAULT = "fine ", "fault "
"""How a line that answers begins: with an answer behind it, or with what is wrong."""
_log = logging.getLogger("refrain.beside")


class Beside:
    """Asks a process that is started when it is first asked, and again where it has ended. Any thread may ask.

    It reads questions from a pipe, and ends with it: also when this process is killed.
    """

    def __init__(
        self,
        module: str,
        told: Mapping[str, Any],
        seconds_to_make: float,
        faults: Sequence[type[RefrainError]],
    ) -> None:
        """`module`: run in the process, it answers with serving.beside.answering.answer_lines.

        `told`: what it needs to know before the first question. `faults`: what its making may raise; the first one also
        stands for a process that does not answer, and for any other fault.
        """
        self._module, self._told = module, json.dumps(told)
        self._faults, self._broken = {kind.__name__: kind for kind in faults}, faults[0]
        self._seconds = seconds_to_make
        self._one_at_a_time = threading.Lock()
        self.process: subprocess.Popen[str] | None = None

    def ask(self, question: str, given: Mapping[str, Any]) -> str:
        """The answer, as JSON.

        Raises what its making raises, and the first of `faults` where the process has ended, or does not answer in time
        and is ended.
        """
        with self._one_at_a_time:
            said = self._said({"question": question, "given": given})
        if said.startswith(FINE):
            return said.removeprefix(FINE)
        fault = json.loads(said.removeprefix(FAULT))
        if "place" in fault:  # of the program's own
            _log.error("%s %s at %s", question, fault["kind"], fault["place"])
            raise self._broken("The figures cannot be made.", hint="The fault is logged.")
        raise self._faults.get(fault["kind"], self._broken)(fault["message"], hint=fault["hint"])

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
            raise self._broken("The process that makes the figures has ended.", hint="Ask again.")
        return said.rstrip("\n")

    def _let_go(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _running(self) -> "subprocess.Popen[str]":
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self._module],
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
