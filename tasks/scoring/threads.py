"""Reading ahead of who asks, and writing behind: each in a thread, a few batches at most on the way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
_MOST_ON_THE_WAY = 2
_SECONDS_BETWEEN_LOOKS = 0.1


class _Pipe(Generic[T]):
    """A short queue with an end, which either side may stop, and with a fault that the other one is told."""

    def __init__(self) -> None:
        self._queue: Queue[T | None] = Queue(_MOST_ON_THE_WAY)
        self.stopped = Event()
        self.fault: BaseException | None = None

    def put(self, value: T | None) -> bool:
        """Whether it was taken; not, once stopped. None is the end."""
        while not self.stopped.is_set():
            try:
                self._queue.put(value, timeout=_SECONDS_BETWEEN_LOOKS)
            except Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[T]:
        while not self.stopped.is_set():
            try:
                value = self._queue.get(timeout=_SECONDS_BETWEEN_LOOKS)
            except Empty:
                continue
            if value is None:
                return
            yield value

    def raise_fault(self) -> None:
        if self.fault is not None:
            raise self.fault


@contextmanager
def ahead(values: Iterator[T]) -> Iterator[Iterator[T]]:
    """The same values, made in a thread of their own, which ends with the block. Its error is raised in their place."""
    pipe: _Pipe[T] = _Pipe()

    def make() -> None:
        try:
            for value in values:
                if not pipe.put(value):
                    return
        except BaseException as error:
            pipe.fault = error
        pipe.put(None)

    def taken() -> Iterator[T]:
        yield from pipe
        pipe.raise_fault()

    with _running(make, pipe, "reading ahead"):
        yield taken()


@contextmanager
def behind(write: Callable[[T], None]) -> Iterator[Callable[[T], None]]:
    """A `write` that returns at once. Its error is raised by a later call, or at the end of the block, which waits for
    all to be written; a block that ends with an error waits for what is being written alone.
    """
    pipe: _Pipe[T] = _Pipe()

    def work() -> None:
        try:
            for value in pipe:
                write(value)
        except BaseException as error:
            pipe.fault = error
            pipe.stopped.set()

    def give(value: T) -> None:
        if not pipe.put(value):
            pipe.raise_fault()

    with _running(work, pipe, "writing behind") as thread:
        yield give
        pipe.put(None)
        thread.join()
    pipe.raise_fault()


@contextmanager
def _running(work: Callable[[], None], pipe: _Pipe[T], name: str) -> Iterator[Thread]:
    thread = Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        pipe.stopped.set()
        thread.join()
