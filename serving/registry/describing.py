"""From what the registry holds and what a shelf serves to what is answered about them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from features.registry import find_target
from serving.registry.answers import (
    Gate,
    Models,
    Move,
    Origin,
    TargetDetail,
    TargetSummary,
    VersionDetail,
    VersionSummary,
)
from tasks.aliases import AliasMove, moves_of
from tasks.champions.shelf import Shelf, Shown
from tasks.metrics import HIGHER_IS_BETTER
from tasks.model_folder import MD5
from tasks.registration import last_registration
from tasks.tracking import Store
from tasks.version_notes import datasets_of, headline_difference, headline_metric, learned_until, with_intervals
from tasks.versions import BASELINE, CHAMPION, RegisteredTarget, Version, read_target, run_metrics


def all_models(shelf: Shelf, today: date) -> Models:
    """Every target that the shelf is to serve. Reads the registry: not to be called where others wait."""
    store, shown = shelf.store, shelf.shown
    found = (read_target(store, target) for target in shelf.targets)
    return Models(targets=tuple(TargetSummary(**_summary(store, shown, one, today)) for one in found))


def one_target(shelf: Shelf, target: str, today: date) -> TargetDetail:
    """A target with all its versions. Reads the registry, too."""
    registered = read_target(shelf.store, target)
    metrics = run_metrics(shelf.store, {version.run_id for version in registered.versions})
    versions = (_detail(version, metrics.get(version.run_id, {})) for version in reversed(registered.versions))
    return TargetDetail(
        **_summary(shelf.store, shelf.shown, registered, today),
        versions=tuple(versions),
        moves=tuple(_move(move) for move in reversed(moves_of(registered))),
    )


def _summary(store: Store, shown: Shown, registered: RegisteredTarget, today: date) -> dict[str, Any]:
    target = find_target(registered.target)
    champion, bar = registered.aliased(CHAMPION), registered.aliased(BASELINE)
    others = [one for one in registered.versions if one.aliases and one not in (champion, bar)]
    moves = [move for move in moves_of(registered) if move.alias == CHAMPION]
    registration = last_registration(store, registered)
    loaded, problems = shown.loaded.get(target.name), shown.problems.get(target.name, {})
    until = None if champion is None else learned_until(champion)
    return {
        "target": target.name,
        "question": target.question,
        "headline": target.headline,
        "higher_is_better": HIGHER_IS_BETTER[target.headline],
        "served": None if loaded is None else loaded.champion.served,
        "served_since": shown.since.get(target.name),
        "problem": problems.get(CHAMPION, "") or shown.registry,
        "problems": problems,
        "champion": None if champion is None else _version(champion),
        "challengers": tuple(_version(one) for one in others),
        "baseline": None if bar is None else _version(bar),
        "verdict": "" if registration is None else registration.verdict,
        "promoted": _move(moves[-1]) if moves else None,
        "learned_until": until,
        "days_since_learned": None if until is None else (today - until).days,
    }


def _version(version: Version) -> VersionSummary:
    return VersionSummary(**_known(version))


def _detail(version: Version, metrics: Mapping[str, float]) -> VersionDetail:
    return VersionDetail(
        **_known(version), metrics=dict(with_intervals(metrics)), gate=_gate(version), origin=_origin(version)
    )


def _known(version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "name": version.name,
        "family": version.family,
        "is_baseline": version.is_baseline,
        "aliases": version.aliases,
        "registered_at": version.created_at,
        "metric": headline_metric(version),
        "difference": headline_difference(version),
    }


def _gate(version: Version) -> Gate:
    return Gate(passed=version.tags.get("gate") == "passed", reason=version.tags.get("gate_reason", ""))


def _origin(version: Version) -> Origin:
    tags = version.tags
    names = ("snapshot", "params", "code", "training", "git_commit", "flow_run_id")
    return Origin(
        datasets=datasets_of(version),
        model_md5=tags.get(MD5, ""),
        mlflow_run_id=version.run_id,
        learned_until=learned_until(version),
        **{name: tags.get(name, "") for name in names},
    )


def _move(move: AliasMove) -> Move:
    return Move(**move.model_dump(exclude={"numbers"}))
