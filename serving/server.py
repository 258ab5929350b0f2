"""The collector as a process."""

import gc
import socket
import sys
from collections.abc import Callable

import uvicorn

from flows.activity_cli import platform_timezone
from refrain.project import Project
from serving.app import collector_app
from serving.audience.activity import activity_figures
from serving.audience.figures import FiguresBeside
from serving.collector.collector import Collector
from serving.collector.emails import email_key
from serving.web.logs import log_as_json_lines
from tasks.collected.opening import open_event_store
from tasks.collected.store import EventStore

_MOST_CONNECTIONS_WAITING = 2048
_SECONDS_TO_FINISH = 30
_SECONDS_OF_A_TURN = 0.0005
"""Two threads take turns, the one that reads and the one that writes. With Python's own 5 ms, which the writer waits
for after each statement, the disk is idle for a third of the time."""


def serve(project: Project, listening: socket.socket, begun: Callable[[EventStore], None]) -> None:
    """Answer on a socket until asked to end, then finish what was accepted. `begun` is told once the store is open.

    Raises UsageError, SettingsError or EventStoreError where it cannot begin, and KeyboardInterrupt when it was asked
    to end.
    """
    key, settings = email_key(), project.settings.collector
    store = open_event_store(project)
    figures = activity_figures(FiguresBeside(store.address, platform_timezone(project)))
    app = collector_app(Collector(store, settings, email_key=key), [figures])
    log_as_json_lines()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,  # paths and queries are what somebody sent
        log_config=None,
        server_header=False,
        backlog=_MOST_CONNECTIONS_WAITING,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    begun(store)
    _collect_garbage_seldom()
    sys.setswitchinterval(_SECONDS_OF_A_TURN)
    uvicorn.Server(config).run(sockets=[listening])


def _collect_garbage_seldom() -> None:
    """A batch is some ten thousand objects, none of them in a cycle: looking for cycles after every 700, through all
    that was imported too, takes a third of the processor's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
