"""A track against the hundred most popular tracks and against all of them, as a radar or as bars."""

from collections.abc import Mapping
from math import cos, pi, sin
from typing import Any, Literal

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.shown import charts, words
from dashboard.source.source import Rows
from dashboard.views.hits.words import COMPARED, name, value

_TRACK = "this track"
_ORDER = (_TRACK, "top 100", "all tracks")
_DASHES = ((1, 0), (6, 4), (2, 3))
_RADAR, _BARS = "Radar", "Bars"
_LEAST_CORNERS = 3
_WIDTH, _HEIGHT, _WIDE, _HIGH = 560, 440, 1.75, 1.3
_RINGS = (0.25, 0.5, 0.75, 1.0)
_GREY = "#8a8a8a"
_BESIDE = 0.1


def show_comparison(record: Mapping[str, Any], averages: Rows) -> None:
    """The features that are known of the track, each from the lowest (0) to the highest (1) of all tracks."""
    st.subheader("Against the most popular tracks, and all of them", anchor=False)
    known = [feature for feature in COMPARED if words.is_known(record.get(feature))]
    frame = _scaled(record, averages.frame, known)
    drawn = st.radio("Draw it as", [_RADAR, _BARS], horizontal=True, key="hits-drawn-as", persist_state="session")
    if drawn == _RADAR and len(known) >= _LEAST_CORNERS:
        with st.container(width=_WIDTH):
            charts.with_numbers(_radar(frame, known), _numbers(frame), "hits-radar", "the track against the averages")
    else:
        charts.with_numbers(_grouped(frame, known), _numbers(frame), "hits-bars", "the track against the averages")
    st.caption("  \n".join(("0 is the lowest of all tracks, 1 the highest.", *averages.notes)))


def _scaled(record: Mapping[str, Any], averages: pd.DataFrame, known: list[str]) -> pd.DataFrame:
    """Columns who, feature, label, value, deviation, share: where the value lies between lowest and highest."""
    everywhere = averages[averages["group"] == "all tracks"].set_index("feature")
    rows = [
        {"who": _TRACK, "feature": feature, "value": float(record[feature]), "deviation": None} for feature in known
    ]
    rows += [
        {"who": one["group"], "feature": one["feature"], "value": one["mean"], "deviation": one["deviation"]}
        for one in averages.to_dict("records")
        if one["feature"] in known
    ]
    frame = pd.DataFrame(rows)
    low, high = (frame["feature"].map(everywhere[end]) for end in ("lowest", "highest"))
    share = ((frame["value"] - low) / (high - low)).where(high > low, 0.5)
    return frame.assign(share=share, label=frame["feature"].map(name), shown=_shown(frame))


def _shown(frame: pd.DataFrame) -> list[str]:
    return [value(feature, number) for feature, number in zip(frame["feature"], frame["value"], strict=True)]


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """A row for each feature, a column for each group; of groups mean and standard deviation."""
    written = [
        row["shown"] if row["who"] == _TRACK else f"{row['shown']} ± {value(row['feature'], row['deviation'])}"
        for row in frame.to_dict("records")
    ]
    wide = frame.assign(written=written).pivot(index="label", columns="who", values="written")
    wide = wide.reindex(index=list(dict.fromkeys(frame["label"])), columns=[who for who in _ORDER if who in wide])
    titles = {_TRACK: "This track", "top 100": "Top 100, mean ± deviation", "all tracks": "All, mean ± deviation"}
    return wide.rename(columns=titles).rename_axis("Feature").reset_index()


def _encoded(frame: pd.DataFrame, legend: alt.Legend) -> dict[str, Any]:
    present = [who for who in _ORDER if who in set(frame["who"])]
    return {
        "color": alt.Color("who:N", title=None, scale=alt.Scale(domain=present), legend=legend),
        "tooltip": [
            alt.Tooltip("who:N", title="who"),
            alt.Tooltip("label:N", title="feature"),
            alt.Tooltip("shown:N", title="value"),
        ],
    }


def _grouped(frame: pd.DataFrame, known: list[str]) -> charts.Drawing:
    labels = [name(feature) for feature in known]
    bars: alt.Chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            alt.X(
                "share:Q", title="from the lowest (0) to the highest (1) of all tracks", scale=alt.Scale(domain=[0, 1])
            ),
            alt.Y("label:N", sort=labels, title=None, axis=alt.Axis(labelLimit=220, labelFlush=False)),
            alt.YOffset("who:N", sort=list(_ORDER)),
            **_encoded(frame, alt.Legend(orient="top")),
        )
        .properties(height=48 * len(known) + 60)
    )
    return bars


def _radar(frame: pd.DataFrame, known: list[str]) -> charts.Drawing:
    angle = {feature: 2 * pi * place / len(known) for place, feature in enumerate(known)}
    corners = _placed(frame, frame["share"].clip(0, 1), angle)
    closed = pd.concat([corners, corners[corners["feature"] == known[0]]]).assign(
        order=lambda rows: rows.groupby("who").cumcount()
    )
    present = [who for who in _ORDER if who in set(frame["who"])]
    dashes = alt.Scale(domain=present, range=[list(one) for one in _DASHES])
    legend = alt.Legend(orient="top", symbolSize=400)  # so long that dashes are told from dots
    dash = alt.StrokeDash("who:N", title=None, scale=dashes, legend=legend)
    lines: alt.Chart = (
        alt.Chart(closed).mark_line(strokeWidth=2).encode(_x(), _y(), dash, order="order:Q", **_encoded(frame, legend))
    )
    return alt.LayerChart(layer=[*_web(angle), lines], height=_HEIGHT)


def _placed(frame: pd.DataFrame, radius: Any, angle: Mapping[str, float]) -> pd.DataFrame:
    turned = frame["feature"].map(angle)
    return frame.assign(x=radius * turned.map(sin), y=radius * turned.map(cos))


def _web(angle: Mapping[str, float]) -> list[alt.Chart]:
    """The rings, the spokes and their names."""
    rings = pd.DataFrame(
        [
            {"ring": ring, "x": ring * sin(turned), "y": ring * cos(turned), "order": order}
            for ring in _RINGS
            for order, turned in enumerate([*angle.values(), 0.0])
        ]
    )
    ends = pd.DataFrame(
        [{"name": name(feature), "x": sin(turned), "y": cos(turned)} for feature, turned in angle.items()]
    )
    web: list[alt.Chart] = [
        alt.Chart(rings)
        .mark_line(color=_GREY, opacity=0.4, strokeWidth=1)
        .encode(_x(), _y(), order="order:Q", detail="ring:N"),
        alt.Chart(ends.assign(zero=0.0))
        .mark_rule(color=_GREY, opacity=0.4)
        .encode(_x(), _y(), alt.X2("zero:Q"), alt.Y2("zero:Q")),
    ]
    sides: dict[Literal["left", "right", "center"], Any] = {
        "left": ends["x"] > _BESIDE,
        "right": ends["x"] < -_BESIDE,
        "center": ends["x"].abs() <= _BESIDE,
    }
    for align, some in sides.items():
        named = ends[some].assign(x=ends["x"] * 1.08, y=ends["y"] * 1.14)
        web.append(alt.Chart(named).mark_text(align=align, color=_GREY, fontSize=12).encode(_x(), _y(), text="name:N"))
    return web


def _x() -> alt.X:
    return alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-_WIDE, _WIDE]))


def _y() -> alt.Y:
    return alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-_HIGH, _HIGH]))
