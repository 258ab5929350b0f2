"""The `up` command."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.addresses import MLFLOW_PORT, PREFECT_PORT
from flows.display import error_console
from refrain.environment import prepare_environment
from refrain.errors import RefrainError
from refrain.project import Project, find_project
from serving.dashboard_cli import PORT as DASHBOARD_PORT
from serving.serve_cli import PORT as API_PORT

out = Console(highlight=False)
err = error_console()


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Train on the embedded data first where nothing is registered yet.")
    ] = False,
    dashboard_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the dashboard.")] = DASHBOARD_PORT,
    api_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the API.")] = API_PORT,
    prefect_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Prefect pages.")] = PREFECT_PORT,
    mlflow_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the MLflow pages.")] = MLFLOW_PORT,
) -> None:
    """Start everything: the dashboard, the API, and the Prefect and MLflow pages; Ctrl-C stops all of it.

    They are heard on this machine only. A port that is taken is replaced by a free one.
    """
    project = find_project(Path.cwd())
    prepare_environment(project.root)
    os.chdir(project.root)
    from flows.servers import watch  # noqa: PLC0415 - as in flows/cli.py
    from serving.together import Ports, together  # noqa: PLC0415

    registered = _is_registered(project)
    first = (lambda: _train(project)) if demo and not registered else (lambda: None)
    ports = Ports(prefect_port, mlflow_port, api_port, dashboard_port)
    try:
        with ExitStack() as stack:
            err.print("Starting the Prefect and MLflow pages, the API and the dashboard.")
            started = stack.enter_context(together(project, ports, first))
            for server in started:
                out.print(f"{server.name:<10} {server.address}")
            if not registered and not demo:
                out.print("Nothing is registered yet: `refrain run`, or `refrain up --demo`.")
            out.print("Ctrl-C stops all of them.")
            watch(started)
    except KeyboardInterrupt:
        out.print("Stopped.")


def _is_registered(project: Project) -> bool:
    """Whether any target has a champion."""
    from features.registry import all_targets  # noqa: PLC0415
    from tasks.tracking import open_store  # noqa: PLC0415
    from tasks.versions import CHAMPION, read_target  # noqa: PLC0415

    store = open_store(project)
    return any(CHAMPION in read_target(store, target).aliases for target in all_targets())


def _train(project: Project) -> None:
    """Run all predictions in a process of its own, which reports to the server that PREFECT_API_URL names.

    A target that cannot be trained is said, and the others are served all the same.
    """
    err.print("Nothing is registered yet. Training on the embedded data, which takes some minutes.")
    code = subprocess.run([sys.executable, "-m", "serving.cli", "run"], cwd=project.root, check=False).returncode
    if code not in (0, 1) or not _is_registered(project):
        raise RefrainError("The training did not end with anything to serve.", hint="What went wrong is said above.")
