"""The sheets of the registry, over a registry with one really trained target."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from trained_project import LAST_DAY, TARGET

from refrain.project import Project
from tasks.aliases import move_alias, serve_version
from tasks.champions.shelf import Shelf
from tasks.run_artifacts import training_runs
from tasks.sheets.asking import Asked, Sheets
from tasks.sheets.faults import AskedWrongError, SheetError
from tasks.sheets.material import Material
from tasks.sheets.registry import find_sheet
from tasks.tracking import Store, open_store
from tasks.versions import list_versions, run_params

NAME, OTHER = TARGET.name, "hits.hit"
REGISTRY_SHEETS = (
    "targets",
    "runs",
    "versions",
    "lineage",
    "alias_moves",
    "version_metrics",
    "version_settings",
    "calibration",
    "gate_conditions",
)


def sheets_of(project: Project, *targets: str) -> Sheets:
    return Sheets(Material(project, Shelf(open_store(project), targets or (NAME, OTHER))))


@pytest.fixture(autouse=True)
def no_servers(monkeypatch: pytest.MonkeyPatch):
    for name in ("PREFECT_API_URL", "PREFECT_UI_URL", "REFRAIN_MLFLOW_UI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def sheets(registered) -> Sheets:
    return sheets_of(registered[0])


def rows(sheets: Sheets, name: str, **where: str) -> list[dict]:
    return sheets.find(find_sheet(name), Asked(where)).made.rows.to_dicts()


def numbered(store: Store) -> dict[str, str]:
    return {version.name: str(version.version) for version in list_versions(store, NAME)}


def test_a_target_is_shown_beside_the_best_baseline_on_the_same_window(sheets, registered, monkeypatch):
    *_, record, _, registration = registered
    monkeypatch.setenv("REFRAIN_MLFLOW_UI", "http://127.0.0.1:5000/")
    one, other = rows(sheets, "targets")
    assert (one["target"], one["version"]) == (NAME, registration.champion.version)
    assert (one["metric"], one["metric_low"], one["metric_high"]) == tuple(registration.metric.model_dump().values())
    bar = record.candidate(record.best_baseline)
    assert one["baseline"] == record.best_baseline
    assert one["baseline_metric"] == bar.metrics[record.headline].value
    assert one["difference"] == registration.difference.value
    assert one["is_baseline"] is False
    assert one["verdict"] == registration.verdict
    assert one["data_until"] == LAST_DAY
    assert one["learned_until"] == record.tune.last_as_of
    assert one["promoted_at"] >= one["registered_at"]
    assert one["registry_url"] == f"http://127.0.0.1:5000/#/models/{NAME}/versions/{one['version']}"
    assert one["problem"] == ""
    assert (other["name"], other["metric"], other["registry_url"]) == (None, None, None)
    assert "no champion yet" in other["problem"]


def test_after_a_rollback_the_target_shows_what_is_served(copied):
    project, store, record, *_ = copied
    served = record.best_baseline
    serve_version(store, NAME, int(numbered(store)[served]), why="to see")
    one = rows(sheets_of(project), "targets")[0]
    assert (one["name"], one["is_baseline"]) == (served, True)
    assert one["metric"] == one["baseline_metric"] == record.candidate(served).metrics[record.headline].value
    assert one["difference"] == 0
    assert "moved by hand" in one["verdict"]
    moves = rows(sheets_of(project), "alias_moves")
    assert (moves[0]["alias"], moves[0]["why"], moves[0]["flow_run_id"]) == ("champion", "to see", "")
    assert moves[0]["moved_at"] == one["promoted_at"]


def test_where_the_champion_is_refused_the_target_shows_what_answers_instead(copied):
    project, store, record, _, registration = copied
    sheets = sheets_of(project, NAME)
    before = rows(sheets, "targets")[0]
    broken = next(one for one in list_versions(store, NAME) if one.is_baseline and not one.aliases)
    Path(broken.location, "model.skops").unlink()
    move_alias(store, NAME, "champion", broken.version, why="to see", numbers={})
    one = rows(sheets, "targets")[0]
    assert one["version"] == before["version"] == registration.champion.version
    assert one["metric"] == record.candidate(registration.champion.name).metrics[record.headline].value
    assert one["is_baseline"] is False
    assert f"version {broken.version}" in one["problem"]


def test_without_a_prefect_server_the_registry_says_which_run_it_was(sheets):
    found = sheets.find(find_sheet("runs"), Asked())
    one, other = found.made.rows.to_dicts()
    assert (one["flow_run_id"], one["state"], one["url"]) == ("flow 1", None, None)
    assert one["registered_at"] is not None
    assert (other["flow_run_id"], other["registered_at"]) == (None, None)
    assert "No Prefect server is known here." in found.made.notes[0]


def test_versions_come_with_their_bar_and_the_gates_reasons(sheets, registered):
    _, store, record, lineage, _ = registered
    found = {row["name"]: row for row in rows(sheets, "versions", target=NAME)}
    assert set(found) == {candidate.name for candidate in record.candidates}
    xgboost = found["xgboost"]
    assert xgboost["metric"] == record.candidate("xgboost").metrics[record.headline].value
    assert (xgboost["baseline"], xgboost["baseline_metric"]) == (
        record.best_baseline,
        record.candidate(record.best_baseline).metrics[record.headline].value,
    )
    assert xgboost["gate_passed"] is True
    assert "surely better" in xgboost["gate_reason"]
    assert (xgboost["tested_from"], xgboost["tested_until"]) == (record.test.first_as_of, record.test.last_as_of)
    assert xgboost["tested_rows"] == record.test.rows
    assert (xgboost["params"], xgboost["code"], xgboost["training"]) == ("p", "c", lineage.training)
    assert found[record.best_baseline]["gate_passed"] is False
    assert rows(sheets, "lineage", version=numbered(store)["xgboost"]) == [
        {"target": NAME, "version": xgboost["version"], "dataset": "scrobbles", "digest": "5" * 32}
    ]


def test_metrics_are_told_apart_by_window_and_slice_each_beside_the_baseline(sheets, registered):
    _, store, record, *_ = registered
    candidate, bar = record.candidate("xgboost"), record.candidate(record.best_baseline)
    found = {
        (row["window"], row["slice"], row["metric"]): row
        for row in rows(sheets, "version_metrics", target=NAME, version=numbered(store)["xgboost"])
    }
    assert {(window, part) for window, part, _ in found} == {
        ("tune", "all"),
        *(("test", part) for part in ("all", *candidate.slices)),
    }
    brier = found["test", "all", "brier"]
    assert (brier["value"], brier["value_low"]) == (candidate.metrics["brier"].value, candidate.metrics["brier"].low)
    assert (brier["difference"], brier["higher_is_better"]) == (candidate.difference["brier"].value, False)
    for part, metrics in candidate.slices.items():
        row = found["test", part, "average_precision"]
        assert row["value"] == metrics["average_precision"].value
        assert row["baseline_high"] == bar.slices[part]["average_precision"].high
        assert row["difference"] is None
    assert found["tune", "all", "brier"]["value"] == candidate.tune["brier"]
    assert not any("alerts" in metric or "importance" in metric for _, _, metric in found)


def test_settings_say_what_was_chosen_and_what_was_asked_for(sheets, registered):
    _, store, record, *_ = registered
    where = {"target": NAME, "version": numbered(store)["xgboost"]}
    found = {(row["of"], row["setting"]): row["value"] for row in rows(sheets, "version_settings", **where)}
    assert found["model", "max_depth"] == "2"
    assert found["params.yaml", "training.seed"] == "1"
    assert found["windows", "test_rows"] == str(record.test.rows)
    assert ("model", "name") not in found


def test_the_reliability_curve_is_that_of_the_record(sheets, registered):
    _, store, record, *_ = registered
    found = rows(sheets, "calibration", target=NAME, version=numbered(store)["xgboost"])
    bins = sorted(record.candidate("xgboost").calibration, key=lambda one: one.predicted)
    assert [(row["predicted"], row["observed"], row["rows"]) for row in found] == [
        (one.predicted, one.observed, one.rows) for one in bins
    ]
    assert all(row["kind"] == "curve" and row["observed_low"] < row["observed_high"] for row in found)
    assert all(0 <= row["observed_low"] <= row["observed"] <= row["observed_high"] for row in found)


def test_the_gates_conditions_come_one_by_one(sheets, registered):
    _, store, *_ = registered
    found = rows(sheets, "gate_conditions", target=NAME, version=numbered(store)["xgboost"])
    assert len(found) == 5
    assert all(row["passed"] and row["reason"] for row in found)
    assert found[1]["condition"] == "beats the baseline"


def test_where_the_files_of_a_training_are_gone_that_is_said(copied):
    project, store, *_ = copied
    version = list_versions(store, NAME)[0]
    parent = training_runs(store, [version])[version.run_id]
    shutil.rmtree(store.folder / "artifacts" / NAME / parent)
    sheets, where = sheets_of(project), {"target": NAME, "version": str(version.version)}
    for name in ("calibration", "gate_conditions"):
        found = sheets.find(find_sheet(name), Asked(where)).made
        assert found.rows.is_empty()
        assert "not in the registry's files any more" in found.notes[0]


def test_the_whole_of_each_sheet_has_every_version(sheets, registered):
    _, store, *_ = registered
    numbers = {int(number) for number in numbered(store).values()}
    for name in ("versions", "version_metrics", "version_settings", "calibration", "lineage"):
        assert set(sheets.whole(find_sheet(name)).rows["version"]) == numbers, name


@pytest.mark.parametrize("name", [name for name in REGISTRY_SHEETS if name != "runs"])
def test_an_empty_registry_says_what_to_run(tmp_path: Path, name: str):
    sheets = sheets_of(Project(write_params(tmp_path)))
    sheet = find_sheet(name)
    where = {"target": NAME, "version": "1"}
    made = sheets.find(sheet, Asked({column: where[column] for column in sheet.parted_by})).made
    assert made.rows.is_empty()
    assert "`refrain run" in made.missing
    assert "`refrain run`" in sheets.whole(sheet).missing


@pytest.mark.parametrize(
    ("where", "parameter"),
    [({"target": "no.such", "version": "1"}, "target"), ({"target": NAME, "version": "99"}, "version")],
)
def test_what_there_is_not_is_refused_by_name(sheets, where, parameter):
    with pytest.raises(AskedWrongError, match=f"^{parameter}: "):
        sheets.find(find_sheet("calibration"), Asked(where))


def test_a_registry_that_cannot_be_read_is_a_fault_with_a_sentence(sheets, tmp_path, monkeypatch):
    torn = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(torn)):
        torn.write_bytes(b"no database at all" * 300)
    monkeypatch.setattr(sheets.material.shelf, "store", Store(f"sqlite:///{torn}", tmp_path, torn, None))
    with pytest.raises(SheetError, match="cannot be read now"):
        sheets.find(find_sheet("versions"), Asked({"target": NAME}))


def test_params_read_from_the_database_are_what_mlflow_says(registered):
    _, store, *_ = registered
    runs = [version.run_id for version in list_versions(store, NAME)]
    said = {run: dict(store.client().get_run(run).data.params) for run in runs}
    assert run_params(store, runs) == said


def write_params(folder: Path) -> Path:
    (folder / "params.yaml").write_text("storage: {mlruns: mlruns}\nsources: {}\ndatasets: {}\ntargets: {}\n")
    return folder
