"""The users of each hour of the coming day, after the hours that came before."""

import pandas as pd
import streamlit as st

from dashboard.shown import charts, states, words
from dashboard.source.source import Rows, Source

_HOURS_BEFORE = 72
_LAST_WEEK = "same hour last week"
_ENDS = {"from": "low", "to": "high"}
_BOUNDS = [f"{end}_{level}" for level in (80, 95) for end in _ENDS.values()]


def hours_ahead(source: Source) -> None:
    """The forecast with its intervals, what is usual beside it."""
    st.subheader("Users per hour: the next 24 hours", anchor=False)
    found = states.sheet(source, "hours_ahead")
    if found is None:
        return
    if found.models:
        states.baseline_served(found.models[0])
    frame = found.frame.assign(local_time=pd.to_datetime(found.frame["local"]))
    known, ahead = frame[frame["kind"] == "past"], frame[frame["kind"] == "ahead"]
    _in_short(ahead)
    lines = _lines(found, ahead)
    drawn = charts.fan(
        known.tail(_HOURS_BEFORE)[["local_time", "users"]].rename(columns={"users": "value"}),
        ahead[["local_time", "expected", *_BOUNDS]].rename(columns={"expected": "value"}).assign(**lines),
        x="local_time",
        y="Users active in the hour",
        unit="users",
        lines=tuple(lines),
        when="%A %d %B %Y, %H:%M",
    )
    charts.with_numbers(drawn, _in_words(ahead, lines), "activity-hours", "users of each hour ahead")
    st.caption(
        f"Hours by the platform's clock ({ahead['timezone'].iloc[0]}), which begin at its midnight. Users who are "
        "active in several hours count in each of them. The "
        "bands are made to hold the number in 80 % and in 95 % of hours."
    )
    states.said_by(found)


def _in_short(ahead: pd.DataFrame) -> None:
    most, least = (ahead.loc[ahead["expected"].agg(which)] for which in ("idxmax", "idxmin"))
    day, busy, quiet = st.columns(3)
    day.metric("The day that is forecast", words.day(most["local_time"]))
    for place, label, hour in ((busy, "Busiest hour", most), (quiet, "Quietest hour", least)):
        place.metric(
            f"{label}, from {hour['local_time']:%H:%M}",
            words.amount(hour["expected"], "users"),
            words.between(hour["low_80"], hour["high_80"], "users"),
            delta_color="off",
            delta_arrow="off",
        )


def _lines(found: Rows, ahead: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """The thin lines: what the best baseline says, and the week before where that is something else."""
    named = {one["name"]: ahead["baseline"] for one in found.models[1:2]}
    return {_LAST_WEEK: ahead["week_ago"], **named}


def _in_words(ahead: pd.DataFrame, lines: dict[str, "pd.Series[float]"]) -> pd.DataFrame:
    ends = {f"{level} % {end}": ahead[f"{name}_{level}"].round(1) for level in (80, 95) for end, name in _ENDS.items()}
    return pd.DataFrame(
        {
            f"Hour from ({ahead['timezone'].iloc[0]})": ahead["local"],
            "The same in UTC": ahead["hour"].dt.strftime("%Y-%m-%d %H:%M"),
            "Expected users": ahead["expected"].round(1),
            **ends,
            **{name[:1].upper() + name[1:]: values.round(1) for name, values in lines.items()},
        }
    )
