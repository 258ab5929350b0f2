"""Whom to contact: what a threshold makes now, and what it would have made of the test window."""

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.shown import charts, states, words
from dashboard.source.source import Rows, Source
from dashboard.views.churn.expected import besides

_LABEL = "Contact whoever leaves with a probability of at least"
_LINES = {
    "test_precision": "left, of those contacted",
    "baseline_precision": "left, of as many contacted by the baseline",
    "test_recall": "contacted, of those who left",
    "baseline_recall": "contacted by the baseline, of those who left",
}


def show_threshold(source: Source, expected: Rows) -> None:
    """The slider, and what follows from where it stands. `expected`: the sheet churn_expected."""
    st.subheader("Whom to contact", anchor=False)
    rows = states.sheet(source, "churn_thresholds")
    if rows is None:
        return
    row = rows.frame.iloc[_chosen(rows.frame["threshold"], float(expected.frame["threshold"].iloc[0]))]
    _now(row)
    _before(rows, row)
    states.said_by(besides(rows, expected))


def _chosen(thresholds: "pd.Series[float]", usual: float) -> int:
    """The place of the threshold that is chosen; at first the one next to `usual`."""
    nearest = float(thresholds.iloc[int((thresholds - usual).abs().argmin())])
    chosen = st.slider(
        _LABEL,
        float(thresholds.min()),
        float(thresholds.max()),
        nearest,
        step=0.01,
        key="churn-threshold",
        help="At first where the odds of leaving are twice the base rate's: whoever reaches that is likely to leave.",
    )
    return int((thresholds - chosen).abs().argmin())


def _now(row: Any) -> None:
    contacted, leaving, reached = st.columns(3)
    with contacted:
        st.metric("Would be contacted", words.amount(row["contacted"], "users"))
        st.caption(f"{words.percent(row['share_contacted'])} of all users: those from {row['threshold']:.2f} on")
    with leaving:
        st.metric("Expected to leave, of these", words.amount(row["expected_to_leave"], "users", digits=1))
        levels = (words.between(row[f"low_{level}"], row[f"high_{level}"], "users", level=level) for level in (80, 95))
        st.caption("  \n".join((f"{words.percent(row['expected_precision'])} of those contacted", *levels)))
    with reached:
        st.metric("Share of all expected leavers", words.percent(row["expected_recall"]))
        st.caption("who would be among those contacted")


def _before(rows: Rows, row: Any) -> None:
    """What thresholds did on the test window, where that is known; the sheet's notes say why it is not."""
    frame = rows.frame
    if frame["test_precision"].notna().any():
        st.markdown(_sentence(row))
        charts.with_numbers(
            _curves(frame, float(row["threshold"])),
            _numbers(frame),
            "churn-thresholds",
            "what each threshold would have caught on the test window",
        )


def _sentence(row: Any) -> str:
    if not words.is_known(row["test_precision"]):
        return f"On the test window, nobody reached a probability of {row['threshold']:.2f}."
    return (
        f"**On the test window**, a threshold of {row['threshold']:.2f} contacted "
        f"{words.amount(row['test_contacted'], 'users', digits=1)} a week end. Of these, "
        f"{_measured(row, 'test_precision')} left; of as many contacted by the baseline, "
        f"{_measured(row, 'baseline_precision')}. Of all who left, {_measured(row, 'test_recall')} were contacted; by "
        f"the baseline, {_measured(row, 'baseline_recall')}."
    )


def _measured(row: Any, name: str) -> str:
    """As "55.4 % (95 %: 51.7 % to 58.6 %)"."""
    if not words.is_known(row[name]):
        return words.NOT_KNOWN
    low, high = words.percent(row[f"{name}_low"]), words.percent(row[f"{name}_high"])
    return f"{words.percent(row[name])} (95 %: {low} to {high})"


def _curves(frame: pd.DataFrame, chosen: float) -> charts.Drawing:
    long = pd.concat(
        pd.DataFrame(
            {
                "threshold": frame["threshold"],
                "line": line,
                "value": frame[name],
                "low": frame[f"{name}_low"],
                "high": frame[f"{name}_high"],
            }
        )
        for name, line in _LINES.items()
    ).dropna()
    across = alt.X("threshold:Q", title="probability of leaving from which users are contacted")
    colour = alt.Color(
        "line:N",
        title=None,
        scale=alt.Scale(domain=list(_LINES.values())),
        legend=alt.Legend(orient="top", columns=2, labelLimit=320, symbolOpacity=1, symbolType="stroke"),
    )
    up = alt.Y("value:Q", title="share of users", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    dashes = alt.StrokeDash(
        "line:N",
        title=None,
        scale=alt.Scale(domain=list(_LINES.values()), range=[[1, 0], [6, 4], [8, 3, 2, 3], [2, 3]]),
    )
    tips = [
        alt.Tooltip("line:N", title="line"),
        alt.Tooltip("threshold:Q", format=".2f"),
        alt.Tooltip("value:Q", title="share", format=".1%"),
        alt.Tooltip("low:Q", title="95 % from", format=".1%"),
        alt.Tooltip("high:Q", title="to", format=".1%"),
    ]
    chart = alt.Chart(long)
    bands: alt.Chart = chart.mark_area(opacity=0.18).encode(across, alt.Y("low:Q"), alt.Y2("high:Q"), colour)
    lines: alt.Chart = chart.mark_line().encode(across, up, colour, dashes, tooltip=tips)
    here: alt.Chart = (
        alt.Chart(pd.DataFrame({"threshold": [chosen]}))
        .mark_rule(color="#8a8a8a", strokeWidth=2)
        .encode(alt.X("threshold:Q"))
    )
    return alt.LayerChart(layer=[bands, lines, here], height=320)


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Threshold": frame["threshold"],
            "Contacted a week end": frame["test_contacted"].map(lambda number: words.amount(number, digits=1)),
            "Left a week end": frame["test_left"].map(lambda number: words.amount(number, digits=1)),
            **{
                line.capitalize(): [_measured(row, name) for _, row in frame.iterrows()]
                for name, line in _LINES.items()
            },
        }
    )
