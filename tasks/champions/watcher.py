"""Sees to it that a shelf follows the registry's aliases while others ask it."""

import logging
from threading import Event, Thread

from tasks.champions.shelf import Shelf

_log = logging.getLogger("refrain.champions")
_SECONDS_TO_END = 5.0


class Watcher:
    """Refreshes a shelf in a thread of its own, `seconds` after it was done with the last time."""

    def __init__(self, shelf: Shelf, seconds: float) -> None:
        self._shelf = shelf
        self._seconds = seconds
        self._ending = Event()
        # A daemon: a registry that does not answer for minutes must not keep a process that was asked to end.
        self._thread = Thread(target=self._watch, name="champions", daemon=True)

    def start(self) -> None:
        """Begin; the first look comes after `seconds`. Once only."""
        self._thread.start()

    def stop(self) -> None:
        """End. Waits for a look that is under way, but not for long."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(_SECONDS_TO_END)

    def _watch(self) -> None:
        while not self._ending.wait(self._seconds):
            try:
                self._shelf.refresh()
            except Exception as error:  # refresh raises nothing; this thread must not end by a fault in it
                _log.error("Looking at the registry failed: %s.", type(error).__name__)
