"""Requests that arrive in one turn of the event loop are answered by one call of the model, and wait for nobody else.

What a call costs is mostly the call, not the rows: sixty requests asked together take little longer than one.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from models.compiled.rows import Rows

T = TypeVar("T")
MOST_ROWS = 512
"""Rows in a call: for longer the event loop, on which models are asked, is not held up."""


@dataclass(frozen=True, slots=True)
class Share(Generic[T]):
    """A run of the rows of an answer."""

    said: T
    first: int
    last: int
    """The place behind the last one."""


@dataclass(slots=True)
class _Waiting(Generic[T]):
    rows: Rows
    answered: "asyncio.Future[Share[T]]"


class Coalescing(Generic[T]):
    """Asks for several requests at once. Belongs to one event loop."""

    def __init__(self, begin: Callable[[], Callable[[Rows], T]], most: int = MOST_ROWS) -> None:
        """`begin`: gives what answers rows now. It is called once for all that must be answered by the same models."""
        self._begin = begin
        self._most = most
        self._waiting: deque[_Waiting[T]] = deque()

    async def ask(self, rows: Rows) -> Sequence[Share[T]]:
        """The answers to a request's rows, in order, all of the same models. Raises what asking raises."""
        if len(rows) > self._most:
            return await self._in_slices(rows)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(rows, loop.create_future())
        if not self._waiting:
            loop.call_soon(self._answer)
        self._waiting.append(waiting)
        return (await waiting.answered,)

    async def _in_slices(self, rows: Rows) -> Sequence[Share[T]]:
        answer, shares = self._begin(), []
        for first in range(0, len(rows), self._most):
            part = rows.part(slice(first, first + self._most))
            shares.append(Share(answer(part), 0, len(part)))
            await asyncio.sleep(0)
        return shares

    def _answer(self) -> None:
        """Answer those that are waiting, as many as go into one call; the others in the next turn."""
        taken, rows = [], 0
        while self._waiting and rows + len(self._waiting[0].rows) <= self._most:
            one = self._waiting.popleft()
            if not one.answered.done():  # cancelled, by who no longer wants to know
                taken.append(one)
                rows += len(one.rows)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._answer)
        if not taken:
            return
        try:
            said = self._begin()(Rows.together([one.rows for one in taken]))
        except Exception as error:
            if len(taken) == 1:
                taken[0].answered.set_exception(error)
            else:
                self._one_by_one(taken)
            return
        first = 0
        for one in taken:
            last = first + len(one.rows)
            one.answered.set_result(Share(said, first, last))
            first = last

    def _one_by_one(self, taken: Sequence[_Waiting[T]]) -> None:
        """So that what is wrong with one of them is only that one's."""
        for one in taken:
            try:
                one.answered.set_result(Share(self._begin()(one.rows), 0, len(one.rows)))
            except Exception as error:
                one.answered.set_exception(error)
