"""The charts that several pages draw. Colours are the theme's, so that they are readable in light and dark."""

import altair as alt
import pandas as pd
import streamlit as st

BEHIND, AHEAD = "what happened", "expected"
_HEIGHT = 340
_OPACITY = {95: 0.18, 80: 0.3}
_DASHES = ([6, 4], [2, 3], [8, 3, 2, 3], [1, 4])
_ENDS = "#8a8a8a"
"""Of intervals: readable in both themes, on bars and beside them."""

Drawing = alt.Chart | alt.LayerChart


def with_numbers(chart: Drawing, frame: pd.DataFrame, key: str, what: str) -> None:
    """A chart, and its numbers in a table for whoever cannot or would not read it; `what` names them."""
    st.altair_chart(chart, width="stretch", key=f"{key}-chart", alt=f"Chart: {what}. Its numbers follow in a table.")
    with st.expander(f"The numbers: {what}"):
        st.dataframe(frame, hide_index=True, key=f"{key}-numbers", placeholder="")


def fan(
    known: pd.DataFrame,
    ahead: pd.DataFrame,
    *,
    x: str,
    y: str,
    unit: str,
    lines: tuple[str, ...] = (),
    when: str = "%d %B %Y",
) -> Drawing:
    """What happened as a line, what is expected as a line in its 80 and 95 % intervals, others as thin dashed lines.

    `known`: x and value. `ahead`: x, value, low_80, high_80, low_95, high_95 and the columns named by `lines`.
    `y`: what the value is, `unit` its unit: both are written at the axis. `x` is a column of dates, written as `when`.
    """
    across, title = alt.X(f"{x}:T", title=None), f"{y} ({unit})"
    order = [BEHIND, AHEAD, *lines]
    dashes = [[1, 0], [1, 0], *(_DASHES[place % len(_DASHES)] for place in range(len(lines)))]
    drawn: alt.Chart = (
        alt.Chart(_long(known, ahead, x, lines))
        .mark_line()
        .encode(
            across,
            alt.Y("value:Q", title=title, axis=alt.Axis(format="~s")),
            alt.Color("line:N", title=None, sort=order, scale=alt.Scale(domain=order), legend=alt.Legend(orient="top")),
            alt.StrokeDash("line:N", title=None, sort=order, scale=alt.Scale(domain=order, range=dashes)),
            tooltip=[
                alt.Tooltip("line:N", title="line"),
                alt.Tooltip(f"{x}:T", title="date", format=when),
                alt.Tooltip("value:Q", title=unit, format=",.0f"),
            ],
        )
    )
    bands = [_band(ahead, across, title, level) for level in _OPACITY if _has_interval(ahead, level)]
    return alt.LayerChart(layer=[*bands, drawn], height=_HEIGHT)


def bars(
    frame: pd.DataFrame, *, label: str, value: str, title: str, low: str = "", high: str = "", form: str = ".3f"
) -> Drawing:
    """A bar for each row, the longest first, with its interval as a line where `low` and `high` are columns."""
    down = alt.Y(f"{label}:N", sort="-x", title=None, axis=alt.Axis(labelLimit=260, labelFlush=False))
    tips = [alt.Tooltip(f"{label}:N"), *(alt.Tooltip(f"{one}:Q", format=form) for one in (value, low, high) if one)]
    drawn: alt.Chart = alt.Chart(frame).mark_bar().encode(alt.X(f"{value}:Q", title=title), down, tooltip=tips)
    if not (low and high):
        return drawn
    ends: alt.Chart = (
        alt.Chart(frame)
        .mark_rule(strokeWidth=2, color=_ENDS)
        .encode(alt.X(f"{low}:Q", title=title), alt.X2(f"{high}:Q"), down)
    )
    return alt.LayerChart(layer=[drawn, ends])


def _long(known: pd.DataFrame, ahead: pd.DataFrame, x: str, lines: tuple[str, ...]) -> pd.DataFrame:
    others = [ahead[[x, name]].rename(columns={name: "value"}).assign(line=name) for name in lines]
    return pd.concat([known[[x, "value"]].assign(line=BEHIND), ahead[[x, "value"]].assign(line=AHEAD), *others])


def _band(ahead: pd.DataFrame, across: alt.X, title: str, level: int) -> alt.Chart:
    tips = [
        alt.Tooltip(f"low_{level}:Q", title=f"{level} % from", format=",.0f"),
        alt.Tooltip(f"high_{level}:Q", title="to", format=",.0f"),
    ]
    band: alt.Chart = (
        alt.Chart(ahead)
        .mark_area(opacity=_OPACITY[level])
        .encode(across, alt.Y(f"low_{level}:Q", title=title), alt.Y2(f"high_{level}:Q"), tooltip=tips)
    )
    return band


def _has_interval(ahead: pd.DataFrame, level: int) -> bool:
    return bool(ahead[[f"low_{level}", f"high_{level}"]].notna().any(axis=None))
