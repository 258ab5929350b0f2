"""Windows cut by time: nothing that a later window would have to wait for is learned from."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from refrain.errors import SettingsError, TooFewRowsError
from refrain.settings import SplitSettings, validated
from tasks.split import Split, time_split, window_record

START = date(2020, 1, 1)
LOOSE = {"min_rows": 1, "min_positives": 1}


def snapshot(days: list[int], horizon: int | list[int] = 0, labels: list[int] | None = None) -> pd.DataFrame:
    """Rows on the given days (sorted), each label known `horizon` days later, every second one positive."""
    days = sorted(days)
    horizons = [horizon] * len(days) if isinstance(horizon, int) else horizon
    return pd.DataFrame(
        {
            "as_of": [START + timedelta(days=day) for day in days],
            "label_known_at": [START + timedelta(days=d + h) for d, h in zip(days, horizons, strict=True)],
            "label": labels or [number % 2 for number in range(len(days))],
        }
    )


def split(frame: pd.DataFrame, **kwargs) -> Split:
    return time_split(frame, SplitSettings(**{**LOOSE, **kwargs}), "a.target")


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), min_size=12, max_size=120),
    folds=st.integers(1, 4),
    steps=st.integers(1, 5),
)
def test_no_row_is_learned_from_before_its_label_is_known(rows, folds, steps):
    rows = sorted(rows)
    frame = snapshot([day for day, _ in rows], [horizon for _, horizon in rows])
    try:
        found = split(frame, folds=folds, tune_steps=steps)
    except TooFewRowsError:
        assume(False)
    as_of, known_at = frame["as_of"].to_numpy(), frame["label_known_at"].to_numpy()
    pairs = [(found.train, found.tune), (found.tune, found.test), (found.known, found.test)]
    pairs += [(part.train, part.test) for part in (*found.folds, *found.steps)]
    for earlier, later in pairs:
        assert known_at[earlier].max() <= as_of[later].min()
        assert as_of[earlier].max() < as_of[later].min()
    # Every row is in a window or was purged, and none is in two.
    windows = np.concatenate([found.train, found.tune, found.test])
    assert len(np.unique(windows)) == len(windows) == len(frame) - found.purged
    assert set(found.train) | set(found.tune) <= set(found.known)
    assert np.array_equal(np.concatenate([step.test for step in found.steps]), found.tune)
    assert np.array_equal(found.steps[0].train, found.train)
    for fold in found.folds:
        assert set(fold.train) | set(fold.test) <= set(found.known)


@given(st.lists(st.integers(0, 40), min_size=10, max_size=80))
def test_days_are_never_parted_and_cuts_lie_as_near_to_the_shares_as_days_allow(days):
    assume(len(set(days)) >= 5)
    frame = snapshot(days)
    try:
        found = split(frame)
    except TooFewRowsError:
        assume(False)
    counts = np.cumsum(frame.groupby("as_of").size().to_numpy())
    nearest = min(abs(counts[1:-1] - 0.8 * len(frame)))
    assert abs(found.test[0] - 0.8 * len(frame)) == pytest.approx(nearest)


def test_shares_of_rows_with_a_row_a_day():
    found = split(snapshot(list(range(100))))
    assert (len(found.train), len(found.tune), len(found.test), found.purged) == (60, 20, 20, 0)


def test_purge_leaves_a_gap_of_one_horizon():
    found = split(snapshot(list(range(100)), horizon=7))
    # The row of day 53 is known on day 60, when tune begins; that of day 54 is not.
    assert (found.train[-1], found.tune[0], found.tune[-1], found.test[0]) == (53, 60, 73, 80)
    assert found.purged == 12
    # What was purged before tune is known long before the test window.
    assert set(range(54, 60)) <= set(found.known)
    assert found.known[-1] == 73


def test_test_start_fixes_the_first_test_day_and_keeps_the_ratio_before_it():
    found = split(snapshot(list(range(100))), test_start=START + timedelta(days=40))
    assert found.test[0] == 40
    assert (len(found.train), len(found.tune)) == (30, 10)


def test_the_log_tells_every_window_and_fold():
    frame = snapshot(list(range(100)), horizon=3)
    found = split(frame, folds=2)
    by_name = {entry["window"]: entry for entry in found.log}
    assert by_name["tune"] == {
        "window": "tune",
        "rows": 18,
        "positives": 9,
        "purged": 2,
        "first_as_of": "2020-03-01",
        "last_as_of": "2020-03-18",
    }
    assert by_name["fold 2 test"]["used"]
    record = window_record(frame, found.tune)
    assert (record.rows, record.positives, str(record.first_as_of)) == (18, 9, "2020-03-01")


def test_a_fold_with_one_label_only_is_left_out_and_said_to_be():
    labels = [0] * 60 + [0, 1] * 20
    found = split(snapshot(list(range(100)), labels=[1, *labels[1:]]), folds=2)
    used = [entry["used"] for entry in found.log if entry["window"].startswith("fold 1")]
    assert used == [False, False] or len(found.folds) == 2
    assert all(frame_has_both(labels, fold.test) for fold in found.folds)


def frame_has_both(labels, rows):
    return {labels[row] for row in rows} == {0, 1}


@pytest.mark.parametrize(
    ("frame", "kwargs", "message"),
    [
        (snapshot([]), {}, "0 labelled rows on 0 different dates"),
        (snapshot([1, 1, 2, 2]), {}, "4 labelled rows on 2 different dates"),
        (snapshot(list(range(30))), {"min_rows": 10}, r"the tune window holds 6 labelled rows, 3 of them positive; it"),
        (snapshot(list(range(30)), labels=[1] * 30), {}, r"needs 1 rows and 1 of each label"),
        (snapshot(list(range(30))), {"test_start": date(2031, 1, 1)}, "cannot be tested from 2031-01-01 on"),
        (snapshot(list(range(30))), {"test_start": START}, "cannot be tested from 2020-01-01 on"),
        (snapshot(list(range(30))), {"test_start": START + timedelta(days=1)}, "train and tune need two dates before"),
        (snapshot(list(range(30)), horizon=400), {}, r"the train window holds 0 labelled rows"),
    ],
)
def test_too_little_is_a_sentence_with_the_numbers(frame, kwargs, message):
    with pytest.raises(TooFewRowsError, match=message) as caught:
        split(frame, **kwargs)
    assert caught.value.hint


def test_shares_that_leave_no_test_window_are_refused():
    with pytest.raises(SettingsError, match="less than 1"):
        validated(SplitSettings, {"train": 0.8, "tune": 0.2}, where="params.yaml")
