"""Permutation importance on the test window: what a model loses when a feature's values are dealt out anew."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from refrain.settings import TrainingSettings
from tasks.bootstrap import estimate, resamples
from tasks.kinds.kind import KindOfTarget
from tasks.records import Estimate

_REPLICATES = 200


def permutation_importance(
    kind: KindOfTarget,
    model: Any,
    features: pd.DataFrame,
    labels: NDArray[Any],
    clusters: NDArray[np.int64],
    training: TrainingSettings,
) -> dict[str, Estimate]:
    """Feature -> headline metric lost when it is permuted, mean over the repeats, with its 95 % interval.

    Measured on at most `importance_rows` of the rows, drawn at random; 200 bootstrap replicates, clusters kept whole.
    """
    rows = _drawn(len(features), training)
    features, labels = features.iloc[rows].reset_index(drop=True), labels[rows]
    clusters = np.unique(clusters[rows], return_inverse=True)[1]
    weights = np.concatenate(list(resamples(clusters, _REPLICATES, training.seed)))
    weights = np.vstack([np.ones(len(rows)), weights])
    whole = kind.goodness(labels, kind.ask(model, features), weights)
    found = {}
    for number, name in enumerate(features.columns):
        dealt = _permuted(features, name, [training.seed, number], training.importance_repeats)
        repeats = np.split(kind.ask(model, dealt), training.importance_repeats)
        lost = whole - np.mean([kind.goodness(labels, repeat, weights) for repeat in repeats], axis=0)
        found[str(name)] = estimate(float(lost[0]), lost[1:])
    return found


def _drawn(rows: int, training: TrainingSettings) -> NDArray[np.intp]:
    if rows <= training.importance_rows:
        return np.arange(rows)
    return np.sort(np.random.default_rng(training.seed).choice(rows, training.importance_rows, replace=False))


def _permuted(features: pd.DataFrame, name: Any, seed: list[int], repeats: int) -> pd.DataFrame:
    """`features`, `repeats` times one below the other, each time with the column `name` dealt out anew."""
    generator = np.random.default_rng(seed)
    order = np.concatenate([generator.permutation(len(features)) for _ in range(repeats)])
    stacked = pd.concat([features] * repeats, ignore_index=True)
    return stacked.assign(**{name: features[name].take(order).to_numpy()})
