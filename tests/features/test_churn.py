"""audience.churn and audience.churn_reason against their slow twin, and at the edges of days, windows and labels."""

import random
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_rows import lazy
from slow_churn import Row, Rows, slow_churn, slow_reasons

from features.churn import (
    CATEGORICAL,
    NUMERIC,
    SPAN,
    ChurnReasonSettings,
    ChurnSettings,
    churn_rows,
    reason_rows,
    span,
)
from refrain.errors import SettingsError
from refrain.sessions import REASONS
from refrain.settings import validated

START = datetime(2023, 11, 22)
REASON_KNOBS = ChurnReasonSettings(reason_within_days=20, reasons={"price": ("too dear", "Money")})


def random_audience(seed: int, users: int = 14, days: int = 130) -> dict[str, list[Row]]:
    """Users of all rhythms, some of whom leave; sessions at midnight and over it, cells missing, unknown users."""
    chance = random.Random(seed)
    found: dict[str, list[Row]] = {"events": [], "users": [], "shows": []}
    for number in range(users):
        user, stays = f"user {number}", chance.choice([days, days, chance.randrange(5, days)])
        rate = chance.choice([0.05, 0.2, 1.0])
        found["events"] += [
            session(chance, user, day) for day in range(stays) for _ in range(2) if chance.random() < rate
        ]
        if chance.random() < 0.85:
            found["users"].append(person(chance, user, stays if stays < days and chance.random() < 0.8 else None))
    found["shows"] = [
        {
            "show_id": f"show {number}",
            "title": f"The {number}",
            "genre": chance.choice([None, "drama", "comedy", "crime", "sport"]),
            "released_at": chance.choice([None, (START + timedelta(days=chance.randrange(-40, days))).date()]),
        }
        for number in range(40)
    ]
    return found


def session(chance: random.Random, user: str, day: int) -> Row:
    second = chance.choice([0, 86_399, 84_600, chance.randrange(86_400), chance.randrange(60_000, 86_400)])
    return {
        "user_id": user,
        "login_time": START + timedelta(days=day, seconds=second),
        "content_watched": chance.choice([None, "show 1"]),
        "genres_watched": "|".join(chance.choices(["drama", "comedy", "crime"], k=chance.randrange(4))) or None,
        "total_watch_time": chance.choice([None, 0.0, 30.0, 1440.0, round(chance.lognormvariate(3.5, 1), 2) % 1440]),
        "num_pauses": chance.choice([None, *range(6)]),
        "buffer_events": chance.choice([None, *range(4)]),
        "was_recommended": chance.choice([None, 0, 1]),
    }


def person(chance: random.Random, user: str, left: int | None) -> Row:
    said = (
        None if left is None else START + timedelta(days=left + chance.randrange(20), seconds=chance.randrange(86_400))
    )
    reasons = [*REASONS, " Quality ", "too dear", "MONEY", "the weather", "", None]
    return {
        "user_id": user,
        "registered_at": START + timedelta(days=chance.randrange(-200, 60), seconds=chance.randrange(86_400)),
        "age": chance.choice([None, 12, 18, 24, 25, 54, 65, 90]),
        "country": chance.choice(["DE", "FR"]),
        "preferred_genre": chance.choice([None, "drama", "opera"]),
        "subscription": chance.choice(["free", "basic"]),
        "cancelled_at": said,
        "churn_reason": None if said is None else chance.choice(reasons),
    }


def found_rows(rows: Any, data: dict[str, list[Row]], knobs: ChurnSettings) -> Rows:
    frames = {name: lazy(name, of_dataset) for name, of_dataset in data.items()}
    collected: pl.DataFrame = rows(frames, knobs).to_native().collect(engine="streaming")
    keyed = {(row.pop("user_id"), row.pop("as_of")): row for row in collected.to_dicts()}
    assert len(keyed) == collected.height, "one row a user and as_of"
    return keyed


def same(found: Rows, expected: Rows) -> None:
    assert sorted(found) == sorted(expected)
    for key, row in expected.items():
        assert set(found[key]) == set(row)
        for name, value in row.items():
            # The circle's points are rounded to whole numbers, so that their sum has no order.
            tell = pytest.approx(value, abs=2e-6) if name.startswith("hour_spread") else value
            assert found[key][name] == tell, (key, name)


def slow(twin: Any, data: dict[str, list[Row]], knobs: Any) -> Rows:
    return twin(data["events"], data["users"], data.get("shows"), knobs)


def test_every_feature_and_label_equals_the_slow_twin() -> None:
    labels = set()
    for seed, week_ends in enumerate(("sunday", "wednesday", "sunday")):
        data, knobs = random_audience(seed), ChurnSettings(week_ends=week_ends)
        found = found_rows(churn_rows, data, knobs)
        same(found, slow(slow_churn, data, knobs))
        labels |= {row["label"] for row in found.values()}
    assert labels == {0, 1, None}, "the random sessions hold every kind of label"


def test_every_reason_equals_the_slow_twin() -> None:
    labels = set()
    for seed in range(4):
        data = random_audience(seed, users=24)
        found = found_rows(reason_rows, data, REASON_KNOBS)
        same(found, slow(slow_reasons, data, REASON_KNOBS))
        labels |= {row["label"] for row in found.values()}
    assert labels >= {0, 4, None}, "the random users hold stated words, unknown ones and what is not known yet"


FEW_SESSIONS = st.lists(
    st.builds(
        lambda seed, user, day: session(random.Random(seed), user, day),
        st.integers(0, 1000),
        st.sampled_from("abc"),
        st.one_of(st.integers(0, 90), st.sampled_from([32, 39, 46, 53, 60])),  # Sundays among them
    ),
    min_size=1,
    max_size=40,
)
KNOBS = st.builds(
    ChurnReasonSettings,
    week_ends=st.sampled_from(["sunday", "thursday"]),
    every_weeks=st.integers(1, 3),
    horizon_days=st.integers(1, 30),
    reason_within_days=st.integers(0, 30),
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(events=FEW_SESSIONS, knobs=KNOBS, seed=st.integers(0, 100))
def test_any_sessions_and_any_settings_equal_the_slow_twin(
    events: list[Row], knobs: ChurnReasonSettings, seed: int
) -> None:
    chance = random.Random(seed)
    users = [person(chance, user, chance.choice([None, chance.randrange(90)])) for user in "abd"]
    data = {"events": events, "users": users}
    same(found_rows(churn_rows, data, knobs), slow(slow_churn, data, knobs))
    same(found_rows(reason_rows, data, knobs), slow(slow_reasons, data, knobs))


def at(moment: str, user: str = "one", minutes: float = 30.0) -> Row:
    return {"user_id": user, "login_time": datetime.fromisoformat(moment), "total_watch_time": minutes}


def record(*own: Row) -> dict[str, list[Row]]:
    """The sessions of one user in a record that reaches from November to May."""
    ends = [at("2023-11-01T10:00:00", "other"), at("2024-05-31T10:00:00", "other")]
    user = {
        "user_id": "one",
        "registered_at": datetime(2023, 12, 1),
        "country": "DE",
        "subscription": "free",
        "age": 30,
        "preferred_genre": None,
        "cancelled_at": None,
        "churn_reason": None,
    }
    return {"events": [*ends, *own], "users": [user]}


def as_ofs(data: dict[str, list[Row]], knobs: ChurnSettings | None = None) -> dict[str, Row]:
    found = found_rows(churn_rows, data, knobs or ChurnSettings())
    return {str(as_of): row for (user, as_of), row in found.items() if user == "one"}


def test_a_user_whose_only_sessions_fall_after_as_of_is_no_row() -> None:
    assert min(as_ofs(record(at("2024-03-04T00:00:00")))) == "2024-03-10"


def test_a_silent_user_stays_a_row_for_28_days() -> None:
    found = as_ofs(record(at("2024-03-04T10:00:00")))
    assert sorted(found) == ["2024-03-10", "2024-03-17", "2024-03-24", "2024-03-31"]
    assert [found[as_of]["sessions_7"] for as_of in sorted(found)] == [1, 0, 0, 0]
    assert [found[as_of]["days_since_last"] for as_of in sorted(found)] == [6, 13, 20, 27]
    assert {row["label"] for row in found.values()} == {1}


@pytest.mark.parametrize(("minutes", "first"), [(29.9, "2024-03-10"), (30.0, "2024-03-17"), (300.0, "2024-03-17")])
def test_a_session_that_is_going_on_at_the_end_of_as_of_is_not_known_yet(minutes: float, first: str) -> None:
    found = as_ofs(record(at("2024-03-10T23:30:00", minutes=minutes)))
    assert min(found) == first


def test_a_session_over_midnight_counts_when_it_ends() -> None:
    found = as_ofs(record(at("2024-03-05T10:00:00"), at("2024-03-10T23:30:00", minutes=60)))
    assert (found["2024-03-10"]["sessions_28"], found["2024-03-10"]["watch_minutes_28"]) == (1, 30.0)
    assert (found["2024-03-17"]["sessions_7"], found["2024-03-17"]["days_since_last"]) == (1, 6)
    # It began in the last 28 days for as long as its login did.
    assert max(found) == "2024-03-31"


@pytest.mark.parametrize(
    ("login", "label"),
    [
        ("2024-03-10T23:59:59", 1),
        ("2024-03-11T00:00:00", 0),
        ("2024-03-24T23:59:59", 0),
        ("2024-03-25T00:00:00", 1),
    ],
)
def test_the_label_asks_for_a_login_within_exactly_14_days(login: str, label: int) -> None:
    found = as_ofs(record(at("2024-03-05T10:00:00"), at(login)))
    assert (found["2024-03-10"]["label"], str(found["2024-03-10"]["label_known_at"])) == (label, "2024-03-24")


@pytest.mark.parametrize(("last", "label"), [("2024-03-24T23:59:59", None), ("2024-03-25T00:00:00", 1)])
def test_a_label_needs_somebodys_session_after_its_last_day(last: str, label: int | None) -> None:
    data = record(at("2024-03-05T10:00:00"))
    data["events"][1] = at(last, "other")
    assert as_ofs(data)["2024-03-10"]["label"] == label


def test_rows_begin_28_days_after_the_record_does() -> None:
    data = record(*(at(f"2023-11-{day:02}T10:00:00") for day in range(1, 31)))
    assert min(as_ofs(data)) == "2023-12-03"
    data["events"][0] = at("2023-11-05T10:00:00", "other")
    data["events"] = [row for row in data["events"] if row["login_time"].day >= 5]
    assert min(as_ofs(data)) == "2023-12-03", "the 28th day after Sunday, November 5"


@pytest.mark.parametrize(("said", "rows"), [("2024-03-10T23:59:59", 0), ("2024-03-11T00:00:00", 1)])
def test_who_has_said_that_they_leave_is_no_row(said: str, rows: int) -> None:
    data = record(at("2024-03-05T10:00:00"))
    data["users"][0]["cancelled_at"] = datetime.fromisoformat(said)
    assert len(as_ofs(data)) == rows


def test_a_user_nobody_knows_is_a_row_without_attributes() -> None:
    data = record(at("2024-03-05T10:00:00"))
    data["users"] = [data["users"][0] | {"user_id": "another"}]
    row = as_ofs(data)["2024-03-10"]
    assert {row[name] for name in (*CATEGORICAL, "tenure_days", "tenure_at_last")} == {None}


def test_a_user_who_registers_later_has_no_attributes_before() -> None:
    data = record(at("2024-03-05T10:00:00"))
    data["users"][0]["registered_at"] = datetime(2024, 3, 11)
    found = as_ofs(data)
    assert found["2024-03-10"]["country"] is None
    assert (found["2024-03-17"]["country"], found["2024-03-17"]["tenure_days"]) == ("DE", 6)


def test_silence_is_measured_in_the_users_own_gaps() -> None:
    often = as_ofs(record(*(at(f"2024-03-{day:02}T10:00:00") for day in range(1, 11))))["2024-03-17"]
    seldom = as_ofs(record(*(at(f"2024-{moment}T10:00:00") for moment in ("02-19", "02-29", "03-10"))))["2024-03-17"]
    assert (often["days_since_last"], often["mean_gap"], often["silence"]) == (7, 1.0, 7.0)
    assert (seldom["days_since_last"], seldom["mean_gap"], seldom["silence"]) == (7, 10.0, 0.7)


def test_hours_are_spread_around_the_clock_and_over_midnight() -> None:
    same_hour = [at(f"2024-03-0{day}T23:10:00", minutes=5) for day in range(4, 10)]
    around = [at(f"2024-03-0{day}T{hour:02}:00:00") for day, hour in ((4, 0), (5, 6), (6, 12), (7, 18))]
    midnight = [at("2024-03-04T23:00:00", minutes=5), at("2024-03-06T00:00:00"), at("2024-03-07T01:00:00")]
    spreads = [as_ofs(record(*rows))["2024-03-10"]["hour_spread_28"] for rows in (same_hour, around, midnight)]
    assert spreads == pytest.approx([0.0, 1.0, 0.0227], abs=1e-4)


def test_columns_that_a_source_lacks_are_missing_features_and_nothing_else() -> None:
    data = random_audience(3)
    whole = found_rows(churn_rows, data, ChurnSettings())
    bare = {
        "events": [{name: row[name] for name in ("user_id", "login_time")} for row in data["events"]],
        "users": [
            {name: row[name] for name in ("user_id", "registered_at", "country", "subscription")}
            for row in data["users"]
            if row["cancelled_at"] is None
        ],
    }
    found = found_rows(churn_rows, bare, ChurnSettings())
    assert {key for key in whole if key in found}
    row = next(iter(found.values()))
    missing = [name for name in (*NUMERIC, *CATEGORICAL) if all(other[name] is None for other in found.values())]
    assert row["watch_minutes_28"] == 0
    assert "median_pauses_28" in missing
    assert "age_band" in missing
    assert "country" not in missing


def test_a_part_of_the_users_has_the_rows_that_it_has_in_the_whole() -> None:
    data = random_audience(5)
    whole = found_rows(churn_rows, data, ChurnSettings())
    frames = {name: lazy(name, rows) for name, rows in data.items()}
    few = {f"user {number}" for number in range(4)}
    part = {
        name: lazy(name, [row for row in rows if row.get("user_id", "user 0") in few]) for name, rows in data.items()
    }
    collected = churn_rows({**part, **span(frames)}, ChurnSettings()).to_native().collect()
    found = {(row.pop("user_id"), row.pop("as_of")): row for row in collected.to_dicts()}
    assert found == {key: row for key, row in whole.items() if key[0] in few}
    assert SPAN in span(frames)


@pytest.mark.parametrize(
    ("said", "reason", "label"),
    [
        ("2024-03-15T10:00:00", "price", 0),
        ("2024-04-21T23:59:59", " QUALITY", 1),
        ("2024-04-21T10:00:00", "Money", 0),
        ("2024-03-15T10:00:00", "the weather", 4),
    ],
)
def test_what_a_leaver_states_in_time_is_the_label(said: str, reason: str, label: int) -> None:
    knobs = ChurnReasonSettings(reasons={"price": ("too dear", "money")})
    data = record(at("2024-03-05T10:00:00"))
    data["users"][0] |= {"cancelled_at": datetime.fromisoformat(said), "churn_reason": reason}
    row = found_rows(reason_rows, data, knobs)["one", datetime(2024, 3, 10).date()]
    assert row["label"] == label
    assert row["label_known_at"] == max(datetime(2024, 3, 24), datetime.fromisoformat(said)).date()


@pytest.mark.parametrize(
    ("said", "reason", "back"),
    [
        ("2024-04-22T00:00:00", "price", None),  # too late
        ("2024-03-15T10:00:00", None, None),  # not why
        (None, None, None),  # without a word
        ("2024-03-15T10:00:00", "price", "2024-03-20T10:00:00"),  # came back
    ],
)
def test_whose_reason_is_known_to_stay_unknown_is_no_row(
    said: str | None, reason: str | None, back: str | None
) -> None:
    data = record(at("2024-03-05T10:00:00"), *([at(back)] if back else []))
    data["users"][0] |= {"cancelled_at": said and datetime.fromisoformat(said), "churn_reason": reason}
    found = found_rows(reason_rows, data, ChurnReasonSettings())
    assert ("one", datetime(2024, 3, 10).date()) not in found


def test_the_newest_rows_wait_for_their_reason() -> None:
    data = record(at("2024-03-05T10:00:00"))
    data["events"][1] = at("2024-04-21T10:00:00", "other")
    row = found_rows(reason_rows, data, ChurnReasonSettings())["one", datetime(2024, 3, 10).date()]
    assert (row["label"], str(row["label_known_at"])) == (None, "2024-04-21")


def test_the_columns_are_those_the_targets_name() -> None:
    frames = {name: lazy(name, rows) for name, rows in random_audience(1).items()}
    for rows, knobs in ((churn_rows, ChurnSettings()), (reason_rows, ChurnReasonSettings())):
        names = rows(frames, knobs).collect_schema().names()
        assert names == ["user_id", "as_of", "label_known_at", *NUMERIC, *CATEGORICAL, "label"]


def test_words_for_a_reason_that_there_is_not_are_refused() -> None:
    with pytest.raises(SettingsError, match="'prize' is no reason; known: price, quality"):
        validated(ChurnReasonSettings, {"reasons": {"prize": ["too dear"]}}, where="here")
