"""Runs and versions in MLflow: one run for a training, one beneath it and one version for each candidate."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from features.target import Target
from refrain.errors import ModelError
from refrain.files import file_md5, write_json
from refrain.project import Project
from tasks.gate import CandidateDecision, Decision
from tasks.judged_rows import JudgedRows
from tasks.lineage import Lineage
from tasks.model_folder import EXAMPLE_OUTPUT, MD5, fetched_model, local_folder, write_model_folder
from tasks.names import slug
from tasks.records import CandidateRecord, Estimate, EvaluationRecord
from tasks.tracking import Store
from tasks.versions import RegisteredTarget, Version

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel

_TRAINING, _ROLE, _CANDIDATE = "training", "role", "candidate"
_EXAMPLE_ROWS = 3


class RunLog:
    """Writes one training to the store; what an earlier, killed call has left of it is taken up or cleared away."""

    def __init__(self, store: Store, lineage: Lineage, project: Project, flow_run_id: str) -> None:
        self._store = store
        self._client = store.client()
        self._lineage = lineage
        self._project = project
        self._flow_run_id = flow_run_id
        self.created = False
        """Whether a version was made."""

    def training_run(self, target: Target, record: EvaluationRecord, decision: Decision) -> str:
        """Id of the run of this training, with its params, data, metrics, plots and the gate's decision."""
        found = self._runs(target, "training")
        if found and found[0].info.status == "FINISHED":
            run_id = str(found[0].info.run_id)
        else:
            tags = {**self._tags("training"), "mlflow.runName": f"train {target.name}"}
            run_id = found[0].info.run_id if found else self._new_run(target, tags)
            self._log_training(run_id, target, record)
        with TemporaryDirectory(prefix="refrain-") as folder:
            path = Path(folder) / "decision.json"
            write_json(path, decision.model_dump(mode="json"))
            self._client.log_artifact(run_id, str(path))
        self._client.set_tag(run_id, "gate", f"{decision.outcome}: {decision.champion}"[:5000])
        return run_id

    def finish(self, run_id: str) -> None:
        """Say that a run is over."""
        self._client.set_terminated(run_id)

    def version(
        self,
        parent: str,
        target: Target,
        record: EvaluationRecord,
        candidate: CandidateRecord,
        decision: Decision,
        rows: JudgedRows,
        model: RegisteredTarget,
    ) -> int:
        """Number of the version that a candidate is, made if it is not there yet; its files are checked or put back."""
        judged = decision.candidate(candidate.name)
        for known in model.versions:
            if (known.tags.get(_TRAINING), known.name) == (self._lineage.training, candidate.name):
                self._put_back(known, target, record, candidate, rows)
                self._note_gate(known, judged)
                return known.version
        self._clear_leftovers(target, candidate)
        tags = {**self._tags("candidate"), _CANDIDATE: candidate.name, "mlflow.parentRunId": parent}
        run_id = self._new_run(target, {**tags, "mlflow.runName": candidate.name})
        logged = self._client.create_logged_model(
            self._experiment(target), slug(candidate.name), run_id, {_TRAINING: self._lineage.training}
        )
        self._log_candidate(run_id, logged.model_id, target, candidate)
        self._upload(logged.model_id, target, record, candidate, rows)
        self._client.finalize_logged_model(logged.model_id, "READY")
        self._log_output(run_id, logged.model_id)
        self._client.set_terminated(run_id)
        return self._make_version(target, record, candidate, judged, rows, run_id, logged)

    def _make_version(
        self,
        target: Target,
        record: EvaluationRecord,
        candidate: CandidateRecord,
        judged: CandidateDecision,
        rows: JudgedRows,
        run_id: str,
        logged: "LoggedModel",
    ) -> int:
        tags = {
            "name": candidate.name,
            "family": candidate.family,
            **_headline_tags(record.headline, candidate),
            _TRAINING: self._lineage.training,
            "snapshot": self._lineage.snapshot,
            "params": self._lineage.params,
            "code": self._lineage.code,
            **{f"dataset.{name}": md5 for name, md5 in self._lineage.datasets.items()},
            "learned_until": record.tune.last_as_of.isoformat(),
            **({"threshold": repr(candidate.alerts.threshold)} if candidate.alerts else {}),
            MD5: file_md5(self._file(target, candidate)),
            EXAMPLE_OUTPUT: json.dumps(rows.said[candidate.name][:_EXAMPLE_ROWS].tolist()),
            **_gate_tags(judged),
            "flow_run_id": self._flow_run_id,
            "git_commit": self._git_commit,
        }
        # Last of all, and in one transaction: a version is there with all that belongs to it, or not at all.
        made = self._client.create_model_version(
            target.name,
            logged.artifact_location,
            run_id,
            tags,
            description=_in_words(record, candidate),
            model_id=logged.model_id,
        )
        self.created = True
        return int(made.version)

    def _tags(self, role: str) -> dict[str, str]:
        return {
            _TRAINING: self._lineage.training,
            _ROLE: role,
            "flow_run_id": self._flow_run_id,
            "mlflow.source.name": "refrain run",
            "mlflow.source.type": "LOCAL",
            "mlflow.source.git.commit": self._git_commit,
        }

    def _new_run(self, target: Target, tags: Mapping[str, str]) -> str:
        run = self._client.create_run(self._experiment(target), tags=dict(tags), run_name=tags["mlflow.runName"])
        return str(run.info.run_id)

    def _runs(self, target: Target, role: str) -> list[Any]:
        wanted = f"tags.{_TRAINING} = '{self._lineage.training}' and tags.{_ROLE} = '{role}'"
        return list(self._client.search_runs([self._experiment(target)], wanted))

    def _experiment(self, target: Target) -> str:
        known = self._experiments.get(target.name)
        if known is None:
            known = self._experiments[target.name] = self._open_experiment(target)
        return known

    @cached_property
    def _experiments(self) -> dict[str, str]:
        return {}

    def _open_experiment(self, target: Target) -> str:
        """Id of the target's experiment; the registered model of the same name is there afterwards, too."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - seconds

        artifacts, found = self._store.artifacts, self._client.get_experiment_by_name(target.name)
        if found is not None and found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
        try:
            self._client.create_registered_model(target.name, description=target.question)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(target.name, artifacts and f"{artifacts}/{target.name}"))

    def _log_training(self, run_id: str, target: Target, record: EvaluationRecord) -> None:
        self._log_inputs(run_id, target)
        windows = {name: getattr(record, name) for name in ("train", "tune", "test")}
        params: dict[str, Any] = {f"{name}_rows": window.rows for name, window in windows.items()}
        params |= {f"{name}_from": window.first_as_of for name, window in windows.items()}
        params |= {f"{name}_until": window.last_as_of for name, window in windows.items()}
        params |= {"purged": record.purged, "headline": record.headline, "best_baseline": record.best_baseline}
        settings = self._project.settings.target(target.name).model_dump(mode="json")
        params |= dict(_flat(settings))
        self._batch(run_id, params, {f"{name}_positives": window.positives for name, window in windows.items()})
        self._client.log_artifact(run_id, str(self._project.evaluation(target.name)))
        plots = self._project.plots_folder(target.name)
        if plots.is_dir():
            self._client.log_artifacts(run_id, str(plots), "plots")
        if target.horizon:
            self._client.log_artifacts(run_id, str(self._project.backtest_folder(target.name)), "backtest")

    def _log_inputs(self, run_id: str, target: Target) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag  # noqa: PLC0415 - seconds

        def read(name: str, md5: str, path: Path, context: str) -> DatasetInput:
            source = json.dumps({"uri": self._project.relative(path)})
            tags = [InputTag("mlflow.data.context", context), InputTag("md5", md5)]
            return DatasetInput(Dataset(name, md5[:36], "local", source), tags)

        project = self._project
        inputs = [read(name, md5, project.raw(name), "dataset") for name, md5 in self._lineage.datasets.items()]
        snapshot = read(target.name, self._lineage.snapshot, project.snapshot(target.name), "snapshot")
        self._client.log_inputs(run_id, [*inputs, snapshot])

    def _log_candidate(self, run_id: str, model_id: str, target: Target, candidate: CandidateRecord) -> None:
        params = {"family": candidate.family, "name": candidate.name, **dict(_flat(candidate.settings))}
        self._batch(run_id, params, dict(_metrics(candidate)), model_id)
        plots = self._project.plots_folder(target.name)
        for picture in sorted(plots.glob(f"*-{slug(candidate.name)}.png")):
            self._client.log_artifact(run_id, str(picture), "plots")

    def _log_output(self, run_id: str, model_id: str) -> None:
        from mlflow.entities import LoggedModelOutput  # noqa: PLC0415 - seconds

        self._client.log_outputs(run_id, [LoggedModelOutput(model_id, 0)])

    def _batch(
        self, run_id: str, params: Mapping[str, Any], metrics: Mapping[str, float], model_id: str | None = None
    ) -> None:
        """All params and metrics of a run in one call; a call for each would take most of the time of registering."""
        from mlflow.entities import Metric, Param  # noqa: PLC0415 - seconds

        now = int(time.time() * 1000)
        self._client.log_batch(
            run_id,
            [Metric(key, value, now, 0, model_id=model_id) for key, value in metrics.items()],
            [Param(key, str(value)) for key, value in list(params.items())[:100]],
        )

    def _file(self, target: Target, candidate: CandidateRecord) -> Path:
        return self._project.models_folder(target.name) / candidate.model

    def _upload(
        self, model_id: str, target: Target, record: EvaluationRecord, candidate: CandidateRecord, rows: JudgedRows
    ) -> None:
        with TemporaryDirectory(prefix="refrain-") as folder:
            example = rows.features.head(_EXAMPLE_ROWS)
            write_model_folder(Path(folder), self._file(target, candidate), target, example, record.learned)
            self._client.log_model_artifacts(model_id, folder)

    def _put_back(
        self, known: Version, target: Target, record: EvaluationRecord, candidate: CandidateRecord, rows: JudgedRows
    ) -> None:
        """Make good the files of a version that somebody deleted or damaged; training wrote the same bytes again."""
        try:
            with fetched_model(self._store, known):
                return
        except ModelError:
            logged = self._client.search_logged_models([self._experiment(target)], f"source_run_id = '{known.run_id}'")
            if not logged or file_md5(self._file(target, candidate)) != known.tags.get(MD5):
                raise
            self._upload(logged[0].model_id, target, record, candidate, rows)

    def _clear_leftovers(self, target: Target, candidate: CandidateRecord) -> None:
        """Delete what a killed call has left of a candidate that did not become a version."""
        for run in self._runs(target, "candidate"):
            if run.data.tags.get(_CANDIDATE) != candidate.name:
                continue
            wanted = f"source_run_id = '{run.info.run_id}'"
            for logged in self._client.search_logged_models([self._experiment(target)], wanted):
                self._client.delete_logged_model(logged.model_id)
                _remove(logged.artifact_location)
            self._client.delete_run(run.info.run_id)
            _remove(run.info.artifact_uri)

    def _note_gate(self, known: Version, judged: CandidateDecision) -> None:
        """What the gate says may change with the champion it compares with."""
        for key, value in _gate_tags(judged).items():
            if known.tags.get(key) != value:
                self._client.set_model_version_tag(known.target, str(known.version), key, value)

    @cached_property
    def _git_commit(self) -> str:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=self._project.root, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else ""


def _in_words(record: EvaluationRecord, candidate: CandidateRecord) -> str:
    """What the registry's page shows of a version at a glance; what may change later is in the tags."""
    headline = record.headline
    said = f"{candidate.name}: {headline.replace('_', ' ')} {candidate.metrics[headline].shown()} on the test window"
    if candidate.name == record.best_baseline:
        return f"{said}; the bar for the others"
    return f"{said}, {candidate.difference[headline].shown('+')} to {record.best_baseline}"


def _gate_tags(judged: CandidateDecision) -> dict[str, str]:
    return {"gate": "passed" if judged.passed else "not passed", "gate_reason": judged.reason[:5000]}


def _headline_tags(headline: str, candidate: CandidateRecord) -> dict[str, str]:
    measured = _with_interval(headline, candidate.metrics[headline])
    difference = _with_interval(f"difference_{headline}", candidate.difference[headline])
    return {
        "headline": headline,
        **{key: repr(value) for key, value in (*measured, *difference)},
        f"tune_{headline}": repr(candidate.tune[headline]),
    }


def _with_interval(name: str, estimate: Estimate) -> list[tuple[str, float]]:
    return [(name, estimate.value), (f"{name}_low", estimate.low), (f"{name}_high", estimate.high)]


def _metrics(candidate: CandidateRecord) -> Iterator[tuple[str, float]]:
    groups = {
        "": candidate.metrics,
        "difference_": candidate.difference,
        **{f"{name}_": metrics for name, metrics in candidate.slices.items()},
        "importance/": candidate.importance,
    }
    for prefix, metrics in groups.items():
        for name, estimate in metrics.items():
            yield from _with_interval(f"{prefix}{name}", estimate)
    for name, value in candidate.tune.items():
        yield f"tune_{name}", value
    for name, value in (candidate.alerts.model_dump() if candidate.alerts else {}).items():
        yield f"alerts_{name}", value


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(inner)


def _remove(location: str) -> None:
    folder = local_folder(location)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
