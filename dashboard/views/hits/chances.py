"""What the champion and the families say of a track, beside the base rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.shown import charts, states, words
from dashboard.source.source import RefusedError, Rows, Source
from dashboard.views.hits.words import family, name

_FAMILIES = ("logistic", "forest", "xgboost")
_BASE = "base rate"
_RULE = "#8a8a8a"


@dataclass(frozen=True)
class Chances:
    """What is said of a track."""

    probability: float
    families: Mapping[str, float | None]
    base_rate: float | None
    model: Mapping[str, Any]
    answer: Mapping[str, Any]
    """The API's whole answer; nothing of a published prediction."""


def asked(source: Source, record: Mapping[str, Any]) -> Chances | None:
    """What the API says of a record; None where it refuses it, which is said."""
    try:
        answer = source.ask("/hit/predict", record)
    except RefusedError as error:
        states.refused(error)
        return None
    return Chances(answer["probability"], answer["families"], answer["base_rate"], answer["model"], answer)


def published(track: Any, rows: Rows) -> Chances | None:
    """What was said of a real track; None where nothing was."""
    if not words.is_known(track["probability"]):
        return None
    families = {one: _or_none(track[one]) for one in _FAMILIES}
    return Chances(float(track["probability"]), families, _or_none(track["base_rate"]), rows.models[0], {})


def show(chances: Chances) -> None:
    """Champion, families and base rate side by side, as figures and as bars."""
    states.baseline_served(chances.model)
    named = {"Champion, calibrated": chances.probability, **_by_name(chances.families)}
    for column, (label, chance) in zip(st.columns(len(named) + 1), [*named.items(), (_BASE, None)], strict=True):
        with column:
            _base_metric(chances) if label == _BASE else _metric(label, chance, chances.base_rate)
    st.caption(
        f"The champion is {words.model(chances.model)}. Percentage points are above or below the base rate: the share "
        "of hits among the tracks learned from, which is what anybody could say of any track."
    )
    frame = pd.DataFrame(
        [{"who": label, "probability": chance} for label, chance in named.items() if chance is not None]
    )
    charts.with_numbers(_bars(frame, chances.base_rate), _numbers(frame, chances.base_rate), "hits-chances", "chances")


def show_reliability(source: Source, chances: Chances) -> None:
    """Of the test tracks that were given about as much, how many became hits."""
    found = source.sheet("hit_reliability", {"candidate": str(chances.model["name"])})
    if found.missing:
        st.caption(f"How often such a probability came true is not known here. {found.missing}")
        return
    bands = found.frame
    inside = bands[(bands["from_probability"] <= chances.probability) & (chances.probability < bands["to_probability"])]
    if inside.empty:
        st.markdown("No track of the test window was given so much: how often it comes true is not known.")
        return
    band = inside.iloc[0]
    st.markdown(
        f"**How sure is that?** Of the {band['tracks']:,} tracks of the test window that the champion gave "
        f"{words.percent(band['from_probability'], 0)} to {words.percent(band['to_probability'], 0)} "
        f"and {words.percent(band['predicted'])} on average, {words.percent(band['share'])} became hits "
        f"(95 % interval: {words.percent(band['low'])} to {words.percent(band['high'])})."
    )


def show_notes(chances: Chances) -> None:
    """What was filled in, and what is unlike all that was learned from."""
    warnings = chances.answer.get("warnings", [])
    if warnings:
        listed = "".join(f"\n- {one['message']}." for one in warnings)
        st.warning(f"The champion learned from nothing like this:{listed}", icon=":material/warning:")
    imputed = chances.answer.get("imputed", [])
    if imputed:
        with st.expander(f"Not known, and filled in as the models learned to: {_counted(len(imputed))}"):
            st.markdown(", ".join(name(feature) for feature in imputed) + ".")


def _counted(features: int) -> str:
    return "1 feature" if features == 1 else f"{features} features"


def _metric(label: str, chance: float | None, base: float | None) -> None:
    if chance is None:
        st.metric(label, "none yet")
        return
    if base is None:
        st.metric(label, words.percent(chance))
        return
    above = chance >= base
    st.metric(
        label,
        words.percent(chance),
        f"{100 * abs(chance - base):.1f} points {'above' if above else 'below'}",
        delta_color="normal" if above else "inverse",
        delta_arrow="up" if above else "down",
    )


def _base_metric(chances: Chances) -> None:
    st.metric("Base rate", words.percent(chances.base_rate))


def _by_name(families: Mapping[str, float | None]) -> dict[str, float | None]:
    return {family(one): chance for one, chance in families.items()}


def _bars(frame: pd.DataFrame, base: float | None) -> charts.Drawing:
    order = list(frame["who"])
    across = alt.X(
        "probability:Q",
        title="probability of a hit",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", tickCount=11),
    )
    tips = [alt.Tooltip("who:N", title="who"), alt.Tooltip("probability:Q", title="probability", format=".1%")]
    down = alt.Y("who:N", sort=order, title=None, axis=alt.Axis(labelLimit=200, labelFlush=False))
    bars: alt.Chart = alt.Chart(frame).mark_bar().encode(across, down, tooltip=tips)
    if base is None:
        return bars
    line = alt.Chart(pd.DataFrame([{"probability": base, "who": _BASE}]))
    rule: alt.Chart = line.mark_rule(strokeWidth=2, strokeDash=[6, 4], color=_RULE).encode(across, tooltip=tips)
    said: alt.Chart = line.mark_text(align="left", dx=5, y=-8, color=_RULE).encode(
        across, text=alt.value(f"base rate {words.percent(base)}")
    )
    return alt.LayerChart(layer=[bars, rule, said], height=230)


def _numbers(frame: pd.DataFrame, base: float | None) -> pd.DataFrame:
    said = [*zip(frame["who"], frame["probability"], strict=True), *([] if base is None else [(_BASE, base)])]
    return pd.DataFrame([{"Who": who, "Probability": words.percent(chance)} for who, chance in said])


def _or_none(number: Any) -> float | None:
    return float(number) if words.is_known(number) else None
