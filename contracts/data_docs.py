"""Great Expectations' Data Docs, built from the validation reports as pages that need no network.

Great Expectations renders the expectations and their results. The page around them is ours: its own fetches styles,
fonts and scripts from five hosts, and shows nothing useful without them.
"""

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.engine import great_expectations
from contracts.report import Outcome, ValidationReport
from refrain.files import read_json, replacing

_PAGES = Path(__file__).with_name("data_docs_pages")
# Their names end in .html because Jinja escapes the values it puts into such templates, and cells are foreign text.


def build_docs(validation_folder: Path, docs_folder: Path) -> Path:
    """Write a page for each report in `validation_folder`, kept contracts and broken ones, and an index; its path.

    Takes well below a second once Great Expectations is imported. The pages are for people and are nobody's input.
    """
    great_expectations()
    view = _view()
    reports = [ValidationReport.model_validate(read_json(path)) for path in sorted(validation_folder.glob("*.json"))]
    for report in reports:
        page = view.render(_document(report), template="contract.html", report=report)
        _write(docs_folder / f"{report.dataset}.html", page)
    index = docs_folder / "index.html"
    _write(index, view.env.get_template("index.html").render(reports=reports))
    return index


def _view() -> Any:
    from great_expectations.render.view import DefaultJinjaPageView  # noqa: PLC0415

    return DefaultJinjaPageView(custom_views_directory=str(_PAGES))


def _document(report: ValidationReport) -> Any:
    from great_expectations.core import ExpectationSuiteValidationResult  # noqa: PLC0415
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer  # noqa: PLC0415

    passed = len(report.expectations) - len(report.broken)
    result = ExpectationSuiteValidationResult(
        success=report.passed,
        results=list(_results(report)),
        suite_name=report.dataset,
        statistics={
            "evaluated_expectations": len(report.expectations),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(report.broken),
            "success_percent": 100 * passed / len(report.expectations),
        },
        meta={"run_id": {"run_name": report.md5, "run_time": report.received_on.isoformat()}},
    )
    return ValidationResultsPageRenderer(run_info_at_end=True).render(result)


def _results(report: ValidationReport) -> Iterator[Any]:
    from great_expectations.core import ExpectationValidationResult  # noqa: PLC0415
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration  # noqa: PLC0415

    for outcome in report.expectations:
        yield ExpectationValidationResult(
            success=outcome.passed,
            expectation_config=ExpectationConfiguration(
                type=outcome.expectation, kwargs=dict(outcome.arguments), description=outcome.says
            ),
            result=_result(outcome),
        )


def _result(outcome: Outcome) -> dict[str, Any]:
    """The counts in the words of Great Expectations, with the few failing rows that the report lists."""
    # Great Expectations puts listed values into its tables as they are, markup and all.
    listed = [html.escape(f"line {row.line}: {row.value}") for row in outcome.rows]
    return {
        "element_count": outcome.checked,
        "unexpected_count": outcome.failing,
        "unexpected_percent": 100 * outcome.failing / outcome.checked if outcome.checked else 0,
        "partial_unexpected_list": listed,
        "partial_unexpected_counts": [{"value": line, "count": 1} for line in listed],
        "observed_value": outcome.found or "as promised",
    }


def _write(path: Path, page: str) -> None:
    with replacing(path) as beside:
        beside.write_text(page, encoding="utf-8")
