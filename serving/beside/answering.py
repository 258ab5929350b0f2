"""What runs in a process beside: a line that tells what to know, then a question a line, until there are no more."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import IO, Any

from refrain.errors import RefrainError
from serving.beside.beside import FAULT, FINE

Ask = Callable[[str, Mapping[str, Any]], str]
"""The answer to a question, with what is given, as JSON in one line."""
_LOWER_PRIORITY = 10


def answer_lines(questions: IO[str], answers: IO[str], asking: Callable[[Mapping[str, Any]], Ask]) -> None:
    """Answer each line, until there are no more. `asking` makes of what is told at first what is asked from then on."""
    ask = asking(json.loads(questions.readline()))
    for line in questions:
        asked = json.loads(line)
        answers.write(_answered(ask, asked["question"], asked["given"]) + "\n")
        answers.flush()


def run_beside(asking: Callable[[Mapping[str, Any]], Ask]) -> None:
    """Be the process beside, until the one that asks lets go of the pipe."""
    # Ctrl-C is meant for the one that asks, which finishes what it has begun.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_LOWER_PRIORITY)
    answer_lines(sys.stdin, sys.stdout, asking)


def _answered(ask: Ask, question: str, given: Mapping[str, Any]) -> str:
    try:
        return FINE + ask(question, given)
    except RefrainError as error:
        return FAULT + json.dumps({"kind": type(error).__name__, "message": error.message, "hint": error.hint})
    except Exception as error:  # whose text may hold what is stored: only its kind and place are told
        place = traceback.extract_tb(error.__traceback__)[-1]
        return FAULT + json.dumps({"kind": type(error).__name__, "place": f"{place.filename}:{place.lineno}"})
