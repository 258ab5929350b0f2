"""Choosing a real track to start from."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Rows, Source
from dashboard.views.hits.words import released

_LISTED = 50


@dataclass(frozen=True)
class Chosen:
    """The tracks that were found, and the one that was chosen."""

    found: Rows
    track: Any
    """Its row of the sheet `tracks`; None of a made-up one."""


def choose(source: Source) -> Chosen | None:
    """A search, and a list of what it finds; None where there are no tracks."""
    left, right = st.columns([2, 3])
    searched = left.text_input(
        "Search a real track by title, artist or id", key="hits-search", persist_state="session"
    ).strip()
    found = states.sheet(source, "tracks", search=searched, limit=_LISTED)
    if found is None:
        return None
    rows = _with_held(source, found.frame)
    label = "Start from it" if source.predicts else "Show it"
    track_id = right.selectbox(
        f"{label}: {_counted(found, searched)}",
        list(rows["track_id"]),
        index=None,
        format_func=_named(rows),
        placeholder="No track chosen",
        key="hits-track",
        persist_state="session",
    )
    if track_id is None:
        return Chosen(found, None)
    return Chosen(found, rows[rows["track_id"] == track_id].iloc[0])


def say_what_came(track: Any) -> None:
    """What a real track is, whether what is said of it is a test, and what came."""
    about = [f"**{track['title']}** by {track['artist']}", f"came out {_on(track)}"]
    if words.is_known(track["genre"]):
        about.append(f"genre {track['genre']}")
    st.markdown(f"{', '.join(about)}. {_test(track)} {_outcome(track)}")


def _with_held(source: Source, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, and the chosen one with them where another search does not find it."""
    held = st.session_state.get("hits-track")
    if held is None or held in set(rows["track_id"]):
        return rows
    return pd.concat([source.sheet("tracks", {"track_id": held}).frame, rows], ignore_index=True)


def _counted(found: Rows, searched: str) -> str:
    if not searched:
        return f"the {len(found):,} latest of {found.total:,} tracks"
    if found.total > len(found):
        return f"the {len(found):,} latest of {found.total:,} that match"
    return f"{found.total:,} {'matches' if found.total == 1 else 'match'}"


def _named(rows: pd.DataFrame) -> Any:
    names = {row["track_id"]: f"{row['title']} · {row['artist']} · {released(row)}" for _, row in rows.iterrows()}
    return lambda track_id: names.get(track_id, track_id)


def _on(track: Any) -> str:
    exact = track["release_precision"] == "day" or not words.is_known(track["release_precision"])
    return f"{'on' if exact else 'in'} {released(track)}"


def _test(track: Any) -> str:
    if not words.is_known(track["in_training"]):
        return ""
    if track["in_training"]:
        return "It lies within the days that the models learned from: what they say of it is no test."
    return "It came out after the days that the models learned from: what they say of it is a test."


def _outcome(track: Any) -> str:
    if not words.is_known(track["is_hit"]):
        return "What came of it is not known."
    read = f" (popularity {track['popularity']:.0f})" if words.is_known(track["popularity"]) else ""
    return f"Read later: **{'a hit' if track['is_hit'] else 'no hit'}**{read}, which no feature holds."
