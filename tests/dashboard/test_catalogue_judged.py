"""The part of the page Catalogue that holds earlier forecasts against what came."""

import pandas as pd
import pytest
from said import said

from dashboard.source.source import Rows
from dashboard.views.catalogue.judging import show_came_true

SCORES = {"blend": 0.1, "flat": 0.3, "classic decay": 0.2, "seasonal naive": 0.5, "boosted": 0.15}


class Judged:
    """A source with scores of five candidates, the first of them served or not."""

    predicts = True
    name = "a source"

    def __init__(self, served=True, years=True):
        self._served, self._years = served, years

    def sheet(self, name, where=None, **more):
        if name == "catalogue_backtest":
            return Rows(self._scores(), 10)
        return Rows(_year(), 2) if self._years else Rows(pd.DataFrame(), 0, missing="Nothing is old enough.")

    def _scores(self):
        rows = [
            {
                **{
                    "months_ahead": month,
                    "candidate": name,
                    "wape": wape,
                    "wape_low": wape - 0.01,
                    "wape_high": wape + 0.02,
                },
                **{"is_served": self._served and name == "blend", "is_baseline": name not in ("blend", "boosted")},
                **{"bias": 0.0, "coverage_80": 0.81, "coverage_95": 0.955, "rows": 7},
            }
            for month in (None, 1, 2)
            for name, wape in SCORES.items()
        ]
        types = {"is_served": "boolean", "is_baseline": "boolean", "months_ahead": "Int64"}
        return pd.DataFrame(rows).astype(types)


def _year():
    days = pd.to_datetime(["2024-01-30", "2024-02-29"])
    amounts = {"came": 100.0, "value": 90.0, "flat": 150.0, "classic": 100.0}
    bounds = {"low_80": [80.0, 110.0], "high_80": 120.0, "low_95": 50.0, "high_95": 200.0}
    as_of = pd.Timestamp("2023-12-31")
    return pd.DataFrame({"as_of": as_of, "last_day": days, "months_ahead": [1, 2], "tracks": 4, **amounts, **bounds})


class Part:
    """The part of the page as a page of its own."""

    @staticmethod
    def page(source):
        show_came_true(source, "track")


@pytest.fixture
def words(drawn):
    def shown(source):
        app = drawn(Part, source)
        assert not app.exception
        return said(app)

    return shown


def test_the_served_model_is_named_first_with_the_rules_beside_it(words):
    text = words(Judged())
    assert "**blend (served)** was off by **10.0 % (95 %: 9.0 % to 12.0 %)**" in text
    assert "the classic rule by 20.0 %" in text
    assert "every month as the last by 30.0 %" in text
    assert "boosted" not in text, "neither served nor a rule"
    assert "81.0 % lay in the 80 % intervals and 95.5 % in the 95 % ones" in text


def test_where_what_is_served_was_not_measured_all_models_are_shown(words):
    text = words(Judged(served=False))
    assert "(served)" not in text
    assert "**blend**" in text
    assert "boosted by 15.0 %" in text


def test_last_year_is_said_beside_what_came(words):
    text = words(Judged())
    assert "after 31 December 2023" in text
    assert "200 streams came in 2 months" in text
    assert "Expected were 10.0 % less" in text
    assert "have been 50.0 % more" in text
    assert "1 of 2 months lay in their 80 % intervals" in text
    assert "Nothing is old enough." in words(Judged(years=False))
