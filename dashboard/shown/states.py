"""The states of a page: it is loading, there is nothing yet, something was refused, the source does not answer."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import streamlit as st

from dashboard.shown import words
from dashboard.source.source import MOST_ROWS, NotReadyError, OutOfReachError, RefusedError, Rows, Source

Body = Callable[[Source], None]
_SECONDS_BETWEEN_LOOKS = 2.0


def page(source: Source, title: str, question: str, body: Body) -> None:
    """A page with its title, what it answers, and its body."""
    st.title(title, anchor=False)
    st.markdown(question)
    section(source, body)


def section(source: Source, body: Body) -> None:
    """A part of a page; also what a fragment that runs by itself has around it.

    A refusal is shown in its place; where the source does not answer, that is said until it does.
    """
    try:
        body(source)
    except OutOfReachError as error:
        _out_of_reach(source, error)
    except RefusedError as error:
        refused(error)


def refused(error: RefusedError) -> None:
    """What was not accepted, and why."""
    # A single fault says all that the sentence before it says.
    lines = list(error.faults) if len(error.faults) == 1 else [str(error), *(f"- {fault}" for fault in error.faults)]
    st.error("\n".join(lines), icon=":material/error:")


def sheet(
    source: Source,
    name: str,
    where: Mapping[str, str] | None = None,
    *,
    search: str = "",
    order: str = "",
    limit: int = MOST_ROWS,
) -> Rows | None:
    """Rows of a sheet, with a sign that they are being asked for; none, and what to run, where there is nothing yet."""
    with st.spinner("Asking…", show_time=True):
        found = source.sheet(name, where, search=search, order=order, limit=limit)
    if found.missing:
        empty(found.missing)
        return None
    return found


def empty(sentence: str) -> None:
    """There is nothing to show yet; the sentence says what to run."""
    st.info(sentence, icon=":material/inbox:")


def only_with_the_api() -> None:
    """Said in the place of what a source that does not predict cannot do."""
    st.info(
        "These pages show published predictions. What you enter yourself can be predicted where the API runs: "
        "`refrain serve`.",
        icon=":material/cloud_off:",
    )


def said_by(rows: Rows) -> None:
    """Who said it, up to when it learned, and what else belongs beside the figures."""
    lines = [_said(served) for served in rows.models]
    if lines or rows.notes:
        st.caption("  \n".join((*lines, *rows.notes)))


def baseline_served(served: Mapping[str, Any]) -> None:
    """Says it where a baseline is what answers."""
    if served["is_baseline"]:
        st.warning(
            "A baseline is served here: no model has surely beaten it. Read its numbers as what anybody could say.",
            icon=":material/info:",
        )


def _said(served: Mapping[str, Any]) -> str:
    until = served.get("learned_until")
    learned = f"; it learned from data up to {words.day(until)}" if until else ""
    return f"{served['target']}: {words.model(served)}{learned}."


def _out_of_reach(source: Source, error: OutOfReachError) -> None:
    sentence = f"{error} This page goes on by itself as soon as there is an answer."
    is_there = isinstance(error, NotReadyError)
    if is_there:
        st.info(sentence, icon=":material/hourglass_top:")
    else:
        st.error(sentence, icon=":material/link_off:")

    looks = count()

    @st.fragment(run_every=_SECONDS_BETWEEN_LOOKS)
    def look_again() -> None:
        # Not at once: what is being made would be asked for again and again.
        if next(looks) and source.is_there():
            st.rerun(scope="app")
        how = "" if is_there else " To start the API: `refrain serve`."
        st.caption(f"Looking again every two seconds.{how}")

    look_again()
