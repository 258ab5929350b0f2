"""The log of predictions: offered by whoever answers, written by a thread of its own."""

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Event, Thread
from typing import Any

from models.compiled.rows import Rows
from refrain.errors import InputError
from refrain.settings import PredictionLogSettings
from tasks.champions.loaded import ServedModel
from tasks.kinds.kind import Answers
from tasks.prediction_log.entries import Offer, entries
from tasks.prediction_log.storing import append, check, opened

ENVIRONMENT = "PREDICTION_LOG"
_SQLITE = "sqlite:///"
_SECONDS_BETWEEN = 0.2
"""Between two turns at writing: fewer and larger ones keep those who answer waiting less."""
_SECONDS_AFTER_A_FAULT = 1.0
_MOST_AT_ONCE = 2_000
"""Predictions in a transaction, about."""
_logger = logging.getLogger("refrain.predictions")


class PredictionLog:
    """Keeps predictions in a file, without ever failing or keeping waiting who gives them.

    `offer` belongs to one thread. What is waiting when the process is killed is lost; what is written stays. Keys are
    stored as they were sent, which may be personal data: the file is to be kept as such.
    """

    def __init__(self, path: Path, settings: PredictionLogSettings) -> None:
        """Begins to write at once. Raises InputError where the file cannot be a log."""
        check(path)
        self._path, self._settings = path, settings
        self._offers: deque[Offer] = deque()
        self._offered = self._written = self._refused = self._lost = 0
        self._wake, self._closing = Event(), Event()
        self._connection: sqlite3.Connection | None = None
        self._failing = False
        self._writer = Thread(target=self._run, name="prediction log", daemon=True)
        self._writer.start()

    @property
    def written(self) -> int:
        """Predictions that are in the file."""
        return self._written

    @property
    def dropped(self) -> int:
        """Predictions that were drawn, but are not kept: too many were waiting, or they could not be written."""
        return self._refused + self._lost

    @property
    def waiting(self) -> int:
        """Predictions that are not written yet."""
        return self._offered - self._written - self._lost

    def offer(
        self,
        request_id: str,
        model: ServedModel,
        rows: Rows,
        answers: Answers,
        keys: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Keep the predictions of a request, if it is among those drawn and not too many are waiting.

        `answers`: of each of the `rows`, as tasks.kinds says. `keys`: of each row who or what it is about (the target's
        entity, as_of, ... as far as they were given). Nothing of it may change afterwards. Returns at once.
        """
        if self._closing.is_set() or not drawn(request_id, self._settings.share):
            return
        if self.waiting + len(rows) > self._settings.max_waiting:
            self._refused += len(rows)
            return
        self._offered += len(rows)
        self._offers.append(Offer(time.time(), request_id, model, rows, answers, keys))
        if not self._wake.is_set():
            self._wake.set()

    def close(self, seconds: float = 10.0) -> None:
        """Write what is waiting, for so many seconds at most, and let go of the file. Nothing is taken any more."""
        self._closing.set()
        self._wake.set()
        self._writer.join(seconds)

    def _run(self) -> None:
        while not (self._closing.is_set() and not self._offers):
            self._wake.wait()
            self._wake.clear()
            while self._offers:
                if not self._written_some():
                    if self._closing.is_set():
                        self._give_up()
                        break
                    self._closing.wait(_SECONDS_AFTER_A_FAULT)
            self._closing.wait(_SECONDS_BETWEEN)
        self._let_go()

    def _written_some(self) -> bool:
        """Whether the oldest offers are dealt with; they stay where the file cannot be written now."""
        taken, rows = list[Offer](), list[tuple[Any, ...]]()
        while self._offers and len(rows) < _MOST_AT_ONCE:
            taken.append(self._offers.popleft())
            rows += self._entries(taken[-1])
        try:
            append(self._file(), rows)
        except Exception as error:
            self._offers.extendleft(reversed(taken))
            self._failed(error)
            return False
        count = sum(len(offer.rows) for offer in taken)
        self._written += len(rows)
        self._lost += count - len(rows)
        if self._failing:
            self._failing = False
            _logger.warning("Predictions are logged again.")
        return True

    def _entries(self, offer: Offer) -> list[tuple[Any, ...]]:
        try:
            return list(entries(offer))
        except Exception as error:  # whose text may hold what was sent
            _logger.error("A prediction of %s cannot be logged: %s.", offer.model.target, type(error).__name__)
            return []

    def _file(self) -> sqlite3.Connection:
        if self._connection is not None and not self._path.exists():  # moved away, to begin a new one
            self._let_go()
        if self._connection is None:
            self._connection = opened(self._path)
        return self._connection

    def _failed(self, error: Exception) -> None:
        self._let_go()
        if not self._failing:  # once, not for each turn
            self._failing = True
            said = str(error) if isinstance(error, sqlite3.Error | InputError | OSError) else type(error).__name__
            _logger.error("Predictions cannot be logged now: %s", said)

    def _give_up(self) -> None:
        self._lost += sum(len(offer.rows) for offer in self._offers)
        self._offers.clear()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def drawn(request_id: str, share: float) -> bool:
    """Whether a request is among the `share` that is kept: all of it or nothing, and always the same ones."""
    if share >= 1:
        return True
    digest = blake2b(request_id.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64


def prediction_log_of(environment: Mapping[str, str], settings: PredictionLogSettings) -> PredictionLog | None:
    """The log in the file that PREDICTION_LOG names (a path, or sqlite:///path); none where it is not set.

    Raises InputError where that file cannot be a log.
    """
    named = environment.get(ENVIRONMENT, "").strip()
    if not named:
        return None
    if "://" in named and not named.startswith(_SQLITE):
        raise InputError(
            f"{ENVIRONMENT} is to name a file, and predictions are kept in no other database.",
            hint=f"Set it to a path, or to {_SQLITE}path.",
        )
    return PredictionLog(Path(named.removeprefix(_SQLITE)), settings)
