"""The newest month's artists within the budget, with what stands behind each probability."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Rows

_FIRST = 12
_PLACES = (1, 2, 3)
_UP, _DOWN = "▲", "▼"


def alerts_of_the_month(alerts: Rows, together: bool, budget: int) -> None:
    """The first of all, or of each listener, up to the budget; the likeliest first."""
    st.subheader(f"The alerts of {words.month(alerts.frame['as_of'].iloc[0])}", anchor=False)
    rank = alerts.frame["rank" if together else "rank_of_listener"]
    within = alerts.frame[rank <= budget]
    threshold = alerts.frame["threshold"].iloc[0]
    st.markdown(_how_many(within, threshold, alerts.total))
    if within.empty:
        states.empty("Nothing may break out this month.")
        return
    named = within["listener"].nunique() > 1
    st.table(_in_words(within.head(_FIRST), named).set_index("Rank"))
    st.caption(
        f"{_UP} raises the probability, {_DOWN} lowers it: the features of the strongest effect on the model's score "
        "of this artist, the strongest first. Baseline: what the best baseline says. Plays: in the month."
    )
    if len(within) > _FIRST:
        with st.expander(f"All {len(within)} alerts"):
            st.dataframe(_in_words(within, named), hide_index=True, key="breakout-alerts")
    for note in alerts.notes:
        st.caption(note)


def _how_many(within: pd.DataFrame, threshold: float, every: int) -> str:
    said = f"{len(within):,} of the {every:,} artists of this month that were new to their listeners"
    if not words.is_known(threshold):
        return f"{said}."
    reach = int(within["is_alert"].fillna(False).sum())
    return (
        f"{said}; {reach:,} of them reach the champion's own threshold, a probability of {words.percent(threshold)}, "
        "which was chosen on earlier months."
    )


def _in_words(rows: pd.DataFrame, named: bool) -> pd.DataFrame:
    columns = {
        "Rank": rows["rank"],
        "Artist": rows["artist"],
        **({"Listener": rows["listener"]} if named else {}),
        "Probability": [words.percent(value, 0) for value in rows["probability"]],
        "Baseline": [words.percent(value, 0) for value in rows["baseline_probability"]],
        "At threshold": rows["is_alert"].map({True: "yes", False: "no"}).fillna("none"),
        "Plays": rows["plays"],
        "Signals": [_signals(row) for row in rows.to_dict("records")],
    }
    return pd.DataFrame(columns)


def _signals(row: Mapping[Any, Any]) -> str:
    said = [
        f"{_UP if row[f'effect_{place}'] > 0 else _DOWN} {row[f'signal_{place}']}"
        for place in _PLACES
        if words.is_known(row[f"signal_{place}"])
    ]
    return "; ".join(said) or words.NOT_KNOWN
