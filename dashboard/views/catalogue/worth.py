"""What the months ahead are worth today, at a rate and a discount that a person sets."""

import numpy as np
import streamlit as st

from dashboard.shown import words
from dashboard.views.catalogue.months import CLASSIC, FLAT, Months
from refrain.present_value import Numbers, factors_after, worth_today

_TOTALS = ["total", "total_low_80", "total_high_80", "total_low_95", "total_high_95"]
_USUAL_RATE, _USUAL_DISCOUNT = 0.003, 8.0


def show_worth(months: Months) -> None:
    """The present value of the months shown, with its intervals, and what it is not."""
    st.subheader("What these months are worth today", anchor=False)
    left, right, _ = st.columns(3)
    rate = left.number_input(
        "A stream earns (in any currency)",
        0.0,
        1_000.0,
        _USUAL_RATE,
        0.0005,
        format="%.5f",
        key="catalogue-rate",
    )
    discount = right.number_input(
        "Discount (% per year)", 0.0, 100.0, _USUAL_DISCOUNT, 0.5, format="%.1f", key="catalogue-discount"
    )
    value, low_80, high_80, low_95, high_95 = present_value(months, rate, discount / 100)
    by_rule = [rule_value(months, name, rate, discount / 100) for name in ("classic", "flat")]
    shown = st.columns(3)
    shown[0].metric(
        f"Worth today, {len(months.ahead)} month{'' if len(months.ahead) == 1 else 's'}",
        _money(value),
        f"80 %: {_money(low_80)} to {_money(high_80)}",
        delta_color="off",
        delta_arrow="off",
        border=True,
    )
    for column, name, amount in zip(shown[1:], (CLASSIC, FLAT), by_rule, strict=True):
        column.metric(f"By {name}" if name == CLASSIC else f"With {name}", _money(amount), border=True)
    st.caption(
        f"In the currency of the rate. 95 %: {_money(low_95)} to {_money(high_95)}. Each month's streams times the "
        "rate, paid at the month's end and brought to the last day with counts: divided by (1 + discount) to the power "
        "of the years until then. The intervals are those of all these months' streams together, brought to today in "
        "the same way. They are no price, and not the range of what may be paid: rates that change, costs, contracts, "
        "taxes and tracks yet to come are not in them. Months after those shown are worth something, too, and are not "
        "counted."
    )


def present_value(months: Months, rate: float, discount: float) -> Numbers:
    """Value, low_80, high_80, low_95, high_95 of the months shown: shape (5,). `discount`: 0.08 for 8 % a year."""
    totals = months.last[_TOTALS].to_numpy(dtype=np.float64)
    found: Numbers = worth_today(_streams(months, "value"), totals[None], rate, _factors(months, discount))[0]
    return found


def rule_value(months: Months, name: str, rate: float, discount: float) -> float:
    """The same of a rule's months, which have no intervals."""
    streams = _streams(months, name)
    return float(worth_today(streams, np.zeros((1, len(_TOTALS))), rate, _factors(months, discount))[0, 0])


def _streams(months: Months, name: str) -> Numbers:
    return np.asarray(months.ahead[name].to_numpy(dtype=np.float64)[None])


def _factors(months: Months, discount: float) -> Numbers:
    return factors_after(months.ahead["years_ahead"].to_numpy(dtype=np.float64), discount)


def _money(amount: float) -> str:
    return words.amount(amount, digits=0 if abs(amount) >= 10_000 else 2)
