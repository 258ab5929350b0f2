"""How good the hit models are beside the base rate, and which features each family relies on."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import charts, states, words
from dashboard.source.source import Source
from dashboard.views.hits.words import family as called
from dashboard.views.hits.words import name

TARGET = "hits.hit"
_SHOWN = 15
_METRICS = {
    "average_precision": "Average precision (more is better)",
    "roc_auc": "ROC AUC (more is better)",
    "brier": "Brier score (less is better)",
    "calibration_error": "Calibration error (less is better)",
}


def show_quality(source: Source) -> None:
    """The candidates and the baseline on the test window."""
    st.subheader("How good they are", anchor=False)
    found = states.sheet(source, "candidate_metrics", {"target": TARGET})
    if found is None:
        return
    if not len(found):
        states.empty("hits.hit has not been trained here: run `refrain run hits`.")
        return
    window = found.frame.iloc[0]
    st.markdown(
        f"Measured on the {window['rows']:,} tracks that came out from {words.day(window['first_as_of'])} to "
        f"{words.day(window['last_as_of'])}, with 95 % intervals. No model learned from them."
    )
    st.table(_quality(found.frame), hide_index=True)
    _warn_of_another_training(found.frame)


def show_importance(source: Source) -> None:
    """The features that a family loses most without."""
    st.subheader("What each family relies on", anchor=False)
    found = states.sheet(source, "importance", {"target": TARGET})
    if found is None:
        return
    if not len(found):
        states.empty("hits.hit has not been trained here: run `refrain run hits`.")
        return
    families = list(dict.fromkeys(found.frame["candidate"]))
    champions = set(found.frame.loc[found.frame["is_champion"], "candidate"])
    family = st.radio(
        "Family",
        families,
        index=next((place for place, one in enumerate(families) if one in champions), 0),
        format_func=lambda one: f"{called(one)}, the champion" if one in champions else called(one),
        horizontal=True,
        key="hits-family",
        persist_state="session",
    )
    rows = found.frame[found.frame["candidate"] == family].sort_values("loss", ascending=False)
    metric = str(rows["metric"].iloc[0]).replace("_", " ")
    rows = rows.assign(label=rows["feature"].map(name))
    drawn = charts.bars(
        rows.head(_SHOWN), label="label", value="loss", title=f"loss of {metric}", low="low", high="high"
    )
    charts.with_numbers(drawn, _losses(rows), f"hits-importance-{family}", f"what {called(family)} relies on")
    st.caption("  \n".join((f"The {_SHOWN} features that matter most to it; all are in the table.", found.notes[0])))
    _warn_of_another_training(found.frame)


def _quality(frame: pd.DataFrame) -> pd.DataFrame:
    rows = [_judged(str(who), some) for who, some in frame.groupby("candidate", sort=False)]
    return pd.DataFrame(rows)


def _judged(who: str, some: pd.DataFrame) -> dict[str, Any]:
    row = some.iloc[0]
    role = " (champion)" if row["is_champion"] else " (baseline)" if row["is_baseline"] else ""
    by_metric = some.set_index("metric")
    said = {
        title: words.score(*by_metric.loc[metric, ["value", "low", "high"]]) if metric in by_metric.index else ""
        for metric, title in _METRICS.items()
    }
    return {"Who": f"{called(who)}{role}", **said}


def _losses(rows: pd.DataFrame) -> pd.DataFrame:
    losses = [words.score(*row) for row in rows[["loss", "low", "high"]].itertuples(index=False)]
    return pd.DataFrame({"Feature": rows["label"], "Loss, with its 95 % interval": losses})


def _warn_of_another_training(frame: pd.DataFrame) -> None:
    if not frame["is_champions_training"].any():
        st.warning(
            "The champion that is served came from another training than the last one, which is what is shown here.",
            icon=":material/info:",
        )
