"""Requests of one turn of the event loop: asked together, answered each with its own, and harmless to each other."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest

from models.compiled.rows import Rows
from models.preprocessing import Columns
from refrain.errors import InputError
from serving.predictions.coalescing import Coalescing, Share

COLUMNS = Columns(("x",), ("word",))


def rows(*values: float) -> Rows:
    return Rows(COLUMNS, np.array(values, dtype=np.float64)[:, None], {"word": [f"{value:g}" for value in values]})


class Model:
    """Doubles, and refuses what is below 0. Remembers how it was asked, and by which version."""

    def __init__(self) -> None:
        self.calls: list[list[float]] = []
        self.versions: list[int] = []
        self.version = 1

    def begin(self) -> Callable[[Rows], list[tuple[float, str, int]]]:
        version = self.version

        def ask(asked: Rows) -> list[tuple[float, str, int]]:
            values = asked.column("x").tolist()
            self.calls.append(values)
            self.versions.append(version)
            if min(values) < 0:
                raise InputError("A number is below 0.")
            return [(2 * value, word, version) for value, word in zip(values, asked.words["word"], strict=True)]

        return ask


def said(shares: Any) -> list[tuple[float, str, int]]:
    return [one for share in shares for one in share.said[share.first : share.last]]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Its result; a failure where it waits for ever."""
    return asyncio.run(asyncio.wait_for(work, 60))


def test_requests_of_one_turn_are_one_call_and_each_gets_its_own() -> None:
    model = Model()
    asked = Coalescing(model.begin)

    async def work() -> list[Any]:
        return await asyncio.gather(*(asked.ask(rows(number, number + 0.5)) for number in range(40)))

    found = run(work())
    assert [said(shares) for shares in found] == [
        [(2 * number, f"{number:g}", 1), (2 * number + 1, f"{number + 0.5:g}", 1)] for number in range(40)
    ]
    assert len(model.calls) == 1


def test_a_request_alone_waits_for_nobody() -> None:
    model = Model()

    async def work() -> int:
        asked, turns = asyncio.create_task(Coalescing(model.begin).ask(rows(1))), 0
        while not asked.done():
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert run(work()) <= 4


def test_what_is_wrong_with_one_request_is_only_its_own() -> None:
    model = Model()
    asked = Coalescing(model.begin)

    async def work() -> list[Any]:
        requests = (asked.ask(rows(value)) for value in (1, -1, 3))
        return await asyncio.gather(*requests, return_exceptions=True)

    first, second, third = run(work())
    assert [said(first), said(third)] == [[(2, "1", 1)], [(6, "3", 1)]]
    assert isinstance(second, InputError)


def test_where_there_is_no_model_each_is_told() -> None:
    def begin() -> Callable[[Rows], Any]:
        raise InputError("There is none.")

    asked: Coalescing[Any] = Coalescing(begin)

    async def work() -> list[Any]:
        return await asyncio.gather(asked.ask(rows(1)), asked.ask(rows(2)), return_exceptions=True)

    assert [type(one) for one in run(work())] == [InputError, InputError]


def test_who_gives_up_waiting_disturbs_nobody_and_is_not_asked_for() -> None:
    model = Model()
    asked = Coalescing(model.begin)

    async def work() -> list[Any]:
        tasks = [asyncio.create_task(asked.ask(rows(value))) for value in (1, 2, 3)]
        await asyncio.sleep(0)  # all of them wait now
        tasks[1].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second, third = run(work())
    assert said(first) == [(2, "1", 1)]
    assert isinstance(second, asyncio.CancelledError)
    assert said(third) == [(6, "3", 1)]
    assert model.calls == [[1, 3]]


def test_more_rows_than_go_into_a_call_take_several() -> None:
    model = Model()
    asked = Coalescing(model.begin, most=4)

    async def work() -> list[Any]:
        return await asyncio.gather(*(asked.ask(rows(number, number)) for number in range(5)))

    assert [said(shares)[0][0] for shares in run(work())] == [0, 2, 4, 6, 8]
    assert [len(call) for call in model.calls] == [4, 4, 2]


def test_a_large_request_is_of_one_version_and_lets_others_in_between() -> None:
    model = Model()
    asked = Coalescing(model.begin, most=2)

    async def work() -> tuple[Any, Any]:
        large = asyncio.create_task(asked.ask(rows(*range(8))))
        await asyncio.sleep(0)
        model.version = 2
        small = await asked.ask(rows(9))
        return await large, small

    large, small = run(work())
    assert said(large) == [(2 * number, str(number), 1) for number in range(8)]
    assert said(small) == [(18, "9", 2)]
    assert [len(call) for call in model.calls].index(1) < len(model.calls) - 1, "the small one had to wait"


def test_rows_of_one_call_are_of_one_version() -> None:
    model = Model()
    asked = Coalescing(model.begin)

    async def work() -> list[Any]:
        tasks = [asyncio.create_task(asked.ask(rows(value))) for value in (1, 2)]
        await asyncio.sleep(0)
        model.version = 2
        return await asyncio.gather(*tasks)

    assert {one[2] for shares in run(work()) for one in said(shares)} == {2}


@pytest.mark.parametrize("wanted", [1, 3])
def test_a_share_is_a_run_of_the_answer(wanted: int) -> None:
    async def work() -> Share[Any]:
        model = Model()
        asked = Coalescing(model.begin)
        _, (share,) = await asyncio.gather(asked.ask(rows(5, 6)), asked.ask(rows(*range(wanted))))
        return share

    share = run(work())
    assert (share.first, share.last) == (2, 2 + wanted)
