"""How many users are expected to leave, and what share of all that is."""

from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Rows


def show_expected(rows: Rows) -> None:
    """The figures of the newest week end. `rows`: the sheet churn_expected."""
    row = rows.frame.iloc[0]
    states.baseline_served(rows.models[0])
    st.markdown(f"**As of {words.day(row['as_of'])}**, for the {words.amount(row['horizon_days'], 'days')} after it.")
    share, number, usual, before = st.columns(4)
    with share:
        st.metric("Share expected to leave", words.percent(row["share"]))
        _beneath(_shares(row, 80), _shares(row, 95))
    with number:
        st.metric("Users expected to leave", words.amount(row["expected"]))
        _beneath(f"of {words.amount(row['users'], 'users')}", *(interval(row, "", level) for level in (80, 95)))
    with usual:
        st.metric("The baseline expects", words.amount(row["baseline_expected"]))
        name = row["baseline"] if words.is_known(row["baseline"]) else "no baseline is served"
        _beneath(str(name), *(interval(row, "baseline_", level) for level in (80, 95)))
    with before:
        st.metric("Base rate", words.percent(row["base_rate"]))
        _beneath("the share that left before")
    if words.is_known(row["is_test"]) and not row["is_test"]:
        st.warning(
            "The model learned from days up to this one or later: what it says here is no test of it.",
            icon=":material/info:",
        )
    states.said_by(rows)


def besides(rows: Rows, said: Rows) -> Rows:
    """The same rows, with the notes and models alone that have not been `said` further up."""
    return replace(
        rows,
        notes=tuple(note for note in rows.notes if note not in said.notes),
        models=tuple(served for served in rows.models if served not in said.models),
    )


def _beneath(*lines: str) -> None:
    st.caption("  \n".join(lines))


def interval(row: Any, whose: str, level: int) -> str:
    """Of the number that is expected, by the model or ("baseline_") the baseline."""
    return words.between(row[f"{whose}low_{level}"], row[f"{whose}high_{level}"], "users", level=level)


def _shares(row: Any, level: int) -> str:
    low, high = row[f"share_low_{level}"], row[f"share_high_{level}"]
    if not (words.is_known(low) and words.is_known(high)):
        return "no interval"
    return f"{level} %: {words.percent(low)} to {words.percent(high)}"
