"""The page Activity: how much is watched now, and how many will be there in the hours ahead."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Rows, Source
from dashboard.views.activity.charts import shows_chart, watch_time_chart
from dashboard.views.activity.hours import hours_ahead
from dashboard.views.activity.logging import logging

TITLE = "Activity"
QUESTION = (
    "How much is watched, by how many and what? How many users will be there in each hour of the coming day? The first "
    "three are counted, not estimated; the hours ahead are a forecast."
)
_SECONDS_BETWEEN_LOOKS = 5.0
_MINUTES_OF_AN_HOUR, _MANY_HOURS = 60, 100
_DRAWN = "activity-source"
"""Whose audience the rest of the page speaks of."""
_WHOSE = {"event store": "the collector's store", "datasets": "the project's datasets"}


def page(source: Source) -> None:
    """Draw it."""
    states.page(source, TITLE, QUESTION, _body)


def _body(source: Source) -> None:
    st.session_state.pop(_DRAWN, None)
    _live(source)
    states.section(source, hours_ahead)
    logging(source)


def _live(source: Source) -> None:
    @st.fragment(run_every=_SECONDS_BETWEEN_LOOKS if source.predicts else None)
    def look_again() -> None:
        states.section(source, _lately)

    look_again()


def _lately(source: Source) -> None:
    found = states.sheet(source, "activity")
    if found is None:
        return
    last = found.frame.iloc[0]
    _redrawn_where_another_audience(str(last["source"]))
    _refreshing(source, found)
    _figures(found)
    days, shows = st.columns(2, gap="large")
    with days:
        _days(source)
    with shows:
        _top_shows(source)


def _redrawn_where_another_audience(now: str) -> None:
    """Draw the whole page anew where the store has begun to speak: the hours ahead are those of another audience."""
    before = st.session_state.setdefault(_DRAWN, now)
    if before != now:
        st.rerun(scope="app")


def _refreshing(source: Source, found: Rows) -> None:
    last = found.frame.iloc[0]
    whose = _WHOSE.get(last["source"], last["source"])
    st.markdown(f"**Shown: the audience of {whose}, up to {words.moment(last['until'])}.**")
    for note in found.notes:
        st.caption(note)
    if source.predicts:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Refresh now", key="activity-refresh", icon=":material/refresh:")
            st.caption(
                f"Last refreshed at {datetime.now(UTC):%H:%M:%S} UTC; every {_SECONDS_BETWEEN_LOOKS:.0f} seconds by "
                "itself."
            )


def _figures(found: Rows) -> None:
    st.subheader("The last 7 days", anchor=False)
    last = found.frame.iloc[0]
    if not int(last["sessions"]):
        states.empty(f"No session ended in these 7 days. The last one began {words.moment(last['newest_session'])}.")
    before = found.frame.iloc[1] if len(found) > 1 else None
    mean, users, sessions, hours = st.columns([1.5, 1, 0.9, 1.3])
    mean.metric(
        "Mean watch time per user and day",
        words.amount(last["minutes_per_user_and_day"], "minutes", digits=1),
        _against(last, before, "minutes_per_user_and_day"),
        help="All minutes, divided by the users who were there at all in these 7 days, and by 7 days.",
    )
    users.metric("Users who were there", words.amount(last["users"]), _against(last, before, "users"))
    sessions.metric("Sessions", words.amount(last["sessions"]), _against(last, before, "sessions"))
    long = float(last["watch_minutes"]) / _MINUTES_OF_AN_HOUR
    watched = words.amount(long, digits=0 if long >= _MANY_HOURS else 1)
    hours.metric("Hours watched", watched, _against(last, before, "watch_minutes"))
    st.caption(
        "The record does not reach back to the 7 days before, so that there is nothing to compare with."
        if before is None
        else "Changes are against the 7 days before."
    )


def _against(last: "pd.Series[float]", before: "pd.Series[float] | None", name: str) -> str | None:
    if before is None or not words.is_known(before[name]) or not words.is_known(last[name]) or not before[name]:
        return None
    return words.change(last[name] / before[name] - 1)


def _days(source: Source) -> None:
    st.subheader("Day by day", anchor=False)
    found = states.sheet(source, "activity_days")
    if found is not None:
        watch_time_chart(found.frame)


def _top_shows(source: Source) -> None:
    st.subheader("Top shows", anchor=False)
    found = states.sheet(source, "top_shows", limit=10)
    if found is None:
        return
    if not len(found):
        states.empty("No show was watched in these 7 days.")
        return
    shows_chart(found.frame)
