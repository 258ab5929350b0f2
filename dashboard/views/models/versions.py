"""The versions of a target by the metric that decides, on the page Models."""

import pandas as pd
import streamlit as st

from dashboard.shown import charts, intervals, metric_words, words
from dashboard.views.models.words import GROUPS, group_of, label_of

_NEWEST, _ALIASED, _ALL = "of the newest training", "that an alias points to", "all"


def versions(found: pd.DataFrame) -> None:
    """A point with its interval for each, the best first; the numbers and the gate's word in the table."""
    shown = st.segmented_control(
        "Which versions", [_NEWEST, _ALIASED, _ALL], default=_NEWEST, required=True, key="models-which"
    )
    chosen = _chosen(found, str(shown))
    one = chosen.iloc[0]
    better_first = chosen.sort_values("metric", ascending=not one["higher_is_better"], kind="stable")
    drawn = pd.DataFrame(
        {
            "version": [label_of(row) for _, row in better_first.iterrows()],
            "group": [group_of(row) for _, row in better_first.iterrows()],
            "value": better_first["metric"],
            "low": better_first["metric_low"],
            "high": better_first["metric_high"],
        }
    )
    title = metric_words.with_direction(one["metric_name"], one["higher_is_better"])
    chart = intervals.dots(drawn, label="version", title=title, groups=GROUPS)
    charts.with_numbers(chart, _table(better_first), "models-versions", "versions by metric, with the gate's decision")
    if chosen["training"].nunique() > 1:
        st.caption(
            "Versions of different trainings may have been tested on different rows: only those of one training are "
            "held against each other by the gate. The table says when each test window begins and ends."
        )


def _chosen(found: pd.DataFrame, which: str) -> pd.DataFrame:
    of_newest, aliased = found["training"] == found["training"].iloc[0], found["aliases"] != ""
    kept = {_NEWEST: of_newest, _ALIASED: aliased}.get(which)
    return found.loc[kept] if kept is not None and kept.any() else found


def _table(found: pd.DataFrame) -> pd.DataFrame:
    def scores(name: str, *, sign: bool = False) -> list[str]:
        cells = zip(found[name], found[f"{name}_low"], found[f"{name}_high"], strict=True)
        return [words.score(value, low, high, sign=sign) for value, low, high in cells]

    return pd.DataFrame(
        {
            "Version": found["version"],
            "Name": found["name"],
            "Aliases": found["aliases"],
            "Metric": scores("metric"),
            "Best baseline": found["baseline"],
            "Baseline's metric": scores("baseline_metric"),
            "Difference": scores("difference", sign=True),
            "Gate": ["passed" if passed else "not passed" for passed in found["gate_passed"]],
            "Why": [metric_words.in_sentence(reason) for reason in found["gate_reason"]],
            "Tested from": [words.day(value) for value in found["tested_from"]],
            "Tested until": [words.day(value) for value in found["tested_until"]],
            "Registered": [words.moment(value) for value in found["registered_at"]],
        }
    )
