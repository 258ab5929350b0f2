"""`refrain`: the command line. Heavy libraries are imported by the command that needs them."""

import json
import os
import signal
import sys
import traceback
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from flows.activity_cli import activity
from flows.addresses import MLFLOW_PORT, PREFECT_PORT
from flows.churn_cli import churn
from flows.display import error_console, results_table, watched
from flows.export_cli import export_app
from flows.forecast_cli import forecast
from flows.promote_cli import promote, rollback
from refrain.environment import prepare_environment
from refrain.errors import RefrainError, UsageError
from refrain.project import Project, find_project

if TYPE_CHECKING:
    from flows.datasets import Imported
    from flows.servers import Server

app = typer.Typer(
    help="Predicts what a music or live-streaming audience will do next, and can prove it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
out = Console(highlight=False)
err = error_console()

_INTERRUPTED = 130

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")]


def main() -> None:
    """Run the command line; print a fault as a sentence and exit with its code, without a traceback unless --debug."""
    # Asked to end in any way, a command ends as it does on Ctrl-C, and takes the servers it started with it.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    debug = "--debug" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--debug"]
    try:
        app()
    except RefrainError as error:
        _explain(error, debug)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _stopped()
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:  # which Typer makes of Ctrl-C
            _stopped()
        raise
    except Exception as error:
        _explain(error, debug)
        sys.exit(1)


def _stopped() -> NoReturn:
    err.print("Stopped. Nothing is half-written or half-registered; run again to go on.")
    # Fits that are under way in other threads cannot be called back: leave without waiting for them.
    os._exit(_INTERRUPTED)


def _explain(error: Exception, debug: bool) -> None:
    if debug:
        err.print(traceback.format_exc(), markup=False)
    if isinstance(error, RefrainError):
        err.print(f"[red]Error:[/] {_escaped(error)}", soft_wrap=True)
    else:
        said = _escaped(error)
        err.print(f"[red]An unexpected fault:[/] {type(error).__name__}: {said} Add --debug to see where.")


def _escaped(error: Exception | str) -> str:
    return str(error).replace("[", "\\[")


@app.callback()
def _root(debug: Annotated[bool, typer.Option("--debug", help="Show where a fault came from.")] = False) -> None:
    del debug  # main() has read it: it goes anywhere on the line


def _project() -> Project:
    project = find_project(Path.cwd())
    prepare_environment(project.root)
    os.chdir(project.root)
    return project


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


@app.command()
def sources(as_json: AsJson = False) -> None:
    """List the sources that data can come from."""
    from sources.source import all_sources  # noqa: PLC0415

    found = all_sources().values()
    if as_json:
        _print_json([{"source": one.name, "title": one.title, "datasets": one.datasets} for one in found])
        return
    table = Table("source", "fills", "what it reads")
    for one in found:
        table.add_row(one.name, ", ".join(one.datasets), one.title)
    out.print(table)


@app.command(name="import")
def import_(
    source: Annotated[str, typer.Argument(help="A source; `refrain sources` lists them.")],
    path: Annotated[Path, typer.Argument(help="The file to read.")],
    dataset: Annotated[
        str | None, typer.Option(help="The dataset to fill (default: all that the file holds, where that can be told).")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="For csv: our column=the file's column. May be given several times.")
    ] = None,
    received: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day the file was received (default: today).")
    ] = None,
    max_age_days: Annotated[
        int | None, typer.Option(min=0, help="Refuse the file if its newest row is older than this on that day.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replace datasets by what is read from a file; refused rows are counted and kept aside."""
    here = Path.cwd()
    project = _project()
    from flows.datasets import choose_datasets, import_files, settings_for_file  # noqa: PLC0415
    from flows.exclusive import exclusive  # noqa: PLC0415

    columns, day = _mapping(column), received.date() if received else datetime.now(UTC).date()
    names = choose_datasets(project, source, here / path, columns, dataset)
    chosen = settings_for_file(project, source, here / path, columns, day, max_age_days)
    with exclusive(project), err.status(f"reading {path}"):
        imported = import_files(project, dict.fromkeys(names, chosen))
    if as_json:
        found = [_imported(done) for done in imported]
        _print_json(found if len(found) > 1 else found[0])
        return
    for done in imported:
        _say_imported(done, path)


def _imported(done: "Imported") -> dict[str, Any]:
    report = done.report
    return {
        "dataset": done.dataset,
        "read": report.read,
        "kept": report.kept,
        "merged": report.merged,
        "rejected": dict(report.rejected),
        "rejects_file": str(done.rejects),
        "notes": report.notes,
    }


def _say_imported(done: "Imported", path: Path) -> None:
    report = done.report
    out.print(f"{done.dataset}: {report.kept:,} rows from the {report.read:,} in {path}, and they keep the contract.")
    if report.merged:
        out.print(f"  {report.merged:,} merged: they repeat another row.")
    for reason, count in sorted(report.rejected.items(), key=lambda item: -item[1]):
        out.print(f"  {count:,} rejected: {reason}.")
    if report.rejected:
        out.print(f"  The rejected rows are in {done.rejects}.")
    for note in report.notes:
        out.print(f"  Note: {note}")
    if done.freed:
        freed = ", ".join(done.freed)
        out.print(f"  Note: {freed} come from another source, and are no longer looked up in {done.dataset}.")


def _mapping(columns: list[str] | None) -> dict[str, str]:
    pairs = [column.partition("=") for column in columns or []]
    for ours, equals, theirs in pairs:
        if not (ours and equals and theirs):
            raise UsageError(
                f"--column {ours}{equals}{theirs} is not understood.", hint="Write --column played_at=Time."
            )
    return {ours: theirs for ours, _, theirs in pairs}


@app.command()
def simulate(
    scale: Annotated[float | None, typer.Option(help="1 is a few seconds of work.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed is another world.")] = None,
) -> None:
    """Fill every dataset from the simulated world (again)."""
    project = _project()
    from flows.datasets import simulate as rewrite  # noqa: PLC0415
    from flows.exclusive import exclusive  # noqa: PLC0415
    from flows.journal import Journal  # noqa: PLC0415
    from flows.session import begin_session  # noqa: PLC0415

    journal = Journal()
    with exclusive(project), watched(journal, err, "starting"):
        session = begin_session(rewrite(project, scale, seed), journal)
        project = session.project
        for stage in session.table.of_datasets(tuple(project.settings.datasets)):
            session.refresh_visibly(stage)


@app.command()
def run(
    targets: Annotated[
        list[str] | None, typer.Argument(help="Predictions or targets; all where none is named.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring predictions up to date: data, contracts, snapshots, models, registry."""
    project = _project()
    from flows.running import run_targets  # noqa: PLC0415

    results, faults = run_targets(project, targets or [], err)
    if as_json:
        _print_json([result.as_json() for result in results])
    else:
        out.print(results_table(results))
        out.print("See these runs: `refrain ui` starts the Prefect and MLflow pages and prints both addresses.")
    faults += [f"{result.target}: {result.error}" for result in results if result.error]
    for fault in faults:
        err.print(f"[red]Error:[/] {_escaped(fault)}", soft_wrap=True)
    if faults:
        raise typer.Exit(1)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show which stages are stale, and what each target serves."""
    project = _project()
    from flows.running import current_state  # noqa: PLC0415

    states = current_state(project)
    if as_json:
        _print_json([state.as_json() for state in states])
        return
    table = Table("target", "stale stages", "served", "registered for this data")
    for state in states:
        table.add_row(state.target, ", ".join(state.stale) or "none", state.served, "yes" if state.registered else "no")
    out.print(table)


@app.command()
def models(
    target: Annotated[str | None, typer.Argument(help="A target or prediction; all where none is named.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the registered versions of each target, with what each scored and what the gate said."""
    project = _project()
    from flows.listing import registered_models, versions_table  # noqa: PLC0415

    listed = registered_models(project, [target] if target else [])
    if as_json:
        _print_json([model.as_json() for model in listed])
        return
    for model in listed:
        out.print(versions_table(model))


@app.command()
def predict(
    target: Annotated[str, typer.Argument(help="A target, as hits.hit.")],
    path: Annotated[Path, typer.Argument(metavar="IN.csv|IN.parquet", help="Rows to score: the target's features.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write the predictions: .csv or .parquet.")],
) -> None:
    """Score the rows of a file with the served model."""
    here = Path.cwd()
    project = _project()
    from features.registry import select_targets  # noqa: PLC0415
    from flows.predicting import predict_file  # noqa: PLC0415

    chosen = select_targets([target])
    if len(chosen) != 1:
        raise UsageError(f"{target} has several targets.", hint=f"Name one of {', '.join(one.name for one in chosen)}.")
    out.print(predict_file(project, chosen[0], here / path, here / output, err))


app.command()(forecast)
app.command()(activity)
app.command()(churn)
app.command()(promote)
app.command()(rollback)
app.add_typer(export_app, name="export")


@app.command()
def ui(
    prefect_port: Annotated[int, typer.Option(help="Port of the Prefect pages.")] = PREFECT_PORT,
    mlflow_port: Annotated[int, typer.Option(help="Port of the MLflow pages.")] = MLFLOW_PORT,
) -> None:
    """Start the Prefect and MLflow servers over this project's runs; Ctrl-C stops both."""
    project = _project()
    from flows.servers import servers  # noqa: PLC0415

    with ExitStack() as stack:
        with err.status("starting both servers"):
            started = stack.enter_context(servers(project, prefect_port, mlflow_port))
        for server in started:
            out.print(f"{server.name:<8} {server.address}")
        out.print("Ctrl-C stops both.")
        _until_stopped(started)


@app.command()
def schedule(
    prefect_port: Annotated[int, typer.Option(help="Port of the Prefect pages.")] = PREFECT_PORT,
) -> None:
    """Run each prediction every day, as prefect.yaml says: deployments and a worker; Ctrl-C stops them."""
    project = _project()
    from flows.servers import worker  # noqa: PLC0415

    with ExitStack() as stack:
        with err.status("deploying, and starting a worker"):
            started = stack.enter_context(worker(project, prefect_port))
        out.print(f"The deployments of prefect.yaml are on {os.environ['PREFECT_API_URL'].removesuffix('/api')}.")
        out.print("A worker starts their runs when they are due. Ctrl-C stops it.")
        _until_stopped(started)


def _until_stopped(started: "list[Server]") -> None:
    from flows.servers import watch  # noqa: PLC0415

    try:
        watch(started)
    except KeyboardInterrupt:
        out.print("Stopped.")


if __name__ == "__main__":
    main()
