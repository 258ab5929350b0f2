"""What is expected of a track: its two weeks as numbers beside the last 7 days, and as a chart behind its days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import charts, words

DAYS_OF_A_WEEK = 7
NEXT_WEEK, THIRD_WEEK = "Next 7 days", "Days 15 to 21"
_FIRST_DAYS = {NEXT_WEEK: 1, THIRD_WEEK: 15}
_BOUNDS = ("low_80", "high_80", "low_95", "high_95")
SINCE = "counted since, not used"
_SHORT = 56
_SHOWN = {"8 weeks": _SHORT, "26 weeks": 182, "all of them": 100_000}
_HOW_TO_READ = (
    "A forecast is of a week's total. It is drawn as the mean of that week's days: the line is level, and the bands "
    "are the mean's; single days swing more."
)


@dataclass(frozen=True)
class Week:
    """A week's streams: what is expected, its intervals, and what the baseline says."""

    name: str
    """NEXT_WEEK or THIRD_WEEK."""
    expected: float
    bounds: tuple[float, float, float, float]
    """low_80, high_80, low_95, high_95."""
    baseline: float | None

    def days(self, as_of: date) -> list[date]:
        """Its days, for a forecast made at the end of `as_of`."""
        first = as_of + timedelta(days=_FIRST_DAYS[self.name])
        return [first + timedelta(days=place) for place in range(DAYS_OF_A_WEEK)]


@dataclass(frozen=True)
class Outlook:
    """What is expected of a track at the end of `as_of`."""

    as_of: date
    last_7: float | None
    """Streams of the 7 days up to as_of, where all are known."""
    weeks: tuple[Week, ...]
    baseline: str = "baseline"
    """What the baseline is called."""


def week_of_answer(name: str, answer: Mapping[str, Any], baseline: float | None) -> Week:
    """The week that the API's answer is about."""
    (low_80, high_80), (low_95, high_95) = answer["interval_80"], answer["interval_95"]
    return Week(name, answer["prediction"], (low_80, high_80, low_95, high_95), baseline)


def draw_totals(outlook: Outlook) -> None:
    """The last 7 days, and each week ahead beside them."""
    last, *ahead = st.columns(1 + len(outlook.weeks))
    with last:
        first = outlook.as_of - timedelta(days=DAYS_OF_A_WEEK - 1)
        st.metric("Last 7 days, streams", words.amount(outlook.last_7))
        st.caption(f"{words.day(first)} to {words.day(outlook.as_of)}")
    for place, week in zip(ahead, outlook.weeks, strict=True):
        with place:
            _draw_week(week, outlook)


def _draw_week(week: Week, outlook: Outlook) -> None:
    low_80, high_80, low_95, high_95 = week.bounds
    change = week.expected / outlook.last_7 - 1 if outlook.last_7 else None
    against = None if change is None else f"{words.change(change)} against the last 7 days"
    st.metric(f"{week.name}, streams expected", words.amount(week.expected), against)
    days = week.days(outlook.as_of)
    lines = (
        f"{words.day(days[0])} to {words.day(days[-1])}",
        words.between(low_80, high_80, "streams"),
        words.between(low_95, high_95, "streams", level=95),
        f"{outlook.baseline.capitalize()}: {words.amount(week.baseline, 'streams')}",
    )
    st.caption("  \n".join(lines))


def draw_days(days: pd.DataFrame, outlook: Outlook, key: str, what: str) -> None:
    """The chart of a track's days with the weeks ahead. `days`: date, streams, and at_most where there are such."""
    known = _before(days, outlook.as_of)
    if len(known) > _SHORT:
        chosen = st.radio("Days shown before the forecast", list(_SHOWN), horizontal=True, key=f"{key}-shown")
        known = known.tail(_SHOWN[chosen])
    ahead = days_ahead(outlook, days)
    lines = [name for name in (outlook.baseline, SINCE) if ahead[name].notna().any()]
    chart = charts.fan(known, ahead, x="date", y="Streams", unit="a day", lines=tuple(lines))
    charts.with_numbers(chart, _numbers(known, ahead, lines), key, what)
    between = " Nothing is forecast of days 8 to 14." if len(outlook.weeks) > 1 else ""
    st.caption(f"{_HOW_TO_READ}{between}")


def days_ahead(outlook: Outlook, days: pd.DataFrame) -> pd.DataFrame:
    """A row for each day after as_of to the end of the last week, empty where nothing is said: means of weeks' days.

    Columns: date, value, the bounds, the baseline by its name, and what has been counted since. `days`: date, streams.
    """
    last = max(week.days(outlook.as_of)[-1] for week in outlook.weeks)
    dates = pd.date_range(outlook.as_of + timedelta(days=1), last, name="date")
    found = pd.DataFrame(index=dates, dtype="float64")
    found = found.reindex(columns=["value", *_BOUNDS, outlook.baseline])
    for week in outlook.weeks:
        of_week = [week.expected, *week.bounds, week.baseline]
        means = [float("nan") if total is None else total / DAYS_OF_A_WEEK for total in of_week]
        found.loc[pd.DatetimeIndex(week.days(outlook.as_of))] = means
    counted = days.set_index("date")["streams"].astype("float64")
    return found.assign(**{SINCE: counted.reindex(found.index)}).reset_index()


def _before(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """date, value (empty where not known) and at_most of every day up to as_of, so that a gap is seen as one."""
    last = pd.Timestamp(as_of)
    kept = days[days["date"] <= last].set_index("date")
    first = kept.index.min() if len(kept) else last
    kept = kept.reindex(pd.date_range(first, last, name="date")).rename(columns={"streams": "value"})
    return kept.astype({"value": "float64"}).reset_index()


def _numbers(known: pd.DataFrame, ahead: pd.DataFrame, lines: Sequence[str]) -> pd.DataFrame:
    """Both in a table, by day, the newest first; forecasts are means of a week's days."""
    called = {
        "expected": "Expected",
        **{name: f"{name[-2:]} % {'from' if name.startswith('low') else 'to'}" for name in _BOUNDS},
        **{name: name.capitalize() for name in lines},
    }
    said = ahead.rename(columns={"value": "expected"})
    said = said[said[["expected", *lines]].notna().any(axis=1)]
    table = pd.concat([known.rename(columns={"value": "Counted"}), said]).sort_values("date", ascending=False)
    shown = ["date", "Counted", *(["at_most"] if _has(known, "at_most") else []), *called]
    table = table[shown].rename(columns={**called, "at_most": "At most (not listed)", "date": "Day"})
    numbers = table.columns.drop("Day")
    table[numbers] = table[numbers].astype("float64").round().astype("Int64")
    return table.assign(Day=table["Day"].dt.date)


def _has(frame: pd.DataFrame, name: str) -> bool:
    return name in frame.columns and bool(frame[name].notna().any())
