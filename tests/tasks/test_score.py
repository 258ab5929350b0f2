import math
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from trained_project import TARGET, snapshot_rows

from models.storage import load_estimator
from refrain.errors import InputError, ModelError
from tasks.aliases import serve_version
from tasks.champions.loaded import LoadedModel
from tasks.kinds.chances import Chances
from tasks.score import score
from tasks.tracking import Store
from tasks.versions import champion

KEYS = ["listener", "artist", "as_of"]


def write(path: Path, frame: pd.DataFrame) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False)
    return path


def rows(count: int = 50) -> pd.DataFrame:
    return snapshot_rows(count).drop(columns=["label", "label_known_at"])


@pytest.fixture
def served(registered) -> Store:
    return registered[1]


@pytest.mark.parametrize("kind", [".csv", ".parquet"])
def test_rows_come_out_with_their_keys_a_probability_and_who_said_it(kind, served, tmp_path):
    frame = rows()
    report = score(TARGET, write(tmp_path / f"in{kind}", frame), tmp_path / f"out{kind}", served)
    out = pd.read_csv(tmp_path / "out.csv") if kind == ".csv" else pd.read_parquet(tmp_path / "out.parquet")
    best = champion(served, TARGET.name)
    model = load_estimator(Path(best.location) / "model.skops")
    assert list(out) == [*out.columns[:3], "probability", "alert", "model", "version", "family", "is_baseline"]
    assert set(out.columns[:3]) == set(KEYS)
    asked = Chances().ask(model, frame[list(TARGET.features)])
    np.testing.assert_allclose(out["probability"], asked, rtol=1e-9)
    assert list(out["artist"]) == list(frame["artist"])
    assert set(zip(out["model"], out["version"], out["is_baseline"], strict=True)) == {(best.name, best.version, False)}
    threshold = float(best.tags["threshold"])
    assert list(out["alert"]) == [int(value >= threshold) for value in out["probability"]]
    assert (report.rows, report.alerts, report.imputed) == (50, int(out["alert"].sum()), ())


def test_optional_features_may_be_absent_or_empty_and_are_told(served, tmp_path):
    frame = rows().drop(columns=["trend_slope_3m"])
    frame.loc[::2, "delta_1m"] = np.nan
    report = score(TARGET, write(tmp_path / "in.csv", frame), tmp_path / "out.csv", served)
    assert report.imputed == ("trend_slope_3m",)
    assert pd.read_csv(tmp_path / "out.csv")["probability"].between(0, 1).all()


def test_an_unknown_column_is_ignored_and_told_unless_it_looks_misspelt(served, tmp_path):
    frame = rows().assign(mood="sad")
    assert score(TARGET, write(tmp_path / "in.csv", frame), tmp_path / "out.csv", served).ignored == ("mood",)
    frame = rows().rename(columns={"delta_1m_pct": "delta_1m_percent"})
    with pytest.raises(InputError, match=r"did you mean delta_1m_pct by delta_1m_percent\?"):
        score(TARGET, write(tmp_path / "in.csv", frame), tmp_path / "out.csv", served)


def test_the_same_rows_score_the_same_in_any_chunk(served, tmp_path, monkeypatch):
    path = write(tmp_path / "in.csv", rows(100))
    score(TARGET, path, tmp_path / "whole.csv", served)
    monkeypatch.setattr("tasks.scoring.batches._SIZE", 7)
    assert score(TARGET, path, tmp_path / "chunks.csv", served).rows == 100
    whole, chunks = (pd.read_csv(tmp_path / name) for name in ("whole.csv", "chunks.csv"))
    np.testing.assert_allclose(whole["probability"], chunks["probability"], atol=1e-12)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "line 4, column plays_t: the cell is empty, but required"),
        ("nan", "line 4, column plays_t: 'nan' is a missing value in a required column"),
        ("inf", "line 4, column plays_t: 'inf' is infinite"),
        ("-Infinity", "line 4, column plays_t: '-Infinity' is infinite"),
        ("many", "line 4, column plays_t: 'many' is not a number"),
        ("1_000", "line 4, column plays_t: '1_000' is not a number"),
    ],
)
def test_a_bad_cell_is_named_by_line_and_column(cell, said, served, tmp_path):
    frame = rows(10).astype(object)
    frame.loc[2, "plays_t"] = cell
    out = tmp_path / "out.csv"
    out.write_text("as it was")
    with pytest.raises(InputError) as caught:
        score(TARGET, write(tmp_path / "in.csv", frame), out, served)
    assert said in str(caught.value)
    assert out.read_text() == "as it was"
    assert not list(tmp_path.glob(".*.part"))


def test_a_bad_value_in_parquet_is_named_by_row(served, tmp_path):
    frame = rows(10)
    frame.loc[2, "plays_t"] = math.inf
    with pytest.raises(InputError, match="row 3, column plays_t: inf is infinite"):
        score(TARGET, write(tmp_path / "in.parquet", frame), tmp_path / "out.parquet", served)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("plays_t,share_t\n", "has a header and no rows"),
        ("plays_t\n1\n", "lacks share_t"),
        ("plays_t,share_t,share_t\n1,1,1\n", "share_t more than once"),
        ("plays_t,share_t\n1,0.1\n2\n", "line 3: 1 cells where the header has 2"),
        ('plays_t,share_t\n1,"0.1\n', "never closed"),
        (b"plays_t,share_t,artist\n1,0.1,Bj\xf6rk\n", "not UTF-8 text: line 2"),
    ],
)
def test_a_file_that_cannot_be_scored_is_told_in_a_sentence(text, said, served, tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        score(TARGET, path, tmp_path / "out.csv", served)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_strange_output_are_told(served, tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        score(TARGET, tmp_path / "nowhere.csv", tmp_path / "out.csv", served)
    with pytest.raises(InputError, match=r"nowhere\.parquet"):
        score(TARGET, tmp_path / "nowhere.parquet", tmp_path / "out.csv", served)
    with pytest.raises(InputError, match=r"written as out\.xlsx"):
        score(TARGET, write(tmp_path / "in.csv", rows(3)), tmp_path / "out.xlsx", served)


def test_without_a_champion_it_says_what_to_run(project, store, tmp_path):
    with pytest.raises(ModelError, match=r"breakout\.core has no champion yet\. Run `refrain run breakout` first"):
        score(TARGET, write(tmp_path / "in.csv", rows(3)), tmp_path / "out.csv", store)


def test_a_baseline_that_is_served_says_so(copied, tmp_path):
    _, store, *_, registration = copied
    baseline = next(version for version in registration.versions if version.family == "baseline")
    serve_version(store, TARGET.name, baseline.version)
    report = score(TARGET, write(tmp_path / "in.csv", rows(3)), tmp_path / "out.csv", store)
    assert report.is_baseline
    assert pd.read_csv(tmp_path / "out.csv")["is_baseline"].all()


def test_a_champion_whose_file_was_swapped_is_not_served(copied, tmp_path):
    _, store, *_ = copied
    (Path(champion(store, TARGET.name).location) / "model.skops").write_bytes(b"something else")
    with pytest.raises(ModelError, match="is not the one that was registered"):
        score(TARGET, write(tmp_path / "in.csv", rows(3)), tmp_path / "out.csv", store)


def test_who_stops_it_finds_the_file_as_it_was(served, tmp_path, monkeypatch):
    """Ctrl-C is a KeyboardInterrupt in the thread that asks the model."""
    monkeypatch.setattr("tasks.scoring.batches._SIZE", 5)
    out = tmp_path / "out.parquet"
    out.write_text("as it was")
    threads = threading.active_count()

    def told(scored: int, _: float) -> None:
        if scored >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(TARGET, write(tmp_path / "in.csv", rows(100)), out, served, told)
    assert out.read_text() == "as it was"
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "out.parquet"}
    assert threading.active_count() == threads


@pytest.mark.parametrize("kind", [".csv", ".parquet"])
def test_it_tells_how_far_it_is(kind, served, tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.scoring.batches._SIZE", 30)
    said: list[tuple[int, float]] = []
    path = write(tmp_path / f"in{kind}", rows(100))
    score(TARGET, path, tmp_path / "out.csv", served, lambda scored, share: said.append((scored, share)))
    assert [scored for scored, _ in said] == [30, 60, 90, 100]
    assert said[-1][1] == 1.0


def test_what_is_no_number_is_refused_and_its_row_named(served, tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.scoring.batches._SIZE", 30)
    answers = LoadedModel.answers

    def broken(model, asked):
        said = answers(model, asked)
        said[asked.column("plays_t") == 1234.0] = np.nan
        return said

    monkeypatch.setattr(LoadedModel, "answers", broken)
    frame = rows(100)
    frame.loc[64, "plays_t"] = 1234.0
    with pytest.raises(ModelError, match=r"in\.parquet, row 65: .* gives no number"):
        score(TARGET, write(tmp_path / "in.parquet", frame), tmp_path / "out.csv", served)
    assert not (tmp_path / "out.csv").exists()
