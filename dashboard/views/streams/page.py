"""The page Streams: a track's week ahead and its third week."""

import streamlit as st

from dashboard.shown import states
from dashboard.source.source import Source
from dashboard.views.streams.movers import draw_movers
from dashboard.views.streams.own import draw_pasted, draw_uploaded
from dashboard.views.streams.track import SHEET, draw_track

TITLE = "Streams"
QUESTION = "How often will this track be streamed in the next 7 days, and on days 15 to 21 from now?"
_TRACK, _PASTED, _UPLOADED = "a track of the catalogue", "counts that I paste", "a CSV file that I upload"


def page(source: Source) -> None:
    """Draw it."""
    states.page(source, TITLE, QUESTION, _body)


def _body(source: Source) -> None:
    about = states.sheet(source, SHEET, limit=1)
    if about is None:
        return
    whose = st.radio("The days of", [_TRACK, _PASTED, _UPLOADED], horizontal=True, key="streams-whose")
    if whose == _TRACK:
        draw_track(source)
        for served in about.models:
            states.baseline_served(served)
        states.said_by(about)
    elif not source.predicts:
        states.only_with_the_api()
    else:
        draw = draw_pasted if whose == _PASTED else draw_uploaded
        draw(source, {served["target"] for served in about.models})
    st.divider()
    draw_movers(source)
