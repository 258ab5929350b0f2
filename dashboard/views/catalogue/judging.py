"""How well earlier forecasts of catalogues came true."""

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.shown import charts, states, words
from dashboard.source.source import Rows, Source
from dashboard.views.catalogue.months import CLASSIC, FLAT

_OF = {"catalogue": "the whole catalogue", "artist": "each artist", "track": "each track"}
_RULES = {"classic decay": CLASSIC, "flat": FLAT, "seasonal naive": "the same month a year before"}
_DASHES = ([1, 0], [6, 4], [2, 3], [8, 3, 2, 3], [1, 4])
_TABLE = {
    "months_ahead": "Months ahead",
    "name": "Forecast by",
    "wape": "Error",
    "wape_low": "95 % from",
    "wape_high": "95 % to",
    "bias": "Too much (+) or too little",
    "coverage_80": "Inside 80 %",
    "coverage_95": "Inside 95 %",
    "rows": "Forecasts",
}


def show_came_true(source: Source, scope: str) -> None:
    """Errors by how far forecasts looked ahead, and last year's forecast beside what came."""
    st.subheader("How well did earlier forecasts come true?", anchor=False)
    found = states.sheet(source, "catalogue_backtest", {"scope": scope})
    if found is None:
        return
    rows = _named(found.frame)
    if rows.empty:
        states.empty("No earlier forecast can be measured yet.")
        return
    _sentence(rows, scope)
    _by_month(rows[rows["months_ahead"].notna()], scope)
    _last_year(source)
    states.said_by(found)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of what is served (of all models, where that was not measured) and of the rules, by their names."""
    served = frame["is_served"].fillna(False).astype(bool)
    models = served if served.any() else ~frame["is_baseline"].fillna(False).astype(bool)
    rows = frame[models | frame["candidate"].isin(list(_RULES))].copy()
    rows["name"] = [
        f"{_RULES.get(name, name)} (served)" if is_served else _RULES.get(name, name)
        for name, is_served in zip(rows["candidate"], served[rows.index], strict=True)
    ]
    return rows


def _sentence(rows: pd.DataFrame, scope: str) -> None:
    whole = rows[rows["months_ahead"].isna()].sort_values("wape")
    served = whole[whole["is_served"].fillna(False).astype(bool)]
    first: Any = (served if len(served) else whole).iloc[0]
    others = [f"{one['name']} by {_error(one)}" for _, one in whole.iterrows() if one["name"] != first["name"]]
    st.markdown(
        f"Forecasts of {_OF[scope]}, month by month: **{first['name']}** was off by **{_error(first)}** of what came, "
        f"over all months ahead; {', '.join(others)}. Of the months that came, "
        f"{words.percent(first['coverage_80'])} lay in the 80 % intervals and "
        f"{words.percent(first['coverage_95'])} in the 95 % ones."
    )


def _error(row: Any) -> str:
    if not words.is_known(row["wape_low"]):
        return words.percent(row["wape"])
    return f"{words.percent(row['wape'])} (95 %: {words.percent(row['wape_low'])} to {words.percent(row['wape_high'])})"


def _by_month(rows: pd.DataFrame, scope: str) -> None:
    st.markdown("**Error by month ahead**")
    names = list(dict.fromkeys(rows["name"]))
    order = [*(name for name in names if name not in _RULES.values()), *(n for n in _RULES.values() if n in names)]
    dashes = alt.Scale(domain=order, range=[_DASHES[place % len(_DASHES)] for place in range(len(order))])
    across = alt.X("months_ahead:Q", title="months ahead", axis=alt.Axis(tickMinStep=1))
    color = alt.Color(
        "name:N",
        title=None,
        sort=order,
        scale=alt.Scale(domain=order),
        legend=alt.Legend(orient="top", labelLimit=260, symbolType="stroke", symbolOpacity=1),
    )
    title = "sum of errors ÷ sum of what came"
    lines = (
        alt.Chart(rows)
        .mark_line(point=True)
        .encode(
            across,
            alt.Y("wape:Q", title=title, axis=alt.Axis(format="%")),
            color,
            alt.StrokeDash("name:N", sort=order, scale=dashes, legend=None),
            tooltip=[
                alt.Tooltip("name:N", title="forecast by"),
                alt.Tooltip("months_ahead:Q", title="months ahead"),
                alt.Tooltip("wape:Q", title="error", format=".1%"),
                alt.Tooltip("wape_low:Q", title="95 % from", format=".1%"),
                alt.Tooltip("wape_high:Q", title="to", format=".1%"),
                alt.Tooltip("rows:Q", title="forecasts", format=","),
            ],
        )
    )
    first = rows[rows["name"] == order[0]]
    band = (
        alt.Chart(first[first["wape_low"].notna()])
        .mark_area(opacity=0.2)
        .encode(across, alt.Y("wape_low:Q", title=title), alt.Y2("wape_high:Q"), color)
    )
    charts.with_numbers(
        alt.LayerChart(layer=[band, lines], height=320),
        _numbers(rows),
        "catalogue-errors",
        f"error of forecasts of {_OF[scope]} by month ahead",
    )


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    table = rows.sort_values(["months_ahead", "wape"])[list(_TABLE)].rename(columns=_TABLE)
    for name in list(_TABLE.values())[2:8]:
        table[name] = [words.percent(value) if words.is_known(value) else "" for value in table[name]]
    return table


def _last_year(source: Source) -> None:
    found = states.sheet(source, "catalogue_last_year")
    if found is None:
        return
    frame = found.frame
    st.markdown(
        f"**What was expected of the whole catalogue after {words.day(frame['as_of'].iloc[0])}, and what came**"
    )
    _sum_of_the_year(found)
    ahead = frame.rename(columns={"classic": CLASSIC, "flat": FLAT})
    known = frame[["last_day", "came"]].rename(columns={"came": "value"})
    charts.with_numbers(
        charts.fan(known, ahead, x="last_day", y="Each month", unit="streams", lines=(CLASSIC, FLAT)),
        _year_numbers(frame),
        "catalogue-last-year",
        "last year's forecast and what came",
    )


def _sum_of_the_year(found: Rows) -> None:
    sums = found.frame[["came", "value", "classic", "flat"]].sum()
    off = {name: _beside(sums[name] / sums["came"] - 1) for name in ("value", "classic", "flat")}
    inside = found.frame["came"].between(found.frame["low_80"], found.frame["high_80"]).sum()
    st.markdown(
        f"Of {int(found.frame['tracks'].max()):,} tracks known then, {words.amount(sums['came'], 'streams')} came in "
        f"{len(found.frame)} months. Expected were {off['value']}; {CLASSIC} said {off['classic']}, and {FLAT} would "
        f"have been {off['flat']}. {inside} of {len(found.frame)} months lay in their 80 % intervals."
    )


def _beside(change: float) -> str:
    return f"{words.percent(abs(change))} {'more' if change > 0 else 'less'}"


def _year_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    names = {
        "last_day": "Month to",
        "came": "What came",
        "value": "Expected then",
        "low_80": "80 % from",
        "high_80": "80 % to",
        "low_95": "95 % from",
        "high_95": "95 % to",
        "classic": "Classic rule",
        "flat": "Every month as the last",
    }
    table = frame[list(names)].rename(columns=names)
    numbers = list(table.columns.difference(["Month to"]))
    table[numbers] = table[numbers].round(0)
    table["Month to"] = [words.day(day) for day in frame["last_day"]]
    return table
