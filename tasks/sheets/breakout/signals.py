"""What stands behind a row's probability, in words: its features of the strongest effect on the score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl

from features.registry import find_target
from models.compiled.rows import Rows
from refrain.errors import ModelError
from tasks.champions.loaded import LoadedModel, columns_of
from tasks.sheets.breakout.rows import BREAKOUT

SIGNALS = 3
"""That are named of each row."""


@dataclass(frozen=True)
class Signals:
    """Of some rows."""

    columns: pl.DataFrame
    """signal_1, effect_1 to signal_3, effect_3, the strongest first; empty where fewer features have an effect."""
    scale: str
    """Of the effects: log-odds or probability; empty where the model cannot say."""


def signals_of(model: LoadedModel, rows: pl.DataFrame) -> Signals:
    """The signals of rows of the snapshot."""
    frame = rows.to_pandas()
    try:
        found = model.contributions(Rows.of_frame(frame, columns_of(find_target(BREAKOUT))))
    except ModelError:  # a model of a kind that gives no contributions
        return Signals(pl.DataFrame(), "")
    values = np.asarray(found.values, dtype=np.float64)
    strongest = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :SIGNALS]
    columns: dict[str, list[str | None] | list[float | None]] = {}
    for place in range(strongest.shape[1]):
        which = strongest[:, place]
        effects = values[np.arange(len(values)), which]
        names = [found.features[feature] for feature in which]
        said = [_said(name, row) for name, (_, row) in zip(names, frame.iterrows(), strict=True)]
        moves = effects != 0
        columns[f"signal_{place + 1}"] = [text if there else None for text, there in zip(said, moves, strict=True)]
        columns[f"effect_{place + 1}"] = [
            float(effect) if there else None for effect, there in zip(effects, moves, strict=True)
        ]
    return Signals(pl.DataFrame(columns), found.scale)


def _said(name: str, row: "pd.Series[float]") -> str:
    value = row[name]
    if pd.isna(value):
        return _UNKNOWN.get(name, f"{name} is not known")
    return _WORDS[name](float(value)) if name in _WORDS else f"{name} is {value:g}"


def _count(value: float, one: str, several: str) -> str:
    return f"{value:,.0f} {one if value == 1 else several}"


def _change(value: float) -> str:
    if value == 0:
        return "as many plays as in the month before"
    return f"{_count(abs(value), 'play', 'plays')} {'more' if value > 0 else 'fewer'} than in the month before"


_WORDS: Mapping[str, Callable[[float], str]] = {
    "plays_t": lambda value: f"{_count(value, 'play', 'plays')} in the month",
    "share_t": lambda value: f"{value:.2%} of all the listener played".replace("%", " %"),
    "total_monthly_scrobbles": lambda value: f"{_count(value, 'play', 'plays')} of all artists in the month",
    "months_since_first_seen": lambda value: f"first heard {_count(value, 'month', 'months')} before",
    "is_first_month": lambda value: "first heard in this month" if value else "heard before this month",
    "active_months_count_before_t": lambda value: f"played in {_count(value, 'earlier month', 'earlier months')}",
    "cumulative_plays_before_t": lambda value: f"{_count(value, 'play', 'plays')} before the month",
    "days_active_t": lambda value: f"played on {_count(value, 'day', 'days')}",
    "plays_per_track_t": lambda value: f"each track played {value:.1f} times",
    "track_novelty_rate_t": lambda value: f"{value:.0%} of the tracks never played before".replace("%", " %"),
    "last_play_gap_days_t": lambda value: f"last played {_count(value, 'day', 'days')} before the month's end",
    "plays_t_minus_1": lambda value: f"{_count(value, 'play', 'plays')} in the month before",
    "plays_prev3_mean": lambda value: f"{value:.1f} plays a month in the 3 months before",
    "delta_1m": _change,
    "delta_1m_pct": lambda value: f"{value:+.0%} plays against the month before".replace("%", " %"),
    "ratio_to_prev3": lambda value: f"{value:.1f} times the mean of the 3 months before",
    "trend_slope_3m": lambda value: f"{value:+.1f} plays a month over the last 3 months",
    "share_delta_1m": lambda value: f"{100 * value:+.2f} percentage points of all plays since the month before",
    "prev_month_plays_was_zero": lambda value: "not played in the month before" if value else "played the month before",
}
_UNKNOWN = {
    "delta_1m_pct": "no play in the month before to compare with",
    "ratio_to_prev3": "no play in the 3 months before to compare with",
}
