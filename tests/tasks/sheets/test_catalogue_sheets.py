"""The sheets of a catalogue, over seven tracks and a model whose answers can be told by heart."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from small_catalogue import StandIn
from small_models import StillShelf

from features.registry import find_target
from refrain.project import Project
from tasks.champions.loaded import LoadedModel, LoadedTarget, served_model
from tasks.champions.shelf import Shelf, Shown
from tasks.records import CandidateRecord, Estimate, EvaluationRecord, LearnedRecord, WindowRecord
from tasks.sheets.asking import Asked, Sheets
from tasks.sheets.material import Material
from tasks.sheets.registry import find_sheet
from tasks.tracking import Store
from tasks.versions import Version

TARGET = "catalogue.decay"
FIRST, LAST = date(2022, 1, 1), date(2022, 12, 31)
LEVELS = {"t0": 1000, "t1": 200, "t2": 50, "t3": 30, "gone": 10, "gap": 20}
ARTISTS = {"t0": "a", "t1": "a", "t2": "b", "gone": "b", "gap": "b", "new": "a"}
LAST_GONE, GAP = date(2022, 10, 1), date(2022, 12, 20)
ORIGINS, MONTHS = (date(2022, 6, 30), date(2022, 9, 30)), (1, 2, 3)


def counts() -> pl.DataFrame:
    days = [FIRST + timedelta(days=day) for day in range((LAST - FIRST).days + 1)]
    rows = [
        {"track_id": track, "date": day, "streams": level + day.toordinal() % 7}
        for track, level in LEVELS.items()
        for day in days
        if not (track == "gone" and day > LAST_GONE) and not (track == "gap" and day == GAP)
    ]
    return pl.DataFrame(rows)


def tracks() -> pl.DataFrame:
    rows = [
        {
            "track_id": track,
            "artist_id": artist,
            "title": f"Song {track}",
            "artist": f"The {artist.upper()}s",
            "release_date": LAST - timedelta(days=9) if track == "new" else FIRST,
            **dict.fromkeys(("danceability", "energy", "valence", "tempo"), 0.5),
        }
        for track, artist in ARTISTS.items()
    ]
    return pl.DataFrame(rows)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copy(Path(__file__).resolve().parents[3] / "params.yaml", tmp_path)
    found = Project(tmp_path)
    found.raw("tracks").parent.mkdir(parents=True)
    counts().write_csv(found.raw("daily_streams"))
    tracks().write_csv(found.raw("tracks"))
    return found


def shelf_with(model: StandIn, snapshot: str = "0") -> Shelf:
    version = Version(
        target=TARGET,
        version=7,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        run_id="",
        location="",
        aliases=(),
        tags={"name": "stand-in", "family": "stand-in", "snapshot": snapshot},
    )
    loaded = LoadedModel(find_target(TARGET), version, served_model(version), model, None, None, None)
    shelf = StillShelf(Store("sqlite:///nowhere", Path(), Path("nowhere.db"), None), [TARGET])
    shelf._shown = Shown(loaded={TARGET: LoadedTarget(loaded, {}, None)})
    return shelf


@pytest.fixture
def sheets(project: Project) -> Sheets:
    return Sheets(Material(project, shelf_with(StandIn())))


def found(sheets, name, **where):
    return sheets.find(find_sheet(name), Asked(where, limit=10_000)).made


def rows(sheets, name, **where):
    return found(sheets, name, **where).rows


def streams_of(track, last, days=30):
    """By the counts as they were written."""
    some = counts().filter(pl.col("track_id") == track, pl.col("date") <= last)
    return some.filter(pl.col("date") > last - timedelta(days=days))["streams"].sum()


def test_entries_are_the_catalogue_its_artists_and_its_tracks(sheets):
    entries = {row["id"]: row for row in rows(sheets, "catalogue_entries").to_dicts()}
    assert set(entries) == {"all", "a", "b", *LEVELS, "new"}
    assert entries["all"]["scope"] == "catalogue"
    assert (entries["a"]["name"], entries["a"]["tracks"]) == ("The As", 3)
    assert (entries["t0"]["name"], entries["t0"]["artist"], entries["t0"]["artist_id"]) == ("Song t0", "The As", "a")
    assert (entries["t3"]["name"], entries["t3"]["artist"]) == ("t3", None), "nobody says whose it is"
    assert entries["all"]["as_of"] == LAST
    assert entries["t0"]["last_month"] == streams_of("t0", LAST)
    assert entries["gap"]["last_month"] is None, "a day of it is unknown"
    assert entries["b"]["last_month"] == streams_of("t2", LAST) + streams_of("gap", LAST)
    assert (entries["gone"]["expected_12"], entries["gone"]["why_not"]) == (None, "no recent count")
    forecast = [row for row in entries.values() if row["scope"] == "track" and row["expected_12"] is not None]
    assert entries["all"]["tracks"] == len(forecast) == 6
    assert entries["all"]["expected_12"] == pytest.approx(sum(row["expected_12"] for row in forecast))
    assert entries["a"]["expected_12"] == pytest.approx(
        sum(entries[each]["expected_12"] for each in ("t0", "t1", "new"))
    )


def test_entries_come_largest_first_and_are_found_by_title_artist_and_id(sheets):
    entries = rows(sheets, "catalogue_entries")
    assert entries["id"][0] == "all"
    expected = entries.filter(pl.col("scope") == "track")["expected_12"].drop_nulls().to_list()
    assert expected == sorted(expected, reverse=True)
    asked = Asked({"scope": "track"}, search="SONG as")
    assert set(sheets.find(find_sheet("catalogue_entries"), asked).made.rows["id"]) == {"t0", "t1", "new"}


def test_known_months_are_whole_and_end_with_the_last_day(sheets):
    months = rows(sheets, "catalogue_months", scope="track", id="t1").filter(pl.col("kind") == "known")
    assert months["months_ahead"].to_list() == list(range(-11, 1))
    assert months["last_day"][-1] == LAST
    assert months["first_day"][0] >= FIRST
    for row in months.to_dicts():
        assert row["value"] == streams_of("t1", row["last_day"])
        assert (row["last_day"] - row["first_day"]).days == 29


def test_a_month_with_an_unknown_day_is_left_out_of_a_track_and_told_of_a_sum(sheets):
    track = rows(sheets, "catalogue_months", scope="track", id="gap").filter(pl.col("kind") == "known")
    assert track["months_ahead"].max() == -1
    whole = rows(sheets, "catalogue_months", scope="catalogue", id="all").filter(pl.col("kind") == "known")
    assert whole["first_day"][0] >= FIRST, "what was before the first count of all is not known to have been nothing"
    last = whole.row(-1, named=True)
    assert last["value"] == sum(streams_of(each, LAST) for each in LEVELS)
    assert last["unknown_days"] == 1 + 30, "the gap, and a month of the track that fell silent"
    assert last["tracks"] == len(LEVELS) - 1


def test_a_sum_has_the_months_of_its_tracks_and_the_interval_of_errors_that_are_one(sheets):
    artist = rows(sheets, "catalogue_months", scope="artist", id="a").filter(pl.col("kind") == "expected")
    own = [
        rows(sheets, "catalogue_months", scope="track", id=each).filter(pl.col("kind") == "expected")
        for each in ("t0", "t1", "new")
    ]
    assert artist["tracks"].to_list() == [3] * 24
    for name in ("value", "low_80", "high_95", "flat", "classic", "total", "total_low_95", "total_high_80"):
        sums = np.sum([each[name].to_numpy() for each in own], axis=0)
        assert artist[name].to_numpy() == pytest.approx(sums), name
    assert artist["total"].to_numpy() == pytest.approx(np.cumsum(artist["value"].to_numpy()))
    assert "one and the same" in " ".join(found(sheets, "catalogue_months", scope="artist", id="a").notes)


def test_a_sum_is_surer_where_errors_have_less_in_common(project, sheets):
    model = StandIn()
    model.common_share = 0.25
    surer = Sheets(Material(project, shelf_with(model)))
    one, other = (rows(each, "catalogue_months", scope="catalogue", id="all") for each in (sheets, surer))
    month = one["months_ahead"].to_list().index(1)
    assert other["value"].to_list() == pytest.approx(one["value"].to_list())
    widths = [
        rows(sheets, "catalogue_months", scope="track", id=each) for each in ("t0", "t1", "t2", "t3", "gap", "new")
    ]
    reach = [
        each.filter(pl.col("months_ahead") == 1).select(pl.col("high_80") - pl.col("value")).item() for each in widths
    ]
    expected = np.sqrt(0.25 * sum(reach) ** 2 + 0.75 * sum(each**2 for each in reach))
    assert other["high_80"][month] - other["value"][month] == pytest.approx(expected)
    assert "25%" in " ".join(found(surer, "catalogue_months", scope="catalogue", id="all").notes)


def test_flat_is_the_last_month_and_years_count_from_the_last_day(sheets):
    ahead = rows(sheets, "catalogue_months", scope="track", id="t0").filter(pl.col("kind") == "expected")
    assert ahead["flat"].to_list() == [streams_of("t0", LAST)] * 24
    assert ahead["first_day"][0] == LAST + timedelta(days=1)
    assert ahead["years_ahead"].to_numpy() == pytest.approx(np.arange(1, 25) * 30 / 365)


def test_far_months_go_on_where_the_near_ones_end(sheets):
    near = rows(sheets, "catalogue_months", scope="track", id="t0")
    far = rows(sheets, "catalogue_far_months", scope="track", id="t0")
    assert far["months_ahead"].to_list() == list(range(25, 401))
    assert far["first_day"][0] == near["last_day"][-1] + timedelta(days=1)
    assert far["total"][0] == pytest.approx(near["total"][-1] + far["value"][0])
    assert len(rows(sheets, "catalogue_far_months", scope="track", id="nobody")) == 0
    assert len(rows(sheets, "catalogue_months", scope="planet", id="t0")) == 0


@pytest.mark.parametrize("name", ["catalogue_months", "catalogue_far_months"])
def test_the_whole_is_what_its_parts_are_one_by_one(project, name):
    sheet = find_sheet(name)
    alone, together = (Sheets(Material(project, shelf_with(StandIn()))) for _ in range(2))
    whole = together.whole(sheet).rows
    parts = [dict(part) for part, _ in sheet.every_part(together.material)]
    assert ("track" in {part["scope"] for part in parts}) == (name == "catalogue_months")
    for part in parts:
        own = whole.filter(pl.col("scope") == part["scope"], pl.col("id") == part["id"])
        again = rows(alone, name, **part)
        assert own.select(pl.exclude(pl.Float64)).equals(again.select(pl.exclude(pl.Float64)))
        numbers = (each.select(pl.col(pl.Float64)).to_numpy() for each in (own, again))
        np.testing.assert_allclose(*numbers, rtol=1e-9)


def test_new_counts_are_seen(project, sheets):
    assert rows(sheets, "catalogue_entries")["as_of"][0] == LAST
    tomorrow = pl.DataFrame({"track_id": ["t0"], "date": [LAST + timedelta(days=1)], "streams": [5]})
    pl.concat([counts(), tomorrow]).write_csv(project.raw("daily_streams"))
    assert rows(sheets, "catalogue_entries")["as_of"][0] == LAST + timedelta(days=1)


def test_without_counts_or_a_model_it_is_said_what_to_run(project, sheets):
    project.raw("daily_streams").unlink()
    assert "refrain run" in found(sheets, "catalogue_entries").missing
    empty = StillShelf(Store("sqlite:///nowhere", Path(), Path("nowhere.db"), None), [TARGET])
    nothing = Sheets(Material(project, empty))
    assert "refrain run" in found(nothing, "catalogue_months", scope="catalogue", id="all").missing
    assert "refrain run" in found(nothing, "catalogue_backtest").missing
    assert "refrain run" in found(sheets, "catalogue_last_year").missing


@pytest.fixture
def tested(project: Project) -> pl.DataFrame:
    """Predictions, labels and a record of a training, as training leaves them; what came lies between bounds once."""
    chance = np.random.default_rng(1)
    windows = {date(2022, 3, 31): "tune", **dict.fromkeys(ORIGINS, "test")}
    keys = [
        {"track_id": track, "month_ahead": month, "as_of": origin, "window": window}
        for origin, window in windows.items()
        for track in ("t0", "t1", "t2", "t3")
        for month in MONTHS
    ]
    table = pl.DataFrame(keys)
    came = np.array([30.0 * LEVELS[row["track_id"]] for row in keys])
    table = table.with_columns(label=pl.Series(came))
    for name, spread in (("stand-in", 0.1), ("flat", 0.4), ("classic decay", 0.2)):
        said = came * np.exp(spread * chance.standard_normal(len(came)))
        shares = {"": 1.0, " low_80": 0.9, " high_80": 1.1, " low_95": 0.5, " high_95": 1.5}
        table = table.with_columns(**{f"{name}{suffix}": pl.Series(said * share) for suffix, share in shares.items()})
    hidden = (pl.col("track_id") == "t3") & (pl.col("as_of") == ORIGINS[0]) & (pl.col("month_ahead") == 1)
    least = pl.when(hidden).then(0.0).otherwise("label").alias("label_low")
    for path in (project.predictions(TARGET), project.snapshot(TARGET), project.evaluation(TARGET)):
        path.parent.mkdir(parents=True, exist_ok=True)
    table.write_parquet(project.predictions(TARGET))
    table.select("track_id", "month_ahead", "as_of", least).write_parquet(project.snapshot(TARGET))
    project.evaluation(TARGET).write_text(record().model_dump_json())
    score = {"wape": {"value": 0.1, "low": 0.05, "high": 0.2}, "bias": 0.0, "coverage_80": 0.8, "coverage_95": 0.9}
    stretch = {"rows": 24, "amount": 5.0, "scores": dict.fromkeys(("stand-in", "flat", "classic decay"), score)}
    part = {"name": "all", "whole": {"name": "all", **stretch}, "steps": [{"name": "1", **stretch}]}
    project.backtest_folder(TARGET).mkdir(parents=True)
    (project.backtest_folder(TARGET) / "backtest.json").write_text(json.dumps({"parts": [part]}))
    return table.join(pl.read_parquet(project.snapshot(TARGET)), on=["track_id", "month_ahead", "as_of"])


def record() -> EvaluationRecord:
    nothing = Estimate(value=0.0, low=0.0, high=0.0)
    window = WindowRecord(rows=1, positives=1, first_as_of=ORIGINS[0], last_as_of=ORIGINS[1])
    candidates = tuple(
        CandidateRecord(
            **{"name": name, "family": family, "settings": {}, "tune": {"wape": 0.1}, "model": f"{name}.skops"},
            **{"metrics": {"wape": nothing}, "difference": {"wape": nothing}},
            **{"slices": {}, "importance": {}, "calibration": ()},
        )
        for name, family in (("stand-in", "stand-in"), ("flat", "baseline"), ("classic decay", "baseline"))
    )
    return EvaluationRecord(
        **{"target": TARGET, "headline": "wape", "best_baseline": "flat", "snapshot_md5": "0"},
        **{"purged": 0, "folds": (), "candidates": candidates},
        learned=LearnedRecord(rows=1, mean_label=0.5, ranges={}),
        **{"train": window, "tune": window, "test": window},
    )


def one(rows, **where):
    chosen = rows
    for name, value in where.items():
        chosen = chosen.filter(pl.col(name).is_null() if value is None else pl.col(name) == value)
    return chosen.row(0, named=True)


def test_errors_of_sums_are_those_of_a_loop(sheets, tested):
    backtest = rows(sheets, "catalogue_backtest")
    test = tested.filter(pl.col("window") == "test")
    for scope, belongs in (("catalogue", lambda track: "all"), ("artist", ARTISTS.get)):
        for name in ("stand-in", "flat"):
            sums = {}
            for row in test.to_dicts():
                whose = belongs(row["track_id"])
                if whose is not None:
                    some = sums.setdefault((row["as_of"], row["month_ahead"], whose), np.zeros(3))
                    some += (row[name], row["label_low"], row["label"])
            off = sum(max(low - said, 0.0, said - high) for said, low, high in sums.values())
            scored = one(backtest, scope=scope, months_ahead=None, candidate=name)
            assert scored["wape"] == pytest.approx(off / sum(high for *_, high in sums.values()))
            assert scored["rows"] == len(sums)
            assert (scored["is_served"], scored["is_baseline"]) == (name == "stand-in", name == "flat")
    assert one(backtest, scope="catalogue", candidate="flat")["wape_low"] is None, (
        "one series has no interval over series"
    )
    artists = one(backtest, scope="artist", months_ahead=None, candidate="flat")
    assert artists["wape_low"] <= artists["wape"] <= artists["wape_high"]
    assert one(backtest, scope="track", months_ahead=1, candidate="flat")["wape_high"] == 0.2


def test_a_version_of_another_training_is_not_said_to_be_measured(project, tested):
    other = Sheets(Material(project, shelf_with(StandIn(), snapshot="another")))
    made = found(other, "catalogue_backtest")
    assert not made.rows["is_served"].any()
    assert "another training" in " ".join(made.notes)


def test_it_is_said_how_far_ahead_forecasts_were_tested_where_they_were(project, sheets, tested):
    notes = found(sheets, "catalogue_far_months", scope="track", id="t0").notes
    assert "Forecasts of up to 3 months have been held against what came" in " ".join(notes)
    other = Sheets(Material(project, shelf_with(StandIn(), snapshot="another")))
    assert "held against" not in " ".join(found(other, "catalogue_far_months", scope="track", id="t0").notes)


def test_last_year_is_what_was_said_at_the_last_origin_with_as_many_months(sheets, tested):
    months = rows(sheets, "catalogue_last_year")
    assert months["as_of"].unique().to_list() == [ORIGINS[1]]
    assert months["months_ahead"].to_list() == list(MONTHS)
    assert months["last_day"][0] == ORIGINS[1] + timedelta(days=30)
    then = tested.filter(pl.col("as_of") == ORIGINS[1], pl.col("month_ahead") == 2)
    second = months.row(1, named=True)
    assert second["came"] == pytest.approx(then["label"].sum())
    assert second["value"] == pytest.approx(then["stand-in"].sum())
    assert (second["flat"], second["classic"]) == pytest.approx((then["flat"].sum(), then["classic decay"].sum()))
    assert second["tracks"] == 4
    assert second["low_95"] <= second["low_80"] <= second["value"] <= second["high_80"] <= second["high_95"]
