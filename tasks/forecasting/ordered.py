"""Work shared out to threads whose results come back in the order of what went in."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def in_order(work: Callable[[Given], Made], items: Iterable[Given], workers: int) -> Iterator[Made]:
    """`work` of each item, in their order, `workers` at a time beside the caller that takes the items and the results.

    Array operations leave Python to other threads, so that threads are enough. No more than `workers` + 1 items are
    held at once. What `work` or `items` raise is raised here.
    """
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
