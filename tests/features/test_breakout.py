"""breakout.core against its slow twin, at the calendar's edges, and on a real listener."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_rows import lazy, random_scrobbles, utc
from slow_breakout import Play, slow_rows

from features.breakout import NUMERIC, ONE_LISTENER, TARGETS, BreakoutSettings
from refrain.datasets import SCROBBLES
from sources.canonical import scan_dataset
from sources.lastfm import SOURCE as LASTFM
from sources.source import Destination

(CORE,) = TARGETS
SMALL = BreakoutSettings(
    min_plays=2, max_months_known=3, core_plays=7, core_share=0.2, horizon_months=2, warm_up_months=4
)
Keyed = dict[Any, dict[str, Any]]


def snapshot(plays: list[dict[str, Any]], knobs: BreakoutSettings) -> Keyed:
    return keyed(CORE.rows({"scrobbles": lazy("scrobbles", plays)}, knobs))


def keyed(rows: "nw.LazyFrame[Any]") -> Keyed:
    collected = rows.to_native().collect(engine="streaming").to_dicts()
    found = {(row.pop("listener"), row.pop("artist"), row.pop("as_of")): row for row in collected}
    assert len(found) == len(collected), "one row per entity and as_of"
    return found


def as_plays(rows: list[dict[str, Any]]) -> list[Play]:
    return [(row["played_at"], row.get("listener") or ONE_LISTENER, row["artist"], row["track"]) for row in rows]


def same(found: Keyed, expected: Keyed) -> None:
    assert sorted(found) == sorted(expected)
    for key, row in expected.items():
        assert found[key] == row, key  # floats too: each is the float nearest to its fraction


def play(moment: str, artist: str = "new", track: str = "song") -> dict[str, Any]:
    return {"played_at": utc(moment), "artist": artist, "track": track}


def steady(first: str, last: str) -> list[dict[str, Any]]:
    """Two plays of an old favourite every day: a listener whose months are complete in between."""
    day, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    plays = []
    while day <= end:
        plays += [play(f"{day.date()}T08:00:00", "old"), play(f"{day.date()}T09:00:00", "old")]
        day += timedelta(days=1)
    return plays


def test_every_feature_and_label_equals_the_slow_twin() -> None:
    labels = set()
    for seed in range(4):
        plays = random_scrobbles(seed)
        found = snapshot(plays, SMALL)
        same(found, slow_rows(as_plays(plays), SMALL))
        labels |= {row["label"] for row in found.values()}
    assert labels == {0, 1, None}, "the random plays hold every kind of label"


FEW_PLAYS = st.lists(
    st.fixed_dictionaries(
        {
            "played_at": st.one_of(
                st.datetimes(datetime(2023, 11, 20), datetime(2024, 12, 31)),
                st.sampled_from([utc("2024-02-29T23:59:59"), utc("2024-03-01T00:00:00"), utc("2023-12-31T23:59:59")]),
            ),
            "artist": st.sampled_from("xyz"),
            "track": st.sampled_from("12"),
            "listener": st.sampled_from(["a", "b", None]),
        }
    ),
    min_size=1,
    max_size=60,
)
KNOBS = st.builds(
    BreakoutSettings,
    min_plays=st.integers(1, 3),
    max_months_known=st.integers(0, 7),
    core_plays=st.integers(2, 9),
    core_share=st.sampled_from([0.3, 0.5, 0.9]),
    horizon_months=st.integers(1, 3),
    warm_up_months=st.integers(0, 6),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(plays=FEW_PLAYS, knobs=KNOBS)
def test_any_plays_and_any_settings_equal_the_slow_twin(plays: list[dict[str, Any]], knobs: BreakoutSettings) -> None:
    same(snapshot(plays, knobs), slow_rows(as_plays(plays), knobs))


def test_a_play_in_the_last_second_of_a_month_belongs_to_it() -> None:
    plays = steady("2023-06-10", "2024-06-10") + [play("2024-02-29T23:59:59")] * 2 + [play("2024-03-01T00:00:00")]
    knobs = BreakoutSettings(min_plays=2, core_share=0.5)
    ((key, row),) = snapshot(plays, knobs).items()
    assert str(key[2]) == "2024-02-29"
    assert (row["plays_t"], row["last_play_gap_days_t"], str(row["label_known_at"])) == (2, 0, "2024-04-30")


def test_the_months_before_january_are_those_of_the_year_before() -> None:
    plays = steady("2023-03-10", "2024-06-10") + [play("2023-12-31T23:59:59")] + [play("2024-01-01T00:00:00")] * 3
    found = snapshot(plays, BreakoutSettings(core_share=0.5))
    ((key, row),) = found.items()
    assert str(key[2]) == "2024-01-31"
    assert (row["plays_t_minus_1"], row["months_since_first_seen"], row["is_first_month"]) == (1, 1, 0)
    assert row["total_monthly_scrobbles"] == 62 + 3


def test_a_month_without_the_artist_counts_as_zero_plays() -> None:
    plays = steady("2023-03-10", "2024-06-10") + [play("2023-11-15T10:00:00")] * 4 + [play("2024-01-15T10:00:00")] * 5
    row = {str(key[2]): row for key, row in snapshot(plays, BreakoutSettings(core_share=0.5)).items()}["2024-01-31"]
    assert (row["plays_t_minus_1"], row["prev_month_plays_was_zero"]) == (0, 1)
    assert (row["plays_prev3_mean"], row["delta_1m_pct"]) == (4 / 3, None)


def test_a_month_without_any_play_of_the_listener_is_complete_and_holds_nothing() -> None:
    plays = [
        row
        for row in steady("2023-03-10", "2024-06-10") + [play("2024-01-15T10:00:00")] * 3
        if row["played_at"].month != 2
    ]
    ((_, row),) = snapshot(plays, BreakoutSettings(core_share=0.5)).items()
    assert row["label"] == 0


@pytest.mark.parametrize(("last", "label"), [("2024-03-31T23:59:59", None), ("2024-04-01T00:00:00", 0)])
def test_a_label_needs_a_play_after_its_last_month(last: str, label: int | None) -> None:
    plays = [*steady("2023-03-10", "2024-03-30"), *[play("2024-01-15T10:00:00")] * 3, play(last, "old")]
    ((_, row),) = snapshot(plays, BreakoutSettings(core_share=0.5)).items()
    assert row["label"] == label


def test_the_first_months_of_a_listener_only_warm_up() -> None:
    new = [play(f"2023-{month:02}-15T10:00:00", f"of {month}") for month in range(4, 13) for _ in range(3)]
    found = snapshot(steady("2023-03-10", "2024-02-10") + new, BreakoutSettings(core_share=0.5))
    assert sorted(str(key[2]) for key in found) == ["2023-09-30", "2023-10-31", "2023-11-30", "2023-12-31"]


def test_without_a_warm_up_the_months_looked_back_on_must_still_be_complete() -> None:
    new = [play(f"2023-{month:02}-15T10:00:00", f"of {month}") for month in range(4, 13) for _ in range(3)]
    found = snapshot(steady("2023-03-10", "2024-02-10") + new, BreakoutSettings(core_share=0.5, warm_up_months=0))
    # March is a part of a month; April to June are the first three complete ones.
    assert min(str(key[2]) for key in found) == "2023-07-31"


def test_a_share_of_exactly_one_percent_is_core() -> None:
    others = [play("2024-01-20T10:00:00", f"other {number}") for number in range(700 - 7 - 62)]
    plays = steady("2023-03-10", "2024-06-10") + others
    assert not snapshot(plays + [play("2024-01-15T10:00:00")] * 7, BreakoutSettings())
    assert snapshot(plays + [play("2024-01-15T10:00:00")] * 6, BreakoutSettings())


def test_scrobbles_without_a_listener_are_those_of_one() -> None:
    plays = random_scrobbles(7, listeners=1)
    unnamed = [{name: cell for name, cell in row.items() if name != "listener"} for row in plays]
    named = snapshot(plays, SMALL)
    assert {key[0] for key in snapshot(unnamed, SMALL)} == {ONE_LISTENER}
    assert list(snapshot(unnamed, SMALL).values()) or named == {}
    assert {key[1:]: row for key, row in snapshot(unnamed, SMALL).items()} == {
        key[1:]: row for key, row in named.items()
    }


def test_the_columns_are_those_the_target_names() -> None:
    names = CORE.rows({"scrobbles": lazy("scrobbles", random_scrobbles(1))}, SMALL).collect_schema().names()
    assert names == ["listener", "artist", "as_of", "label_known_at", *NUMERIC, "label"]


@pytest.fixture(scope="module")
def real_listener(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.LazyFrame:
    folder = tmp_path_factory.mktemp("lastfm")
    destination = Destination(folder / "scrobbles.csv", folder / "rejects.csv")
    file = shared_data / "scrobbles" / "lastfm_listener.csv.gz"
    LASTFM.load("scrobbles", file, LASTFM.options_type(), None, destination)
    return scan_dataset(SCROBBLES, destination.dataset)


def test_on_a_real_listener_every_row_is_eligible_and_no_eligible_one_is_missing(real_listener: pl.LazyFrame) -> None:
    knobs = BreakoutSettings()
    found = keyed(CORE.rows({"scrobbles": nw.from_native(real_listener)}, knobs))
    same(found, slow_rows(as_plays(real_listener.collect().to_dicts()), knobs))
    assert len(found) > 100
