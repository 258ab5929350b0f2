"""The `key` command."""

import sys
from typing import Annotated

import typer

from flows.display import error_console
from serving.web.keys import VARIABLE, new_key

err = error_console()


def key(name: Annotated[str, typer.Argument(help="Who asks with it, as dashboard; logs and figures name it.")]) -> None:
    """Make an API key: printed once, and its entry for API_KEYS, which holds its digest alone."""
    made, entry = new_key(name)
    sys.stdout.write(f"{made}\n{entry}\n")
    err.print(
        "The first line is the key: who asks sends it in the header X-API-Key. It is shown this once.\n"
        f"The second goes into {VARIABLE}, where the server runs; commas go between several."
    )
