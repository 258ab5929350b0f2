"""The sheets of the page Streams: forecasts of every track, and a track's days."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from small_models import StillShelf, small_project, small_shelf

from features.registry import all_targets
from models.compiled.rows import Rows
from refrain.project import Project
from tasks.champions.loaded import columns_of
from tasks.champions.shelf import Shelf, Shown
from tasks.records import CandidateRecord, Estimate, EvaluationRecord, LearnedRecord, WindowRecord
from tasks.sheets.asking import Asked, Sheets
from tasks.sheets.material import Material
from tasks.sheets.registry import find_sheet
from tasks.tracking import Store

ONE, THREE = "streams.one_week", "streams.three_week"
DAYS = [f"day_{back}" for back in range(7)]


@pytest.fixture(scope="module")
def streams_only(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project with the snapshots of both targets of streams, to be looked at only."""
    return small_project(tmp_path_factory.mktemp("streams"), [ONE, THREE])


@pytest.fixture(scope="module")
def both(streams_only: Project) -> Shelf:
    """A shelf with small champions, families and baselines of both."""
    return small_shelf(streams_only, [ONE, THREE])


@pytest.fixture(scope="module")
def sheets(streams_only: Project, both: Shelf) -> Sheets:
    return Sheets(Material(streams_only, both))


@pytest.fixture
def copy(streams_only: Project, tmp_path: Path) -> Project:
    """A project of its own with the same raw data and snapshots."""
    shutil.copytree(streams_only.root, tmp_path / "copy")
    return Project(tmp_path / "copy")


def found(sheets, name, **asked):
    return sheets.find(find_sheet(name), Asked(limit=10_000, **asked))


def newest(sheets, target):
    snapshot = sheets.material.snapshot(target).collect()
    return snapshot.filter(pl.col("as_of") == snapshot["as_of"].max())


def said(sheets, target, track_id):
    """What the champion and the baseline of a target say of a track's newest row."""
    row = newest(sheets, target).filter(pl.col("track_id") == track_id)
    rows = Rows.of_frame(row.to_pandas(), columns_of(all_targets()[target]))
    loaded = sheets.material.served(target)
    return [*loaded.champion.answers(rows)[0], loaded.baseline.answers(rows)[0, 0]]


def without(shelf, target, **changes):
    """A shelf that serves nothing of a target, or something else."""
    other = StillShelf(Store("sqlite:///nowhere", Path(), Path("nowhere.db"), None), shelf.targets)
    loaded = {name: one for name, one in shelf.shown.loaded.items() if name != target}
    other._shown = Shown(loaded={**loaded, **changes})
    return other


def test_every_track_that_can_be_forecast_has_what_the_champions_say_of_its_newest_days(sheets):
    made = found(sheets, "stream_forecasts").made
    snapshot = newest(sheets, ONE)
    assert set(made.rows["track_id"]) == set(snapshot["track_id"])
    assert len(made.rows) > 1
    row = made.rows.drop_nulls("third_expected").row(1, named=True)
    for week, target in (("week", ONE), ("third", THREE)):
        names = [f"{week}_{name}" for name in ("expected", "low_80", "high_80", "low_95", "high_95", "baseline")]
        assert [row[name] for name in names] == pytest.approx(said(sheets, target, row["track_id"]))
    days = snapshot.filter(pl.col("track_id") == row["track_id"]).select(DAYS).row(0)
    assert row["as_of"] == snapshot["as_of"][0]
    assert row["last_7"] == sum(days)
    assert row["week_difference"] == pytest.approx(row["week_expected"] - sum(days))
    assert row["third_change"] == pytest.approx(row["third_expected"] / sum(days) - 1)
    assert [one.target for one in made.models] == [ONE, THREE]


def test_those_that_rise_most_come_first_and_are_found_by_artist(sheets):
    rows = found(sheets, "stream_forecasts").made.rows
    change = rows["week_change"].drop_nulls().to_list()
    assert change == sorted(change, reverse=True)
    artist = rows["artist"][0]
    of_artist = found(sheets, "stream_forecasts", search=artist.upper()).made.rows
    assert set(of_artist["artist"]) == {artist}
    assert of_artist["title"].null_count() == 0


def test_a_track_without_all_seven_days_is_forecast_and_has_no_last_week(copy, both):
    snapshot = pl.read_parquet(copy.snapshot(ONE))
    track = snapshot.filter(pl.col("as_of") == snapshot["as_of"].max())["track_id"][0]
    gap = pl.when(pl.col("track_id") != track).then(pl.col("day_3")).alias("day_3")
    snapshot.with_columns(gap).write_parquet(copy.snapshot(ONE))
    rows = found(Sheets(Material(copy, both)), "stream_forecasts", where={"track_id": track}).made.rows
    row = rows.row(0, named=True)
    assert (row["days_known"], row["last_7"], row["week_change"]) == (6, None, None)
    assert row["week_expected"] >= 0


def test_tracks_without_a_name_are_there_by_their_id(copy, both):
    copy.raw("tracks").unlink()
    rows = found(Sheets(Material(copy, both)), "stream_forecasts").made.rows
    assert len(rows) > 1
    assert rows["title"].null_count() == len(rows)


def test_without_a_model_of_the_third_week_it_is_empty_and_says_so(streams_only, both):
    made = found(Sheets(Material(streams_only, without(both, THREE))), "stream_forecasts").made
    assert made.rows["third_expected"].null_count() == len(made.rows)
    assert made.rows["week_expected"].null_count() == 0
    assert "Nothing is said of the third week" in " ".join(made.notes)
    assert [one.target for one in made.models] == [ONE]


def test_a_third_week_known_up_to_another_day_is_not_mixed_in(copy, both):
    snapshot = pl.read_parquet(copy.snapshot(THREE))
    snapshot.filter(pl.col("as_of") < snapshot["as_of"].max()).write_parquet(copy.snapshot(THREE))
    made = found(Sheets(Material(copy, both)), "stream_forecasts").made
    assert made.rows["third_expected"].null_count() == len(made.rows)
    assert "what is known for it ends on" in " ".join(made.notes)


def test_without_a_baseline_its_column_is_empty(streams_only, both):
    alone = replace(both.of(ONE), baseline=None)
    rows = found(Sheets(Material(streams_only, without(both, ONE, **{ONE: alone}))), "stream_forecasts").made.rows
    assert rows["week_baseline"].null_count() == len(rows)
    assert rows["third_baseline"].null_count() < len(rows)


def test_where_nothing_is_served_the_sheet_says_what_to_run(streams_only, both):
    made = found(Sheets(Material(streams_only, without(both, ONE))), "stream_forecasts").made
    assert made.rows.is_empty()
    assert "Run `refrain run" in made.missing


@pytest.mark.parametrize(("snapshot", "told"), [("of the champion", True), ("of another training", False)])
def test_how_well_it_did_is_told_of_the_champion_alone(copy, both, snapshot, told):
    champion = both.of(ONE).champion
    tagged = replace(champion, version=champion.version.model_copy(update={"tags": {"snapshot": "of the champion"}}))
    record = record_of(champion.served.name, snapshot)
    copy.evaluation(ONE).parent.mkdir(parents=True, exist_ok=True)
    copy.evaluation(ONE).write_text(record.model_dump_json())
    shelf = without(both, ONE, **{ONE: replace(both.of(ONE), champion=tagged)})
    notes = " ".join(found(Sheets(Material(copy, shelf)), "stream_forecasts").made.notes)
    assert ("off by 5.0 % [4.0, 6.0]" in notes) is told
    assert ("“last 7 days” by 9.0 %" in notes) is told


def record_of(name, snapshot):
    window = WindowRecord(rows=9, positives=9, first_as_of=date(2024, 1, 4), last_as_of=date(2024, 3, 28))
    return EvaluationRecord(
        target=ONE,
        headline="wape",
        best_baseline="last 7 days",
        train=window,
        tune=window,
        test=window,
        purged=0,
        folds=(),
        candidates=(candidate(name, 0.05), candidate("last 7 days", 0.09)),
        learned=LearnedRecord(rows=9, mean_label=1.0, ranges={}),
        snapshot_md5=snapshot,
    )


def candidate(name, wape):
    about = {"wape": wape, "coverage_80": 0.79, "coverage_95": 0.95}
    metrics = {one: Estimate(value=value, low=value - 0.01, high=value + 0.01) for one, value in about.items()}
    return CandidateRecord(
        name=name,
        family=name,
        settings={},
        tune={},
        metrics=metrics,
        difference={},
        slices={},
        importance={},
        calibration=(),
        model="x",
    )


def test_a_tracks_days_are_those_of_the_dataset(sheets):
    counts = sheets.material.dataset("daily_streams").collect()
    track = counts["track_id"][len(counts) // 2]
    made = found(sheets, "track_days", where={"track_id": track}).made
    own = counts.filter(pl.col("track_id") == track).sort("date")
    assert made.rows.select("date", "streams").rows() == own.select("date", "streams").rows()
    assert set(made.rows["covers_days"]) == {1}


def test_of_a_track_that_there_is_not_it_says_so(sheets):
    made = found(sheets, "track_days", where={"track_id": "nobody"}).made
    assert made.rows.is_empty()
    assert "no daily streams" in made.missing


def test_days_on_which_a_chart_does_not_list_a_track_have_a_bound_and_no_count(copy, both):
    copy.raw("daily_streams").write_text(
        "track_id,date,streams,cutoff\n"
        "stays,2024-02-22,70,30\nstays,2024-02-23,50,31\nstays,2024-02-24,50,32\nstays,2024-02-25,50,33\n"
        "drops,2024-02-23,31,31\ndrops,2024-02-25,40,33\n"
    )
    made = found(Sheets(Material(copy, both)), "track_days", where={"track_id": "drops"}).made
    assert made.rows.select("date", "streams", "at_most").rows() == [
        (date(2024, 2, 23), 31, None),
        (date(2024, 2, 24), None, 32),
        (date(2024, 2, 25), 40, None),
    ]
    assert "not to say none" in made.notes[0]


def test_the_whole_has_every_count_of_every_track(copy, both):
    counts = pl.read_csv(copy.raw("daily_streams"))
    few = counts["track_id"].unique().sort().head(3)
    counts = counts.filter(pl.col("track_id").is_in(few.implode()))
    counts.write_csv(copy.raw("daily_streams"))
    whole = Sheets(Material(copy, both)).whole(find_sheet("track_days"))
    assert len(whole.rows) == len(counts)
    assert whole.rows["streams"].sum() == counts["streams"].sum()
