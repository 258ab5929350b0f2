"""An artist's months with a listener: plays, when they were core, and what was said at the end of each month."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.shown import charts, states, words
from dashboard.source.source import Source

_MOST = 100
_CORE, _NOT_CORE = "core in that month", "not core"
_HEIGHT = 300
_BAR, _FEW = 0.85, 8
"""Share of a month's room that its bar takes, less where there are few months, so that bars do not become blocks."""


@st.fragment
def history(source: Source) -> None:
    """The search, and the months of whoever is chosen."""
    states.section(source, _history)


def _history(source: Source) -> None:
    st.subheader("An artist's months", anchor=False)
    chosen = _chosen(source)
    if chosen is None:
        return
    found = states.sheet(source, "breakout_history", chosen)
    if found is None:
        return
    st.markdown(_in_a_sentence(found.frame))
    charts.with_numbers(_drawn(found.frame), _in_words(found.frame), "breakout-history", "the artist's months")
    st.caption(
        "Above a bar: the probability, at the month's end, that the artist becomes core in the months after. In "
        "brackets where the model may have learned from the month, so that it is no test."
    )
    for note in found.notes:
        st.caption(note)


def _chosen(source: Source) -> dict[str, str] | None:
    typed, picked = st.columns(2)
    with typed:
        words_typed = st.text_input(
            "Search an artist or a listener", key="breakout-search", placeholder="a part of the name"
        ).strip()
    found = states.sheet(source, "breakout_artists", search=words_typed, limit=_MOST)
    if found is None:
        return None
    if not len(found):
        states.empty(f"Nobody is called “{words_typed}” among the artists that were once new to a listener.")
        return None
    pairs = list(zip(found.frame["listener"], found.frame["artist"], strict=True))
    shown = f"{len(pairs):,} of {found.total:,}" if found.total > len(pairs) else f"{len(pairs):,}"
    with picked:
        listener, artist = st.selectbox(
            f"Artist and listener ({shown}, the newest and likeliest first)", pairs, key="breakout-artist",
            format_func=lambda pair: f"{pair[1]}, heard by {pair[0]}",
        )  # fmt: skip
    return {"listener": listener, "artist": artist}


def _in_a_sentence(months: pd.DataFrame) -> str:
    first, core = words.month(months["month"].iloc[0]), months.loc[months["is_core"].fillna(False), "month"]
    plays = int(months["plays"].sum())
    said = f"First heard in {first}; {plays:,} play{'' if plays == 1 else 's'} in {len(months):,} months since."
    if core.empty:
        return f"{said} Not core in any of them."
    return f"{said} Core first in {words.month(core.iloc[0])}, in {len(core):,} of them."


def _drawn(months: pd.DataFrame) -> charts.Drawing:
    frame = pd.DataFrame(
        {
            "month": [f"{month:%b %Y}" for month in months["month"]],
            "plays": months["plays"].astype(int),
            "state": months["is_core"].map({True: _CORE, False: _NOT_CORE}),
            "said": _probabilities(months),
        }
    )
    across = alt.X("month:O", sort=None, title=None, axis=alt.Axis(labelAngle=-45))
    order = [_NOT_CORE, _CORE]
    bars = (
        alt.Chart(frame)
        .mark_bar(width={"band": _BAR if len(frame) > _FEW else _BAR * len(frame) / _FEW})
        .encode(
            across,
            alt.Y("plays:Q", title="plays in the month", axis=alt.Axis(tickMinStep=1, format="d")),
            alt.Color("state:N", title=None, scale=alt.Scale(domain=order), legend=alt.Legend(orient="top")),
            tooltip=[
                alt.Tooltip("month:O", title="month"),
                alt.Tooltip("plays:Q", title="plays"),
                alt.Tooltip("state:N", title="state"),
                alt.Tooltip("said:N", title="probability at its end"),
            ],
        )
    )
    text = (
        alt.Chart(frame)
        .mark_text(dy=-8, color="#8a8a8a", fontSize=12)
        .encode(across, alt.Y("plays:Q"), alt.Text("said:N"))
    )
    return alt.LayerChart(layer=[bars, text], height=_HEIGHT)


def _probabilities(months: pd.DataFrame) -> list[str]:
    said = []
    for probability, learned in zip(months["probability"], months["learned"], strict=True):
        text = words.percent(probability, 0) if words.is_known(probability) else ""
        said.append(f"({text})" if text and learned is not pd.NA and learned else text)
    return said


def _in_words(months: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Month": [words.month(month) for month in months["month"]],
            "Plays": months["plays"],
            "Days with a play": months["days"],
            "Of all plays (%)": (100 * months["share"]).round(2),
            "Core": months["is_core"].map({True: "yes", False: "no"}),
            "Probability (%)": (100 * months["probability"]).round(1),
            "The baseline says (%)": (100 * months["baseline_probability"]).round(1),
            "Became core after it": months["became_core"].map({True: "yes", False: "no"}).fillna("not known"),
            "Model may have learned from it": months["learned"].map({True: "yes", False: "no"}).fillna("not asked"),
        }
    )
