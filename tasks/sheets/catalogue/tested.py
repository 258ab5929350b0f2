"""The test rows of the last training added up: forecasts of artists and of the whole catalogue, and what came."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.catalogue import CatalogueSettings
from features.target import AS_OF, LABEL, LABEL_LOW
from models.intervals import ANSWER
from models.valuation import added_up
from refrain.datasets import TRACKS
from refrain.settings import validated
from refrain.track_months import MONTH_AHEAD
from tasks.amount_metrics import Sums
from tasks.bootstrap import cluster_replicates, estimate
from tasks.database.months import months_after
from tasks.forecasting.forecaster import TARGET
from tasks.kinds.amounts import shared_errors
from tasks.records import Estimate
from tasks.sheets.catalogue.now import ARTIST
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material

_REPLICATES = 200
_YEAR_MONTHS = 12
Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Measured:
    """What a candidate's forecasts of some sums were worth."""

    candidate: str
    rows: int
    amount: float
    wape: Estimate
    bias: float
    coverage_80: float
    coverage_95: float


@dataclass(frozen=True)
class SummedUp:
    """Sums over tracks of a month after an origin: of each artist, or of all. There are k of them."""

    keys: pl.DataFrame
    """Shape (k, 4): AS_OF, MONTH_AHEAD, whose, tracks."""
    truth: Numbers
    """Shape (k, 2): the least and the most that can have come; the same where all was counted."""
    said: Mapping[str, Numbers]
    """Candidate -> ANSWER of each, shape (k, 5)."""
    steps: str
    """What a month is."""

    def measured(self) -> Iterator[tuple[int | None, Measured]]:
        """What each candidate is worth over all months, and over each month ahead."""
        months = self.keys[MONTH_AHEAD].to_numpy()
        for month in (None, *np.unique(months).tolist()):
            rows = np.ones(len(months), dtype=np.bool_) if month is None else months == month
            for measured in self._measured(rows):
                yield month, measured

    def _measured(self, rows: NDArray[np.bool_]) -> Iterator[Measured]:
        sums = {name: Sums(self.truth[rows], answers[rows]) for name, answers in self.said.items()}
        clusters = np.unique(self.keys["whose"].to_numpy()[rows], return_inverse=True)[1].astype(np.int64)
        alone = clusters.max() == 0
        drawn = {} if alone else cluster_replicates(sums, clusters, _REPLICATES, seed=0)
        for name, parts in sums.items():
            found = {metric: float(value[0]) for metric, value in parts.metrics(None).items()}
            none = Estimate(value=found["wape"], low=float("nan"), high=float("nan"))
            yield Measured(
                candidate=name,
                rows=int(rows.sum()),
                amount=float(self.truth[rows, 1].sum()),
                wape=none if alone else estimate(found["wape"], drawn[name]["wape"]),
                bias=found["bias"],
                coverage_80=found["coverage_80"],
                coverage_95=found["coverage_95"],
            )

    def of_last_year(self, candidate: str, others: Mapping[str, str]) -> pl.DataFrame:
        """The months after the last origin of which a year is known (the most months, where none has so many)."""
        reach = self.keys.group_by(AS_OF).agg(pl.col(MONTH_AHEAD).max()).sort(AS_OF)
        if reach.is_empty():
            return pl.DataFrame()
        wanted = min(_YEAR_MONTHS, int(reach[MONTH_AHEAD].to_numpy().max()))
        origin = reach.filter(pl.col(MONTH_AHEAD) >= wanted)[AS_OF][-1]
        ends = [last for _, last in months_after(origin, wanted, self.steps)]
        rows = self.keys.with_columns(
            pl.Series("came", self.truth[:, 1]),
            *(pl.Series(name, values) for name, values in zip(_SHOWN, self.said[candidate].T, strict=True)),
            *(pl.Series(shown, self.said[name][:, 0]) for name, shown in others.items() if name in self.said),
        )
        then = rows.filter(pl.col(AS_OF) == origin, pl.col(MONTH_AHEAD) <= wanted).sort(MONTH_AHEAD)
        last_day = pl.Series("last_day", [ends[month - 1] for month in then[MONTH_AHEAD]], dtype=pl.Date)
        return then.with_columns(last_day).rename({MONTH_AHEAD: "months_ahead"})


_SHOWN = ("value", *ANSWER[1:])


def summed_up(material: Material, scope: str) -> SummedUp:
    """The test rows of catalogue.decay by artist, or all together. Raises NotYetError where it was not trained here.

    Intervals are made as those of forecasts: with the share of errors that tracks had in common in the tune window.
    """
    names = [each.name for each in material.record(TARGET).candidates]
    rows = _with_bounds(material).with_columns(_whose(material, scope)).filter(pl.col("whose").is_not_null())
    tune, test = (rows.filter(pl.col("window") == window) for window in ("tune", "test"))
    if test.is_empty():
        raise NotYetError(f"{TARGET} has no test rows of artists.", hint="Tracks have to say whose they are.")
    by = (AS_OF, MONTH_AHEAD, "whose")
    groups = test.select(pl.struct(by).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    keys = test.group_by(by).agg(pl.len().cast(pl.Int64).alias("tracks")).sort(by)
    together = tune.select(pl.struct(AS_OF, MONTH_AHEAD).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    said = {
        name: added_up(_said(test, name), groups, shared_errors(_said(tune, name), _truth(tune), together))
        for name in names
    }
    truth = np.column_stack([np.bincount(groups, weights=bound, minlength=len(keys)) for bound in _truth(test).T])
    return SummedUp(keys, truth.astype(np.float64), said, _steps(material))


def _with_bounds(material: Material) -> pl.DataFrame:
    """The predictions, with the least that each label can have been."""
    by = ("track_id", AS_OF, MONTH_AHEAD)
    least = material.snapshot(TARGET).select(*by, pl.col(LABEL_LOW).cast(pl.Float64)).collect()
    return material.predictions(TARGET).join(least, on=by, how="left")


def _whose(material: Material, scope: str) -> pl.Expr:
    if scope != ARTIST:
        return pl.lit(scope).alias("whose")
    try:
        tracks = material.dataset(TRACKS.name).select("track_id", "artist_id").unique("track_id").collect()
    except NotYetError:
        return pl.lit(None, dtype=pl.String).alias("whose")
    artists = dict(zip(tracks["track_id"], tracks["artist_id"], strict=True))
    return pl.col("track_id").replace_strict(artists, default=None, return_dtype=pl.String).alias("whose")


def _said(rows: pl.DataFrame, name: str) -> Numbers:
    return rows.select(name, *(f"{name} {bound}" for bound in ANSWER[1:])).to_numpy()


def _truth(rows: pl.DataFrame) -> Numbers:
    return rows.select(pl.col(LABEL_LOW).fill_null(pl.col(LABEL)), LABEL).to_numpy()


def _steps(material: Material) -> str:
    given = dict(material.project.settings.target(TARGET).snapshot)
    return validated(CatalogueSettings, given, f"params.yaml, targets.{TARGET}.snapshot").months
