"""What is kept of a catalogue's forecasts in the log of predictions: a row for each track and month."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from features.registry import find_target
from models.compiled.rows import Rows
from models.decay.histories import season_ahead
from refrain.track_months import HISTORY, MONTH_AHEAD, SEASON_FROM, SEASON_TO
from tasks.champions.loaded import columns_of
from tasks.forecasting.forecaster import TARGET, Forecasts
from tasks.kinds.kind import Answers

_MOST_ROWS = 10_000
Logged = tuple[Rows, Answers, Sequence[Mapping[str, Any]]]
"""As PredictionLog.offer takes them."""


def logged(forecasts: Forecasts) -> Logged | None:
    """The rows of a forecast; none of one so large that it would be the whole log."""
    tracks, months = len(forecasts), forecasts.months
    if not 0 < tracks * months <= _MOST_ROWS:
        return None
    ahead = np.tile(np.arange(1.0, months + 1), tracks)
    history = {name: np.repeat(forecasts.columns[name].to_numpy(np.float64), months) for name in HISTORY}
    known = {**history, MONTH_AHEAD: ahead, SEASON_TO: season_ahead(history[SEASON_FROM], ahead)}
    columns = columns_of(find_target(TARGET))
    rows = Rows(columns, np.column_stack([known[name] for name in columns.numeric]), {})
    as_of = forecasts.as_of.isoformat()
    keys = [{"track_id": track, "as_of": as_of} for track in forecasts.track_ids for _ in range(months)]
    return rows, forecasts.values.reshape(-1, forecasts.values.shape[-1]), keys
