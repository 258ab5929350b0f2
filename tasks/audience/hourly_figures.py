"""The users of each hour of the next day: what the champion of audience.hourly says, what is usual, and what came."""

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import LABEL
from refrain.settings import Frozen
from tasks.audience.known import HoursKnown
from tasks.champions.loaded import ServedModel
from tasks.churn_figures import AskedModel
from tasks.kinds.registry import kind_of

Numbers = NDArray[np.float64]


class HourAhead(Frozen):
    """An hour of the 24 (or 25) that follow the end of as_of."""

    hour: str
    """Its first moment (UTC)."""
    prediction: float
    """Users active in it, as the champion says."""
    interval_80: tuple[float, float]
    interval_95: tuple[float, float]
    usual: float | None
    """As the best baseline says; None where none is served."""
    actual: float | None
    """Users who were active in it, where that is known."""


class PastHour(Frozen):
    """An hour up to the end of as_of."""

    hour: str
    users: float | None
    """None where it is not known."""


class HourlyFigures(Frozen):
    """The hours around the end of as_of."""

    as_of: date
    timezone: str
    """Of the day as_of."""
    hours: tuple[HourAhead, ...]
    past: tuple[PastHour, ...]
    """The seven days up to the end of as_of."""
    model: ServedModel
    usual_model: ServedModel | None
    """Who says what is usual."""


def hourly_figures(
    as_of: date, known: HoursKnown, champion: AskedModel, usual: AskedModel | None, timezone: str
) -> HourlyFigures:
    """What the models say of the hours that `known` has. Raises ModelError where they give no amounts."""
    said = _said(champion, known.ahead)
    as_usual = np.full(len(said), np.nan) if usual is None else _said(usual, known.ahead)[:, 0]
    came = known.ahead[LABEL].to_numpy(dtype=np.float64, na_value=np.nan)
    return HourlyFigures(
        as_of=as_of,
        timezone=timezone,
        hours=tuple(
            _hour(hour, *each) for hour, *each in zip(_moments(known.ahead["hour"]), said, as_usual, came, strict=True)
        ),
        past=tuple(
            PastHour(hour=hour, users=_known(users))
            for hour, users in zip(_moments(known.past["hour"]), known.past["users"], strict=True)
        ),
        model=champion.served,
        usual_model=None if usual is None else usual.served,
    )


def _said(asked: AskedModel, rows: pd.DataFrame) -> Numbers:
    features = rows.reindex(columns=list(asked.target.features)).astype(np.float64)
    return kind_of(asked.target).ask(asked.model, features)


def _hour(hour: str, said: Numbers, usual: float, came: float) -> HourAhead:
    prediction, low_80, high_80, low_95, high_95 = said.tolist()
    return HourAhead(
        hour=hour,
        prediction=prediction,
        interval_80=(low_80, high_80),
        interval_95=(low_95, high_95),
        usual=_known(usual),
        actual=_known(came),
    )


def _moments(hours: "pd.Series[pd.Timestamp]") -> list[str]:
    return [f"{hour:%Y-%m-%dT%H:%M:%SZ}" for hour in hours]


def _known(users: float) -> float | None:
    return None if np.isnan(users) else float(users)
