"""A project's own API: its registry, its store, the keys and the log of the environment."""

import os
from collections.abc import Sequence

from starlette.types import ASGIApp

from features.catalogue import CatalogueSettings
from features.registry import select_targets
from flows.activity_cli import platform_timezone
from refrain.project import Project
from refrain.settings import validated
from serving.api import Parts, api
from serving.audience.figures import FiguresBeside
from serving.collector.collector import Collector
from serving.collector.emails import email_key
from serving.sheets.making import SheetsBeside
from serving.web.keys import ApiKeys
from tasks.champions.shelf import Shelf
from tasks.collected.opening import open_event_store
from tasks.forecasting.forecaster import TARGET as CATALOGUE
from tasks.prediction_log.log import prediction_log_of
from tasks.tracking import open_store

_FAMILIES_ASKED = ("hits.hit", "streams.one_week")
"""Targets whose answers say what each family says; the others' are not loaded."""

_OWN_NAMES = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})
_OF_MLFLOW = {
    # It tries for minutes to reach a server that does not answer. Here the next look comes soon anyway, and until then
    # nobody would be told.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    # Log lines are JSON.
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
"""Settings of MLflow's client, where the environment does not say otherwise."""


def assembled(project: Project, keys: ApiKeys, targets: Sequence[str]) -> tuple[Parts, ASGIApp]:
    """The parts, with the champions loaded, and the application. Raises RefrainError where it cannot begin."""
    settings = project.settings
    names = [target.name for target in select_targets(list(targets))]
    key, log = email_key(), prediction_log_of(os.environ, settings.serving.prediction_log)
    store = open_event_store(project)
    os.environ.update({name: value for name, value in _OF_MLFLOW.items() if name not in os.environ})
    shelf = Shelf(open_store(project), names, with_families=_FAMILIES_ASKED)
    shelf.refresh()
    parts = Parts(
        shelf=shelf,
        collector=Collector(store, settings.collector, email_key=key),
        figures=FiguresBeside(store.address, platform_timezone(project), project=project.root),
        sheets=SheetsBeside(project.root, store.address),
        settings=settings.serving,
        catalogue=_snapshot_settings(project),
        keys=keys,
        hosts=frozenset() if keys else _OWN_NAMES,
        predictions=log,
    )
    return parts, api(parts)


def _snapshot_settings(project: Project) -> CatalogueSettings:
    where = f"params.yaml, targets.{CATALOGUE}.snapshot"
    return validated(CatalogueSettings, dict(project.settings.target(CATALOGUE).snapshot), where)


def said(shelf: Shelf) -> str:
    """What is served, and what is not, in a sentence or two."""
    loaded = shelf.shown.loaded
    missing = [target for target in shelf.targets if target not in loaded]
    sentence = f"{len(shelf.targets) - len(missing)} of {len(shelf.targets)} targets."
    return f"{sentence} Not yet: {', '.join(missing)}." if missing else sentence
