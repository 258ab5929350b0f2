"""The table of users: filtered, sorted, to be taken away as a CSV."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import states, words
from dashboard.source.source import Rows, Source
from dashboard.views.churn.expected import besides

_ORDERS = {
    "probability, highest first": ("probability", False),
    "probability, lowest first": ("probability", True),
    "user": ("user_id", True),
    "reason": ("reason", True),
}
_ARROWS = {"towards leaving": "▲", "towards staying": "▼"}
_PLACES = (1, 2, 3)
_NAMES = {
    "user_id": "User",
    "probability": "Probability of leaving",
    "reason": "Reason, if the user leaves",
    "driver_1": "What moves it most",
    "driver_2": "second most",
    "driver_3": "third most",
    "subscription": "Subscription",
    "country": "Country",
}


def show_users(source: Source, expected: Rows) -> None:
    """The filters, the table and its CSV. `expected`: the sheet churn_expected."""
    st.subheader("Who they are", anchor=False)
    rows = states.sheet(source, "churn_users", search=_search())
    if rows is None:
        return
    found = _filtered(rows.frame)
    _say_how_many(rows, found)
    if not found.empty:
        _table(found)
        _download(found)
    st.caption("▲ raises the probability of leaving, ▼ lowers it.")
    states.said_by(besides(rows, expected))


def _search() -> str:
    return st.text_input("Search a user", key="churn-search", placeholder="a part of the user's id").strip()


def _filtered(frame: pd.DataFrame) -> pd.DataFrame:
    which, between, order = st.columns(3)
    there = sorted(frame["reason"].dropna().unique())
    with which:
        reasons = st.multiselect("Reasons", there, key="churn-reasons-chosen", placeholder="all reasons")
    with between:
        low, high = st.slider("Probability of leaving", 0.0, 1.0, (0.0, 1.0), step=0.01, key="churn-between")
    with order:
        ordered = st.selectbox("Order by", list(_ORDERS), key="churn-order")
    found = frame[frame["probability"].between(low, high)]
    if reasons:
        found = found[found["reason"].isin(reasons)]
    column, ascending = _ORDERS[ordered]
    return found.sort_values([column, "user_id"], ascending=[ascending, True], kind="stable")


def _say_how_many(rows: Rows, found: pd.DataFrame) -> None:
    left_off = f" The {len(rows):,} likeliest of {rows.total:,} are looked through." if rows.total > len(rows) else ""
    if found.empty:
        st.info(f"No user is like that.{left_off}", icon=":material/inbox:")
        return
    leaving = words.amount(found["probability"].sum(), digits=1)
    st.markdown(f"Users: {words.amount(len(found))}; expected to leave, of these: {leaving}.{left_off}")


def _table(found: pd.DataFrame) -> None:
    drivers = {f"driver_{place}": _pointed(found, place) for place in _PLACES}
    shown = found.assign(probability=100 * found["probability"], **drivers)
    shown = shown.fillna(dict.fromkeys(("reason", "subscription", "country"), words.NOT_KNOWN))
    st.dataframe(
        shown[list(_NAMES)].rename(columns=_NAMES),
        hide_index=True,
        key="churn-users",
        column_config={
            _NAMES["probability"]: st.column_config.ProgressColumn(
                min_value=0.0, max_value=100.0, format="%.1f %%", width="medium"
            ),
            **{_NAMES[f"driver_{place}"]: st.column_config.TextColumn(width="large") for place in _PLACES},
        },
    )


def _pointed(found: pd.DataFrame, place: int) -> list[Any]:
    """As "▲ no session for 9 days"."""
    drivers, directions = found[f"driver_{place}"], found[f"direction_{place}"]
    return [
        f"{_ARROWS[direction]} {driver}" if words.is_known(driver) and direction in _ARROWS else ""
        for driver, direction in zip(drivers, directions, strict=True)
    ]


def _download(found: pd.DataFrame) -> None:
    as_of = found["as_of"].iloc[0]
    st.download_button(
        "Download these users as CSV",
        found.assign(as_of=found["as_of"].dt.strftime("%Y-%m-%d")).to_csv(index=False).encode(),
        file_name=f"churn-users-{as_of:%Y-%m-%d}.csv",
        mime="text/csv",
        key="churn-download",
        on_click="ignore",
        icon=":material/download:",
    )
