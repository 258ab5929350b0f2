"""Counts of one's own: pasted or uploaded, and what the models say of them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import RefusedError, Rows, Source
from dashboard.views.streams.context import filled_in, warned
from dashboard.views.streams.entered import THREE_WEEKS, WEEK, Entered
from dashboard.views.streams.outlook import (
    NEXT_WEEK,
    THIRD_WEEK,
    Outlook,
    Week,
    draw_days,
    draw_totals,
    week_of_answer,
)
from dashboard.views.streams.pasted import pasted
from dashboard.views.streams.uploaded import MOST_MEGABYTES, uploaded

THIRD = "streams.three_week"
_OLDEST, _NEWEST = "oldest first", "newest first"
_FAMILIES = {
    "ridge": "linear model (ridge)",
    "lasso": "linear model (lasso)",
    "forest": "random forest",
    "svm": "linear support vectors",
}
_BASELINE = "last 7 days once more"


def draw_pasted(source: Source, served: Collection[str]) -> None:
    """A form for 7 or 21 counts, and what is expected. `served`: the targets that a model answers for."""
    with st.form("streams-form"):
        text = st.text_area(
            "7 or 21 daily counts",
            key="streams-text",
            placeholder="5210, 5105, 4975, 5020, 5340, 5480, 4890",
            help="One track's streams a day, with commas, spaces or new lines between them; - where a day is not "
            "known. 7 for the next week; 21 for days 15 to 21, too.",
        )
        order = _order("paste")
        newest, context = _context("paste")
        st.form_submit_button("Forecast", key="streams-forecast")
    if not text.strip():
        states.empty("Paste 7 or 21 daily counts and press Forecast.")
        return
    try:
        entered = pasted(text, newest, newest_first=order == _NEWEST)
    except RefusedError as error:
        states.refused(error)
        return
    draw_entered(source, entered, context, served)


def draw_uploaded(source: Source, served: Collection[str]) -> None:
    """A file's counts, and what is expected."""
    file = st.file_uploader(
        "A CSV file of one track's days",
        type=["csv", "tsv", "txt"],
        key="streams-file",
        max_upload_size=MOST_MEGABYTES,
        help="A column date and a column streams, in any order, others are left out; or a column of counts alone.",
    )
    with st.expander("What the file does not say"):
        order = _order("file")
        newest, context = _context("file")
        st.caption("Order and newest day are asked for where the file has counts and no dates.")
    if file is None:
        return
    try:
        entered = uploaded(file.getvalue(), newest, newest_first=order == _NEWEST)
    except RefusedError as error:
        states.refused(error)
        return
    draw_entered(source, entered, context, served)


def draw_entered(
    source: Source, entered: Entered, context: Mapping[str, float | None], served: Collection[str]
) -> None:
    """What was read, and what the models say of it."""
    st.caption(_read(entered))
    once_more = entered.last_7
    answer = _asked(source, "/oneweek/predict", entered.record(WEEK, context))
    weeks = [week_of_answer(NEXT_WEEK, answer, once_more)]
    answers = [answer]
    if entered.window == THREE_WEEKS and THIRD in served:
        answers.append(_asked(source, "/threeweek/predict", entered.record(THREE_WEEKS, context)))
        weeks.append(week_of_answer(THIRD_WEEK, answers[1], once_more))
    elif entered.window == THREE_WEEKS:
        states.empty(f"No model is served for the third week. Run `refrain run {THIRD}`.")
    outlook = Outlook(entered.newest, once_more, tuple(weeks), _BASELINE)
    draw_totals(outlook)
    _draw_said(answers, entered)
    days = pd.DataFrame({"date": pd.to_datetime(list(entered.dates)), "streams": list(entered.counts)})
    draw_days(days.astype({"streams": "float64"}), outlook, "streams-own", "your counts")
    _draw_families(answer, weeks[0])


def _asked(source: Source, path: str, body: Mapping[str, Any]) -> Any:
    with st.spinner("Asking…", show_time=True):
        return source.ask(path, body)


def _order(key: str) -> str:
    return st.radio("The counts stand", [_OLDEST, _NEWEST], horizontal=True, key=f"streams-{key}-order")


def _context(key: str) -> tuple[date | None, Mapping[str, float | None]]:
    """The newest count's day, and what else may be known of the track."""
    day, age, popularity = st.columns(3)
    newest = day.date_input("Day of the newest count, if known", None, key=f"streams-{key}-newest")
    known = {
        "days_since_release": age.number_input(
            "Days since its release, if known", 0, 100_000, None, key=f"streams-{key}-age"
        ),
        "popularity": popularity.number_input(
            "Popularity (0 to 100), if known", 0, 100, None, key=f"streams-{key}-popularity"
        ),
    }
    return newest, known


def _read(entered: Entered) -> str:
    first, last = entered.counts[0], entered.counts[-1]
    oldest, newest = words.day(entered.dates[0]), words.day(entered.newest)
    used = f"the last {entered.window} are used" if len(entered.counts) > entered.window else "all are used"
    assumed = "" if entered.dated else " The days are counted back from yesterday, since none is given."
    ignored = f" Not read: {', '.join(entered.ignored)}." if entered.ignored else ""
    return (
        f"Read as {len(entered.counts):,} days, from {oldest} ({words.amount(first)}) to {newest}, the newest "
        f"({words.amount(last)}); {used}.{assumed}{ignored}"
    )


def _draw_said(answers: list[Any], entered: Entered) -> None:
    """Which models answered, what they filled in, and what is unlike all that they learned."""
    states.said_by(Rows(pd.DataFrame(), 0, models=tuple(answer["model"] for answer in answers)))
    for answer in answers:
        states.baseline_served(answer["model"])
    warnings = [one for answer in answers for one in warned(answer["warnings"], entered.newest)]
    if warnings:
        listed = "".join(f"\n- {one}" for one in dict.fromkeys(warnings))
        st.warning(f"Unlike all that the model learned from, so that intervals may be too narrow:{listed}")
    st.caption(filled_in(answers[-1]["imputed"]))


def _draw_families(answer: Mapping[str, Any], week: Week) -> None:
    """What each family says of the next 7 days, beside champion and baseline."""
    said = {f"served: {words.model(answer['model'])}": week.expected}
    others = {name: value for name, value in answer["families"].items() if value != week.expected}
    said |= {_FAMILIES.get(name, name): value for name, value in others.items()}
    if week.baseline is not None:
        said[f"baseline: {_BASELINE}"] = week.baseline
    table = pd.DataFrame({"Model": list(said), "Streams": [round(value) for value in said.values()]})
    table["Against what is served"] = (table["Streams"] / week.expected - 1) * 100 if week.expected else None
    st.header("The next 7 days, by model", anchor=False)
    st.dataframe(
        table,
        hide_index=True,
        key="streams-families",
        column_config={
            "Streams": st.column_config.NumberColumn(format="localized"),
            "Against what is served": st.column_config.NumberColumn(format="%+.1f %%"),
        },
    )
