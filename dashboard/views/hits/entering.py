"""Sliders and fields that describe a track, beginning with those of a real one where one is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Source
from dashboard.views.hits.made_up import made_up_fields
from dashboard.views.hits.words import FOLDED, MOVED, name, shown_number, value

_STEPS = {"tempo": 1.0}
_STEP = 0.01
_NAMED = {"key": range(-1, 12), "mode": (1, 0)}
"""Features whose numbers name something: they are chosen from a list."""
_STARTED_FROM = "hits-started-from"

Record = dict[str, Any]


@dataclass(frozen=True)
class Entered:
    """A track as it is described now."""

    record: Record
    """What POST /hit/predict takes."""
    changed: tuple[str, ...]
    """What was moved away from the real track, in words."""


def enter(source: Source, averages: pd.DataFrame, track: Any) -> Entered | None:
    """The sliders and the folded fields; None where a real track's features cannot be had."""
    real = _features(source, track)
    if real is None:
        return None
    everywhere = averages[averages["group"] == "all tracks"].set_index("feature").to_dict("index")
    _start("" if track is None else track["track_id"], real, everywhere)
    record = dict(real)
    for column, feature in zip(st.columns(len(MOVED), gap="medium"), MOVED, strict=True):
        with column:
            record[feature] = _slider(feature, everywhere[feature], real)
    if track is None:
        st.caption("A made-up track: a single, its artist's first release, unless its other features say otherwise.")
    with st.expander("Its other features"):
        record |= _audio_fields()
        record |= made_up_fields(source) if track is None else _said_of_the_rest(real)
    record = {feature: given for feature, given in record.items() if words.is_known(given)}
    return Entered(record, tuple(_changes(real, record)) if track is not None else ())


def _features(source: Source, track: Any) -> Record | None:
    """What is known of a real track on its release day; nothing of a made-up one."""
    if track is None:
        return {}
    found = states.sheet(source, "track_features", {"track_id": track["track_id"]})
    if found is None or not len(found):
        states.empty("This track has no features yet: run `refrain run hits`.")
        return None
    row = found.frame.iloc[0].drop(["track_id", "as_of"])
    return {str(feature): given for feature, given in row.items() if words.is_known(given)}


def _start(track_id: str, real: Mapping[str, Any], everywhere: Mapping[Any, Any]) -> None:
    """Give the widgets the values of what was just chosen, or, of the first made-up track, the mean ones."""
    state, anew = st.session_state, st.session_state.get(_STARTED_FROM) != track_id
    state[_STARTED_FROM] = track_id
    for feature in MOVED:
        if f"hits-{feature}" not in state or (anew and feature in real):
            state[f"hits-{feature}"] = _stepped(feature, float(real.get(feature, everywhere[feature]["mean"])))
    for feature in FOLDED:
        if f"hits-{feature}" not in state or (anew and real):
            state[f"hits-{feature}"] = _as_entered(feature, real.get(feature))


def _slider(feature: str, all_tracks: Mapping[Any, Any], real: Mapping[str, Any]) -> float:
    step = _STEPS.get(feature, _STEP)
    low, high = floor(all_tracks["lowest"] / step) * step, ceil(all_tracks["highest"] / step) * step
    moved = st.slider(
        name(feature).capitalize(),
        *(round(low, 6), round(high, 6)),
        step=step,
        format="%.0f" if feature in _STEPS else "%.2f",
        key=f"hits-{feature}",
        persist_state="session",
    )
    exact = real.get(feature)
    # A slider has steps: as long as it stands where the real track put it, the real track's own value is meant.
    return float(exact) if exact is not None and _stepped(feature, exact) == moved else float(moved)


def _audio_fields() -> Record:
    st.caption("Leave empty what is not known: it is then filled in as the models learned to.")
    found: Record = {}
    columns = st.columns(4, gap="medium")
    for place, feature in enumerate(FOLDED):
        with columns[place % len(columns)]:
            found[feature] = _named_field(feature) if feature in _NAMED else _number_field(feature)
    return found


def _number_field(feature: str) -> float | None:
    given = st.number_input(
        name(feature).capitalize(),
        value=None,
        step=1.0 if feature in ("loudness", "duration_ms") else 0.05,
        format="%.1f" if feature in ("loudness", "duration_ms") else "%.3f",
        placeholder="not known",
        key=f"hits-{feature}",
        persist_state="session",
    )
    if given is None:
        return None
    return given / shown_number(feature, 1.0)


def _named_field(feature: str) -> float | None:
    given = st.selectbox(
        name(feature).capitalize(),
        list(_NAMED[feature]),
        index=None,
        format_func=lambda number: value(feature, number),
        placeholder="not known",
        key=f"hits-{feature}",
        persist_state="session",
    )
    return None if given is None else float(given)


def _said_of_the_rest(real: Mapping[str, Any]) -> Record:
    rest = {feature: given for feature, given in real.items() if feature not in (*MOVED, *FOLDED)}
    st.caption(
        f"The {len(rest)} other fields stay as they were known on its release day: its genre, title and date, "
        "and what its artist had released before."
    )
    shown = [{"Field": name(feature), "On the release day": value(feature, given)} for feature, given in rest.items()]
    st.dataframe(pd.DataFrame(shown), hide_index=True, height=220, key="hits-rest")
    return {}


def _changes(real: Mapping[str, Any], record: Mapping[str, Any]) -> list[str]:
    return [
        f"{name(feature)} {value(feature, real.get(feature))} → {value(feature, record.get(feature))}"
        for feature in (*MOVED, *FOLDED)
        if not _same(real.get(feature), record.get(feature))
    ]


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return abs(float(one) - float(other)) < 1e-9 * max(1.0, abs(float(one)))


def _stepped(feature: str, number: float) -> float:
    step = _STEPS.get(feature, _STEP)
    return round(round(number / step) * step, 6)


def _as_entered(feature: str, number: Any) -> Any:
    if number is None:
        return None
    return int(number) if feature in _NAMED else shown_number(feature, float(number))
