"""The fields of a made-up track that say nothing of its sound: genre, title, release, and its artist's history."""

from datetime import date
from typing import Any

import streamlit as st

from dashboard.source.source import Source
from dashboard.views.hits.words import name

Record = dict[str, Any]

_TITLE_SAYS = ("remix", "feature", "remaster", "live", "acoustic", "edit", "from")
_TITLE_HAS = ("brackets", "dash")
_TITLE = (*(f"title_is_{one}" for one in _TITLE_SAYS), *(f"title_has_{one}" for one in _TITLE_HAS))
_NONE_EARLIER = (
    "artist_earlier_tracks",
    "artist_earlier_release_days",
    "artist_tracks_last_365_days",
    "artist_earlier_genres",
    "artist_earlier_tracks_in_genre",
    "artist_same_song_earlier",
    "others_same_song_earlier",
)
_ALONE = ("same_day_tracks", "same_day_tracks_in_genre", "same_day_versions")
_DEBUT = {**dict.fromkeys(_NONE_EARLIER, 0), **dict.fromkeys(_ALONE, 1)}


def made_up_fields(source: Source) -> Record:
    """What can be known of a track before it is out."""
    genres = source.sheet("track_genres").frame
    left, middle, right = st.columns([1, 2, 1], gap="medium")
    genre = left.selectbox(
        "Genre", list(genres["genre"]), index=None, placeholder="not known", key="hits-genre", persist_state="session"
    )
    title = middle.text_input("Title", placeholder="not known", key="hits-title", persist_state="session").strip()
    released = right.date_input(
        "Release", value=None, min_value=date(1900, 1, 1), key="hits-released", persist_state="session"
    )
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    said = left.multiselect(
        "What the title says", _TITLE, format_func=name, placeholder="nothing", key="hits-says", persist_state="session"
    )
    debut = right.checkbox(
        "A single, its artist's first release", value=True, key="hits-debut", persist_state="session"
    )
    return {
        "genre": genre,
        **_of_title(title),
        **{feature: int(feature in said) for feature in _TITLE},
        **_date_parts(released),
        **(_DEBUT if debut else {}),
    }


def _of_title(title: str) -> Record:
    if not title:
        return {}
    return {"title": title, "title_characters": len(title), "title_words": len(title.split())}


def _date_parts(day: Any) -> Record:
    if not isinstance(day, date):
        return {}
    return {
        "release_year": day.year,
        "release_month": day.month,
        "release_day_of_month": day.day,
        "release_weekday": day.isoweekday(),
        "release_day": day.toordinal(),
    }
