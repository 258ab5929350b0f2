"""What a flow run leaves on its page in the Prefect UI: one page of findings a target, and the table of all."""

from collections.abc import Sequence

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from features.target import Target
from flows.addresses import HOST, MLFLOW_PORT
from flows.results import TargetResult
from flows.session import Session
from tasks.kinds.registry import kind_of
from tasks.names import slug
from tasks.records import CandidateRecord, EvaluationRecord


async def publish_results(session: Session, results: list[TargetResult]) -> None:
    """Write the artifacts of a run: a Markdown page for each target, then the table."""
    for result in results:
        await acreate_markdown_artifact(
            key=slug(result.target),
            markdown=_page(session, result),
            description=session.target(result.target).question,
        )
    await acreate_table_artifact(
        key="what-is-served", table=[_row(result) for result in results], description="What is served after this run"
    )


def _page(session: Session, result: TargetResult) -> str:
    if result.mlflow_run_id is None:
        return f"# {result.target}: failed\n\n{result.error}\n"
    target = session.target(result.target)
    return target_page(result, session.evaluation(result.target), _run_link(session, result.mlflow_run_id), target)


def target_page(result: TargetResult, record: EvaluationRecord, run_link: str, target: Target) -> str:
    """A target's findings as Markdown: what is served and why, every candidate beside the baseline, and where from."""
    shown = kind_of(target).shown
    assert result.as_of and result.rows and result.dataset_digests
    rows = "\n".join(_candidate_row(candidate, record, shown) for candidate in record.candidates)
    datasets = ", ".join(f"{name} `{md5}`" for name, md5 in result.dataset_digests.items())
    train, tune, test = record.train, record.tune, record.test
    # The Prefect page breaks a line wherever the text does, so a paragraph is one line.
    windows = (
        f"Tested once on {test.rows:,} rows from {test.first_as_of} to {test.last_as_of}, later than everything "
        f"that was learned from: {train.rows:,} rows to {train.last_as_of}, and {tune.rows:,} to {tune.last_as_of} for "
        "tuning. "
        f"The bar is the baseline **{record.best_baseline}**. Intervals are 95 %."
    )
    sources = (
        f"MLflow run: [{result.mlflow_run_id}]({run_link}) (`refrain ui` starts that page). "
        f"Snapshot `{result.snapshot_digest}`; datasets: {datasets}."
    )
    return f"""# {result.target}: {result.verdict}

{windows}

| candidate | {" | ".join(_words(name) for name in (record.headline, "difference to the bar", *shown))} |
|---|---|---|{"---|" * len(shown)}
{rows}

{_alerts(record, target.alert_group)}{sources}
"""


def _alerts(record: EvaluationRecord, group: tuple[str, ...]) -> str:
    lines = (
        f"| {candidate.name} | {alerts.threshold:.3f} | {alerts.precision:.3f} | {alerts.recall:.3f} "
        f"| {alerts.per_group_min:g} / {alerts.per_group_median:g} / {alerts.per_group_max:g} |\n"
        for candidate in record.candidates
        if (alerts := candidate.alerts) is not None
    )
    table = "".join(lines)
    if not table:
        return ""
    heading = f"| alerts | from probability | precision | recall | per {' and '.join(group)}: min / median / max |\n"
    return f"{heading}|---|---|---|---|---|\n{table}\n"


def _candidate_row(candidate: CandidateRecord, record: EvaluationRecord, shown: Sequence[str]) -> str:
    measured, difference = candidate.metrics[record.headline], candidate.difference[record.headline]
    others = " | ".join(f"{candidate.metrics[name].value:.4f}" for name in shown)
    return f"| {candidate.name} | {measured.shown()} | {difference.shown('+')} | {others} |"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _run_link(session: Session, run_id: str) -> str:
    """The run's page on the tracking server, or where `refrain ui` shows it."""
    server = session.store.uri if session.store.uri.startswith("http") else f"http://{HOST}:{MLFLOW_PORT}"
    experiment = session.store.client().get_run(run_id).info.experiment_id
    return f"{server}/#/experiments/{experiment}/runs/{run_id}"


def _row(result: TargetResult) -> dict[str, str]:
    if result.error is not None:
        return {"target": result.target, "verdict": f"failed: {result.error}"}
    assert result.champion and result.metric and result.baseline and result.difference
    return {
        "target": result.target,
        "champion": f"{result.champion.name} v{result.champion.version}",
        result.metric.name: result.metric.shown(),
        "baseline": f"{result.baseline.name}: {result.baseline.shown()}",
        "difference": result.difference.shown("+"),
        "verdict": result.verdict,
    }
