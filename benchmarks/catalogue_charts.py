"""What the catalogue's curves reach on real charts and in the simulated world, beside what a sceptic would say.

`python -m benchmarks.catalogue_charts [--data FOLDER] [--catalogues us global simulated] [--first 2020-02-01]
[--models NAME ...] [--refit N] [--theta]`

Weekly charts cut at rank 200, looked at every third month from February 2020 on, 20 times (18 of the global chart have
a twelfth month). At each time every model is fitted anew on the labels that were known by then. Scored is every track
that was listed in the last 30 days and has at least 6 whole months behind it. A month is a step of 30 days; what a
track had on a day out of the chart lies between nothing and the chart's lowest count, so an answer in between is no
error, and one outside is wrong by its distance (WAPE: the sum of these over the sum of what the months were at most).
Read so, the last month has .25 (US) and .23 (global) twelve months ahead.

Intervals are 95 %, from a bootstrap over tracks; the difference is that to the best baseline on the same resamples.
`drift`, `shock`, `size`, `rounds` and depth were chosen at times from mid-2018 to the end of 2019 (whose twelfth months
reach into 2020); that a market's movement needs care at all was seen in the errors of the times scored here.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl

from benchmarks.projects import ROOT, report
from benchmarks.theta import ThetaMissingError, theta_curves
from features.catalogue import CatalogueSettings, rows
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, LABEL_LOW
from models.decay.families import FAMILIES
from models.preprocessing import Columns
from refrain.track_months import BACK, COLUMNS, MONTH_AHEAD
from sources.source import Destination
from sources.spotify_charts import SOURCE

CHARTS = {
    "us": "charts/spotify_us_weekly_top200_2016_2025.csv.gz",
    "global": "charts/spotify_global_weekly_top200_2016_2025.csv.gz",
}
SIMULATED = ("daily_streams", "tracks", "artist_listeners")
HORIZONS = (1, 3, 6, 12, 24)
HEADLINE = 12
TIMES, EVERY = 20, 3
WHOLE_MONTHS = 6
REPLICATES = 1000
EVERYTHING = {**FAMILIES.baselines, **FAMILIES.candidates}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("REFRAIN_SHARED_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--catalogues", nargs="+", default=[*CHARTS, "simulated"])
    parser.add_argument("--first", type=date.fromisoformat, default=None)
    parser.add_argument("--models", nargs="+", default=list(EVERYTHING), choices=list(EVERYTHING))
    parser.add_argument("--refit", type=int, default=1, help="fit anew at every so manieth time only")
    parser.add_argument("--theta", action="store_true", help="also statsforecast's AutoTheta on logarithms, through uv")
    chosen = parser.parse_args()
    figures: dict[str, float] = {}
    for name in chosen.catalogues:
        table = _table(name, chosen.data)
        if table is None:
            print(f"skipped {name}: its files are not here")
            continue
        errors = pd.concat(_rolled(table, _times(table, name, chosen.first), chosen), ignore_index=True)
        figures |= _print(name, errors)
    report("catalogue_charts", **{key: round(value, 4) for key, value in figures.items()})


def _table(name: str, data: Path) -> pd.DataFrame | None:
    """The catalogue's rows at every month's end: features, labels, and between what a label lies."""
    settings = CatalogueSettings(origin_every_months=1)
    if name == "simulated":
        paths = {dataset: ROOT / "data" / "raw" / f"{dataset}.csv" for dataset in SIMULATED}
        if not all(path.is_file() for path in paths.values()):
            return None
        return _rows(paths, settings)
    if not (data / CHARTS[name]).is_file():
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "daily_streams.csv"
        destination = Destination(path, path.with_suffix(".rejects"))
        SOURCE.load("daily_streams", data / CHARTS[name], SOURCE.options_type(), None, destination)
        return _rows({"daily_streams": path}, settings)


def _rows(paths: dict[str, Path], settings: CatalogueSettings) -> pd.DataFrame:
    frames = {name: nw.from_native(pl.scan_csv(path, try_parse_dates=True)) for name, path in paths.items()}
    found: pl.DataFrame = rows(frames, settings).to_native().collect()
    known = found.filter(pl.col(LABEL).is_not_null()).sort(AS_OF, MONTH_AHEAD, "track_id")
    return known.to_pandas().astype(dict.fromkeys(COLUMNS, np.float64))


def _times(table: pd.DataFrame, name: str, first: date | None) -> list[pd.Timestamp]:
    """When the catalogue is looked at: of charts as the figures to beat were taken, of the simulated world its end."""
    known = pd.DatetimeIndex(sorted(table[AS_OF].unique()))
    if name == "simulated":
        reached = table.loc[table[MONTH_AHEAD] == HEADLINE, AS_OF].max()
        return [time for time in known[::-EVERY] if time <= reached][: TIMES // 4][::-1]
    start = pd.Timestamp(first or date(2020, 2, 1))
    return [time for time in known if time >= start][::EVERY][:TIMES]


def _rolled(table: pd.DataFrame, times: list[pd.Timestamp], chosen: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Of every time, model and scored row: the error, and what the month was at most."""
    models: dict[str, Any] = {}
    for number, time in enumerate(times):
        if number % chosen.refit == 0:
            past = table[(pd.to_datetime(table[LABEL_KNOWN_AT]) <= time) & (table[AS_OF] < time)]
            models = {name: _fitted(name, past) for name in chosen.models}
        now = _scored(table, [time])
        for name, model in models.items():
            yield _errors(now, name, model.predict(now))
    if chosen.theta:
        now = _scored(table, times)
        try:
            yield _errors(now, "AutoTheta on logs", theta_curves(now))
        except ThetaMissingError as error:
            print(f"AutoTheta skipped: {error}")


def _scored(table: pd.DataFrame, times: list[pd.Timestamp]) -> pd.DataFrame:
    enough = table[list(BACK)].notna().sum(axis=1) >= WHOLE_MONTHS
    return table[table[AS_OF].isin(times) & enough].reset_index(drop=True)


def _errors(rows: pd.DataFrame, model: str, said: np.ndarray) -> pd.DataFrame:
    low, high = rows[LABEL_LOW].to_numpy(float), rows[LABEL].to_numpy(float)
    error = np.maximum(said - high, 0.0) + np.maximum(low - said, 0.0)
    return rows[["track_id", AS_OF, MONTH_AHEAD]].assign(model=model, error=error, high=high)


def _fitted(name: str, past: pd.DataFrame) -> Any:
    family = EVERYTHING[name]
    examples = (past[list(COLUMNS)], past[LABEL].to_numpy(float))
    return family.fit(Columns(COLUMNS), dict(family.defaults), examples, 0, None)[0]


def _print(name: str, errors: pd.DataFrame) -> dict[str, float]:
    scored = errors[errors["model"] == errors["model"].iloc[0]]
    times = scored[AS_OF].nunique()
    print(f"{name}: {times} times from {scored[AS_OF].min():%Y-%m-%d}, {scored['track_id'].nunique()} tracks")
    sums = errors.groupby(["model", MONTH_AHEAD], sort=False)[["error", "high"]].sum()
    wape = (sums["error"] / sums["high"]).unstack()
    ahead = errors[errors[MONTH_AHEAD] == HEADLINE]
    drawn = _bootstrap(ahead)
    naive = [model for model in wape.index if model not in FAMILIES.candidates]
    bar = min(naive, key=lambda model: wape.loc[model, HEADLINE])
    by_year = ahead.groupby(["model", ahead[AS_OF].dt.year])[["error", "high"]].sum()
    yearly = (by_year["error"] / by_year["high"]).unstack()
    for model in wape.index:
        months = "  ".join(f"{month}: {wape.loc[model, month]:.4f}" for month in HORIZONS if month in wape.columns)
        low, high = np.quantile(drawn[model], [0.025, 0.975])
        below, above = np.quantile(drawn[model] - drawn[bar], [0.025, 0.975])
        print(f"  {model:<18} {months}   at {HEADLINE} [{low:.4f}, {high:.4f}], to {bar} [{below:+.4f}, {above:+.4f}]")
        print(f"  {'':<18} at {HEADLINE} by year: " + "  ".join(f"{y}: {v:.3f}" for y, v in yearly.loc[model].items()))
    key = {model: f"{name}_{model.replace(' ', '_')}" for model in wape.index}
    return {key[model]: float(wape.loc[model, HEADLINE]) for model in wape.index}


def _bootstrap(ahead: pd.DataFrame) -> dict[str, np.ndarray]:
    """Model -> WAPE of each resample of whole tracks, the same resamples for all."""
    tracks = ahead["track_id"].drop_duplicates().reset_index(drop=True)
    place = pd.Series(tracks.index, index=tracks)
    weights = np.random.default_rng(0).multinomial(len(tracks), np.full(len(tracks), 1 / len(tracks)), REPLICATES)
    drawn = {}
    for model, own in ahead.groupby("model", sort=False):
        sums = own.groupby("track_id")[["error", "high"]].sum()
        parts = np.zeros((len(tracks), 2))
        parts[place[sums.index].to_numpy()] = sums.to_numpy()
        totals = weights @ parts
        drawn[str(model)] = totals[:, 0] / totals[:, 1]
    return drawn


if __name__ == "__main__":
    main()
