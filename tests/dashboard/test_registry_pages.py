"""The pages Overview and Models over a registry with two trainings of one target."""

import shutil
from pathlib import Path

import httpx
import pandas as pd
import pytest
from prefect_like import EVERYTHING, RUN, prefect_like
from registered import TARGET
from said import said
from small_api import registered_project  # noqa: F401

from dashboard.shown import metric_words
from dashboard.source.api import ApiSource
from dashboard.source.source import Source
from dashboard.views.models import page as models
from dashboard.views.models.compared import in_words
from dashboard.views.overview import page as overview
from features.registry import find_target
from refrain.project import Project
from serving.sheets.making import SheetsHere
from serving.sheets.parameters import read_query
from tasks.champions.shelf import Shelf
from tasks.lineage import Lineage
from tasks.records import EvaluationRecord
from tasks.register import register
from tasks.sheets.asking import Sheets
from tasks.sheets.material import Material
from tasks.sheets.registry import find_sheet
from tasks.tracking import Store, open_store
from tasks.versions import list_versions

OTHER = "hits.hit"
MLFLOW = "http://127.0.0.1:5000"


@pytest.fixture(autouse=True)
def no_servers(monkeypatch: pytest.MonkeyPatch):
    for name in ("PREFECT_API_URL", "PREFECT_UI_URL", "REFRAIN_MLFLOW_UI"):
        monkeypatch.delenv(name, raising=False)


def source_of(project: Project) -> Source:
    """The sheets of a project, asked as the pages ask the API."""
    sheets = SheetsHere(Sheets(Material(project, Shelf(open_store(project), [TARGET, OTHER]))))

    def answer(request: httpx.Request) -> httpx.Response:
        sheet = find_sheet(request.url.path.removeprefix("/sheets/"))
        return httpx.Response(200, text=sheets.ask(sheet.name, read_query(sheet, dict(request.url.params))))

    return ApiSource(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://api"))


@pytest.fixture(scope="module")
def twice(registered_project: Project, tmp_path_factory) -> tuple[Project, Store]:  # noqa: F811
    """A project whose target was trained twice: the second time with other params, on the same data."""
    project = Project(Path(shutil.copytree(registered_project.root, tmp_path_factory.mktemp("twice") / "project")))
    store = open_store(project)
    record = EvaluationRecord.model_validate_json(project.evaluation(TARGET).read_bytes())
    lineage = Lineage(snapshot=record.snapshot_md5, params="q", code="c", datasets={"scrobbles": "5" * 32})
    register(find_target(TARGET), record, lineage, project, store, "flow 2")
    return project, store


@pytest.fixture(scope="module")
def registry(twice) -> Source:
    return source_of(twice[0])


def links(app) -> dict[str, str]:
    return {one.proto.label: one.proto.url for one in app.get("link_button")}


def table_with(app, column: str) -> pd.DataFrame:
    return next(one.value for one in (*app.dataframe, *app.table) if column in one.value.reset_index().columns)


def labels(versions) -> dict[int, str]:
    aliased = {version.version: f" ({', '.join(version.aliases)})" if version.aliases else "" for version in versions}
    return {one.version: f"{one.name}, version {one.version}{aliased[one.version]}" for one in versions}


def test_overview_shows_each_target_beside_its_baseline(drawn, registry, twice):
    app = drawn(overview, registry)
    text = said(app)
    assert not app.exception
    champion = next(one for one in list_versions(twice[1], TARGET) if "champion" in one.aliases)
    assert f"**{champion.name}, version\N{NO-BREAK SPACE}{champion.version}**" in text
    assert "average precision, higher is better" in text
    assert "the baseline plays this month" in text or "the baseline mean of the 3 months before" in text
    assert "Answered by a model 1 of 2" in text
    assert "Not answered 1 of 2" in text
    assert f"Nothing answers yet. Run `refrain run {OTHER}`." in text
    assert "no champion yet" in app.warning[0].value
    assert "not measured yet" in text
    assert "days ago" in text


def test_overview_without_a_prefect_server_says_so(drawn, registry):
    app = drawn(overview, registry)
    text = said(app)
    assert "No Prefect server is known here." in text
    assert "Last flow run that is known: registered a version" in text
    assert "Last flow run: none is known." in text
    assert not links(app)


def test_overview_links_to_the_run_in_prefect_and_the_version_in_mlflow(drawn, registry, twice, monkeypatch):
    champion = next(one for one in list_versions(twice[1], TARGET) if "champion" in one.aliases)
    with prefect_like() as prefect:
        prefect.tell(RUN, EVERYTHING)
        monkeypatch.setenv("PREFECT_API_URL", prefect.api)
        monkeypatch.setenv("REFRAIN_MLFLOW_UI", MLFLOW)
        app = drawn(overview, registry)
        pages = f"{prefect.pages}/runs/flow-run"
    found = [one.proto.url for one in app.get("link_button")]
    assert f"{pages}/{EVERYTHING['id']}" in found
    assert f"{pages}/{RUN['id']}" in found
    assert f"{MLFLOW}/#/models/{TARGET}/versions/{champion.version}" in found
    text = said(app)
    assert "**Running**, begun 21 November 2026, 18:02 UTC, 4 minutes 14 seconds so far" in text
    assert "**Failed**, begun 21 November 2026, 18:02 UTC, took 4 minutes 14 seconds" in text
    assert "failed: hits.hit" in [one.value for one in app.text]


@pytest.mark.parametrize("module", [overview, models])
def test_an_empty_registry_says_what_to_run(drawn, registered_project, tmp_path, module):  # noqa: F811
    shutil.copy(registered_project.params_file, tmp_path)
    app = drawn(module, source_of(Project(tmp_path)))
    assert not app.exception
    assert "Run `refrain run`" in said(app)
    assert not app.metric
    assert not app.selectbox


def test_models_shows_the_versions_of_the_newest_training_first(drawn, registry, twice):
    versions = list_versions(twice[1], TARGET)
    app = drawn(models, registry)
    assert not app.exception
    table = table_with(app, "Best baseline")
    assert sorted(table["Version"]) == [one.version for one in versions[len(versions) // 2 :]]
    assert set(table["Gate"]) >= {"not passed"}
    app.button_group(key="models-which").set_value("all").run()
    assert len(table_with(app, "Best baseline")) == len(versions)
    assert "may have been tested on different rows" in said(app)


def test_models_switches_the_target(drawn, registry):
    app = drawn(models, registry)
    app.selectbox(key="models-target").set_value(OTHER).run()
    assert not app.exception
    assert f"{OTHER} has not been registered yet. Run `refrain run {OTHER}`." in said(app)
    assert find_target(OTHER).question in said(app)


def test_models_shows_all_of_the_version_that_is_chosen(drawn, registry, twice, monkeypatch):
    monkeypatch.setenv("REFRAIN_MLFLOW_UI", MLFLOW)
    versions = list_versions(twice[1], TARGET)
    bar = next(one for one in versions if one.is_baseline)
    app = drawn(models, registry)
    assert len(table_with(app, "Predicted")) > 0
    assert "It passed the gate." in said(app) or "It did not pass the gate." in said(app)
    app.selectbox(key=f"models-version-{TARGET}").set_value(labels(versions)[bar.version]).run()
    assert not app.exception
    assert f"**the baseline {bar.name}, version {bar.version}**" in said(app)
    made_of = table_with(app, "Digest or id").set_index("What")["Digest or id"]
    assert made_of["dataset scrobbles (MD5)"] == "5" * 32
    assert made_of["model file (MD5)"] == bar.tags["model_md5"]
    assert made_of["settings of the target in params.yaml"] == "p"
    assert links(app) == {
        f"Version {bar.version} in MLflow": f"{MLFLOW}/#/models/{TARGET}/versions/{bar.version}",
    }


def test_models_shows_another_metric_in_parts_of_the_rows(drawn, registry):
    app = drawn(models, registry)
    before = table_with(app, "This version")["This version"].tolist()
    app.selectbox(key="models-metric-average_precision").set_value("brier").run()
    assert not app.exception
    table = table_with(app, "This version")
    assert table["Rows"].iloc[0] == "all"
    assert table["This version"].tolist() != before


def test_two_versions_of_other_trainings_differ_in_params_alone(drawn, registry, twice):
    versions = list_versions(twice[1], TARGET)
    first = next(one for one in versions if "champion" in one.aliases)
    second = next(one for one in versions if one.name == first.name and one.version != first.version)
    app = drawn(models, registry)
    app.selectbox(key=f"models-first-{TARGET}").set_value(labels(versions)[first.version])
    app.selectbox(key=f"models-second-{TARGET}").set_value(labels(versions)[second.version]).run()
    assert not app.exception
    assert "**Same data, other params, same code; the model files are the same to the byte.**" in said(app)
    assert " settings are the same." in said(app)
    table = table_with(app, "Metric, all rows of the test window")
    assert table[f"{first.name}, version {first.version}"].equals(
        table[f"{second.name}, version {second.version}"].rename(f"{first.name}, version {first.version}")
    )


def test_two_versions_of_one_training_differ_in_their_settings(drawn, registry, twice):
    versions = list_versions(twice[1], TARGET)[:2]
    app = drawn(models, registry)
    names = labels(versions)
    for key, version in zip(("first", "second"), versions, strict=True):
        app.selectbox(key=f"models-{key}-{TARGET}").set_value(names[version.version])
    app.run()
    assert "They come from one training: same data, same params, same code; the model files differ." in said(app)
    settings = table_with(app, "Setting")
    assert {"max_depth", "C"} & set(settings["Setting"])
    assert set(settings["From where"]) == {"chosen on the folds"}
    app.selectbox(key=f"models-second-{TARGET}").set_value(names[versions[0].version]).run()
    assert "These are the same version. Choose two." in said(app)


def test_models_says_who_moved_which_alias(drawn, registry):
    app = drawn(models, registry)
    moves = table_with(app, "To version")
    assert set(moves["Alias"]) == {"champion"}
    assert set(moves["By a flow run"]) == {"yes"}
    app.toggle(key="models-moves-champion").set_value(False).run()
    assert {"champion", "baseline", "challenger"} <= set(table_with(app, "To version")["Alias"])


def test_what_differs_is_said_in_words():
    one = {"params": "p", "code": "c", "training": "t", "model_md5": "m"}
    other = {"params": "p", "code": "d", "training": "u", "model_md5": "n"}
    assert (
        in_words(one, other, {"events": "1", "users": "1"}, {"events": "2", "users": "1"})
        == "Other data (events), same params, other code; the model files differ."
    )


def test_metrics_are_named_in_sentences():
    assert metric_words.in_sentence("average_precision and wape of 'wapes'") == "average precision and WAPE of 'wapes'"
    assert metric_words.named("no_such") == "no such"
    assert metric_words.with_direction("mase", False) == "MASE, lower is better"
