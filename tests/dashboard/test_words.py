"""Numbers and dates in words."""

from datetime import date

import pandas as pd
import pytest

from dashboard.shown import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 streams"),
        (12_340.4, "12,340 streams"),
        (999_999, "999,999 streams"),
        (1_240_000, "1.24 million streams"),
        (-7_638_020_000, "-7.64 billion streams"),
        (None, "not known"),
        (float("nan"), "not known"),
        (pd.NA, "not known"),
    ],
)
def test_an_amount_has_its_unit(value, said):
    assert words.amount(value, "streams") == said


def test_a_share_and_a_change():
    assert words.percent(0.1234) == "12.3 %"
    assert words.change(-0.05) == "-5.0 %"
    assert words.percent(None) == "not known"


def test_a_metric_has_its_interval_where_there_is_one():
    assert words.score(0.6771, 0.6442, 0.7061) == "0.677 [0.644, 0.706]"
    assert words.score(0.1, 0.05, 0.15, sign=True) == "+0.100 [+0.050, +0.150]"
    assert words.score(0.6771, None, None) == "0.677"


def test_days_and_moments_are_written_out():
    assert words.day(date(2026, 11, 1)) == "1 November 2026"
    assert words.moment("2026-11-21T11:05:00+01:00") == "21 November 2026, 10:05 UTC"
    assert words.moment(pd.NaT) == "not known"


@pytest.mark.parametrize(("day", "said"), [(21, "today"), (20, "1 day ago"), (1, "20 days ago")])
def test_an_age_is_in_days(day, said):
    assert words.age(date(2026, 11, day), date(2026, 11, 21)) == said
