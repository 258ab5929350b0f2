"""The tracks of which most change is expected, up and down."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Rows, Source
from dashboard.views.streams.outlook import NEXT_WEEK, THIRD_WEEK
from dashboard.views.streams.track import SHEET, track_name

_WEEKS = {NEXT_WEEK: "week", THIRD_WEEK: "third"}
_WEEKS_IN_FILE = {"week": "next-7-days", "third": "days-15-to-21"}
_RANKS = {"streams": "difference", "per cent": "change"}
_LENGTHS = [10, 25, 50]
_USUAL_FLOOR = 1_000
_RANKED_BY = {"difference": "the change in streams", "change": "the change in per cent of the last 7 days"}
UP, DOWN = "up", "down"
_HEADINGS = {UP: "More streams expected", DOWN: "Fewer streams expected"}
_HOW_TO_READ = (
    "Change is what is expected less the last 7 days. “Beyond 80 %” says that the last 7 days lie outside of the "
    "interval of 80 %, so that a change of that direction is likely; “within” that no change at all would be no "
    "surprise. The first of a list of many are there in part by chance: most of them will move less."
)


def draw_movers(source: Source) -> None:
    """Two tables, and both as a file."""
    st.header("The catalogue's biggest expected movers", anchor=False)
    found = states.sheet(source, SHEET, order="-last_7")
    if found is None or not len(found):
        return
    week, rank, floor, length = _asked_for(found)
    eligible = _eligible(found.frame, week, floor)
    st.caption(_left_out(found, eligible, rank, floor))
    moving = {direction: movers(eligible, week, rank, direction, length) for direction in _HEADINGS}
    for direction, frame in moving.items():
        _draw_table(frame, week, direction)
    st.caption(_HOW_TO_READ)
    st.download_button(
        "Download these movers (CSV)",
        as_csv(moving),
        f"refrain-movers-{_WEEKS_IN_FILE[week]}-{found.frame['as_of'].iloc[0]:%Y-%m-%d}.csv",
        "text/csv",
        key="streams-download",
        on_click="ignore",
    )


def movers(eligible: pd.DataFrame, week: str, rank: str, direction: str, length: int) -> pd.DataFrame:
    """The `length` tracks that are expected to go `direction` most. `rank`: difference or change."""
    by = f"{week}_{rank}"
    going = eligible[eligible[by] > 0] if direction == UP else eligible[eligible[by] < 0]
    return going.sort_values([by, "track_id"], ascending=[direction == DOWN, True]).head(length)


def as_csv(moving: Mapping[str, pd.DataFrame]) -> bytes:
    """All columns of the movers, with their direction and place; formulas disarmed, since titles are anybody's."""
    parts = [
        frame.assign(direction=direction, place=range(1, len(frame) + 1), as_of=frame["as_of"].dt.date)
        for direction, frame in moving.items()
    ]
    table = pd.concat(parts)
    first = ["direction", "place"]
    table = table[[*first, *table.columns.drop(first)]]
    for name in ("title", "artist"):
        table[name] = table[name].map(_disarmed)
    return table.to_csv(index=False).encode("utf-8")


def _disarmed(text: Any) -> Any:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _asked_for(found: Rows) -> tuple[str, str, int, int]:
    """The week, what is ranked by, the least streams, and how many tracks."""
    of_week, by, least, how_many = st.columns([3, 3, 3, 2])
    third = found.frame["third_expected"].notna().any()
    week = of_week.radio("Of", list(_WEEKS) if third else [NEXT_WEEK], horizontal=True, key="streams-week")
    rank = by.radio("Ranked by change in", list(_RANKS), horizontal=True, key="streams-rank")
    floor = least.number_input(
        "Least streams, last 7 days", 0, None, _USUAL_FLOOR, 100, key="streams-floor", format="%d"
    )
    length = how_many.selectbox("Tracks in each list", _LENGTHS, key="streams-length")
    return _WEEKS[week], _RANKS[rank], int(floor), int(length)


def _eligible(frame: pd.DataFrame, week: str, floor: int) -> pd.DataFrame:
    return frame[(frame["last_7"] >= floor) & frame[f"{week}_difference"].notna()]


def _left_out(found: Rows, eligible: pd.DataFrame, rank: str, floor: int) -> str:
    offered = f"{len(found):,} tracks" if found.total == len(found) else f"the {len(found):,} most streamed tracks"
    return (
        f"Of {offered}, {len(eligible):,} are compared. Left out: tracks with fewer than {floor:,} streams in the last "
        f"7 days, whose changes say little, and those of which a day is not known. Ranked by {_RANKED_BY[rank]}."
    )


def _draw_table(frame: pd.DataFrame, week: str, direction: str) -> None:
    st.markdown(f"**{_HEADINGS[direction]}**")
    if frame.empty:
        states.empty("There is no such track.")
        return
    table = pd.DataFrame(
        {
            "Track": [track_name(row) for _, row in frame.iterrows()],
            "Last 7 days": frame["last_7"],
            "Expected": frame[f"{week}_expected"],
            "80 % from": frame[f"{week}_low_80"],
            "80 % to": frame[f"{week}_high_80"],
            "Baseline": frame[f"{week}_baseline"],
            "Change": frame[f"{week}_difference"],
        }
    )
    counts = table.columns.drop("Track")
    table[counts] = table[counts].round().astype("Int64")
    table["Change, %"] = (frame[f"{week}_change"] * 100).round(1)
    table["How sure"] = [_how_sure(row, week) for _, row in frame.iterrows()]
    formats: dict[str, Any] = {name: st.column_config.NumberColumn(format="localized", width=77) for name in counts}
    formats["Change, %"] = st.column_config.NumberColumn(format="%+.1f", width=71)
    formats["How sure"] = st.column_config.TextColumn(width=100)
    formats["Track"] = st.column_config.TextColumn(width=185)
    st.dataframe(table, hide_index=True, key=f"streams-{direction}", column_config=formats)


def _how_sure(row: "pd.Series[Any]", week: str) -> str:
    for level in (95, 80):
        if not row[f"{week}_low_{level}"] <= row["last_7"] <= row[f"{week}_high_{level}"]:
            return f"beyond {level} %"
    return "within 80 %" if words.is_known(row["last_7"]) else words.NOT_KNOWN
