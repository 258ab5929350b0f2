"""The sheets of churn: the library's own figures, of the datasets and of the store, and what thresholds did before."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from audience_of import fill, models_of, new_store
from small_models import StillShelf, small_project, small_shelf

from features.target import AS_OF, LABEL
from refrain.project import Project
from refrain.sessions import REASONS
from tasks.audience.churn_words import in_words
from tasks.audience.known import AudienceSettings
from tasks.champions.loaded import LoadedTarget
from tasks.champions.shelf import Shown
from tasks.churn_figures import (
    CHURN,
    REASON,
    AskedModel,
    churn_figures,
    expected_leavers,
    probabilities_of,
    read_users,
)
from tasks.collected.tables import EVENTS, USERS
from tasks.records import CandidateRecord, CountRecord, EvaluationRecord, LearnedRecord, WindowRecord
from tasks.sheets.asking import Asked, Sheets
from tasks.sheets.audience import churn_day
from tasks.sheets.material import Material
from tasks.sheets.registry import find_sheet

SHEETS = ("churn_counts", "churn_expected", "churn_users", "churn_reasons", "churn_thresholds")
USUAL = "days since last session"
MD5 = "5" * 32


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A small project with the audience's snapshots, to be looked at only."""
    return small_project(tmp_path_factory.mktemp("churn"), [CHURN, REASON])


@pytest.fixture(scope="module")
def shelf(project):
    return small_shelf(project, [CHURN, REASON])


@pytest.fixture(scope="module")
def library(project, shelf):
    """(figures, users) as `refrain churn` has them."""
    models = models_of(shelf)
    churn, reason = (models(name, shelf.of(name).champion.version.version) for name in (CHURN, REASON))
    return churn_figures(read_users(project.snapshot(CHURN), None), churn, reason)


@pytest.fixture(scope="module")
def embedded(project, shelf):
    return Sheets(Material(project, shelf))


@pytest.fixture
def store(tmp_path):
    opened = new_store(tmp_path)
    yield opened
    opened.close()


def found(sheets, name, **asked):
    return sheets.find(find_sheet(name), Asked(**asked)).made


def another_shelf(shelf, **loaded):
    other = StillShelf(shelf.store, [CHURN, REASON])
    other._shown = Shown(loaded={CHURN: shelf.of(CHURN), REASON: shelf.of(REASON)} | loaded)
    return other


def test_the_expected_number_is_the_librarys_with_its_share_and_the_baseline_beside_it(
    embedded, library, project, shelf
):
    made = found(embedded, "churn_expected")
    (row,) = made.rows.to_dicts()
    figures, _ = library
    assert {name: row[name] for name in ("as_of", "users", "base_rate", "threshold", "likely", "share_likely")} == {
        name: getattr(figures, name) for name in ("as_of", "users", "base_rate", "threshold", "likely", "share_likely")
    }
    assert (row["expected"], row["low_80"], row["high_95"]) == (
        figures.expected.number,
        figures.expected.low_80,
        figures.expected.high_95,
    )
    assert row["share"] * row["users"] == pytest.approx(row["expected"])
    assert row["share_low_95"] * row["users"] == pytest.approx(row["low_95"])
    usual = AskedModel.of(shelf.of(CHURN).baseline)
    by_usual = expected_leavers(usual.model, probabilities_of(read_users(project.snapshot(CHURN), None), usual))
    said = {name: row[f"baseline_{name}"] for name in ("low_80", "high_80", "low_95", "high_95")}
    assert {"number": row["baseline_expected"], **said} == by_usual.model_dump()
    assert (row["source"], row["horizon_days"], row["is_test"]) == ("datasets", 14, True)
    assert [served.is_baseline for served in made.models] == [False, True]


def test_every_user_is_there_once_the_likeliest_first_with_reasons_and_drivers_in_words(embedded, library):
    rows = found(embedded, "churn_users").rows
    figures, users = library
    assert rows["user_id"].to_list() == users["user_id"].to_list()
    assert rows["probability"].to_numpy() == pytest.approx(users["probability"].to_numpy())
    assert rows["likely"].sum() == figures.likely
    assert rows.select(pl.sum_horizontal(f"reason_{name}" for name in REASONS)).to_series().to_numpy() == pytest.approx(
        1
    )
    assert set(rows["reason"]) <= set(REASONS)
    drivers = rows.filter(pl.col("driver_1").is_not_null())
    assert len(drivers) > len(rows) / 2
    assert not any("_" in words for words in drivers["driver_1"])
    for row in drivers.head(50).to_dicts():
        assert abs(row["effect_1"]) >= abs(row["effect_2"] or 0)
        assert row["direction_1"] == ("towards leaving" if row["effect_1"] > 0 else "towards staying")


def test_words_and_attributes_are_the_users_own(embedded, project):
    rows = {row["user_id"]: row for row in read_users(project.snapshot(CHURN), None).rows.to_dict("records")}
    users = found(embedded, "churn_users").rows.filter(pl.col("feature_1").is_not_null())
    assert users["driver_1"].n_unique() > 3
    for user in users.to_dicts():
        own = rows[user["user_id"]]
        assert user["driver_1"] == in_words(user["feature_1"], own)
        assert (user["subscription"], user["country"]) == (own["subscription"], own["country"])


def test_no_address_and_no_hash_is_in_any_sheet(project, shelf, store):
    fill(store, project)
    secret = "5ecre7" * 10
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE collected_users SET email_hash = ?", (secret,))
    sheets = Sheets(Material(project, shelf, store))
    for name in SHEETS:
        made = found(sheets, name)
        assert not [column for column in made.rows.columns if "mail" in column or "hash" in column]
        assert secret not in made.rows.write_csv()
        assert "@" not in made.rows.write_csv()


def test_users_are_searched_and_filtered(embedded):
    rows = found(embedded, "churn_users").rows
    user, reason = rows["user_id"][3], rows["reason"][0]
    assert found(embedded, "churn_users", search=user.lower()).rows["user_id"].to_list() == [user]
    assert set(found(embedded, "churn_users", where={"reason": reason}).rows["reason"]) == {reason}


def test_reasons_are_those_of_the_likely_and_add_up(embedded, library):
    rows = found(embedded, "churn_reasons").rows
    figures, users = library
    assert dict(rows.select("reason", "share").iter_rows()) == pytest.approx(dict(figures.reasons))
    assert rows["number"].sum() == pytest.approx(users["probability"][users["likely"] == 1].sum())
    assert rows["baseline_share"].sum() == pytest.approx(1)
    assert rows["chosen"].sum() == figures.likely
    assert (rows["low_80"] <= rows["number"]).all()
    assert (rows["number"] <= rows["high_80"]).all()
    assert rows["share"].is_sorted(descending=True)


def test_a_higher_threshold_contacts_fewer_of_whom_fewer_leave(embedded, library):
    made = found(embedded, "churn_thresholds")
    rows, (_, users) = made.rows, library
    assert (rows["threshold"][0], rows["threshold"][-1]) == (0.02, 0.98)
    for column in ("contacted", "expected_to_leave", "expected_recall"):
        assert rows[column].is_sorted(descending=True)
    assert rows["contacted"][0] > rows["contacted"][-1]
    row = rows.filter(pl.col("threshold") == 0.3).to_dicts()[0]
    reached = users["probability"][users["probability"] >= 0.3]
    assert (row["contacted"], row["expected_to_leave"]) == (len(reached), pytest.approx(reached.sum()))
    assert row["expected_recall"] == pytest.approx(reached.sum() / users["probability"].sum())
    assert row["low_95"] <= row["low_80"] <= row["expected_to_leave"] <= row["high_80"] <= row["high_95"]


def test_without_a_record_nothing_is_said_of_the_test_window(embedded):
    made = found(embedded, "churn_thresholds")
    assert made.rows["test_precision"].null_count() == len(made.rows)
    assert any("not known" in note and "has not been trained here" in note for note in made.notes)
    expected = found(embedded, "churn_expected")
    assert expected.rows["tested_days"].to_list() == [0]
    assert "refrain run audience.churn" in found(embedded, "churn_counts").missing


@pytest.fixture
def tested(project, shelf, tmp_path):
    """Sheets of a project whose champion's training left its record and its predictions, and those of its test."""
    root = Project(tmp_path / "trained")
    for path in (project.raw("users"), project.raw("events"), project.snapshot(CHURN), project.snapshot(REASON)):
        there = root.root / path.relative_to(project.root)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(path)
    (root.root / "params.yaml").write_text(project.params_file.read_text())
    rows = pl.read_parquet(project.snapshot(CHURN)).filter(pl.col(LABEL).is_not_null()).tail(300)
    said = rows.select("user_id", AS_OF, LABEL, pl.lit("test").alias("window")).with_columns(
        pl.Series("xgboost", np.linspace(0, 1, len(rows))), pl.Series(USUAL, np.linspace(1, 0, len(rows)))
    )
    tune = said.with_columns(pl.lit("tune").alias("window"), pl.lit(0.99).alias("xgboost"))
    root.predictions(CHURN).parent.mkdir(parents=True)
    pl.concat([tune, said]).write_parquet(root.predictions(CHURN))
    root.evaluation(CHURN).parent.mkdir(parents=True)
    root.evaluation(CHURN).write_text(record(said).model_dump_json())
    return said, lambda md5: Sheets(Material(root, another_shelf(shelf, **{CHURN: of_snapshot(shelf.of(CHURN), md5)})))


def of_snapshot(loaded, md5):
    version = loaded.champion.version
    tagged = version.model_copy(update={"tags": {**version.tags, "snapshot": md5}})
    return LoadedTarget(replace(loaded.champion, version=tagged), loaded.families, loaded.baseline)


def record(said):
    days = {"first_as_of": said[AS_OF].min(), "last_as_of": said[AS_OF].max()}
    window = WindowRecord(rows=len(said), positives=int(said[LABEL].sum()), **days)
    bounds = {"expected": 5.0, "low_80": 4.0, "high_80": 6.0, "low_95": 3.0, "high_95": 7.0}
    counts = [CountRecord(as_of=date(2024, 6, 2), rows=50, came=came, **bounds) for came in (5, 7, 9)]
    empty = {"settings": {}, "tune": {}, "metrics": {}, "difference": {}, "slices": {}, "importance": {}}
    both = [
        CandidateRecord(name=name, family=name, counts=tuple(counts), calibration=(), model="m", **empty)
        for name in ("xgboost", USUAL)
    ]
    return EvaluationRecord(
        target=CHURN,
        headline="average_precision",
        best_baseline=USUAL,
        train=window,
        tune=window,
        test=window,
        purged=0,
        folds=(),
        candidates=tuple(both),
        learned=LearnedRecord(rows=1, mean_label=0.1, ranges={}),
        snapshot_md5=MD5,
    )


def test_what_a_threshold_did_on_the_test_window_is_counted_beside_the_baselines(tested):
    said, sheets = tested
    made = found(sheets(MD5), "churn_thresholds")
    row = made.rows.filter(pl.col("threshold") == 0.6).to_dicts()[0]
    contacted = said.filter(pl.col("xgboost") >= 0.6)
    days = said[AS_OF].n_unique()
    assert row["test_contacted"] == pytest.approx(len(contacted) / days)
    assert row["test_left"] == pytest.approx(contacted[LABEL].sum() / days)
    assert row["test_precision"] == pytest.approx(contacted[LABEL].mean())
    assert row["test_recall"] == pytest.approx(contacted[LABEL].sum() / said[LABEL].sum())
    assert row["test_precision_low"] <= row["test_precision"] <= row["test_precision_high"]
    usual = said.sort(USUAL, descending=True).head(len(contacted))
    assert row["baseline_precision"] == pytest.approx(usual[LABEL].mean())
    assert row["baseline_recall"] == pytest.approx(usual[LABEL].sum() / said[LABEL].sum())
    assert any(f"{len(said):,} users of a week end" in note for note in made.notes)


def test_days_of_the_test_window_whose_number_lay_within_are_counted(tested):
    _, sheets = tested
    (row,) = found(sheets(MD5), "churn_expected").rows.to_dicts()
    assert (row["tested_days"], row["within_80"], row["within_95"]) == (3, 1, 2)
    made = found(sheets(MD5), "churn_counts")
    assert made.rows["came"].to_list() == [5, 7, 9]
    assert made.rows["baseline_expected"].to_list() == [5.0, 5.0, 5.0]
    assert "lay within the 80 % interval on 1, within the 95 % interval on 2" in made.notes[0]


def test_another_trainings_record_says_nothing_of_the_champion(tested):
    _, sheets = tested
    another = sheets("6" * 32)
    assert found(another, "churn_thresholds").rows["test_precision"].null_count() == 97
    assert found(another, "churn_expected").rows["tested_days"].to_list() == [0]
    assert "another training" in found(another, "churn_counts").missing


def test_a_day_that_was_learned_from_is_no_test(project, shelf):
    loaded = shelf.of(CHURN)
    served = loaded.champion.served.model_copy(update={"learned_until": date(2024, 12, 29)})
    later = LoadedTarget(replace(loaded.champion, served=served), loaded.families, loaded.baseline)
    sheets = Sheets(Material(project, another_shelf(shelf, **{CHURN: later})))
    for name in ("churn_expected", "churn_users"):
        assert any("29 December 2024: this day is no test of it" in note for note in found(sheets, name).notes)
    assert found(sheets, "churn_expected").rows["is_test"].to_list() == [False]


def test_a_store_with_sessions_is_asked_and_what_is_stored_later_is_seen(project, shelf, store, monkeypatch):
    fill(store, project)
    sheets = Sheets(Material(project, shelf, store))
    first = found(sheets, "churn_expected").rows
    assert first["source"].to_list() == ["event store"]
    made = []
    monkeypatch.setattr(churn_day, "churn_figures", lambda *given: made.append(1) or churn_figures(*given))
    users = found(sheets, "churn_users").rows
    assert found(sheets, "churn_expected").rows.equals(first)
    assert made == []
    with store.writing() as connection:
        row = "(user_id, cancelled_at, received_at)"
        leaving = (users["user_id"][0], 1_700_000_000, 1_733_000_000)
        connection.exec_driver_sql(f"INSERT INTO collected_cancellations {row} VALUES (?, ?, ?)", leaving)
    assert found(sheets, "churn_expected").rows["users"][0] == first["users"][0] - 1
    assert users["user_id"][0] not in set(found(sheets, "churn_users").rows["user_id"])
    assert made == [1]


def test_until_the_stores_record_is_long_enough_the_datasets_are_shown(project, shelf, store, embedded):
    user = {"user_id": "u", "registered_at": 1_733_000_000, "country": "DE", "subscription": "basic"}
    session = {"user_id": "u", "login_time": 1_733_000_000, "content_watched": "", "total_watch_time": 60.0}
    now = {"received_at": 1_733_010_000}
    with store.writing() as connection:
        connection.execute(USERS.insert(), [user | now])
        connection.execute(EVENTS.insert(), [{**session, "session_digest": 1} | now])
    made = found(Sheets(Material(project, shelf, store)), "churn_expected")
    assert made.rows["users"].to_list() == found(embedded, "churn_expected").rows["users"].to_list()
    assert any("record is too short yet" in note and "the datasets' are shown" in note for note in made.notes)


@pytest.mark.parametrize("name", SHEETS)
def test_without_a_champion_or_data_it_says_what_to_run(name, project, shelf, tmp_path):
    nothing = StillShelf(shelf.store, [CHURN, REASON])
    assert "refrain run" in found(Sheets(Material(project, nothing)), name).missing
    (tmp_path / "params.yaml").write_text(project.params_file.read_text())
    assert AudienceSettings.of(Project(tmp_path)).churn.horizon_days == 14
    assert "refrain run audience" in found(Sheets(Material(Project(tmp_path), shelf)), name).missing


def test_without_a_model_of_reasons_the_rest_is_there(project, shelf):
    other = StillShelf(shelf.store, [CHURN, REASON])
    other._shown = Shown(loaded={CHURN: shelf.of(CHURN)})
    sheets = Sheets(Material(project, other))
    assert found(sheets, "churn_expected").rows["users"][0] > 0
    assert found(sheets, "churn_users").rows["reason"].null_count() == len(found(sheets, "churn_users").rows)
    assert REASON in found(sheets, "churn_reasons").missing
