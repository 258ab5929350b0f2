"""A track of the catalogue: found, its days, and what is expected of it."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Rows, Source
from dashboard.views.streams.outlook import NEXT_WEEK, THIRD_WEEK, Outlook, Week, draw_days, draw_totals

SHEET = "stream_forecasts"
_MOST_OFFERED = 200
_BOUNDS = ("low_80", "high_80", "low_95", "high_95")
_WEEKS = {"week": NEXT_WEEK, "third": THIRD_WEEK}


def draw_track(source: Source) -> None:
    """Pick a track; its totals and its chart."""
    chosen = _picked(source)
    if chosen is None:
        return
    outlook = outlook_of(chosen)
    draw_totals(outlook)
    age = chosen["days_since_release"]
    if words.is_known(age):
        st.caption(f"Out for {words.amount(age, 'days')} on {words.day(outlook.as_of)}.")
    days = states.sheet(source, "track_days", {"track_id": chosen["track_id"]}, order="-date")
    if days is not None:
        draw_days(_of_single_days(days.frame), outlook, "streams-track", f"days of {track_name(chosen)}")
        states.said_by(days)


def outlook_of(row: "pd.Series[Any]") -> Outlook:
    """What a row of the sheet says."""
    weeks = tuple(
        Week(
            name,
            float(row[f"{week}_expected"]),
            tuple(float(row[f"{week}_{bound}"]) for bound in _BOUNDS),  # type: ignore[arg-type]
            _number(row[f"{week}_baseline"]),
        )
        for week, name in _WEEKS.items()
        if words.is_known(row[f"{week}_expected"])
    )
    return Outlook(row["as_of"].date(), _number(row["last_7"]), weeks)


def track_name(row: "pd.Series[Any]") -> str:
    """As "Night Train, by Somebody"; its id where it has no title."""
    if not words.is_known(row["title"]):
        return str(row["track_id"])
    return f"{row['title']}, by {row['artist']}" if words.is_known(row["artist"]) else str(row["title"])


def _picked(source: Source) -> "pd.Series[Any] | None":
    searching, choosing = st.columns(2)
    search = searching.text_input("Search title, artist or track id", key="streams-search").strip()
    found = states.sheet(source, SHEET, search=search, order="-last_7", limit=_MOST_OFFERED)
    if found is None:
        return None
    if not len(found):
        states.empty(f"No track that can be forecast now has “{search}” in its title, artist or id.")
        return None
    labels = {row["track_id"]: f"{track_name(row)} ({row['track_id']})" for _, row in found.frame.iterrows()}
    chosen = choosing.selectbox("Track", list(labels), format_func=lambda one: labels.get(one, one), key="streams-pick")
    st.caption(_offered(found))
    row: pd.Series[Any] = found.frame.set_index("track_id", drop=False).loc[chosen]
    return row


def _offered(found: Rows) -> str:
    if found.total > len(found):
        return f"The {len(found)} most streamed of {found.total:,} tracks are offered: search for others."
    return "1 track." if found.total == 1 else f"{found.total:,} tracks, the most streamed first."


def _of_single_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Without counts of several days, of a weekly chart say, which no forecast reads."""
    return frame[frame["covers_days"].fillna(1) == 1][["date", "streams", "at_most"]]


def _number(value: Any) -> float | None:
    return float(value) if words.is_known(value) else None
