"""Everything at once: the Prefect server, MLflow, the API and the pages, each a process of its own."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from flows.addresses import HOST
from flows.control_plane import free_port, stop
from flows.servers import Server, servers, start, wait_ready
from refrain.project import Project
from serving.dashboard_cli import ADDRESS, streamlit_command

MLFLOW_UI = "REFRAIN_MLFLOW_UI"
"""Variable: where a browser finds the MLflow pages, for links into them."""
_FIRST_SHEET = "/sheets/targets?limit=1"
_SECONDS_FOR_A_SHEET = 60


@dataclass(frozen=True)
class Ports:
    """Where each is to listen; where a port is taken, a free one is used."""

    prefect: int
    mlflow: int
    api: int
    dashboard: int


@contextmanager
def together(project: Project, ports: Ports, first: Callable[[], None] = lambda: None) -> Iterator[list[Server]]:
    """All four, ready to answer; stopped at the end, the last one first.

    `first` is called when the Prefect server answers and PREFECT_API_URL names it, before API and pages are started.
    Raises RefrainError, naming the log, if one of them does not start.
    """
    pages = streamlit_command(HOST, port := free_port(ports.dashboard))[1:]
    with ExitStack() as stack:
        prefect, mlflow = stack.enter_context(servers(project, ports.prefect, ports.mlflow))
        stack.enter_context(_environment(PREFECT_API_URL=f"{prefect.address}/api"))
        first()
        api_port = free_port(ports.api)
        command = ["-m", "serving.cli", "serve", "--port", str(api_port)]
        api = _begun(stack, start("API", api_port, "/health", command, {MLFLOW_UI: mlflow.address}, project))
        settings = {ADDRESS: api.address}
        dashboard = _begun(stack, start("dashboard", port, "/_stcore/health", pages, settings, project))
        for server in (api, dashboard):
            wait_ready(server)
        _make_a_sheet(api)
        yield [dashboard, api, prefect, mlflow]


def _begun(stack: ExitStack, server: Server) -> Server:
    stack.callback(stop, server.process)
    return server


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _make_a_sheet(api: Server) -> None:
    """Have the process that makes the pages' tables started, so that the first page need not wait for it."""
    connection = HTTPConnection(HOST, api.port, timeout=_SECONDS_FOR_A_SHEET)
    with suppress(OSError, HTTPException):  # the page says what is wrong
        connection.request("GET", _FIRST_SHEET)
        connection.getresponse().read()
    connection.close()
