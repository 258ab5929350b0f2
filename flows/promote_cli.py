"""The `promote` and `rollback` commands: another registered version is served from now on."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.display import error_console
from refrain.environment import prepare_environment
from refrain.errors import ModelError, UsageError
from refrain.project import find_project

if TYPE_CHECKING:
    from tasks.tracking import Store
    from tasks.versions import Version

out = Console(highlight=False)
err = error_console()

Target = Annotated[str, typer.Argument(help="A target, as hits.hit.")]
Why = Annotated[str, typer.Option("--why", help="Kept with the move, for whoever asks later.")]


def promote(
    target: Target,
    version: Annotated[int, typer.Argument(min=1, help="Its version; `refrain models TARGET` lists them.")],
    why: Why = "promoted by hand",
) -> None:
    """Serve another registered version of a target, once a fresh process has loaded and checked it.

    A running `refrain serve` takes it up within seconds.
    """
    _serve(_store(), target, version, why)


def rollback(target: Target, why: Why = "rolled back by hand") -> None:
    """Serve again what was served before the last move, checked like any other version."""
    store = _store()
    _serve(store, target, _before(store, target), why)


def _store() -> "Store":
    project = find_project(Path.cwd())
    prepare_environment(project.root)
    os.chdir(project.root)
    from tasks.tracking import open_store  # noqa: PLC0415 - heavy, as in flows/cli.py

    return open_store(project)


def _serve(store: "Store", target: str, version: int, why: str) -> None:
    from features.registry import find_target  # noqa: PLC0415
    from tasks.aliases import serve_version  # noqa: PLC0415
    from tasks.versions import CHAMPION, read_target  # noqa: PLC0415

    name = find_target(target).name
    before = read_target(store, name).aliased(CHAMPION)
    if before is not None and before.version == version:
        out.print(f"{name} serves {_called(before)} already; nothing was changed.")
        return
    with err.status(f"checking {name} version {version} in a fresh process"):
        now = serve_version(store, name, version, why=why)
    instead = "" if before is None else f" instead of {_called(before)}"
    out.print(f"{name} serves {_called(now)} from now on{instead}.")
    out.print("A running `refrain serve` takes it up within seconds.")


def _before(store: "Store", target: str) -> int:
    from features.registry import find_target  # noqa: PLC0415
    from tasks.aliases import alias_moves  # noqa: PLC0415
    from tasks.versions import CHAMPION  # noqa: PLC0415

    name = find_target(target).name
    moves = [move for move in alias_moves(store, name) if move.alias == CHAMPION]
    if not moves:
        raise ModelError(f"{name} has no champion yet.", hint=f"Run `refrain run {name}`.")
    if moves[-1].from_version is None:
        raise UsageError(
            f"{name} has served no other version before.", hint=f"`refrain promote {name} VERSION` serves any other."
        )
    return moves[-1].from_version


def _called(version: "Version") -> str:
    kind = "the baseline " if version.is_baseline else ""
    return f"{kind}{version.name} v{version.version}"
