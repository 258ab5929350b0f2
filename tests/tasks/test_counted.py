"""How many rows of an as_of are positive: learned on one window, counted on a later one."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_snapshots import TARGET, breakout_snapshot

from features.registry import all_targets
from models.baselines import ColumnScore
from tasks.kinds.registry import kind_of
from tasks.labelled import Labelled


@pytest.fixture(scope="module")
def counted():
    target = replace(all_targets()[TARGET], counted=True)
    frame = breakout_snapshot(rows=6000, months=40).dropna(subset="label")
    data = Labelled(target, frame.sort_values(["as_of", "listener", "artist"]).reset_index(drop=True))
    third = len(data.frame) // 3
    windows = [np.arange(start, start + third) for start in (0, third, 2 * third)]
    return data, windows


def counts_of(counted, calibrates):
    data, (learn, tune, test) = counted
    kind = kind_of(data.target)
    estimator = ColumnScore("plays_t").fit(*data.examples(learn))
    raw = kind.raw(estimator, data.features.iloc[tune])
    calibrated = (kind.calibrate if calibrates else kind.calibrate_baseline)(raw, data, tune)
    model = kind.wrap(estimator, calibrated)
    return kind.counts(model, data, test, kind.ask(model, data.features.iloc[test]))


@pytest.mark.parametrize("calibrates", [True, False], ids=["candidate", "baseline"])
def test_each_as_of_is_counted_once_and_mostly_inside(counted, calibrates):
    counts = counts_of(counted, calibrates)
    data, (_, _, test) = counted
    rows = data.frame.iloc[test]
    assert [one.as_of for one in counts] == sorted(rows["as_of"].unique())
    assert sum(one.came for one in counts) == rows["label"].sum()
    assert sum(one.rows for one in counts) == len(rows)
    assert np.mean([one.low_95 <= one.came <= one.high_95 for one in counts]) >= 0.85
    assert all(one.low_95 <= one.low_80 <= one.expected <= one.high_80 <= one.high_95 for one in counts)


def test_a_target_that_is_not_counted_has_none(counted):
    data, windows = counted
    plain = Labelled(replace(data.target, counted=False), data.frame)
    assert counts_of((plain, windows), True) == ()
