"""The months of what is chosen: a fan chart, the same in a table, and as a file."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.shown import charts, states, words
from dashboard.source.source import Rows, Source
from dashboard.views.catalogue.choosing import Chosen

NEAR, FAR = "catalogue_months", "catalogue_far_months"
"""Sheets: known months with the next 24, and those after them."""
CLASSIC, FLAT = "the classic rule", "every month as the last"
_FEWEST_BEHIND = 24
_COLUMNS = {
    "last_day": "Month to",
    "kind": "Known or expected",
    "value": "Streams",
    "low_80": "80 % from",
    "high_80": "80 % to",
    "low_95": "95 % from",
    "high_95": "95 % to",
    "classic": "Classic rule",
    "flat": "Every month as the last",
}
_FILE_COLUMNS = ("first_day", "last_day", "kind", "months_ahead", "value", *list(_COLUMNS)[3:])


@dataclass(frozen=True)
class Months:
    """The months that are shown."""

    known: pd.DataFrame
    """The latest last, as the sheet catalogue_months has them."""
    ahead: pd.DataFrame
    """From the first one on: as many as were asked for."""

    @property
    def last(self) -> Any:
        """The last of the months ahead, which knows the sums of all."""
        return self.ahead.iloc[-1]


def chosen_months(source: Source, chosen: Chosen, near: Rows) -> Months | None:
    """As many months as the slider says; none where nothing is expected, which is said."""
    known, ahead = (near.frame[near.frame["kind"] == kind] for kind in ("known", "expected"))
    if ahead.empty:
        why = f": {chosen.why_not}" if chosen.why_not else ""
        states.empty(f"There is no forecast of {chosen.called}{why}.")
        return None
    months = _slider(source, chosen, len(ahead))
    if months > len(ahead):
        far = states.sheet(source, FAR, chosen.where)
        ahead = ahead if far is None else pd.concat([ahead, far.frame], ignore_index=True)
    return Months(known.tail(max(months, _FEWEST_BEHIND)), ahead.head(months))


def _slider(source: Source, chosen: Chosen, near: int) -> int:
    furthest = max(near, chosen.furthest_months)
    if furthest > near and not source.predicts and not len(source.sheet(FAR, chosen.where, limit=1)):
        furthest = near
        st.caption(f"Published are {near} months ahead of this one; where the API runs, it says more.")
    if furthest == 1:
        return 1
    return int(st.slider("Months ahead", 1, furthest, min(near, furthest), key=f"catalogue-months-{furthest}"))


def show_months(chosen: Chosen, months: Months) -> None:
    """What is known and expected, beside what simple rules say."""
    _figures(months)
    known, ahead = (part.rename(columns={"classic": CLASSIC, "flat": FLAT}) for part in (months.known, months.ahead))
    charts.with_numbers(
        charts.fan(known, ahead, x="last_day", y="Each month", unit="streams", lines=(CLASSIC, FLAT)),
        _table(months),
        "catalogue-fan",
        f"streams of {chosen.called}, month by month",
    )
    st.caption(
        "Each point is a month, drawn at its last day. Shaded: where 80 and 95 of 100 months are expected to lie. "
        "The classic rule draws on published rates at which tracks of an age decay."
    )
    _unknown_days(months)
    st.download_button(
        "Download these months as CSV",
        as_csv(months),
        file_name=f"refrain-{chosen.scope}-{_plain(chosen.id)}.csv",
        mime="text/csv",
        key="catalogue-csv",
        icon=":material/download:",
    )


def _figures(months: Months) -> None:
    first, last, count = months.ahead.iloc[0], months.last, len(months.ahead)
    columns = [*st.columns(2), *st.columns(2)]
    if len(months.known):
        latest = months.known.iloc[-1]
        columns[0].metric(
            f"Last whole month, to {words.day(latest['last_day'])}", words.amount(latest["value"]), border=True
        )
    columns[1].metric(
        "Expected in the next month",
        words.amount(first["value"]),
        words.between(first["low_80"], first["high_80"]),
        delta_color="off",
        delta_arrow="off",
        border=True,
    )
    columns[2].metric(
        f"Expected in all {count} months" if count > 1 else "Expected in this month",
        words.amount(last["total"]),
        words.between(last["total_low_80"], last["total_high_80"]),
        delta_color="off",
        delta_arrow="off",
        border=True,
    )
    columns[3].metric(
        f"The same by {CLASSIC}",
        words.amount(months.ahead["classic"].sum()),
        f"{FLAT}: {words.amount(months.ahead['flat'].sum())}",
        delta_color="off",
        delta_arrow="off",
        border=True,
    )
    st.caption("All in streams. Sums over months have intervals of their own: errors of one month go on in the next.")


def _unknown_days(months: Months) -> None:
    unknown = int(months.known["unknown_days"].fillna(0).sum())
    if unknown:
        st.caption(
            f"In the known months shown, {unknown:,} days of tracks have no count: their streams are missing in sums."
        )


def _shown(months: Months) -> pd.DataFrame:
    return pd.concat([months.known, months.ahead], ignore_index=True)


def _table(months: Months) -> pd.DataFrame:
    table = _shown(months)[list(_COLUMNS)].rename(columns=_COLUMNS)
    numbers = list(_COLUMNS.values())[2:]
    table[numbers] = table[numbers].round(0)
    table["Month to"] = [words.day(day) for day in table["Month to"]]
    return table


def as_csv(months: Months) -> str:
    """Known and expected months; streams in whole numbers, as in the table."""
    rows = _shown(months)[list(_FILE_COLUMNS)].copy()
    amounts = list(_FILE_COLUMNS[4:])
    rows[amounts] = rows[amounts].round(0).astype("Int64")
    return str(rows.rename(columns={"value": "streams"}).to_csv(index=False, date_format="%Y-%m-%d"))


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)[:60]
