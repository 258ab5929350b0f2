"""The page Catalogue: the months ahead of a track, an artist or the whole catalogue, and what they are worth."""

import streamlit as st

from dashboard.shown import states
from dashboard.source.source import Rows, Source
from dashboard.views.catalogue_choosing import Chosen, choose
from dashboard.views.catalogue_judging import show_came_true
from dashboard.views.catalogue_months import chosen_months, show_months
from dashboard.views.catalogue_worth import show_worth

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
        found = states.sheet(source, "catalogue_months", {"scope": chosen.scope, "id": chosen.id})
        if found is not None:
            for served in found.models:
                states.baseline_served(served)
            _months(chosen, found)
            states.said_by(found)
    st.divider()
    states.section(source, lambda source: show_came_true(source, chosen.scope if chosen else "track"))


@st.fragment
def _months(chosen: Chosen, found: Rows) -> None:
    """All that follows from the months that are there: what is moved here asks for nothing anew."""
    months = chosen_months(chosen, found)
    if months is not None:
        show_months(chosen, months)
        show_worth(months)
