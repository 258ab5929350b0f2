"""The page Hits."""

from typing import Any

import streamlit as st

from dashboard.shown import states
from dashboard.source.source import Rows, Source
from dashboard.views.hits import chances
from dashboard.views.hits.choosing import Chosen, choose, say_what_came
from dashboard.views.hits.comparing import show_comparison
from dashboard.views.hits.drivers import show_drivers
from dashboard.views.hits.entering import enter
from dashboard.views.hits.judging import show_importance, show_quality

TITLE = "Hits"
QUESTION = "Will this track, on the day it comes out, become a hit?"


def page(source: Source) -> None:
    """Draw it."""
    states.page(source, TITLE, QUESTION, _body)


def _body(source: Source) -> None:
    averages = states.sheet(source, "audio_averages")
    if averages is None:
        return
    _track(source, averages)
    show_importance(source)
    show_quality(source)


@st.fragment
def _track(source: Source, averages: Rows) -> None:
    """All that follows from the track. What is moved here is asked anew here only."""
    states.section(source, lambda source: _of_track(source, averages))


def _of_track(source: Source, averages: Rows) -> None:
    chosen = choose(source)
    if chosen is None:
        return
    if chosen.track is not None:
        say_what_came(chosen.track)
    if source.predicts:
        _entered(source, averages, chosen)
    else:
        _published(source, averages, chosen)


def _entered(source: Source, averages: Rows, chosen: Chosen) -> None:
    entered = enter(source, averages.frame, chosen.track)
    if entered is None:
        return
    if entered.changed:
        st.caption(
            f"Changed: {'; '.join(entered.changed)}. What is said is what the models say of such a track, "
            "not what a change would do to this one."
        )
    said = chances.asked(source, entered.record)
    if said is not None:
        _show(source, said, chosen)
        show_drivers(said.answer)
    show_comparison(entered.record, averages)


def _published(source: Source, averages: Rows, chosen: Chosen) -> None:
    track: Any = chosen.track
    if track is None:
        states.only_with_the_api()
        return
    said = chances.published(track, chosen.found)
    if said is None:
        states.empty("Nothing was said of this track yet.")
        return
    _show(source, said, chosen)
    show_comparison(track.to_dict(), averages)
    states.only_with_the_api()


def _show(source: Source, said: chances.Chances, chosen: Chosen) -> None:
    chances.show(said)
    chances.show_reliability(source, said)
    states.said_by(chosen.found)
    chances.show_notes(said)
