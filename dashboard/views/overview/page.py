"""The page Overview: what is served for each target, how good and how old it is, and what ran last."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import metric_words, states, words
from dashboard.source.source import Rows, Source
from dashboard.views.overview import card as overview_card
from dashboard.views.overview import table as overview_table

TITLE = "Overview"
QUESTION = "What answers for each prediction now, how much better than its baseline is it, and how old is it all?"
_SIDE_BY_SIDE = 2


def page(source: Source) -> None:
    """Draw it."""
    states.page(source, TITLE, QUESTION, _body)


def _body(source: Source) -> None:
    targets, runs = states.sheet(source, "targets"), source.sheet("runs")
    if targets is None:
        return
    _at_a_glance(targets.frame)
    last = {row["target"]: row for row in _rows(runs)}
    cards = [{**row, "run": last.get(row["target"], {})} for row in _rows(targets)]
    for start in range(0, len(cards), _SIDE_BY_SIDE):
        for column, card in zip(st.columns(_SIDE_BY_SIDE), cards[start : start + _SIDE_BY_SIDE], strict=False):
            with column, st.container(border=True, height="stretch"):
                overview_card.card(card)
    overview_table.table(targets.frame, runs.frame)
    with st.expander("What the metrics mean"):
        metrics = targets.frame["metric_name"].dropna().unique()
        st.markdown("\n".join(f"- **{metric_words.named(one)}**: {metric_words.meaning(one)}" for one in metrics))
    st.caption("  \n".join(("Intervals are 95 %. Drift and track record: not measured yet.", *runs.notes)))


def _at_a_glance(targets: pd.DataFrame) -> None:
    served = targets["version"].notna()
    baselines = served & targets["is_baseline"].fillna(False).astype(bool)
    figures = {
        "Answered by a model": int((served & ~baselines).sum()),
        "Answered by a baseline": int(baselines.sum()),
        "Not answered": int((~served).sum()),
    }
    columns = st.columns(len(figures) + 1)
    for column, (label, count) in zip(columns, figures.items(), strict=False):
        column.metric(label, f"{count} of {len(targets)}")
    columns[-1].metric("Registered last", words.age(targets["registered_at"].max()).capitalize())


def _rows(found: Rows) -> list[Mapping[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in found.frame.to_dict("records")]
