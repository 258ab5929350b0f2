"""The alert budget: how many alerts a month, how right so many would have been, and which they are this month."""

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Rows, Source
from dashboard.views.breakout.alerts import alerts_of_the_month
from dashboard.views.breakout.curves import curve

_TOGETHER = "all listeners together"
_USUAL = 20


@st.fragment
def budgeted(source: Source, alerts: Rows) -> None:
    """All that follows from the budget. What is moved here is asked anew here only."""
    states.section(source, lambda source: _budgeted(source, alerts))


def _budgeted(source: Source, alerts: Rows) -> None:
    st.subheader("Alert budget", anchor=False)
    budgets = states.sheet(source, "breakout_budget")
    scope, budget = (_TOGETHER, _usual(alerts.frame)) if budgets is None else _chosen(budgets.frame, alerts.frame)
    if budgets is not None:
        of_scope = budgets.frame[budgets.frame["scope"] == scope]
        _how_right(of_scope, scope, budget)
        first, second = st.columns(2, gap="large")
        with first:
            curve(of_scope, "precision", budget)
        with second:
            curve(of_scope, "recall", budget)
        states.said_by(budgets)
    alerts_of_the_month(alerts, scope == _TOGETHER, budget)


def _chosen(budgets: pd.DataFrame, alerts: pd.DataFrame) -> tuple[str, int]:
    scopes = list(dict.fromkeys(budgets["scope"]))
    scope = scopes[0]
    if len(scopes) > 1:
        scope = st.radio("Alerts a month, counted for", scopes, key="breakout-scope", horizontal=True)
    most = int(budgets.loc[budgets["scope"] == scope, "alerts"].max())
    if most == 1:
        return scope, 1
    usual = min(_usual(alerts) if scope == _TOGETHER else 1, most)
    label = "Alerts a month" if scope == _TOGETHER else "Alerts a month, for each listener"
    return scope, int(st.slider(label, 1, most, usual, key=f"breakout-budget-{scope.split()[0]}"))


def _usual(alerts: pd.DataFrame) -> int:
    """As many as reach the champion's threshold this month."""
    return int(alerts["is_alert"].fillna(False).sum()) or _USUAL


def _how_right(budgets: pd.DataFrame, scope: str, budget: int) -> None:
    row = budgets[budgets["alerts"] == budget].iloc[0]
    columns = st.columns(4)
    names = {
        "precision": ("Precision", "Share of the alerts that came true."),
        "recall": ("Recall", "Share of the artists who became core that were alerted in time."),
        "baseline_precision": ("The baseline's precision", "Of the best baseline, at the same budget."),
        "baseline_recall": ("The baseline's recall", "Of the best baseline, at the same budget."),
    }
    for place, (name, (label, meaning)) in zip(columns, names.items(), strict=True):
        place.metric(
            label,
            words.percent(row[name], 0),
            _interval(row, name),
            help=meaning,
            delta_color="off",
            delta_arrow="off",
        )
    st.markdown(_in_a_sentence(row, scope))


def _interval(row: "pd.Series[float]", name: str) -> str | None:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if not words.is_known(low) or not words.is_known(high):
        return None
    return f"95 %: {words.percent(low, 0)} to {words.percent(high, 0)}"


def _in_a_sentence(row: "pd.Series[float]", scope: str) -> str:
    made = float(row["mean_alerts"])
    where = "a month" if scope == _TOGETHER else "a listener's month"
    said = (
        f"On the test window, of {words.amount(made, digits=1)} alerts in {where}, on average, "
        f"**{words.amount(made * row['precision'], digits=1)} came true**"
    )
    if not words.is_known(row["baseline_precision"]):
        return f"{said}. No baseline is served beside the model."
    low, high = row["precision_difference_low"], row["precision_difference_high"]
    surely = "surely more" if low > 0 else "surely fewer" if high < 0 else "not surely more or fewer"
    return (
        f"{said}; of as many of the baseline's, {words.amount(made * row['baseline_precision'], digits=1)}: {surely} "
        f"(95 %: {100 * low:+.0f} to {100 * high:+.0f} percentage points of precision)."
    )
