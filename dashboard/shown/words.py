"""Numbers, dates and models in words: units written out, intervals beside the number."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from math import isnan
from typing import Any

import pandas as pd

NOT_KNOWN = "not known"
_LARGE = ((1_000_000_000, "billion"), (1_000_000, "million"))


def is_known(value: Any) -> bool:
    """Whether there is a value."""
    return value is not None and value is not pd.NA and value is not pd.NaT and not _is_nan(value)


def amount(value: Any, unit: str = "", *, digits: int = 0) -> str:
    """As "12,340 streams", "1.24 million streams"."""
    if not is_known(value):
        return NOT_KNOWN
    number = float(value)
    text = next((f"{number / size:,.2f} {name}" for size, name in _LARGE if abs(number) >= size), "")
    return f"{text or f'{number:,.{digits}f}'} {unit}".rstrip()


def percent(value: Any, digits: int = 1) -> str:
    """A share or probability, as "12.3 %"."""
    return f"{float(value):.{digits}%}".replace("%", " %") if is_known(value) else NOT_KNOWN


def change(value: Any, digits: int = 1) -> str:
    """A relative change with its sign, as "+12.3 %"."""
    return f"{float(value):+.{digits}%}".replace("%", " %") if is_known(value) else NOT_KNOWN


def score(value: Any, low: Any = None, high: Any = None, *, sign: bool = False) -> str:
    """A metric with its 95 % interval, as "0.677 [0.644, 0.706]"."""
    if not is_known(value):
        return NOT_KNOWN
    form = "+.3f" if sign else ".3f"
    if not (is_known(low) and is_known(high)):
        return f"{float(value):{form}}"
    return f"{float(value):{form}} [{float(low):{form}}, {float(high):{form}}]"


def between(low: Any, high: Any, unit: str = "", *, level: int = 80) -> str:
    """An interval, as "80 %: 11,200 to 13,900 streams"; nothing where there is none."""
    if not (is_known(low) and is_known(high)):
        return "no interval"
    return f"{level} %: {amount(low)} to {amount(high, unit)}"


def day(value: Any) -> str:
    """A date, as "21 November 2026"."""
    if not is_known(value):
        return NOT_KNOWN
    found = pd.Timestamp(value)
    return f"{found.day} {found:%B %Y}"


def month(value: Any) -> str:
    """As "November 2026"."""
    return f"{pd.Timestamp(value):%B %Y}" if is_known(value) else NOT_KNOWN


def moment(value: Any) -> str:
    """As "21 November 2026, 10:05 UTC"."""
    if not is_known(value):
        return NOT_KNOWN
    found = pd.Timestamp(value).tz_convert(UTC) if pd.Timestamp(value).tzinfo else pd.Timestamp(value)
    return f"{day(found)}, {found:%H:%M} UTC"


def age(value: Any, today: date | None = None) -> str:
    """How long ago a day was, as "3 days ago"."""
    if not is_known(value):
        return NOT_KNOWN
    days = ((today or datetime.now(UTC).date()) - pd.Timestamp(value).date()).days
    if days == 0:
        return "today"
    return f"{days:,} day{'' if days == 1 else 's'} ago"


def model(served: Mapping[str, Any]) -> str:
    """As "XGBoost, version 3", or "the baseline last 7 days, version 1"."""
    kind = "the baseline " if served["is_baseline"] else ""
    return f"{kind}{served['name']}, version {served['version']}"


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and isnan(value)
