"""Intervals of whole curves at once: the bounds of single rows, without a pass over the tracks for each month."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.intervals import ANSWER, PREDICTION, RelativeConformal, part_of

Numbers = NDArray[np.float64]
_CELLS = 1 << 15
"""Months of tracks that are worked on at once: arrays of this size stay in the processor's cache."""


def curve_answers(calibrator: RelativeConformal, predicted: Numbers, tracks: pd.DataFrame) -> Numbers:
    """ANSWER of each month of each track, shape (tracks, months, 5), of predictions of shape (tracks, months).

    The bounds are those of `calibrator.bounds` of each month's rows, but for the last bits. `tracks`: the columns that
    the calibrator reads but for the month ahead. Each of the five lies by itself in memory, so that `[:, :, k]` is read
    in one go.
    """
    count, months = predicted.shape
    answers = np.empty((len(ANSWER), count, months))
    answers[0] = predicted
    tails = _tails_by_month(calibrator, months)
    by_track, by_month, by_prediction = _codes(calibrator, tracks, months)
    spread, spread_by_month = _spread(calibrator, tracks, months)
    block = max(1, _CELLS // max(months, 1))
    for first in range(0, count, block):
        rows = slice(first, first + block)
        at = predicted[rows]
        codes = by_track[rows, None] + by_month
        for weight, edge in by_prediction:
            codes += np.where(at >= edge, weight, 0)
        reach = at + calibrator.unit_
        if PREDICTION in calibrator.terms:
            reach *= calibrator.factor(PREDICTION, at)
        reach *= spread[rows, None]
        reach *= spread_by_month
        for number, tail in enumerate(tails, start=1):
            bound = answers[number, rows]
            np.take(tail, codes, out=bound, mode="clip")
            bound *= reach
            bound += at
            np.maximum(bound, 0.0, out=bound)
    return np.moveaxis(answers, 0, -1)


def _codes(
    calibrator: RelativeConformal, tracks: pd.DataFrame, months: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], list[tuple[int, float]]]:
    """What a track, a month, and an edge that a prediction reaches add to the position of its tail."""
    by_track = np.zeros(len(tracks), dtype=np.intp)
    by_prediction: list[tuple[int, float]] = []
    weight = _parts_of_a_month(calibrator)
    by_month = np.arange(months, dtype=np.intp) * weight
    for name, edges in zip(calibrator.columns, calibrator.edges, strict=True):
        if name == calibrator.horizon:
            continue
        weight //= len(edges) + 2
        if name == PREDICTION:
            by_prediction += [(weight, edge) for edge in edges]
        else:
            by_track += weight * part_of(tracks[name].to_numpy(dtype=np.float64), edges)
    return by_track, by_month, by_prediction


def _parts_of_a_month(calibrator: RelativeConformal) -> int:
    named = zip(calibrator.columns, calibrator.edges, strict=True)
    return math.prod(len(edges) + 2 for name, edges in named if name != calibrator.horizon)


def _spread(calibrator: RelativeConformal, tracks: pd.DataFrame, months: int) -> tuple[Numbers, Numbers]:
    """What a track and a month make of the spread."""
    by_track, by_month = np.ones(len(tracks)), np.ones(months)
    for name in calibrator.terms:
        if name == calibrator.horizon:
            by_month *= calibrator.factor(name, np.arange(1.0, months + 1))
        elif name != PREDICTION:
            by_track *= calibrator.factor(name, tracks[name].to_numpy(dtype=np.float64))
    return by_track, by_month


def _tails_by_month(calibrator: RelativeConformal, months: int) -> Numbers:
    """The tails of each month's parts, shape (4, months * parts)."""
    sizes = [len(edges) + 2 for edges in calibrator.edges]
    tails = calibrator.quantiles_.reshape(*sizes, -1)
    if calibrator.horizon is not None and calibrator.horizon in calibrator.columns:
        place = list(calibrator.columns).index(calibrator.horizon)
        month = np.arange(1.0, months + 1)
        tails = np.moveaxis(tails, place, 0)[part_of(month, calibrator.edges[place])]
    else:
        tails = np.repeat(tails[None], months, axis=0)
    tails = tails.reshape(months, -1, tails.shape[-1])
    return np.ascontiguousarray(np.moveaxis(tails, -1, 0)).reshape(tails.shape[-1], -1)
