"""Why those who are likely to leave would."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.shown import charts, states, words
from dashboard.source.source import Rows, Source
from dashboard.views.churn.expected import besides

_TITLE = "users expected to leave for it, with 80 % interval; upright: by the reasons of those who left before"
_UPRIGHT, _ENDS = "#D55E00", "#8a8a8a"
"""Readable in both themes, on bars and beside them."""
_HEIGHT = 220


def show_reasons(source: Source, expected: Rows) -> None:
    """The reasons as a chart, and their numbers. `expected`: the sheet churn_expected."""
    st.subheader("Why they would", anchor=False)
    rows = states.sheet(source, "churn_reasons")
    if rows is None:
        return
    charts.with_numbers(_chart(rows.frame), _numbers(rows.frame), "churn-reasons", "reasons for leaving")
    states.said_by(besides(rows, expected))


def _chart(frame: pd.DataFrame) -> charts.Drawing:
    """A bar with its interval for each reason, and where the baseline would have its end."""
    drawn = frame.assign(
        **{name: frame[name].astype("float64") for name in ("low_80", "high_80")},
        usual=frame["baseline_share"] * frame["number"].sum(),
    )
    down = alt.Y("reason:N", sort=list(frame["reason"]), title=None)
    named = {"number": "users", "low_80": "80 % from", "high_80": "to", "usual": "by those who left before"}
    tips = [
        alt.Tooltip("reason:N"),
        *(alt.Tooltip(f"{one}:Q", title=name, format=".1f") for one, name in named.items()),
    ]
    chart = alt.Chart(drawn)
    bars: alt.Chart = chart.mark_bar().encode(alt.X("number:Q", title=_TITLE), down, tooltip=tips)
    ends: alt.Chart = chart.mark_rule(strokeWidth=2, color=_ENDS).encode(alt.X("low_80:Q"), alt.X2("high_80:Q"), down)
    usual: alt.Chart = chart.mark_tick(color=_UPRIGHT, thickness=3, size=22, opacity=1).encode(
        alt.X("usual:Q"), down, tooltip=tips
    )
    return alt.LayerChart(layer=[bars, ends, usual], height=_HEIGHT)


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Reason": frame["reason"],
            "Share": frame["share"].map(words.percent),
            "Share of those who left before (baseline)": frame["baseline_share"].map(words.percent),
            "Users": frame["number"].map(lambda number: words.amount(number, digits=1)),
            "80 % interval": _between(frame, 80),
            "95 % interval": _between(frame, 95),
            "Chosen reason of": frame["chosen"].map(lambda number: words.amount(number, "users")),
        }
    )


def _between(frame: pd.DataFrame, level: int) -> list[str]:
    bounds = zip(frame[f"low_{level}"], frame[f"high_{level}"], strict=True)
    return [f"{low} to {high}" if words.is_known(low) else words.NOT_KNOWN for low, high in bounds]
