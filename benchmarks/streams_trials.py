"""A target of streams tried on a dataset: snapshot, split, fits and evaluation as `refrain run` does them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from features.target import Target
from refrain.settings import TargetSettings, TrainingSettings
from tasks.evaluate import evaluate, predict_test
from tasks.fitting import fit_baseline, fit_candidate
from tasks.labelled import read_labelled
from tasks.records import CandidateRecord, EvaluationRecord
from tasks.snapshot import snapshot
from tasks.split import time_split


def trial(
    target: Target,
    paths: Mapping[str, Path],
    folder: Path,
    knobs: Mapping[str, Any],
    training: Mapping[str, Any],
    keep: pl.Expr | None = None,
) -> EvaluationRecord:
    """What `target` reaches on the datasets at `paths`, its snapshot being kept in `folder`.

    `knobs`: the snapshot's settings; `training`: as in params.yaml; `keep`: rows of the snapshot that are looked at.
    """
    file = folder / f"{target.name}.parquet"
    settings = TargetSettings(
        snapshot=knobs, training=TrainingSettings(importance_rows=100, importance_repeats=1, **training)
    )
    written = snapshot(target, settings, paths, file)
    if keep is not None:
        pl.read_parquet(file).filter(keep).write_parquet(file)
    data = read_labelled(target, file)
    print(f"{target.name}: {written.rows} rows, of which {written.labelled} have a label; {len(data.frame)} looked at")
    split = time_split(data.frame, settings.training.split, target.name, target.kind)
    fitted = [
        *(fit_candidate(family, data, split, settings.training) for family in settings.training.candidates),
        *(fit_baseline(baseline, data, split) for baseline in target.baselines),
    ]
    tested = [predict_test(each, each.model, "", data, split) for each in fitted]
    return evaluate(tested, data, split, settings.training, snapshot_md5=written.md5)


def best(record: EvaluationRecord) -> CandidateRecord:
    """The candidate that the tune window chooses, baselines apart."""
    return min((each for each in record.candidates if not each.is_baseline), key=lambda each: each.tune["wape"])


def print_record(record: EvaluationRecord, slices: Sequence[str] = ()) -> None:
    """One line a candidate: WAPE with its interval, the difference to the best baseline, coverage."""
    test = record.test
    print(f"  test {test.first_as_of} to {test.last_as_of}, {test.rows} rows; chosen on tune: {best(record).name}")
    for each in record.candidates:
        wape, apart = each.metrics["wape"], each.difference["wape"]
        coverage = " ".join(f"{each.metrics[name].value:.3f}" for name in ("coverage_80", "coverage_95"))
        print(
            f"  {each.name:<30} WAPE {wape.value:.4f} [{wape.low:.4f}, {wape.high:.4f}]  to the bar "
            f"{apart.value:+.4f} [{apart.low:+.4f}, {apart.high:+.4f}]  coverage {coverage}"
        )
        for name in slices:
            if name in each.slices:
                part = each.slices[name]
                covered = " ".join(f"{part[metric].value:.3f}" for metric in ("coverage_80", "coverage_95"))
                print(f"    {name:<28} WAPE {part['wape'].value:.4f}  coverage {covered}")
