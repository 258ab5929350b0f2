"""The backtest report: its numbers against plain sums, its parts, its bytes."""

import json
import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.catalogue import TARGETS
from refrain.track_months import COLUMNS
from tasks.backtest import measure_backtest, shown_candidate, write_backtest
from tasks.records import CandidateRecord, Estimate, EvaluationRecord, LearnedRecord, WindowRecord

(DECAY,) = TARGETS
MODEL, BASELINE = "segments", "flat"
TRACKS, MONTHS = 30, 12
Parts = tuple[EvaluationRecord, pd.DataFrame, np.ndarray[Any, Any], dict[str, np.ndarray[Any, Any]]]


@pytest.fixture(scope="module")
def parts() -> Parts:
    """Two origins, thirty tracks, twelve months; one track in ten leaves the chart after its sixth month."""
    chance = np.random.default_rng(3)
    rows = [
        {"track_id": f"t{track:02}", "as_of": origin, "month_ahead": month, "track": track}
        for origin in (date(2023, 6, 30), date(2023, 9, 30))
        for track in range(TRACKS)
        for month in range(1, MONTHS + 1)
    ]
    frame = pd.DataFrame(rows)
    level = 10.0 ** (2 + frame["track"].to_numpy() / 8)
    frame = frame.assign(**{name: np.nan for name in COLUMNS if name not in frame})
    frame["s30"], frame["age_days"] = level, 30.0 * frame["track"]
    for month in range(1, 25):
        frame[f"back_{month}"] = level * (1 + month / 20)
    came = level * np.exp(-0.05 * frame["month_ahead"] + chance.normal(0, 0.1, len(frame)))
    gone = (frame["track"] % 10 == 0) & (frame["month_ahead"] > 6)
    truth = np.column_stack([np.where(gone, 0.0, came), np.where(gone, 50.0, came)])
    said = {MODEL: answers(level * np.exp(-0.05 * frame["month_ahead"].to_numpy())), BASELINE: answers(level)}
    return record(), frame.drop(columns="track"), truth, said


def answers(predicted: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return predicted[:, None] * np.array([1.0, 0.85, 1.15, 0.75, 1.25])


def record() -> EvaluationRecord:
    nothing = Estimate(value=0.0, low=0.0, high=0.0)
    window = WindowRecord(rows=1, positives=1, first_as_of=date(2023, 1, 1), last_as_of=date(2023, 1, 1))
    candidates = [
        CandidateRecord(
            **{"name": name, "family": family, "settings": {}, "tune": {"wape": wape}, "model": f"{name}.skops"},
            **{"metrics": {"wape": nothing}, "difference": {"wape": nothing}},
            **{"slices": {}, "importance": {}, "calibration": ()},
        )
        for name, family, wape in ((MODEL, "segments", 0.2), ("other", "boosted", 0.3), (BASELINE, "baseline", 0.1))
    ]
    windows = {"train": window, "tune": window, "test": window}
    return EvaluationRecord(
        **{"target": "catalogue.decay", "headline": "wape", "best_baseline": BASELINE, "snapshot_md5": "0"},
        **{"purged": 0, "folds": (), "candidates": tuple(candidates)},
        learned=LearnedRecord(rows=1, mean_label=0.5, ranges={}),
        **windows,
    )


def test_the_wape_of_a_month_is_the_sum_of_errors_over_the_sum_of_what_came(parts: Parts) -> None:
    found = measure_backtest(parts[0], DECAY, *parts[1:])
    for month in found.part("all").steps:
        rows = (parts[1]["month_ahead"] == int(month.name)).to_numpy()
        low, high = parts[2][rows].T
        for name, said in parts[3].items():
            predicted = said[rows, 0]
            errors = sum(max(low_ - p, 0.0, p - high_) for p, low_, high_ in zip(predicted, low, high, strict=True))
            assert month.scores[name].wape.value == pytest.approx(errors / high.sum())
            assert month.scores[name].wape.low <= month.scores[name].wape.value <= month.scores[name].wape.high
        inside = (high >= parts[3][MODEL][rows, 1]) & (low <= parts[3][MODEL][rows, 2])
        assert month.scores[MODEL].coverage_80 == pytest.approx(inside.mean())
        assert (month.rows, month.amount) == (2 * TRACKS, pytest.approx(high.sum()))


def test_survivors_and_drop_outs_are_all_rows_and_no_row_twice(parts: Parts) -> None:
    found = measure_backtest(parts[0], DECAY, *parts[1:])
    survivors, gone, every = (found.part(name) for name in ("survivors", "drop-outs", "all"))
    assert (gone.clusters, gone.whole.rows) == (3, 2 * 3 * 6)
    assert survivors.whole.rows + gone.whole.rows == every.whole.rows == len(parts[1])
    assert [month.name for month in gone.steps] == ["7", "8", "9", "10", "11", "12"]


def test_ages_sizes_and_origins_are_told_apart(parts: Parts) -> None:
    found = measure_backtest(parts[0], DECAY, *parts[1:])
    sizes = [part.whole.rows for part in found.parts if part.name.endswith("a month")]
    ages = [part.whole.rows for part in found.parts if part.name in ("younger than 90 days", "90 days to a year")]
    assert sum(sizes) == len(parts[1])
    assert ages == [2 * 3 * MONTHS, 2 * 10 * MONTHS]
    assert [origin.name for origin in found.origins] == ["2023-06-30", "2023-09-30"]


def test_silence_counts_as_having_dropped_out(parts: Parts) -> None:
    came = parts[2][:, 1].copy()
    came[:5] = 0.0
    found = measure_backtest(parts[0], DECAY, parts[1], came, parts[3])
    assert found.part("drop-outs").whole.rows == 5
    assert found.part("drop-outs").whole.scores[MODEL].coverage_80 == 0.0


def test_the_candidate_shown_is_the_one_that_the_tune_window_chose(parts: Parts) -> None:
    assert shown_candidate(parts[0]) == MODEL
    alone = parts[0].model_copy(update={"candidates": parts[0].candidates[2:]})
    assert shown_candidate(alone) == BASELINE


def test_the_report_is_the_same_bytes_each_time(parts: Parts, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_backtest(parts[0], DECAY, *parts[1:], tmp_path / name)
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert written[0] == written[1]
    pictures = {f"backtest-{what}.png" for what in ("months", "coverage", "fans")}
    assert set(written[0]) == {"backtest.json", "backtest.md", *pictures}
    page = written[0]["backtest.md"].decode()
    assert "30 tracks, 2 origins from 2023-06-30 to 2023-09-30, 1 to 12 months ahead" in page
    assert all(f"({picture})" in page for picture in pictures)
    assert "| drop-outs |" in page
    numbers = json.loads(written[0]["backtest.json"])
    assert all(math.isfinite(value) for value in leaves(numbers) if isinstance(value, float))


def test_a_window_in_which_nothing_came_is_written_without_a_score(parts: Parts, tmp_path: Path) -> None:
    write_backtest(parts[0], DECAY, parts[1], np.zeros(len(parts[1])), parts[3], tmp_path)
    numbers = json.loads((tmp_path / "backtest.json").read_text())
    assert numbers["parts"][0]["whole"]["scores"][MODEL]["wape"]["value"] is None
    assert "nothing came" in (tmp_path / "backtest.md").read_text()


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value
