"""Charts of numbers with their intervals: one line each, and probabilities against what came."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from dashboard.shown.charts import Drawing

_SHAPES = ["circle", "diamond", "square", "triangle-up"]
_GREY = "#8a8a8a"
_ROW, _AROUND = 26, 110
_SIDE = 360
_LABEL = 320
_TICKS = 8
"""At most, each label under its own: flush with the ends they would run into their neighbours."""


def dots(frame: pd.DataFrame, *, label: str, title: str, groups: Sequence[str], form: str = ".3f") -> Drawing:
    """A point with its 95 % interval for each row, from the top in the order of the rows.

    `frame`: label, group, value, low, high. Groups differ in colour and shape; a label may have a row of each.
    """
    domain = list(groups)
    shapes = alt.Scale(domain=domain, range=_SHAPES[: len(domain)])
    legend = alt.Legend(orient="top", labelLimit=_LABEL)
    down = alt.Y(f"{label}:N", sort=list(dict.fromkeys(frame[label])), title=None, axis=alt.Axis(labelLimit=_LABEL))
    is_shared = bool(frame[label].duplicated().any())
    tips = [
        alt.Tooltip(f"{label}:N", title="what"),
        alt.Tooltip("group:N", title="whose"),
        alt.Tooltip("value:Q", title=title, format=form),
        alt.Tooltip("low:Q", title="95 % from", format=form),
        alt.Tooltip("high:Q", title="to", format=form),
    ]
    base = alt.Chart(frame).encode(
        down,
        alt.YOffset("group:N", sort=domain) if is_shared else alt.YOffset(),
        alt.Color("group:N", title=None, scale=alt.Scale(domain=domain), legend=legend),
        tooltip=tips,
    )
    loose, ticks = alt.Scale(zero=False), alt.Axis(tickCount=_TICKS, labelFlush=False)
    lines = base.mark_rule(strokeWidth=2).encode(alt.X("low:Q", title=title, scale=loose, axis=ticks), alt.X2("high:Q"))
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        alt.X("value:Q", title=title, scale=loose, axis=ticks),
        alt.Shape("group:N", title=None, scale=shapes, legend=legend),
    )
    rows = frame[label].nunique() * (len(domain) if is_shared else 1)
    # The height is that of the whole drawing: axis, title and legend are part of it.
    return alt.LayerChart(layer=[lines, points], height=_AROUND + _ROW * rows)


def reliability(frame: pd.DataFrame) -> Drawing:
    """What was predicted against the share that came true, beside the diagonal on which the two are the same.

    `frame`: predicted, observed, observed_low, observed_high, rows; shares from 0 to 1.
    """
    most = min(1.0, 1.05 * max(*frame["predicted"], *frame["observed_high"]))
    scale = alt.Scale(domain=[0, most])
    across = alt.X(
        "predicted:Q",
        title="predicted probability",
        scale=scale,
        axis=alt.Axis(format="%", tickCount=_TICKS, labelFlush=False),
    )
    name = "share that came true"
    tips = [
        alt.Tooltip("predicted:Q", title="predicted", format=".1%"),
        alt.Tooltip("observed:Q", title="came true", format=".1%"),
        alt.Tooltip("observed_low:Q", title="95 % from", format=".1%"),
        alt.Tooltip("observed_high:Q", title="to", format=".1%"),
        alt.Tooltip("rows:Q", title="rows", format=","),
    ]
    diagonal = (
        alt.Chart(pd.DataFrame({"predicted": [0.0, most], "observed": [0.0, most]}))
        .mark_line(strokeDash=[6, 4], color=_GREY)
        .encode(across, alt.Y("observed:Q", title=name, scale=scale, axis=alt.Axis(format="%")))
    )
    base = alt.Chart(frame)
    ends = base.mark_rule(strokeWidth=2, color=_GREY).encode(
        across, alt.Y("observed_low:Q", title=name, scale=scale), alt.Y2("observed_high:Q"), tooltip=tips
    )
    line = base.mark_line().encode(across, alt.Y("observed:Q", title=name, scale=scale))
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        across, alt.Y("observed:Q", title=name, scale=scale), tooltip=tips
    )
    return alt.LayerChart(layer=[diagonal, ends, line, points], height=_SIDE)
