"""How right such numbers were: users expected to leave and users who left, on the test window."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import charts, states, words
from dashboard.source.source import Rows, Source
from dashboard.views.churn.expected import besides, interval

_BASELINE = "expected by the baseline"


def show_counts(source: Source, expected: Rows) -> None:
    """What such numbers came to on the test window. `expected`: the sheet churn_expected."""
    st.subheader("How right such numbers were", anchor=False)
    rows = states.sheet(source, "churn_counts")
    if rows is None:
        return
    known = rows.frame.assign(value=rows.frame["came"].astype("float64"))
    ahead = rows.frame.assign(value=rows.frame["expected"], **{_BASELINE: rows.frame["baseline_expected"]})
    chart = charts.fan(known, ahead, x="as_of", y="users who left", unit="users", lines=(_BASELINE,))
    charts.with_numbers(chart, _counted(rows.frame), "churn-counts", "users who left and were expected to, by week end")
    states.said_by(besides(rows, expected))


def _counted(frame: pd.DataFrame) -> pd.DataFrame:
    expected = {"Expected": "", "Expected by the baseline": "baseline_"}
    columns = {title: [_said(row, whose) for _, row in frame.iterrows()] for title, whose in expected.items()}
    left = {"Week end": frame["as_of"].map(words.day), "Users": frame["users"], "Left": frame["came"]}
    return pd.DataFrame({**left, **columns})


def _said(row: Any, whose: str) -> str:
    """As "46.6 (80 %: 39 to 54 users; 95 %: 35 to 59 users)"."""
    number = words.amount(row[f"{whose}expected"], digits=1)
    return f"{number} ({interval(row, whose, 80)}; {interval(row, whose, 95)})"
