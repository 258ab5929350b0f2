"""The artists that the model was right and wrong about, on the test window."""

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Rows, Source

_MEANINGS = {
    "right alert": "Alerted, and became core.",
    "false alarm": "Alerted, and did not become core.",
    "missed": "Not alerted, and became core.",
    "rightly quiet": "Not alerted, and did not become core.",
}
_MOST = 500


@st.fragment
def verdicts(source: Source) -> None:
    """How many there were of each kind, and who they were."""
    states.section(source, _verdicts)


def _verdicts(source: Source) -> None:
    st.subheader("Right and wrong", anchor=False)
    counted = states.sheet(source, "breakout_verdicts", limit=1)
    if counted is None:
        return
    if counted.frame["verdict"].isna().all():
        states.empty("The served model has no threshold, so that nothing was an alert.")
        return
    totals = {name: source.sheet("breakout_verdicts", {"verdict": name}, limit=0).total for name in _MEANINGS}
    for place, (name, meaning) in zip(st.columns(len(totals)), _MEANINGS.items(), strict=True):
        place.metric(_capital(name), words.amount(totals[name]), help=meaning)
    chosen = st.radio("Show", list(_MEANINGS), key="breakout-verdict", horizontal=True, format_func=_capital)
    _listed(states.sheet(source, "breakout_verdicts", {"verdict": chosen}, limit=_MOST), chosen)
    for note in counted.notes:
        st.caption(note)


def _listed(found: Rows | None, chosen: str) -> None:
    if found is None or not len(found):
        states.empty(f"There is no artist-month of this kind ({chosen}).")
        return
    st.caption(f"{_MEANINGS[chosen]} {_how_many(found)}")
    st.dataframe(_in_words(found.frame), hide_index=True, key="breakout-verdicts")


def _how_many(found: Rows) -> str:
    shown = f"The first {len(found):,} of {found.total:,}" if found.total > len(found) else f"All {found.total:,}"
    return f"{shown} artist-months, from the highest probability to the lowest."


def _in_words(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Artist": rows["artist"],
            "Listener": rows["listener"],
            "Said at the end of": [words.month(day) for day in rows["as_of"]],
            "Probability (%)": (100 * rows["probability"]).round(1),
            "The baseline said (%)": (100 * rows["baseline_probability"]).round(1),
            "Plays in the month": rows["plays"],
            "Became core": rows["came_true"].map({True: "yes", False: "no"}),
            "Known since": [words.day(day) for day in rows["label_known_at"]],
        }
    )


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
