"""The page Catalogue: the months ahead of a track, an artist or the whole catalogue, and what they are worth."""

import streamlit as st

from dashboard.shown import states
from dashboard.source.source import Rows, Source
from dashboard.views.catalogue.choosing import Chosen, choose
from dashboard.views.catalogue.judging import show_came_true
from dashboard.views.catalogue.months import NEAR, chosen_months, show_months
from dashboard.views.catalogue.worth import show_worth

TITLE = "Catalogue"
QUESTION = (
    "How much will a track, an artist or the whole catalogue stream in each of the coming months, "
    "and what is that worth today?"
)


def page(source: Source) -> None:
    """Draw it."""
    states.page(source, TITLE, QUESTION, _body)


def _body(source: Source) -> None:
    chosen = choose(source)
    if chosen is not None:
        found = states.sheet(source, NEAR, chosen.where)
        if found is not None:
            for served in found.models:
                states.baseline_served(served)
            _months(source, chosen, found)
            states.said_by(found)
    st.divider()
    states.section(source, lambda source: show_came_true(source, chosen.scope if chosen else "track"))


@st.fragment
def _months(source: Source, chosen: Chosen, near: Rows) -> None:
    """All that follows from the months: what is moved here is asked anew here only."""
    states.section(source, lambda source: _of_months(source, chosen, near))


def _of_months(source: Source, chosen: Chosen, near: Rows) -> None:
    months = chosen_months(source, chosen, near)
    if months is not None:
        show_months(chosen, months)
        show_worth(months)
