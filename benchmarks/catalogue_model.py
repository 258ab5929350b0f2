"""A model of catalogue.decay with its intervals, trained on a small simulated catalogue, as a file to forecast with."""

from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl

from benchmarks.catalogue_rows import write_catalogue
from features.catalogue import TARGETS, CatalogueSettings, rows
from features.target import LABEL
from models.conformal_model import ConformalModel
from models.families import family_set, fit_family
from models.intervals import RelativeConformal
from models.preprocessing import Columns
from models.storage import save_estimator
from refrain.track_months import COLUMNS, MONTH_AHEAD

_TRACKS, _DAYS = 1_200, 1_300
_TARGET = TARGETS[0]


def train(family: str, folder: Path) -> Path:
    """Fit the family (or baseline) of that name, and its intervals on tracks that it did not learn from."""
    examples = _examples(folder)
    learned_from = (examples["track_id"].str[:8].astype(int) % 2 == 0).to_numpy()
    families = family_set(_TARGET.families)
    features, labels = examples[list(COLUMNS)], examples[LABEL].to_numpy(dtype=np.float64)
    estimator, _ = fit_family(
        {**families.candidates, **families.baselines}[family],
        Columns(COLUMNS),
        {},
        (features[learned_from], labels[learned_from]),
        seed=0,
    )
    others = examples[~learned_from].assign(said=estimator.predict(features[~learned_from]))
    path = folder / "model.skops"
    save_estimator(ConformalModel(estimator, _intervals(others), _intervals(_sums(others))), path)
    return path


def _examples(folder: Path) -> pd.DataFrame:
    """Rows of the target that have a label."""
    folder.mkdir(parents=True, exist_ok=True)
    write_catalogue(folder, _TRACKS, _DAYS, seed=2)
    scanned = {name: pl.scan_parquet(folder / f"{name}.parquet") for name in ("daily_streams", "tracks")}
    frames = {name: nw.from_native(frame.cast({"track_id": pl.String})) for name, frame in scanned.items()}
    found = rows(frames, CatalogueSettings(origin_every_months=6)).to_native().collect().to_pandas()
    return found[found[LABEL].notna()].reset_index(drop=True)


def _intervals(examples: pd.DataFrame) -> RelativeConformal:
    cuts = _TARGET.cuts
    calibrator = RelativeConformal([cut.column for cut in cuts], [cut.edges for cut in cuts], _TARGET.horizon)
    return calibrator.fit(examples["said"].to_numpy(), examples[LABEL].to_numpy(dtype=np.float64), examples)


def _sums(examples: pd.DataFrame) -> pd.DataFrame:
    """The same for the months from the first to each: sums of what was said and of what came."""
    ordered = examples.sort_values(["track_id", "as_of", MONTH_AHEAD])
    by_series = ordered.groupby(["track_id", "as_of"])
    sums = ordered.assign(**{name: by_series[name].cumsum() for name in ("said", LABEL)})
    return sums[by_series.cumcount() + 1 == sums[MONTH_AHEAD]]
