"""How versions are named on the page Models."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.shown import words

Version = Mapping[str, Any]
"""A row of the sheet `versions`."""
MODEL, BASELINE = "model", "baseline"
GROUPS = (MODEL, BASELINE)


def label_of(row: Any) -> str:
    """As "xgboost, version 11 (champion, xgboost)"."""
    aliases = f" ({row['aliases']})" if row["aliases"] else ""
    return f"{row['name']}, version {row['version']}{aliases}"


def group_of(row: Any) -> str:
    """Whether it is a model or a baseline, in a word."""
    return BASELINE if row["is_baseline"] else MODEL


def numbered(versions: pd.DataFrame, number: int) -> Version:
    """The row of a version."""
    row = versions[versions["version"] == number].iloc[0]
    return {str(name): row[name] for name in versions.columns}


def champion_of(versions: pd.DataFrame) -> int:
    """Position of the version that is called champion; of the newest where none is."""
    places = [place for place, text in enumerate(versions["aliases"]) if "champion" in text.split(", ")]
    return places[0] if places else 0


def tested(version: Version) -> str:
    """As "3,570 rows from 25 November 2022 to 31 December 2024"."""
    if not words.is_known(version["tested_rows"]):
        return f"rows that are {words.NOT_KNOWN}"
    days = f"from {words.day(version['tested_from'])} to {words.day(version['tested_until'])}"
    return f"{words.amount(version['tested_rows'], 'rows')} {days}"
