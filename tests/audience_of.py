"""What is asked about the audience of a small project, in the test's own process, and that audience in a store."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from refrain.datasets import DATASETS
from refrain.project import Project
from refrain.settings import ServingSettings
from serving.audience.asking import AskedAudience, Models
from serving.audience.endpoints import audience_endpoints
from serving.audience.figures import FiguresHere
from serving.web.endpoint import Call, Endpoint
from serving.web.problems import ProblemError
from sources.canonical import scan_dataset
from tasks.champions.shelf import Shelf
from tasks.churn_figures import AskedModel
from tasks.collected.opening import store_in
from tasks.collected.records import session_digest
from tasks.collected.schema import prepare
from tasks.collected.store import EventStore
from tasks.collected.tables import CANCELLATIONS, EVENTS, SHOWS, USERS

NOW = datetime(2025, 1, 1, 12, 0, tzinfo=UTC)
"""The day after the small world's last."""


def models_of(shelf: Shelf) -> Models:
    """The versions on a shelf."""

    def found(target: str, version: int) -> AskedModel:
        loaded = shelf.of(target)
        every = [loaded.champion, *loaded.families.values(), *([loaded.baseline] if loaded.baseline else [])]
        (model,) = {one.version.version: one for one in every if one.version.version == version}.values()
        return AskedModel(model.target, model.served, model.model, version)

    return found


def endpoints_of(project: Project, shelf: Shelf, store: EventStore, **more: Any) -> dict[str, Endpoint]:
    """Path -> endpoint."""
    audience = AskedAudience(project, store, models_of(shelf), lambda: NOW)
    figures = FiguresHere(store, "UTC", lambda: audience)
    endpoints = audience_endpoints(shelf, figures, ServingSettings(max_records=1000), **more)
    return {endpoint.path: endpoint for endpoint in endpoints}


def ask(endpoint: Endpoint, body: Any = None, query: Mapping[str, str] | None = None) -> Any:
    """The answer, or what is wrong with the question."""
    text = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        reply = asyncio.run(endpoint.answer(Call(text, query or {}, {}, "r")))
    except ProblemError as problem:
        return problem
    return json.loads(reply.body)


def new_store(folder: Path) -> EventStore:
    """An empty one."""
    opened = store_in(folder / "events.db")
    prepare(opened)
    return opened


def fill(store: EventStore, project: Project) -> None:
    """Store what a project's datasets hold, as a collector would have."""
    frames = {
        name: scan_dataset(DATASETS[name], project.raw(name))
        .with_columns(pl.col(pl.Datetime("us")).dt.epoch("s"))
        .collect()
        .to_dicts()
        for name in ("users", "events", "shows")
    }
    now = {"received_at": int(NOW.timestamp())}
    users = [{**row, **now} for row in frames["users"]]
    left = [{**row, "reason": row["churn_reason"]} for row in users if row["cancelled_at"] is not None]
    events = [
        {
            **row,
            **now,
            "event_id": None,
            "content_watched": row["content_watched"] or "",
            "session_digest": session_digest(row["user_id"], row["content_watched"] or ""),
            "was_recommended": None if row["was_recommended"] is None else bool(row["was_recommended"]),
        }
        for row in frames["events"]
    ]
    shows = [{**row, **now} for row in frames["shows"]]
    with store.writing() as connection:
        for table, rows in ((USERS, users), (CANCELLATIONS, left), (SHOWS, shows), (EVENTS, events)):
            names = [column.name for column in table.columns if column.name in rows[0]]
            connection.execute(table.insert(), [{name: row[name] for name in names} for row in rows])
