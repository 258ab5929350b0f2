"""The page Churn."""

import streamlit as st

from dashboard.shown import states
from dashboard.source.source import Rows, Source
from dashboard.views.churn.counts import show_counts
from dashboard.views.churn.expected import show_expected
from dashboard.views.churn.reasons import show_reasons
from dashboard.views.churn.threshold import show_threshold
from dashboard.views.churn.users import show_users

TITLE = "Churn"
QUESTION = "How many of the users are about to stay away, why would they, who are they, and whom of them to contact?"


def page(source: Source) -> None:
    """Draw it."""
    states.page(source, TITLE, QUESTION, _body)


def _body(source: Source) -> None:
    expected = states.sheet(source, "churn_expected")
    if expected is None:
        return
    show_expected(expected)
    show_reasons(source, expected)
    _contact(source, expected)
    _who(source, expected)
    show_counts(source, expected)


@st.fragment
def _contact(source: Source, expected: Rows) -> None:
    """Drawn anew by itself where its slider moves."""
    states.section(source, lambda source: show_threshold(source, expected))


@st.fragment
def _who(source: Source, expected: Rows) -> None:
    """Drawn anew by itself where its filters change."""
    states.section(source, lambda source: show_users(source, expected))
