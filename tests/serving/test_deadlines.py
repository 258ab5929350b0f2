import asyncio
import time

import pytest

from serving.web.deadlines import Deadlines


async def _late(deadlines, seconds, work):
    """Whether some work was ended for being late."""
    task = deadlines.begin(time.perf_counter() + seconds)
    try:
        await work
    except asyncio.CancelledError:
        if not deadlines.over(task):
            raise
        return True
    finally:
        deadlines.over(task)
    return False


def test_what_is_late_is_ended_and_nothing_else():
    async def main():
        deadlines = Deadlines(0.01)
        ended = await asyncio.gather(
            _late(deadlines, 0.02, asyncio.sleep(30)),
            _late(deadlines, 30, asyncio.sleep(0.1)),
            _late(deadlines, 0.02, asyncio.sleep(30)),
            _late(deadlines, 30, asyncio.sleep(0)),
        )
        await asyncio.sleep(0.05)  # what was in time goes on undisturbed
        return ended

    assert asyncio.run(main()) == [True, False, True, False]


def test_a_task_that_was_late_goes_on_as_one_that_was_never_cancelled():
    async def main():
        deadlines = Deadlines(0.01)
        for _ in range(2):
            assert await _late(deadlines, 0.02, asyncio.sleep(30))
            assert asyncio.current_task().cancelling() == 0
            await asyncio.sleep(0.02)

    asyncio.run(main())


def test_who_is_cancelled_by_somebody_else_is_cancelled():
    async def main():
        deadlines = Deadlines(0.01)
        task = asyncio.create_task(_late(deadlines, 30, asyncio.sleep(30)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_it_looks_again_after_it_had_nothing_to_look_at():
    async def main():
        deadlines = Deadlines(0.01)
        assert not await _late(deadlines, 30, asyncio.sleep(0))
        await asyncio.sleep(0.05)
        return await _late(deadlines, 0.02, asyncio.sleep(30))

    assert asyncio.run(main())
