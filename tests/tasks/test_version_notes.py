"""What was noted of versions, read from their tags."""

from datetime import UTC, date, datetime

import pytest

from tasks.version_notes import (
    Measured,
    best_baseline,
    datasets_of,
    headline_difference,
    headline_metric,
    learned_until,
    with_intervals,
)
from tasks.versions import RegisteredTarget, Version

NONE = {"value": 0.0, "low": 0.0, "high": 0.0}
SOME = {"value": -0.1, "low": -0.2, "high": -0.05}


def version(
    number: int, training: str, difference: dict[str, float], *aliases: str, family: str = "baseline"
) -> Version:
    ends = {"value": "", "low": "_low", "high": "_high"}
    noted = {f"difference_wape{ends[part]}": repr(value) for part, value in difference.items()}
    return Version(
        target="streams.one_week",
        version=number,
        created_at=datetime(2026, 1, number, tzinfo=UTC),
        run_id="",
        location="",
        aliases=aliases,
        tags={"training": training, "family": family, "headline": "wape", "wape": "0.2", **noted},
    )


@pytest.mark.parametrize(("number", "bar"), [(1, 3), (2, 3), (3, 3), (4, 6), (5, 6)])
def test_the_bar_is_the_best_baseline_of_the_same_training(number: int, bar: int):
    versions = (
        version(1, "first", SOME, family="ridge"),
        version(2, "first", SOME),
        version(3, "first", NONE),
        version(4, "second", SOME, "champion", family="ridge"),
        version(5, "second", NONE),
        version(6, "second", NONE, "baseline"),
        version(7, "third", SOME, family="ridge"),
    )
    registered = RegisteredTarget(target="streams.one_week", tags={}, aliases={}, versions=versions)
    assert best_baseline(registered, registered.version(number)) == registered.version(bar)
    assert best_baseline(registered, registered.version(7)) is None


def test_a_metric_without_an_interval_has_none():
    one = version(1, "t", {})
    assert headline_metric(one) == Measured(value=0.2)
    assert headline_difference(one) == Measured(value=None)


def test_tags_that_are_no_numbers_are_not_measured():
    one = version(1, "t", NONE)
    assert headline_metric(one.model_copy(update={"tags": {**one.tags, "wape": "nan"}})) == Measured(value=None)
    assert headline_metric(one.model_copy(update={"tags": {}})) == Measured(value=None)


def test_ends_of_intervals_belong_to_their_metric():
    found = dict(with_intervals({"wape": 0.2, "wape_low": 0.1, "wape_high": 0.3, "tune_wape": 0.4, "is_low": 1.0}))
    assert found == {
        "is_low": Measured(value=1.0),
        "tune_wape": Measured(value=0.4),
        "wape": Measured(value=0.2, low=0.1, high=0.3),
    }


def test_origin():
    one = version(1, "t", NONE).model_copy(update={"tags": {"dataset.tracks": "5", "learned_until": "2024-12-31"}})
    assert datasets_of(one) == {"tracks": "5"}
    assert learned_until(one) == date(2024, 12, 31)
    assert learned_until(one.model_copy(update={"tags": {"learned_until": "soon"}})) is None
