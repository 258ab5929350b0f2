"""Precision and recall against the budget, with their intervals, beside the baseline's."""

import altair as alt
import pandas as pd

from dashboard.shown import charts

_MODEL, _BASELINE = "the model", "the baseline"
_PREFIXES = {_MODEL: "", _BASELINE: "baseline_"}
_CHOSEN = "#8a8a8a"
_HEIGHT = 280


def curve(budgets: pd.DataFrame, measure: str, chosen: int) -> None:
    """A line for the model and one for the baseline, in their 95 % intervals; the chosen budget as an upright line."""
    long = _long(budgets, measure)
    across = alt.X("alerts:Q", title="alerts a month", axis=alt.Axis(tickMinStep=1, format="d"))
    order = list(dict.fromkeys(long["who"]))
    colour = alt.Color("who:N", title=None, scale=alt.Scale(domain=order), legend=alt.Legend(orient="top"))
    title = f"{measure} on the test window"
    bands = (
        alt.Chart(long)
        .mark_area(opacity=0.25)
        .encode(across, alt.Y("low:Q", title=title, axis=alt.Axis(format="%")), alt.Y2("high:Q"), colour)
    )
    lines = (
        alt.Chart(long)
        .mark_line()
        .encode(
            across,
            alt.Y("value:Q", title=title, scale=alt.Scale(domain=[0, 1])),
            colour,
            alt.StrokeDash("who:N", title=None, scale=alt.Scale(domain=order, range=[[1, 0], [6, 4]][: len(order)])),
            tooltip=[
                alt.Tooltip("who:N", title="who"),
                alt.Tooltip("alerts:Q", title="alerts a month"),
                *(alt.Tooltip(f"{name}:Q", title=said, format=".1%") for name, said in _TIPS.items()),
            ],
        )
    )
    rule = (
        alt.Chart(pd.DataFrame({"alerts": [chosen]}))
        .mark_rule(color=_CHOSEN, strokeDash=[2, 2])
        .encode(alt.X("alerts:Q"))
    )
    drawn = alt.LayerChart(layer=[bands, lines, rule], height=_HEIGHT)
    charts.with_numbers(drawn, _in_words(budgets, measure), f"breakout-{measure}", f"{measure} at each budget")


_TIPS = {"value": "value", "low": "95 % from", "high": "to"}


def _long(budgets: pd.DataFrame, measure: str) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "alerts": budgets["alerts"].astype(int),
                "who": who,
                "value": budgets[f"{prefix}{measure}"],
                "low": budgets[f"{prefix}{measure}_low"],
                "high": budgets[f"{prefix}{measure}_high"],
            }
        )
        for who, prefix in _PREFIXES.items()
        if budgets[f"{prefix}{measure}"].notna().any()
    ]
    return pd.concat(parts)


def _in_words(budgets: pd.DataFrame, measure: str) -> pd.DataFrame:
    columns: dict[str, pd.Series[float]] = {"Alerts a month": budgets["alerts"]}
    for who, prefix in _PREFIXES.items():
        for name, end in {"": "", "_low": ", 95 % from", "_high": ", 95 % to"}.items():
            values = budgets[f"{prefix}{measure}{name}"]
            columns[f"{who[:1].upper()}{who[1:]}'s {measure}{end} (%)"] = (100 * values).round(1)
    return pd.DataFrame(columns)
