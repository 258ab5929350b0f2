"""What the forecast streams of a database's tracks are worth: each track's, each artist's, and all together."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.intervals import ANSWER
from models.valuation import MONTHS_A_YEAR, added_up, blended_rate, present_values
from refrain.errors import InputError, UsageError
from refrain.files import replacing
from refrain.settings import Frozen
from tasks.forecasting.forecaster import Forecaster, Forecasts

Numbers = NDArray[np.float64]
UNKNOWN_ARTIST = ""
_ROYALTIES = {"country": pl.String, "rate": pl.Float64, "share": pl.Float64}


class Terms(Frozen):
    """What a stream earns, and what waiting for it costs."""

    rate: float
    """Royalty per stream, in any currency."""
    discount: float
    """Effective yearly discount rate: 0.08 for 8 %."""


class Worth(Frozen):
    """A present value with its intervals."""

    value: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float


@dataclass(frozen=True)
class Valued:
    """The present values of n tracks."""

    track_ids: Sequence[str]
    artist_ids: Sequence[str | None]
    values: Numbers
    """Shape (n, 5), as models.intervals.ANSWER names the columns."""


def value_tracks(
    forecasts: Forecasts, artist_ids: Sequence[str | None], forecaster: Forecaster, terms: Terms
) -> Valued:
    """The present value of each track's months ahead. Raises InputError for a rate or discount that means nothing."""
    values = present_values(
        forecasts.values,
        forecasts.totals,
        rate=terms.rate,
        yearly_discount=terms.discount,
        months_a_year=MONTHS_A_YEAR[forecaster.steps],
    )
    return Valued([str(track) for track in forecasts.track_ids], artist_ids, values)


def worth_together(values: Numbers, forecaster: Forecaster) -> Worth:
    """The present value of tracks together, of each of which it is a row of `values`."""
    total = added_up(values, np.zeros(len(values), dtype=np.int64), forecaster.common_share).sum(axis=0)
    return worth_of(total)


def worth_of(values: Numbers) -> Worth:
    """One row of values, shape (5,)."""
    return Worth(**dict(zip(Worth.model_fields, map(float, values), strict=True)))


def write_values(parts: Sequence[Valued], forecaster: Forecaster, folder: Path) -> tuple[Path, Path]:
    """Write value_by_track.csv and value_by_artist.csv into `folder`, ordered by ids; an unknown artist has none."""
    tracks = [str(track) for part in parts for track in part.track_ids]
    artists = [artist or UNKNOWN_ARTIST for part in parts for artist in part.artist_ids]
    values = np.concatenate([np.empty((0, len(ANSWER))), *(part.values for part in parts)])
    names, codes = np.unique(np.array(artists, dtype=object).astype(str), return_inverse=True)
    by_artist = added_up(values, codes.astype(np.int64), forecaster.common_share)
    order = np.argsort(np.array(tracks, dtype=object).astype(str), kind="stable")
    by_track = folder / "value_by_track.csv"
    _write(by_track, ("cm_track_id", "cm_artist_id"), [(tracks[at], artists[at]) for at in order], values[order])
    path = folder / "value_by_artist.csv"
    _write(path, ("cm_artist_id",), [(str(name),) for name in names], by_artist)
    return by_track, path


def _write(path: Path, keys: Sequence[str], ids: Sequence[tuple[str, ...]], values: Numbers) -> None:
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*keys, *Worth.model_fields])
        writer.writerows([*key, *(f"{value:.2f}" for value in row)] for key, row in zip(ids, values, strict=True))


def royalty_rate(given: str) -> float:
    """What a stream earns: a number, or a CSV with the columns country, rate and share, whose mean by share it is.

    A country without a rate takes that of the country "other". Raises UsageError for what is neither, InputError for a
    file that cannot be read as that.
    """
    rate = _number(given)
    if rate is None:
        rate = _blended(Path(given))
    if not 0 <= rate < float("inf"):
        raise UsageError(f"--rate {given} is no royalty.", hint="Write what a stream earns, 0.003 for example.")
    return rate


def _number(given: str) -> float | None:
    try:
        return float(given)
    except ValueError:
        return None


def _blended(path: Path) -> float:
    if not path.is_file():
        raise UsageError(
            f"--rate {path} is no number, and there is no such file.",
            hint="Write what a stream earns, as 0.003, or a CSV with the columns country, rate and share.",
        )
    try:
        table = pl.read_csv(path, columns=list(_ROYALTIES), schema_overrides=_ROYALTIES)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path} cannot be read as royalty rates: {str(error).splitlines()[0]}.",
            hint="It is to have the columns country, rate and share.",
        ) from None
    rates = {country: rate for country, rate, _ in table.iter_rows() if rate is not None}
    return blended_rate(rates, {country: share or 0.0 for country, _, share in table.iter_rows()})
