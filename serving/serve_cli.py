"""The `serve` command."""

import os
from pathlib import Path
from typing import Annotated

import typer

from flows.display import error_console
from refrain.environment import prepare_environment
from refrain.errors import UsageError
from refrain.project import find_project
from serving.listening import address_of, bound, heard_here_only
from serving.web.keys import VARIABLE, read_keys

err = error_console()
PORT = 8000


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; the default is heard on this machine only.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 is any free one.")] = PORT,
    targets: Annotated[
        list[str] | None,
        typer.Option(help="A prediction or target to serve; may be given several times. Default: all."),
    ] = None,
) -> None:
    """Answer for all predictions over HTTP with the registered champions, and take what the collector takes.

    The page /docs says what may be asked. Another address than this machine's own needs API keys: `refrain key NAME`
    makes one. Ctrl-C finishes what was accepted and ends it.
    """
    project = find_project(Path.cwd())
    prepare_environment(project.root)
    keys = read_keys(os.environ.get(VARIABLE, ""))
    listening = bound(host, port)
    if not keys and not heard_here_only(listening):
        raise UsageError(
            f"Others can reach {host}, and no API key is set.",
            hint=f"Make one with `refrain key NAME`, and set {VARIABLE} to its second line; or leave --host out.",
        )
    from serving.server import serve_predictions  # noqa: PLC0415 - as in flows/cli.py

    address = address_of(listening, host)
    try:
        serve_predictions(
            project,
            listening,
            keys,
            targets or (),
            lambda said: err.print(f"Serving on {address}: {said} Ctrl-C stops it."),
        )
    except KeyboardInterrupt:
        err.print("Stopped. Everything that was accepted is answered.")
