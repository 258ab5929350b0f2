"""Features of churn in words: all of them, with their units, and what is not known."""

import math

import pytest

from features.registry import find_target
from tasks.audience.churn_words import in_words
from tasks.churn_figures import CHURN

TARGET = find_target(CHURN)


@pytest.mark.parametrize("feature", TARGET.numeric)
def test_every_number_is_put_into_words(feature):
    for value in (0, 1, 0.34, 7.25, 1240.0, None, math.nan):
        said = in_words(feature, {feature: value})
        assert "_" not in said
        assert "nan" not in said
        assert (said.endswith("not known")) == (value is None or math.isnan(value))


@pytest.mark.parametrize("feature", TARGET.categorical)
def test_every_word_has_a_name(feature):
    assert in_words(feature, {feature: "DE"}).endswith(": DE")
    assert in_words(feature, {feature: None}).endswith("not known")


@pytest.mark.parametrize(
    ("feature", "value", "said"),
    [
        ("days_since_last", 9, "no session for 9 days"),
        ("days_since_last", 1, "no session for 1 day"),
        ("days_since_last", 0, "a session on the last day"),
        ("sessions_7", 0, "no session in the last 7 days"),
        ("sessions_28", 1, "1 session in the last 28 days"),
        ("silence", 4.24, "silent for 4.2 times the usual gap"),
        ("silence", 0.5, "silent for 50 % of the usual gap"),
        ("watch_minutes_28", 1425.3, "1,425 minutes watched in the last 28 days"),
        ("buffering_trend", -0.5, "0.5 fewer bufferings a session in the last 7 days than in the last 28"),
        ("recommended_7", 0.4, "40 % of the sessions recommended in the last 7 days"),
    ],
)
def test_it_reads_as_a_person_would_put_it(feature, value, said):
    assert in_words(feature, {feature: value}) == said


def test_what_is_not_known_for_want_of_sessions_says_so():
    silent = {"median_buffering_7": math.nan, "sessions_7": 0}
    assert in_words("median_buffering_7", silent) == "no session in the last 7 days (buffering not known)"
    assert in_words("median_buffering_7", {**silent, "sessions_7": 2}) == "buffering in the last 7 days not known"


def test_a_feature_without_words_is_shown_as_it_is():
    assert in_words("mood", {"mood": 3}) == "mood: 3"
