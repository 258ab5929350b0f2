"""All targets of the page Overview as one table, to be sorted and copied."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import metric_words, words

_NAMED = ("name", "version", "is_baseline")


def table(targets: pd.DataFrame, runs: pd.DataFrame) -> None:
    """A row for each target."""
    joined = targets.merge(runs[["target", "state", "started", "url"]], on="target", how="left")
    shown = pd.DataFrame(
        {
            "Target": joined["target"],
            "What is served": [_served(row) for _, row in joined.iterrows()],
            "Metric": [
                metric_words.with_direction(name, higher)
                for name, higher in zip(joined["metric_name"], joined["higher_is_better"], strict=True)
            ],
            "Served": _scores(joined, "metric"),
            "Baseline": _scores(joined, "baseline_metric"),
            "Difference": _scores(joined, "difference", sign=True),
            "Data until": [words.day(value) for value in joined["data_until"]],
            "Learned until": [words.day(value) for value in joined["learned_until"]],
            "Last run": joined["state"].fillna(words.NOT_KNOWN),
            "Run in Prefect": joined["url"],
            "Version in MLflow": joined["registry_url"],
        }
    )
    with st.expander("All targets as a table"):
        links = {name: st.column_config.LinkColumn(display_text="open") for name in shown.columns[-2:]}
        st.dataframe(shown, hide_index=True, column_config=links, key="overview-table")


def _served(row: "pd.Series[Any]") -> str:
    return words.model({str(name): row[name] for name in _NAMED}) if words.is_known(row["version"]) else "nothing"


def _scores(frame: pd.DataFrame, name: str, *, sign: bool = False) -> list[str]:
    cells = zip(frame[name], frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
    return [words.score(value, low, high, sign=sign) for value, low, high in cells]
