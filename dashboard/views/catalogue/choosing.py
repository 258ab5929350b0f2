"""Choosing what of a catalogue to look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Source

SCOPES = {"catalogue": "the whole catalogue", "artist": "an artist", "track": "a track"}
_MOST_LISTED = 50


@dataclass(frozen=True)
class Chosen:
    """A track, an artist or the catalogue."""

    scope: str
    id: str
    name: str
    tracks: int
    """How many of its tracks have a forecast."""
    furthest_months: int
    """How many months ahead can be asked for."""
    why_not: str
    """Why a track has no forecast; empty where it has one."""

    @property
    def where(self) -> Mapping[str, str]:
        """What its months are asked for by."""
        return {"scope": self.scope, "id": self.id}

    @property
    def called(self) -> str:
        """As it stands in a sentence."""
        return SCOPES[self.scope] if self.scope == "catalogue" else self.name


def choose(source: Source) -> Chosen | None:
    """What is chosen; none where there is nothing yet, or nothing is found."""
    scope = st.radio(
        "Show", list(SCOPES), format_func=SCOPES.__getitem__, horizontal=True, width="stretch", key="catalogue-scope"
    )
    left, right = st.columns(2)
    search = ""
    if scope != "catalogue":
        asked = "its name or id" if scope == "artist" else "its title, artist or id"
        search = left.text_input(f"Search by {asked}", key=f"catalogue-search-{scope}")
    found = states.sheet(source, "catalogue_entries", {"scope": scope}, search=search, limit=_MOST_LISTED)
    if found is None:
        return None
    entries: dict[str, Any] = {str(row["id"]): row for row in found.frame.to_dict("records")}
    if not entries:
        states.empty("Nothing has this in its name. Search for something else.")
        return None
    if scope == "catalogue":
        return _chosen(scope, next(iter(entries.values())))
    listed = f"{found.total:,} found, the largest first"
    if found.total > len(entries):
        listed = f"The {len(entries)} largest of {found.total:,} found"
    picked: str = right.selectbox(
        listed, list(entries), format_func=lambda one: _label(scope, entries[one]), key=f"catalogue-{scope}"
    )
    return _chosen(scope, entries[picked])


def _label(scope: str, entry: Mapping[str, Any]) -> str:
    if scope == "artist":
        tracks = int(entry["tracks"])
        return f"{entry['name']} · {tracks} track{'' if tracks == 1 else 's'} · {entry['id']}"
    whose = f" · {entry['artist']}" if words.is_known(entry["artist"]) else ""
    return f"{entry['name']}{whose} · {entry['id']}"


def _chosen(scope: str, entry: Mapping[str, Any]) -> Chosen:
    why_not = str(entry["why_not"]) if words.is_known(entry["why_not"]) else ""
    return Chosen(
        scope, str(entry["id"]), str(entry["name"]), int(entry["tracks"]), int(entry["furthest_months"]), why_not
    )
