"""The step that fits: a target's candidates and baselines from its snapshot, and the record of what they are worth."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from features.registry import find_target
from features.target import AS_OF, LABEL
from models.families import check_settings
from models.storage import load_estimator, save_estimator
from refrain.errors import SettingsError
from refrain.files import file_md5, replacing, replacing_folder, write_json
from refrain.project import Project
from refrain.settings import TrainingSettings
from tasks.answers import as_columns
from tasks.command import stage_command
from tasks.evaluate import Tested, evaluate, predict_test
from tasks.fitting import BASELINE, Fitted, fit_baseline, fit_candidate
from tasks.kinds.registry import kind_of
from tasks.labelled import Labelled, read_labelled
from tasks.names import slug
from tasks.records import CandidateRecord, Estimate, EvaluationRecord
from tasks.split import Split, time_split

_DIGITS = 6  # of the numbers kept in git: the last bits may differ from one kind of processor to another


def run_stage(name: str, project: Project) -> EvaluationRecord:
    """Fit and measure everything for the target called `name`: the stage `train` of the data plane.

    Writes the models, the predictions of the tune and test windows, the metrics, the plots and, last, the record.
    The same bytes for the same snapshot and params, on any number of cores. Raises RefrainError, and writes nothing,
    if the snapshot cannot be read or is too small to split, or the settings are not understood.
    """
    target, training = find_target(name), project.settings.target(name).training
    where = f"targets.{name}.training.candidates"
    for family, grid in training.candidates.items():
        check_settings(target.families, family, grid, where)
    if BASELINE in training.candidates or not target.baselines:
        raise SettingsError(
            f"{name} needs a baseline of its own to be measured against.", hint="Add one to its target."
        )
    data = read_labelled(target, project.snapshot(name))
    # One thread, also where NumPy was loaded before Refrain. For good: given back at the end of this stage, the threads
    # would come back to a stage of another target that is still at work.
    threadpool_limits(limits=1)
    split = time_split(data.frame, training.split, name, target.kind)
    return _train(data, split, training, project)


def _train(data: Labelled, split: Split, training: TrainingSettings, project: Project) -> EvaluationRecord:
    name = data.target.name
    fitted = [
        *(fit_candidate(family, data, split, training) for family in training.candidates),
        *(fit_baseline(baseline, data, split) for baseline in data.target.baselines),
    ]
    files = {candidate.name: f"{slug(candidate.name)}.skops" for candidate in fitted}
    models = _store(fitted, files, project.models_folder(name))
    # The test window is read from here on, and nothing is fitted any more.
    tested = [predict_test(each, models[each.name], files[each.name], data, split) for each in fitted]
    record = evaluate(tested, data, split, training, snapshot_md5=file_md5(project.snapshot(name)))
    _write_predictions(tested, data, split, project.predictions(name))
    kind, said = kind_of(data.target), {each.name: each.answers for each in tested}
    with replacing_folder(project.plots_folder(name)) as folder:
        kind.write_plots(record, data, split.test, said, folder)
    if data.target.horizon:
        with replacing_folder(project.backtest_folder(name)) as folder:
            kind.write_backtest(record, data, split.test, said, folder)
    write_json(project.metrics(name), summary(record, kind.shown))
    write_json(project.evaluation(name), record.model_dump(mode="json"))
    return record


def _store(fitted: Sequence[Fitted], files: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Write the models, and read them back: what is measured is what was stored."""
    with replacing_folder(folder) as beside:
        for candidate in fitted:
            save_estimator(candidate.model, beside / files[candidate.name])
    return {candidate.name: load_estimator(folder / files[candidate.name]) for candidate in fitted}


def _write_predictions(tested: Sequence[Tested], data: Labelled, split: Split, path: Path) -> None:
    """Rows of tune and test: entity, as_of, window, label, and the columns of each candidate's answers.

    Those of tune come from the fit that had not seen tune's labels, those of test from the stored model.
    """
    rows = np.concatenate([split.tune, split.test])
    keys = list(dict.fromkeys((*data.target.entity, AS_OF)))
    table = data.frame[keys].iloc[rows].reset_index(drop=True)
    table["window"] = ["tune"] * len(split.tune) + ["test"] * len(split.test)
    table[LABEL] = data.labels[rows]
    answers = {each.name: np.concatenate([each.fitted.tune_answers, each.answers]) for each in tested}
    with replacing(path) as beside:
        pd.concat([table, pd.DataFrame(as_columns(answers, kind_of(data.target)))], axis=1).to_parquet(
            beside, index=False
        )


def summary(record: EvaluationRecord, shown: Sequence[str]) -> dict[str, Any]:
    """The few numbers that `dvc metrics show` prints; `shown`: metrics beside the headline one."""
    return {
        "rows": {"train": record.train.rows, "tune": record.tune.rows, "test": record.test.rows},
        "candidates": {candidate.name: _short(candidate, record.headline, shown) for candidate in record.candidates},
    }


def _short(candidate: CandidateRecord, headline: str, shown: Sequence[str]) -> dict[str, Any]:
    measured, difference = candidate.metrics[headline], candidate.difference[headline]
    return {
        headline: _rounded(measured),
        "difference": _rounded(difference),
        **{metric: round(candidate.metrics[metric].value, _DIGITS) for metric in shown},
    }


def _rounded(estimate: Estimate) -> dict[str, float]:
    return {name: round(value, _DIGITS) for name, value in estimate.model_dump().items()}


if __name__ == "__main__":
    sys.exit(stage_command(run_stage))
