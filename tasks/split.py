"""Train, tune and test windows by as_of, and rolling-origin folds inside the first two."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Kind
from refrain.errors import TooFewRowsError
from refrain.settings import SplitSettings
from tasks.records import WindowRecord

Positions = NDArray[np.intp]
"""Positions of rows in the labelled snapshot, in its order."""

_FIRST_FOLD_SHARE = 0.5  # rows of train + tune that the first fold may learn from

_POSITIVE = {
    Kind.CHANCE: "of each label",
    Kind.AMOUNT: "above zero",
    Kind.CLASS: "that are not of the most frequent class",
}


@dataclass(frozen=True)
class Fold:
    """One rolling-origin fold: learn from `train`, score on the later `test`."""

    train: Positions
    test: Positions


@dataclass(frozen=True)
class Split:
    """The windows. No row of a window has a label that was still unknown when the next window began."""

    train: Positions
    tune: Positions
    test: Positions
    known: Positions
    """All rows whose label was known when the test window began: train, tune, and those purged between the two."""
    steps: tuple[Fold, ...]
    """Tune cut into steps, one after the other: each with all rows whose label was known when it began."""
    purged: int
    folds: tuple[Fold, ...]
    log: tuple[dict[str, Any], ...]
    """One entry for each window and fold: name, dates, rows, positives, rows purged. For people and for MLflow."""


def time_split(snapshot: pd.DataFrame, settings: SplitSettings, target: str, kind: Kind = Kind.CHANCE) -> Split:
    """Cut a labelled snapshot, sorted by as_of, into train, tune and test, train + tune into folds, tune into steps.

    Cuts fall between two dates, where they come nearest to the shares asked for (or at `test_start`). A row of an
    earlier window whose `label_known_at` is later than the next window's first `as_of` is left out.
    Raises TooFewRowsError, with what was found and needed, if a window is too small.
    """
    frame = _Dated(snapshot, kind)
    test_from = _test_start(frame, settings, target)
    share = settings.train / (settings.train + settings.tune)
    tune_from = _nearest_cut(frame, share * test_from, 1, test_from)
    known = frame.known_by(np.arange(test_from), test_from)
    train = frame.known_by(np.arange(tune_from), tune_from)
    tune = frame.known_by(np.arange(tune_from, test_from), test_from)
    test = np.arange(test_from, frame.rows)
    for name, rows in (("train", train), ("tune", tune), ("test", test)):
        _check(frame, name, rows, settings, target)
    folds, fold_log = _rolling_folds(frame, known, settings)
    log = (
        _entry(frame, "train", train, tune_from - len(train)),
        _entry(frame, "tune", tune, test_from - tune_from - len(tune)),
        _entry(frame, "test", test, 0),
        *fold_log,
    )
    steps = _steps(frame, train, known, tune, number=settings.tune_steps)
    return Split(train, tune, test, known, steps, test_from - len(train) - len(tune), folds, log)


def window_record(snapshot: pd.DataFrame, rows: Positions, kind: Kind = Kind.CHANCE) -> WindowRecord:
    """Size and dates of a window, which must not be empty."""
    dates = pd.to_datetime(snapshot[AS_OF]).to_numpy()[rows]
    return WindowRecord(
        rows=len(rows),
        positives=positives_of(kind, snapshot[LABEL].to_numpy()[rows]),
        first_as_of=pd.Timestamp(dates.min()).date(),
        last_as_of=pd.Timestamp(dates.max()).date(),
    )


def few_of(kind: Kind, labels: NDArray[Any]) -> int:
    """Rows that tell something: of chances those of the rarer label, of the others the positive ones."""
    positives = positives_of(kind, labels)
    return min(positives, len(labels) - positives) if kind is Kind.CHANCE else positives


def positives_of(kind: Kind, labels: NDArray[Any]) -> int:
    """Rows above zero (of bounded amounts: that can be); of classes those that are not of the most frequent one."""
    if kind is Kind.CLASS:
        return len(labels) - int(np.bincount(labels.astype(np.int64), minlength=1).max())
    return int(((labels if labels.ndim == 1 else labels[:, 1]) > 0).sum())


class _Dated:
    """A labelled snapshot's dates and labels as arrays."""

    def __init__(self, snapshot: pd.DataFrame, kind: Kind) -> None:
        self.kind = kind
        self.as_of = pd.to_datetime(snapshot[AS_OF]).to_numpy(dtype="datetime64[D]")
        self.known_at = pd.to_datetime(snapshot[LABEL_KNOWN_AT]).to_numpy(dtype="datetime64[D]")
        self.label = snapshot[LABEL].to_numpy()
        self.rows = len(snapshot)
        assert bool(np.all(self.as_of[1:] >= self.as_of[:-1])), "a snapshot is sorted by as_of"
        self.cuts = np.flatnonzero(self.as_of[1:] > self.as_of[:-1]) + 1
        """Positions where a new date begins: the only places to cut."""

    def known_by(self, rows: Positions, start: int) -> Positions:
        """Those of `rows` whose label is known when the window that begins at position `start` begins."""
        return rows[self.known_at[rows] <= self.as_of[start]]


def _test_start(frame: _Dated, settings: SplitSettings, target: str) -> int:
    if len(frame.cuts) < 2:
        dates = 0 if frame.rows == 0 else len(frame.cuts) + 1
        raise TooFewRowsError(
            f"{target} has {frame.rows} labelled rows on {dates} different dates; train, tune and test need three.",
            hint="Import a longer history.",
        )
    if settings.test_start is None:
        return _nearest_cut(frame, (settings.train + settings.tune) * frame.rows, 2, frame.rows)
    position = int(np.searchsorted(frame.as_of, np.datetime64(settings.test_start), side="left"))
    if position >= frame.rows or np.searchsorted(frame.cuts, position, side="left") < 1 or position == 0:
        raise TooFewRowsError(
            f"{target} cannot be tested from {settings.test_start} on: its labelled rows lie between "
            f"{frame.as_of[0]} and {frame.as_of[-1]}, and train and tune need two dates before.",
            hint=f"Change targets.{target}.training.split.test_start, or import a longer history.",
        )
    return position


def _nearest_cut(frame: _Dated, wanted: float, first: int, end: int) -> int:
    """The cut before position `end` nearest to `wanted` rows, leaving at least `first` dates before it."""
    allowed = frame.cuts[first - 1 :]
    allowed = allowed[allowed < end]
    return int(allowed[np.argmin(np.abs(allowed - wanted))])


def _check(frame: _Dated, name: str, rows: Positions, settings: SplitSettings, target: str) -> None:
    few = few_of(frame.kind, frame.label[rows])
    if len(rows) >= settings.min_rows and few >= settings.min_positives:
        return
    positives, needed = positives_of(frame.kind, frame.label[rows]), _POSITIVE[frame.kind]
    raise TooFewRowsError(
        f"{target} has too few rows to be judged honestly: the {name} window holds {len(rows)} labelled rows, "
        f"{positives} of them positive; it needs {settings.min_rows} rows and {settings.min_positives} {needed} "
        f"(all windows together have {frame.rows} rows, {positives_of(frame.kind, frame.label)} of them positive).",
        hint=f"Import more data, or lower min_rows or min_positives under targets.{target}.training.split.",
    )


def _steps(frame: _Dated, train: Positions, known: Positions, tune: Positions, *, number: int) -> tuple[Fold, ...]:
    """`tune` in at most `number` steps of about equal rows, cut between dates. The first learns from train alone."""
    dates = frame.as_of[tune]
    cuts = np.flatnonzero(dates[1:] > dates[:-1]) + 1
    wanted = [len(tune) * step / number for step in range(1, number)]
    starts = sorted({0, *(int(cuts[np.argmin(np.abs(cuts - rows))]) for rows in wanted)}) if len(cuts) else [0]
    ends = [*starts[1:], len(tune)]
    parts = [tune[start:end] for start, end in zip(starts, ends, strict=True)]
    later = (Fold(frame.known_by(known[known < part[0]], int(part[0])), part) for part in parts[1:])
    return (Fold(train, parts[0]), *later)


def _rolling_folds(
    frame: _Dated, known: Positions, settings: SplitSettings
) -> tuple[tuple[Fold, ...], list[dict[str, Any]]]:
    """Folds over the later half of `known`, of equal rows, each learning from all that was known before it.

    A fold with fewer than `min_positives` of a label on either side measures nothing and is left out; the log says so.
    """
    first = _FIRST_FOLD_SHARE
    wanted = [(first + (1 - first) * fold / settings.folds) * len(known) for fold in range(settings.folds + 1)]
    dates = frame.as_of[known]
    cuts = np.flatnonzero(dates[1:] > dates[:-1]) + 1
    starts = sorted({int(cuts[np.argmin(np.abs(cuts - rows))]) for rows in wanted[:-1]}) if len(cuts) else []
    folds, log = [], []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(known)], strict=True), start=1):
        test = known[start:end]
        train = frame.known_by(known[:start], int(test[0]))
        usable = all(few_of(frame.kind, frame.label[rows]) >= settings.min_positives for rows in (train, test))
        if usable:
            folds.append(Fold(train, test))
        log += [
            {**_entry(frame, f"fold {number} train", train, start - len(train)), "used": usable},
            {**_entry(frame, f"fold {number} test", test, 0), "used": usable},
        ]
    return tuple(folds), log


def _entry(frame: _Dated, name: str, rows: Positions, purged: int) -> dict[str, Any]:
    dates = frame.as_of[rows]
    return {
        "window": name,
        "rows": len(rows),
        "positives": positives_of(frame.kind, frame.label[rows]),
        "purged": purged,
        "first_as_of": str(dates.min()) if len(rows) else None,
        "last_as_of": str(dates.max()) if len(rows) else None,
    }
