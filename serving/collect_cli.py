"""The `collect` command."""

from pathlib import Path
from typing import Annotated

import typer

from flows.display import error_console
from refrain.environment import prepare_environment
from refrain.project import find_project
from serving.listening import address_of, bound

err = error_console()
PORT = 8090


def collect(
    host: Annotated[str, typer.Option(help="Address to listen on; the default is heard on this machine only.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 is any free one.")] = PORT,
) -> None:
    """Take users, shows and sessions over HTTP, each answered once it is stored: DATABASE_URL, or data/events.db.

    The address /openapi.json describes what it takes; Ctrl-C stores what was accepted and ends it.
    """
    project = find_project(Path.cwd())
    prepare_environment(project.root)
    from serving.server import serve  # noqa: PLC0415 - as in flows/cli.py

    listening = bound(host, port)
    address = address_of(listening, host)
    try:
        serve(project, listening, lambda store: err.print(f"Collecting on {address} into {store}. Ctrl-C stops it."))
    except KeyboardInterrupt:
        err.print("Stopped. Everything that was accepted is stored.")
