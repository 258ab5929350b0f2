"""The charts of what the audience has lately done."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.shown import charts, words

_HEIGHT, _HEIGHT_OF_A_BAR, _HEIGHT_OF_AN_AXIS = 320, 40, 60


def watch_time_chart(days: pd.DataFrame) -> None:
    """A bar for each of the seven days: minutes of those who were there."""
    frame = days.assign(
        day=[f"{until.day} {until:%b}" for until in days["until"]],
        minutes_per_user=days["minutes_per_user"].fillna(0.0),  # nobody was there
    )
    drawn: alt.Chart = (
        alt.Chart(frame[["day", "minutes_per_user", "users", "sessions"]], height=_HEIGHT)
        .mark_bar()
        .encode(
            alt.X("day:O", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            alt.Y("minutes_per_user:Q", title="minutes per user who was there that day"),
            tooltip=[
                alt.Tooltip("day:O", title="24 hours up to"),
                alt.Tooltip("minutes_per_user:Q", title="minutes per user", format=",.1f"),
                alt.Tooltip("users:Q", format=",d"),
                alt.Tooltip("sessions:Q", format=",d"),
            ],
        )
    )
    charts.with_numbers(drawn, _days_in_words(days), "activity-days", "watch time of each day")
    until = days["until"].iloc[-1]
    st.caption(
        f"Each day is the 24 hours up to {until:%H:%M} UTC of its date. The mean above divides by everybody who was "
        "there in the week, these bars by those of the day alone."
    )


def shows_chart(shows: pd.DataFrame) -> None:
    """A bar for each show, that of the most sessions first."""
    twice = shows["title"].duplicated(keep=False)
    frame = shows.assign(show=shows["title"].where(~twice, shows["title"] + " (" + shows["show_id"] + ")"))
    drawn = charts.bars(frame[["show", "sessions"]], label="show", value="sessions", title="sessions", form=",d")
    whole = alt.X("sessions:Q", title="sessions", axis=alt.Axis(tickMinStep=1, format="d"))
    charts.with_numbers(
        drawn.encode(whole).properties(height=min(_HEIGHT, _HEIGHT_OF_A_BAR * len(frame) + _HEIGHT_OF_AN_AXIS)),
        _shows_in_words(frame),
        "activity-shows",
        "top shows",
    )
    st.caption("Sessions in which a show was watched. A session's minutes are split evenly over the shows of its list.")


def _days_in_words(days: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "24 hours up to": [words.moment(until) for until in days["until"]],
            "Minutes per user": days["minutes_per_user"].round(1),
            "Minutes in all": days["watch_minutes"].round(0),
            "Users": days["users"],
            "Sessions": days["sessions"],
        }
    )


def _shows_in_words(shows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Rank": shows["rank"],
            "Show": shows["show"],
            "Sessions": shows["sessions"],
            "Users": shows["users"],
            "Minutes": shows["watch_minutes"].round(0),
        }
    )
