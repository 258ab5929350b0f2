"""What each feature of a track did to the champion's score."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.shown import charts
from dashboard.views.hits.words import with_value

_SHOWN = 12
_SCALES = {"log-odds": "log-odds", "probability": "probability"}


def show_drivers(answer: Mapping[str, Any]) -> None:
    """The largest effects as bars to the left and right of none; all of them in the table."""
    st.subheader("What each feature did to this score", anchor=False)
    effects = answer.get("contributions")
    if effects is None:
        st.info("What drives this champion's score cannot be said of its family.", icon=":material/info:")
        return
    if not effects:
        st.markdown("No feature changes this score.")
        return
    scale = _SCALES[answer["contributions_scale"]]
    st.markdown(
        f"Bars to the right speak for a hit, bars to the left against it, counted in {scale} before calibration. "
        f"They start from {answer['contributions_base']:+.2f}, the score of a track of which nothing is known, and "
        f"add up to {answer['contributions_base'] + sum(one['effect'] for one in effects):+.2f}."
    )
    frame = pd.DataFrame([_row(one["feature"], one["value"], one["effect"]) for one in effects])
    charts.with_numbers(_bars(_largest(effects), scale), frame, "hits-drivers", "effects of the features")


def _row(feature: str, given: Any, effect: float) -> dict[str, Any]:
    return {"Feature": with_value(feature, given), "Effect": round(effect, 3)}


def _largest(effects: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    rows = [_row(one["feature"], one["value"], one["effect"]) for one in effects[:_SHOWN]]
    rest = effects[_SHOWN:]
    if rest:
        rows.append({"Feature": f"the {len(rest)} others together", "Effect": sum(one["effect"] for one in rest)})
    return pd.DataFrame(rows).assign(does=lambda frame: frame["Effect"].map(_does))


def _does(effect: float) -> str:
    return "speaks for a hit" if effect >= 0 else "speaks against it"


def _bars(frame: pd.DataFrame, scale: str) -> charts.Drawing:
    bars: alt.Chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            alt.X("Effect:Q", title=f"effect ({scale})", axis=alt.Axis(format="+.2~f", tickCount=7)),
            alt.Y(
                "Feature:N", sort=list(frame["Feature"]), title=None, axis=alt.Axis(labelLimit=340, labelFlush=False)
            ),
            alt.Color("does:N", title=None, sort=[_does(1), _does(-1)], legend=alt.Legend(orient="top")),
            tooltip=[
                alt.Tooltip("Feature:N"),
                alt.Tooltip("Effect:Q", format="+.3f"),
                alt.Tooltip("does:N", title="it"),
            ],
        )
    )
    return bars
