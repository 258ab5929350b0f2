"""The applications as processes: the collector alone, or everything."""

import gc
import socket
import sys
from collections.abc import Callable, Sequence

import uvicorn
from starlette.types import ASGIApp

from flows.activity_cli import platform_timezone
from refrain.project import Project
from serving.app import collector_app
from serving.audience.activity import activity_figures
from serving.audience.figures import FiguresBeside
from serving.collector.collector import Collector
from serving.collector.emails import email_key
from serving.web.keys import ApiKeys
from serving.web.logs import log_as_json_lines
from tasks.collected.opening import open_event_store
from tasks.collected.store import EventStore

_MOST_CONNECTIONS_WAITING = 2048
_SECONDS_TO_FINISH = 30
_SECONDS_OF_A_TURN = 0.0005
"""Two threads take turns, the one that reads and the one that writes. With Python's own 5 ms, which the writer waits
for after each statement, the disk is idle for a third of the time. Nor may a model that is loaded keep answers waiting.
"""


def serve(project: Project, listening: socket.socket, begun: Callable[[EventStore], None]) -> None:
    """Collect on a socket until asked to end, then finish what was accepted. `begun` is told once the store is open.

    Raises UsageError, SettingsError or EventStoreError where it cannot begin, and KeyboardInterrupt when it was asked
    to end.
    """
    key, settings = email_key(), project.settings.collector
    store = open_event_store(project)
    figures = activity_figures(FiguresBeside(store.address, platform_timezone(project)))
    app = collector_app(Collector(store, settings, email_key=key), [figures])
    log_as_json_lines()
    begun(store)
    _answer(app, listening)


def serve_predictions(
    project: Project, listening: socket.socket, keys: ApiKeys, targets: Sequence[str], begun: Callable[[str], None]
) -> None:
    """Answer for everything on a socket until asked to end, then finish what was accepted.

    `targets`: predictions or targets, all where there is none. `begun` is told in a sentence what is served, once the
    socket is heard. Raises as `serve` does, but not where there is no champion of a target.
    """
    from serving.assembling import assembled, said  # noqa: PLC0415 - what loads models is nothing to the collector

    parts, app = assembled(project, keys, targets)
    log_as_json_lines(parts.lines)
    _answer(app, listening, lambda: begun(said(parts.shelf)))


def _answer(app: ASGIApp, listening: socket.socket, heard: Callable[[], None] = lambda: None) -> None:
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,  # paths and queries are what somebody sent
        log_config=None,
        server_header=False,
        proxy_headers=False,  # nobody asks where a request came from
        backlog=_MOST_CONNECTIONS_WAITING,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    _collect_garbage_seldom()
    sys.setswitchinterval(_SECONDS_OF_A_TURN)
    _Server(config, heard).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Tells when it is heard."""

    def __init__(self, config: uvicorn.Config, heard: Callable[[], None]) -> None:
        super().__init__(config)
        self._heard = heard

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._heard()


def _collect_garbage_seldom() -> None:
    """A batch is some ten thousand objects, none of them in a cycle: looking for cycles after every 700, through all
    that was imported too, takes a third of the processor's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
