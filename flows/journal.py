"""What a run does and has done, kept while it goes: the display reads it, and the results come out of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock


class Outcome(StrEnum):
    """How one step of a run ended."""

    UNCHANGED = "unchanged"
    RESTORED = "restored"
    COMPUTED = "computed"
    FAILED = "failed"


@dataclass(frozen=True)
class Entry:
    """One step on one dataset or target."""

    step: str
    subject: str
    started: float
    """Seconds on the monotonic clock."""
    ended: float | None = None
    outcome: Outcome | None = None
    error: BaseException | None = None

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return (self.ended or time.monotonic()) - self.started


class Journal:
    """Steps in the order they began. Safe to write from several threads."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}
        self._lock = Lock()
        self._watchers: list[Callable[[Entry], None]] = []

    def watch(self, on_change: Callable[[Entry], None]) -> None:
        """Call `on_change` with every step that begins or ends from now on."""
        self._watchers.append(on_change)

    def begin(self, step: str, subject: str) -> None:
        """A step starts (or is tried again)."""
        self._put(Entry(step, subject, started=time.monotonic()))

    def end(self, step: str, subject: str, outcome: Outcome, error: BaseException | None = None) -> None:
        """A step that began has ended."""
        begun = self._entries[step, subject]
        self._put(Entry(step, subject, begun.started, time.monotonic(), outcome, error))

    def keep(self, step: str, subject: str, work: Callable[[], Outcome]) -> Outcome:
        """Do `work` as a step that begins and ends, also where it ends in an error, which is raised on."""
        self.begin(step, subject)
        try:
            outcome = work()
        except BaseException as error:
            self.end(step, subject, Outcome.FAILED, error)
            raise
        self.end(step, subject, outcome)
        return outcome

    @property
    def entries(self) -> list[Entry]:
        """All steps so far."""
        with self._lock:
            return list(self._entries.values())

    def first_error(self, subjects: set[str]) -> BaseException | None:
        """The error that stopped the first failed step on any of `subjects`."""
        failed = [entry for entry in self.entries if entry.subject in subjects and entry.error is not None]
        return failed[0].error if failed else None

    def _put(self, entry: Entry) -> None:
        with self._lock:
            self._entries[entry.step, entry.subject] = entry
        for on_change in self._watchers:
            on_change(entry)
