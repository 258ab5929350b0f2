"""A registered model of catalogue.decay, asked for whole catalogues."""

import copy
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import CatalogueSettings
from models.storage import load_estimator
from refrain.errors import InputError, ModelError
from tasks.forecasting.histories import Histories, day_of
from tasks.forecasting.measured import Measured, completed, measure, surroundings_of
from tasks.forecasting.surroundings import Surroundings
from tasks.model_folder import MODEL_FILE, fetched_model
from tasks.tracking import Store
from tasks.versions import champion

TARGET = "catalogue.decay"
MOST_MONTHS = 400
Numbers = NDArray[np.float64]


class CatalogueModel(Protocol):
    """What is stored for catalogue.decay (models/conformal_model.py: ConformalModel)."""

    estimator: Any

    def curves(self, tracks: pd.DataFrame, months: int) -> Numbers:
        """Prediction and bounds (models.intervals.ANSWER) of each month of each track: shape (tracks, months, 5)."""

    def totals(self, tracks: pd.DataFrame, months: int, curves: Numbers | None = None) -> Numbers:
        """The same of the sum over the months: shape (tracks, 5)."""


@dataclass(frozen=True)
class Forecasts:
    """What a model says of n tracks, in the order in which the tracks came."""

    as_of: date
    track_ids: NDArray[np.object_]
    """Shape (n,)."""
    values: Numbers
    """Shape (n, months, 5): streams of each month ahead, as models.intervals.ANSWER calls the columns."""
    totals: Numbers
    """Shape (n, 5): the same of the sum of all months."""
    columns: pd.DataFrame
    """Shape (n, HISTORY): what the model was given (refrain/track_months.py)."""
    segments: NDArray[np.int8] | None
    """Shape (n, months): which segment of its life a track is in, where the model knows such."""
    skipped: Mapping[str, tuple[str, ...]]
    """Reason -> the ids of the tracks without a forecast for it."""

    def __len__(self) -> int:
        return len(self.track_ids)

    @property
    def months(self) -> int:
        """How many months ahead."""
        return int(self.values.shape[1])


class Forecaster:
    """Turns histories into forecasts with a fitted model. It may be used by several threads at once."""

    def __init__(
        self,
        model: CatalogueModel,
        settings: CatalogueSettings | None = None,
        *,
        name: str = "",
        version: int | None = None,
    ) -> None:
        """`settings`: those that the model's snapshot was taken with (params.yaml); the defaults where not given."""
        self.model = model
        self.settings = settings or CatalogueSettings()
        self.name = name
        self.version = version
        self._of_thread = threading.local()
        self._copying = threading.Lock()

    @classmethod
    def from_model_file(cls, path: Path, settings: CatalogueSettings | None = None) -> "Forecaster":
        """A model file as training writes it. Raises ModelError if it does not load or forecasts no curves."""
        return cls(_forecasting(load_estimator(path), str(path)), settings, name=path.stem)

    @classmethod
    def from_champion(cls, store: Store, settings: CatalogueSettings | None = None) -> "Forecaster":
        """The registered champion of catalogue.decay. Raises ModelError if there is none, or it does not load."""
        served = champion(store, TARGET)
        with fetched_model(store, served) as folder:
            model = _forecasting(load_estimator(folder / MODEL_FILE), f"{TARGET} version {served.version}")
        return cls(model, settings, name=served.name, version=served.version)

    @property
    def steps(self) -> str:
        """What a month is: "30 days", or one of the "calendar"."""
        return self.settings.months

    @property
    def common_share(self) -> float:
        """How much of their errors tracks have in common: all, where the model does not know, which is the widest."""
        return float(getattr(self.model, "common_share", 1.0))

    def surroundings(self, chunks: Iterable[Histories], as_of: date) -> Surroundings:
        """What the tracks of a catalogue are to each other at `as_of`: to be taken over all of its chunks, once."""
        return surroundings_of((measure(chunk, day_of(as_of), self.settings) for chunk in chunks), day_of(as_of))

    def forecast(
        self,
        histories: Histories,
        as_of: date,
        months: int = 24,
        *,
        surroundings: Surroundings | None = None,
        received_on: date | None = None,
    ) -> Forecasts:
        """What the model says at `as_of` of the `months` after it; counts later than `as_of` are not read.

        `surroundings`: of the whole catalogue, where `histories` is a chunk of it; of `histories` itself otherwise.
        `received_on`: a track with counts later than this day is skipped, since nobody can have counted them yet.
        Raises InputError if `months` is not 1 to 400.
        """
        received = None if received_on is None else day_of(received_on)
        measured = measure(histories, day_of(as_of), self.settings, received)
        around = surroundings or surroundings_of([measured], day_of(as_of))
        return self.of_measured(completed(measured, around), as_of, months)

    def of_measured(self, measured: Measured, as_of: date, months: int) -> Forecasts:
        """What the model says of tracks of which all columns are there. Raises InputError as `forecast` does."""
        if not 1 <= months <= MOST_MONTHS:
            raise InputError(f"A forecast of {months} months was asked for.", hint=f"Ask for 1 to {MOST_MONTHS}.")
        model = self._own_model()
        values = model.curves(measured.columns, months)
        segments = getattr(model.estimator, "segments", None)
        return Forecasts(
            as_of=as_of,
            track_ids=measured.track_ids,
            values=values,
            totals=model.totals(measured.columns, months, values),
            columns=measured.columns,
            segments=None if segments is None else segments(measured.columns, months),
            skipped=measured.skipped,
        )

    def _own_model(self) -> CatalogueModel:
        """A copy of the model for each thread: boosted trees fail when several threads ask the same ones."""
        if not hasattr(self._of_thread, "model"):
            with self._copying:
                self._of_thread.model = copy.deepcopy(self.model)
        found: CatalogueModel = self._of_thread.model
        return found


def _forecasting(model: Any, where: str) -> CatalogueModel:
    if not hasattr(model, "curves"):
        raise ModelError(
            f"{where} holds a {type(model).__name__}, which forecasts no months.",
            hint=f"Name a model of {TARGET}; `refrain run catalogue` trains one.",
        )
    return model
