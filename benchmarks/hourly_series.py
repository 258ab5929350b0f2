"""The hourly audience 24 hours ahead, on two real series, from rolling daily origins over their last weeks.

`python -m benchmarks.hourly_series [--data FOLDER] [--refit DAYS] [--no-statsforecast]`. Players: readings of a game's
users online, their mean over each hour, the last four weeks. Taxi: half-hourly rides, their sum over each hour, the
last ten weeks, with four holidays and a blizzard in them. The errors are scaled by the mean distance to the count 24
hours before in all hours before the test weeks.

Each family is fitted before the test weeks (`once`), and anew every `--refit` days; the settings are the defaults.
Intervals are learned from rolling predictions of the weeks before the test weeks (`fixed`), or at every refit from
those of the last ten weeks, test weeks that are over among them (`updated`), and then drawn out or in day by day by how
many hours of the days before they missed (`adapted`).
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from benchmarks.mstl import MstlMissingError, mstl_forecasts
from benchmarks.projects import ROOT, report
from features.registry import find_target
from features.target import Target
from models.families import family_set, fit_family
from models.intervals import LEVELS, RelativeConformal
from models.preprocessing import Columns

Numbers = NDArray[np.float64]

_DAY = pd.Timedelta(days=1)
_REMEMBERED = 70 * _DAY
_STEP = 1.0
"""By how much the logarithm of the width grows after a day without a hit. Over all days, coverage is then off by the
logarithm of the last factor over the number of days."""
_FEWEST = 10
"""Days with a label before the first rolling prediction."""


@dataclass(frozen=True)
class Series:
    """A file, how its readings become users by hour, and the weeks that are tested."""

    name: str
    file: str
    value: str
    together: Callable[[pl.Expr], pl.Expr]
    weeks: int
    holidays: str
    reference: float


SERIES = (
    Series("players", "online_players_5min_2021.csv.gz", "player_count", pl.Expr.mean, 4, "", 0.68),
    Series("taxi", "nyc_taxi_30min.csv", "value", pl.Expr.sum, 10, "US", 0.79),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("REFRAIN_SHARED_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--refit", type=int, default=7)
    parser.add_argument("--no-statsforecast", action="store_true")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        print(f"skipped: the real files are not here ({asked.data})")
        report("hourly_series", skipped=True)
        return
    figures: dict[str, Any] = {}
    for series in SERIES:
        users = read_hours(asked.data / "audience" / series.file, series)
        figures |= _tried(series, users, asked.refit)
        if not asked.no_statsforecast:
            figures |= _tried_mstl(series, users)
    report("hourly_series", **figures)


def read_hours(path: Path, series: Series) -> pl.DataFrame:
    """The columns hour and users. Naive times are taken for UTC; days at either end that are not whole are left in."""
    read = pl.read_csv(path, try_parse_dates=True)
    hour = pl.col(read.columns[0]).cast(pl.Datetime("us")).dt.truncate("1h").alias("hour")
    return read.group_by(hour).agg(series.together(pl.col(series.value)).cast(pl.Float64).alias("users")).sort("hour")


def test_window(series: Series, users: pl.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first day that is tested, and the day after the last: whole days."""
    end = (pd.Timestamp(str(users["hour"].max())) + pd.Timedelta(hours=1)).floor("D")
    return end - pd.Timedelta(weeks=series.weeks), end


def seasonal_error(users: pl.DataFrame, before: pd.Timestamp) -> float:
    """Mean distance to the count 24 hours before, over the hours before `before`."""
    known = users.filter(pl.col("hour") < before)
    earlier = known.select(pl.col("hour") + pl.duration(hours=24), pl.col("users").alias("before"))
    joined = known.join(earlier, on="hour")
    return float((joined["users"] - joined["before"]).abs().mean())  # type: ignore[arg-type]


def _tried(series: Series, users: pl.DataFrame, refit: int) -> dict[str, Any]:
    target = find_target("audience.hourly")
    start, end = test_window(series, users)
    scale = seasonal_error(users, start)
    rows = _rows(target, users, series.holidays)
    tested = ((rows["day"] >= start) & (rows["day"] < end)).to_numpy()
    truth = rows["label"].to_numpy(dtype=np.float64)
    print(f"{series.name}: {tested.sum()} hours from {start.date()}, seasonal error {scale:.1f}")

    def mase(said: Numbers) -> float:
        return float(np.abs(said - truth)[tested].mean() / scale)

    figures: dict[str, Any] = {}
    for baseline in target.baselines:
        assert baseline.column is not None
        figures[f"{series.name}_{baseline.name}"] = mase(rows[baseline.column].fillna(rows["mean_all"]).to_numpy())
        print(f"  {baseline.name:<26} MASE {figures[f'{series.name}_{baseline.name}']:.3f}")
    for family in family_set(target.families).candidates:
        once = _rolling(target, family, rows, truth, start, end, every=len(rows))
        rolling = _rolling(target, family, rows, truth, _first(rows), end, every=refit)
        fixed, updated, adapted = _covered(target, rows, rolling, truth, start, end, refit)
        figures[f"{series.name}_{family}"] = mase(rolling)
        print(
            f"  {family:<26} MASE {mase(rolling):.3f} refitted every {refit} days, {mase(once):.3f} once; inside: "
            f"{fixed[0]:.3f} {fixed[1]:.3f} fixed, {updated[0]:.3f} {updated[1]:.3f} updated, {adapted[0]:.3f} "
            f"{adapted[1]:.3f} adapted"
        )
        figures[f"{series.name}_{family}_coverage"] = [round(share, 3) for share in adapted]
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}


def _rows(target: Target, users: pl.DataFrame, country: str) -> pd.DataFrame:
    """The target's rows with a label, and the `day` that each asks for."""
    lazy = {"hourly_users": nw.from_native(users.lazy())}
    found = target.rows(lazy, target.settings_type.model_validate({"holidays": country})).to_native().collect()
    rows: pd.DataFrame = found.sort("as_of", "hour").to_pandas()
    rows = rows[rows["label"].notna()].reset_index(drop=True)
    return rows.assign(day=pd.to_datetime(rows["as_of"]) + _DAY)


def _first(rows: pd.DataFrame) -> Any:
    return rows["day"].min() + _FEWEST * _DAY


def _rolling(
    target: Target, family: str, rows: pd.DataFrame, truth: Numbers, first: Any, end: Any, *, every: int
) -> Numbers:
    """What a family says of each day from `first` on, fitted anew `every` so many days on all days before."""
    said = np.full(len(rows), np.nan)
    known, columns = family_set(target.families).candidates[family], Columns(target.numeric)
    day = rows["day"]
    while first < end:
        past, ahead = (day < first).to_numpy(), ((day >= first) & (day < first + every * _DAY)).to_numpy()
        model, _ = fit_family(known, columns, {}, (rows[past], truth[past]), seed=1)
        if ahead.any():
            said[ahead] = model.predict(rows[ahead])
        first += every * _DAY
    return said


def _covered(
    target: Target, rows: pd.DataFrame, said: Numbers, truth: Numbers, start: Any, end: Any, refit: int
) -> tuple[list[float], list[float], list[float]]:
    """Shares of the tested hours inside the 80 and 95 % intervals: learned once, anew at every refit, and adapted."""
    day, there = rows["day"], np.isfinite(said)
    tested = (day >= start) & (day < end)
    fixed = _inside(_bounds(target, rows, said, truth, there & (day < start), tested), truth[tested])
    parts, origin = [], start
    while origin < end:
        past = there & (day < origin) & (day >= origin - _REMEMBERED)
        ahead = (day >= origin) & (day < min(origin + refit * _DAY, end))
        parts.append(_bounds(target, rows, said, truth, past, ahead))
        origin += refit * _DAY
    bounds = np.concatenate(parts)
    updated = _inside(bounds, truth[tested])
    adapted = _inside(_adapted(bounds, said[tested], truth[tested], day[tested].to_numpy()), truth[tested])
    return list(fixed.mean(axis=0)), list(updated.mean(axis=0)), list(adapted.mean(axis=0))


def _adapted(bounds: Numbers, said: Numbers, truth: Numbers, day: Any) -> Numbers:
    """Bounds drawn out day by day: by more after a day with more misses than promised, by less after one with fewer.

    [Gibbs, Candès, Adaptive Conformal Inference Under Distribution Shift, 2021, on the logarithm of the width.]
    """
    drawn, wider = bounds.copy(), np.zeros(2)
    for of_day in np.unique(day):
        rows = day == of_day
        factor = np.repeat(np.exp(wider), 2)
        drawn[rows] = np.maximum(said[rows, None] + factor * (bounds[rows] - said[rows, None]), 0.0)
        wider += _STEP * (np.array(LEVELS) - _inside(drawn[rows], truth[rows]).mean(axis=0))
    return drawn


def _inside(bounds: Numbers, actual: Numbers) -> Numbers:
    low_80, high_80, low_95, high_95 = bounds.T
    inside = [(low_80 <= actual) & (actual <= high_80), (low_95 <= actual) & (actual <= high_95)]
    return np.column_stack(inside).astype(np.float64)


def _bounds(target: Target, rows: pd.DataFrame, said: Numbers, truth: Numbers, past: Any, ahead: Any) -> Numbers:
    cuts = target.cuts
    names, edges = tuple(cut.column for cut in cuts), tuple(cut.edges for cut in cuts)
    learned = RelativeConformal(names, edges, target.horizon).fit(said[past], truth[past], rows[past])
    return learned.bounds(said[ahead], rows[ahead])


def _tried_mstl(series: Series, users: pl.DataFrame) -> dict[str, Any]:
    start, end = test_window(series, users)
    scale = seasonal_error(users, start)
    try:
        said = mstl_forecasts(users.to_pandas(), start, end)  # type: ignore[no-untyped-call]
    except MstlMissingError as error:
        print(f"  MSTL with AutoETS: skipped, {error}")
        return {}
    actual = users.to_pandas().set_index("hour")["users"].reindex(said.index)
    value = float((said - actual).abs().mean() / scale)
    print(f"  {'MSTL with AutoETS':<26} MASE {value:.3f} fitted anew every day")
    return {f"{series.name}_mstl": round(value, 3)}


if __name__ == "__main__":
    main()
