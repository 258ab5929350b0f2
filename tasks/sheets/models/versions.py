"""The sheets `versions`, `lineage` and `alias_moves`: what is registered, what it was made of, who moved what."""

import os
from collections.abc import Mapping
from datetime import date
from typing import Any

from tasks.aliases import AliasMove, moves_of
from tasks.metrics import HIGHER_IS_BETTER
from tasks.model_folder import MD5
from tasks.run_artifacts import training_runs
from tasks.sheets.material import Material
from tasks.sheets.models.registered import (
    TARGET_COLUMN,
    VERSION_COLUMN,
    all_registered,
    made,
    measured,
    measured_columns,
    one_registered,
    target_parts,
)
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns
from tasks.version_notes import (
    NOT_MEASURED,
    best_baseline,
    datasets_of,
    headline_difference,
    headline_metric,
    learned_until,
)
from tasks.versions import RegisteredTarget, Version, run_params
from tasks.web_addresses import version_page

_NOTED = ("git_commit", "flow_run_id", "snapshot", "params", "code", "training")


def make_versions(material: Material, part: Part) -> Made:
    """A row for each version of a target, the newest first."""
    found, store = one_registered(material, part), material.shelf.store
    trainings = training_runs(store, found.versions)
    windows = run_params(store, set(trainings.values()))
    rows = (
        {**_row(material, found, version), **_tested(windows.get(trainings.get(version.run_id, ""), {}))}
        for version in reversed(found.versions)
    )
    return made(list(rows))


def _row(material: Material, found: RegisteredTarget, version: Version) -> dict[str, Any]:
    bar, tags = best_baseline(found, version), version.tags
    headline = tags.get("headline", "")
    return {
        "target": version.target,
        "version": version.version,
        "name": version.name,
        "family": version.family,
        "is_baseline": version.is_baseline,
        "aliases": ", ".join(version.aliases),
        "metric_name": headline or None,
        "higher_is_better": HIGHER_IS_BETTER.get(headline),
        **measured("metric", headline_metric(version)),
        "baseline": None if bar is None else bar.name,
        **measured("baseline_metric", NOT_MEASURED if bar is None else headline_metric(bar)),
        **measured("difference", headline_difference(version)),
        "gate_passed": tags.get("gate") == "passed",
        "gate_reason": tags.get("gate_reason", ""),
        "learned_until": learned_until(version),
        "registered_at": version.created_at,
        "model_md5": tags.get(MD5, ""),
        "mlflow_run_id": version.run_id,
        **{name: tags.get(name, "") for name in _NOTED},
        "registry_url": version_page(material.shelf.store, version, os.environ) or None,
    }


def _tested(params: Mapping[str, str]) -> dict[str, Any]:
    """Of a training's run: from which day to which day its test window reaches, and its rows."""
    if not all(name in params for name in ("test_from", "test_until", "test_rows")):
        return {}
    return {
        "tested_from": date.fromisoformat(params["test_from"]),
        "tested_until": date.fromisoformat(params["test_until"]),
        "tested_rows": int(params["test_rows"]),
    }


def make_lineage(material: Material, part: Part) -> Made:
    """A row for each dataset of each version."""
    del part
    return made(
        [
            {"target": version.target, "version": version.version, "dataset": dataset, "digest": md5}
            for found in all_registered(material)
            for version in reversed(found.versions)
            for dataset, md5 in sorted(datasets_of(version).items())
        ]
    )


def make_moves(material: Material, part: Part) -> Made:
    """A row for each move, the newest of each target first."""
    del part
    return made([_move(found.target, move) for found in all_registered(material) for move in reversed(moves_of(found))])


def _move(target: str, move: AliasMove) -> dict[str, Any]:
    return {
        "target": target,
        "alias": move.alias,
        "moved_at": move.when,
        "who": move.who,
        "from_version": move.from_version,
        "to_version": move.to_version,
        "why": move.why,
        "flow_run_id": move.flow_run_id,
    }


SHEETS = (
    Sheet(
        "versions",
        "The registered versions of a target",
        (
            *columns(
                TARGET_COLUMN,
                VERSION_COLUMN,
                ("name", Kind.TEXT, "Name of the candidate or baseline"),
                ("family", Kind.TEXT, "logistic, forest, xgboost ... or baseline"),
                ("is_baseline", Kind.FLAG, "Whether it is a baseline"),
                ("aliases", Kind.TEXT, "Names that point to it: champion, challenger, baseline, a family"),
                ("metric_name", Kind.TEXT, "The metric that decides"),
                ("higher_is_better", Kind.FLAG, "Whether more of the metric is better"),
            ),
            *measured_columns("metric", "What it reaches on the test window of its training"),
            *columns(("baseline", Kind.TEXT, "The best baseline of the same training")),
            *measured_columns("baseline_metric", "What that baseline reaches on the same rows"),
            *measured_columns("difference", "The version's metric minus the baseline's, on the same rows"),
            *columns(
                ("tested_from", Kind.DATE, "First as_of of the test window"),
                ("tested_until", Kind.DATE, "Last as_of of the test window"),
                ("tested_rows", Kind.WHOLE, "Rows of the test window", "rows"),
                ("gate_passed", Kind.FLAG, "Whether it may be served in the name of its own merit"),
                ("gate_reason", Kind.TEXT, "Why, or why not"),
                ("learned_until", Kind.DATE, "The last as_of that it learned from"),
                ("registered_at", Kind.MOMENT, "When it was registered"),
                ("git_commit", Kind.TEXT, "The commit that was checked out"),
                ("training", Kind.TEXT, "Digest of all that its training depends on"),
                ("snapshot", Kind.TEXT, "MD5 of its snapshot"),
                ("params", Kind.TEXT, "Digest of the target's settings in params.yaml"),
                ("code", Kind.TEXT, "Digest of the code that made snapshot and model"),
                ("model_md5", Kind.TEXT, "MD5 of the model file"),
                ("mlflow_run_id", Kind.TEXT, "The candidate's run in MLflow"),
                ("flow_run_id", Kind.TEXT, "The Prefect flow run that registered it"),
                ("registry_url", Kind.TEXT, "Its page in MLflow, where that address is known"),
            ),
        ),
        make_versions,
        parted_by=("target",),
        parts=target_parts,
        kept=False,
    ),
    Sheet(
        "lineage",
        "The datasets that the versions of a target learned from",
        columns(
            TARGET_COLUMN,
            VERSION_COLUMN,
            ("dataset", Kind.TEXT, "A dataset"),
            ("digest", Kind.TEXT, "MD5 of its canonical CSV, as in dvc.lock"),
        ),
        make_lineage,
        kept=False,
    ),
    Sheet(
        "alias_moves",
        "Who pointed which alias to another version, when and why",
        columns(
            TARGET_COLUMN,
            ("alias", Kind.TEXT, "champion, challenger, baseline, or a family"),
            ("moved_at", Kind.MOMENT, "When"),
            ("who", Kind.TEXT, "The account that did it"),
            ("from_version", Kind.WHOLE, "The version that it pointed to before; empty where there was none"),
            ("to_version", Kind.WHOLE, "The version that it has pointed to since"),
            ("why", Kind.TEXT, "The reason that was given"),
            ("flow_run_id", Kind.TEXT, "The Prefect flow run that did it; empty where a person did"),
        ),
        make_moves,
        kept=False,
    ),
)
