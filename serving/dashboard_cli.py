"""The `dashboard` command."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from flows.display import error_console
from refrain.errors import UsageError
from serving.listening import bound
from serving.serve_cli import PORT as API_PORT

err = error_console()
PORT = 8501
_HERE = ("127.0.0.1", "localhost", "::1")
ADDRESS, TABLES = "REFRAIN_API", "REFRAIN_TABLES"
"""What the pages look for: where the API is, or which database has published tables."""


def dashboard(
    host: Annotated[str, typer.Option(help="Address to listen on; the default is heard on this machine only.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = PORT,
    api: Annotated[str, typer.Option(envvar=ADDRESS, help="Where the API is.")] = f"http://127.0.0.1:{API_PORT}",
) -> None:
    """Show the pages over the API that `refrain serve` gives, or over the tables that REFRAIN_TABLES names.

    Ctrl-C stops it.
    """
    command = streamlit_command(host, port)
    bound(host, port).close()  # so that a port that is taken is said by us, and before the address is
    if host not in _HERE:
        err.print("Others can reach it, and it asks nobody for a name: put a proxy that does in front of it.")
    asked = "reads published tables" if os.environ.get(TABLES, "").strip() else f"asks {api}"
    err.print(f"The dashboard is on http://{host}:{port} and {asked}. Ctrl-C stops it.")
    # In this one's place: whoever ends it, however firmly, ends the pages.
    os.execve(command[0], command, {**os.environ, ADDRESS: api})  # noqa: S606 - our own words


def streamlit_command(host: str, port: int) -> list[str]:
    """How the pages are started. Raises UsageError where Streamlit is not installed."""
    found = find_spec("dashboard")
    if find_spec("streamlit") is None or found is None or found.origin is None:
        raise UsageError("Streamlit is not installed here.", hint="Install the extra: `uv sync --extra dashboard`.")
    app = Path(found.origin).with_name("app.py")
    options = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": "true",  # opens no browser, asks for no e-mail address
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(app), *words]
