"""Ends what takes too long. One clock looks at all of it a few times a second: a timer for each request would take as
long as the rest of the door does.
"""

import asyncio
import time
from typing import Any

_SECONDS_BETWEEN = 0.25


class Deadlines:
    """The tasks of one event loop that must have ended by some time of time.perf_counter()."""

    def __init__(self, seconds_between: float = _SECONDS_BETWEEN) -> None:
        self._between = seconds_between
        self._ends: dict[asyncio.Task[Any], float] = {}
        self._passed: set[asyncio.Task[Any]] = set()
        self._looking = False

    def begin(self, end: float) -> "asyncio.Task[Any]":
        """Cancel the task that calls this, soon after `end`, unless it said `over` before."""
        task = asyncio.current_task()
        assert task is not None
        self._ends[task] = end
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(self._between, self._look)
        return task

    def over(self, task: "asyncio.Task[Any]") -> bool:
        """The task is not to be cancelled any more. Whether it was, for being late: then it goes on."""
        self._ends.pop(task, None)
        if task not in self._passed:
            return False
        self._passed.discard(task)
        return task.uncancel() == 0

    def _look(self) -> None:
        now = time.perf_counter()
        for task in [task for task, end in self._ends.items() if end < now]:
            del self._ends[task]
            self._passed.add(task)
            task.cancel()
        self._looking = bool(self._ends)
        if self._looking:
            asyncio.get_running_loop().call_later(self._between, self._look)
