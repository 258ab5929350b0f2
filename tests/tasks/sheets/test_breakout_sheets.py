"""The sheets of breakout: ranked alerts with their signals, the budget, the artists' months, and the verdicts."""

import numpy as np
import polars as pl
import pytest
from small_models import StillShelf, small_project, small_shelf

from refrain.datasets import SCROBBLES
from sources.canonical import scan_dataset
from tasks.champions.loaded import LoadedTarget
from tasks.champions.shelf import Shown
from tasks.metrics import point_metrics
from tasks.sheets.asking import Asked, Sheets
from tasks.sheets.breakout.rows import BREAKOUT
from tasks.sheets.breakout.signals import _WORDS
from tasks.sheets.breakout.verdicts import FALSE, MISSED, QUIET, RIGHT
from tasks.sheets.material import Material
from tasks.sheets.registry import find_sheet
from tasks.tracking import Store


@pytest.fixture(scope="module")
def listening(tmp_path_factory):
    """A small project with the snapshot of breakout.core alone, to be looked at only."""
    return small_project(tmp_path_factory.mktemp("listening"), [BREAKOUT])


@pytest.fixture(scope="module")
def shelf(listening):
    return small_shelf(listening, [BREAKOUT])


@pytest.fixture(scope="module")
def sheets(listening, shelf):
    return Sheets(Material(listening, shelf))


@pytest.fixture(scope="module")
def snapshot(listening):
    return pl.read_parquet(listening.snapshot(BREAKOUT))


def rows(sheets, name, **asked):
    return sheets.find(find_sheet(name), Asked(**{"limit": 10_000, **asked})).made.rows


def of_others(project, shelf, champion, baseline):
    """Sheets over a shelf with another champion."""
    other = StillShelf(Store("sqlite:///nowhere", project.root, project.root / "nowhere.db", None), [BREAKOUT])
    other._shown = Shown(loaded={BREAKOUT: LoadedTarget(champion, shelf.of(BREAKOUT).families, baseline)})
    return Sheets(Material(project, other))


def test_alerts_are_the_newest_months_artists_ranked(sheets, shelf, snapshot):
    found = rows(sheets, "breakout_alerts")
    newest = snapshot.filter(pl.col("as_of") == snapshot["as_of"].max())
    assert len(found) == len(newest)
    assert set(found["as_of"]) == {snapshot["as_of"].max()}
    assert found["rank"].to_list() == list(range(1, len(found) + 1))
    assert found["probability"].is_sorted(descending=True)
    assert set(found["threshold"]) == {shelf.of(BREAKOUT).champion.threshold}
    assert found["is_alert"].to_list() == [row >= 0.4 for row in found["probability"]]
    for _, own in found.group_by("listener"):
        assert own.sort("rank")["rank_of_listener"].to_list() == list(range(1, len(own) + 1))


def test_signals_are_the_features_that_move_the_score_most(sheets):
    found = rows(sheets, "breakout_alerts")
    effects = found.select("effect_1", "effect_2", "effect_3").fill_null(0).to_numpy()
    assert (np.abs(effects[:, 0]) >= np.abs(effects[:, 1])).all()
    assert (np.abs(effects[:, 1]) >= np.abs(effects[:, 2])).all()
    assert set(found["scale_of_effects"]) == {"log-odds"}
    assert all(" is " not in text for text in found["signal_1"].drop_nulls())  # every feature has words of its own


def test_every_feature_has_words(snapshot, shelf):
    assert set(_WORDS) == set(shelf.of(BREAKOUT).champion.target.numeric)


def test_a_baseline_that_is_served_is_named_and_has_one_signal(listening, shelf):
    bar = shelf.of(BREAKOUT).baseline
    made = of_others(listening, shelf, bar, bar).find(find_sheet("breakout_alerts"), Asked()).made
    assert made.models[0].is_baseline
    assert made.rows["signal_1"][0].endswith("plays in the month")
    assert made.rows["signal_2"].is_null().all()


def test_verdicts_are_of_rows_that_the_champion_did_not_learn_from(sheets, shelf, snapshot):
    found = rows(sheets, "breakout_verdicts")
    until = shelf.of(BREAKOUT).champion.served.learned_until
    known = snapshot.filter(pl.col("as_of") <= until)["label_known_at"].max()
    judged = snapshot.filter(pl.col("as_of") >= known, pl.col("label").is_not_null())
    assert len(found) == len(judged) > 0
    assert found["came_true"].sum() == judged["label"].sum()
    counts = dict(found["verdict"].value_counts().iter_rows())
    alerts, came = found["is_alert"], found["came_true"]
    wanted = {RIGHT: alerts & came, FALSE: alerts & ~came, MISSED: ~alerts & came, QUIET: ~alerts & ~came}
    assert counts == {name: which.sum() for name, which in wanted.items() if which.sum()}


def test_the_whole_budget_catches_all_and_is_as_precise_as_chance(sheets):
    verdicts = rows(sheets, "breakout_verdicts")
    most = rows(sheets, "breakout_budget", where={"scope": "each listener"})
    largest = verdicts.group_by("listener", "as_of").len()["len"].max()
    assert len(most) == min(largest, 10)
    together = rows(sheets, "breakout_budget", where={"scope": "all listeners together"})
    months, base = verdicts["as_of"].n_unique(), verdicts["came_true"].mean()
    assert together["alerts"].to_list() == list(range(1, len(together) + 1))
    assert together["recall"].is_sorted()
    last = together.to_dicts()[-1]
    caught = last["precision"] * last["mean_alerts"] * months
    assert caught == pytest.approx(last["recall"] * verdicts["came_true"].sum())
    if last["alerts"] >= verdicts.group_by("as_of").len()["len"].max():
        assert (last["recall"], last["precision"]) == (1, pytest.approx(base))


def test_the_budget_stands_beside_the_baseline_at_the_same_budget(sheets):
    for row in rows(sheets, "breakout_budget").to_dicts():
        for name in ("precision", "recall", "baseline_precision", "baseline_recall", "precision_difference"):
            assert row[f"{name}_low"] <= row[f"{name}_high"]
        assert row["precision_difference"] == pytest.approx(row["precision"] - row["baseline_precision"])


def test_without_a_baseline_there_is_none_beside(listening, shelf):
    alone = of_others(listening, shelf, shelf.of(BREAKOUT).champion, None)
    found = rows(alone, "breakout_budget")
    assert found["baseline_precision"].is_null().all()
    assert found["precision"].null_count() == 0
    assert rows(alone, "breakout_alerts")["baseline_probability"].is_null().all()


def test_a_model_of_which_nobody_knows_what_it_learned_from_is_not_judged(listening, shelf):
    champion = shelf.of(BREAKOUT).champion
    unknown = type(champion)(
        champion.target, champion.version, champion.served.model_copy(update={"learned_until": None}),
        champion.model, champion.learned, champion.quick, champion.explaining,
    )  # fmt: skip
    other = of_others(listening, shelf, unknown, None)
    made = other.find(find_sheet("breakout_verdicts"), Asked()).made
    assert made.rows.is_empty()
    assert "did not learn" in made.missing
    assert set(rows(other, "breakout_history").filter(pl.col("probability").is_not_null())["learned"]) == {True}


def test_a_history_has_every_month_from_the_first_play_to_the_last(sheets, listening):
    artist = rows(sheets, "breakout_artists", limit=1).to_dicts()[0]
    where = {"listener": artist["listener"], "artist": artist["artist"]}
    found = rows(sheets, "breakout_history", where=where)
    plays = (
        scan_dataset(SCROBBLES, listening.raw("scrobbles"))
        .filter(pl.col("listener") == artist["listener"], pl.col("artist") == artist["artist"])
        .collect()
    )
    assert found["plays"].sum() == len(plays)
    steps = found["month"].dt.offset_by("1mo").to_list()[:-1]
    assert steps == found["month"].to_list()[1:]
    asked = found.filter(pl.col("probability").is_not_null())
    assert len(asked) == artist["months"]
    assert asked["probability"].to_list()[-1] == artist["probability"]


def test_histories_say_of_the_test_window_what_the_verdicts_say(sheets):
    verdicts, history = rows(sheets, "breakout_verdicts"), rows(sheets, "breakout_history", limit=100_000)
    tested = history.filter(~pl.col("learned"), pl.col("became_core").is_not_null())
    assert len(tested) == len(verdicts)
    assert point_metrics(
        tested["became_core"].to_numpy().astype(int), tested["probability"].to_numpy()
    ) == point_metrics(verdicts["came_true"].to_numpy().astype(int), verdicts["probability"].to_numpy())


def test_a_core_month_has_twenty_plays_or_a_hundredth_of_all(sheets):
    found = rows(sheets, "breakout_history", limit=100_000)
    core = [
        row["plays"] >= 20 or (row["plays"] > 0 and row["plays"] / row["listener_plays"] >= 0.01)
        for row in found.to_dicts()
    ]
    assert found["is_core"].to_list() == core
    assert found["is_core"].any()
    assert not found.filter(pl.col("probability").is_not_null())["is_core"].any()


def test_an_artist_is_found_by_name_and_whether_they_became_core_is_open_while_it_may_come(sheets, snapshot):
    every = rows(sheets, "breakout_artists")
    assert len(every) == snapshot.select("listener", "artist").n_unique()
    name = every["artist"][0]
    found = rows(sheets, "breakout_artists", search=name.upper())
    assert name in found["artist"].to_list()
    assert all(name.lower() in one.lower() for one in found["artist"])
    open_still = every.filter(pl.col("as_of") == snapshot["as_of"].max())["became_core"]
    assert False not in open_still.to_list()
