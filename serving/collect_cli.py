"""The `collect` command."""

import socket
from pathlib import Path
from typing import Annotated

import typer

from flows.display import error_console
from refrain.environment import prepare_environment
from refrain.errors import UsageError
from refrain.project import find_project

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

    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    try:
        serve(project, listening, lambda store: err.print(f"Collecting on {address} into {store}. Ctrl-C stops it."))
    except KeyboardInterrupt:
        err.print("Stopped. Everything that was accepted is stored.")


def _listen(host: str, port: int) -> socket.socket:
    """A socket that is listened on. Raises UsageError where that cannot be."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise UsageError(
            f"Nothing can listen on {host} port {port}: {error.strerror or error}.", hint="Choose another --port."
        ) from None
    return listening
