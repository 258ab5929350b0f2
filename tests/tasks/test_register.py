import json
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import SGDClassifier
from skops.io import dump
from trained_project import TARGET, make_project, snapshot_rows

from models.storage import load_estimator
from refrain.errors import ModelError
from refrain.files import file_md5
from refrain.project import Project
from tasks.aliases import alias_moves, check_loads, move_alias, serve_version
from tasks.gate import displayed
from tasks.judged_rows import read_judged_rows
from tasks.kinds.chances import Chances
from tasks.lineage import Lineage
from tasks.model_folder import fetched_model
from tasks.records import EvaluationRecord
from tasks.register import register
from tasks.registration import find_registration
from tasks.tracking import Store
from tasks.versions import CHAMPION, Version, _from_client, champion, list_versions, read_target

NAMES = {"logistic", "xgboost", "plays this month", "mean of the 3 months before"}


def test_every_candidate_and_baseline_is_a_version_with_its_story(registered):
    _, store, record, lineage, _ = registered
    versions = {version.name: version for version in list_versions(store, TARGET.name)}
    assert set(versions) == NAMES
    xgboost = versions["xgboost"]
    assert xgboost.tags["family"] == "xgboost"
    assert xgboost.tags["snapshot"] == record.snapshot_md5
    assert xgboost.tags["dataset.scrobbles"] == "5" * 32
    assert xgboost.tags["training"] == lineage.training
    assert xgboost.tags["flow_run_id"] == "flow 1"
    measured = record.candidate("xgboost").metrics["average_precision"]
    tags = [float(xgboost.tags[f"average_precision{end}"]) for end in ("", "_low", "_high")]
    assert tags == [measured.value, measured.low, measured.high]
    assert xgboost.tags["gate"] == "passed"
    assert "surely better" in xgboost.tags["gate_reason"]
    assert versions["plays this month"].tags["gate"] == "not passed"


def test_the_registered_bytes_are_those_that_training_wrote(registered):
    project, store, record, _, _ = registered
    for version in list_versions(store, TARGET.name):
        written = project.models_folder(TARGET.name) / record.candidate(version.name).model
        with fetched_model(store, version) as folder:
            assert file_md5(folder / "model.skops") == file_md5(written)


def test_aliases_point_to_champion_challenger_baseline_and_families(registered):
    _, store, record, _, registration = registered
    aliases = read_target(store, TARGET.name).aliases
    numbers = {version.name: version.version for version in list_versions(store, TARGET.name)}
    assert aliases["logistic"] == numbers["logistic"]
    assert aliases["xgboost"] == numbers["xgboost"]
    assert aliases["baseline"] == numbers[record.best_baseline]
    assert aliases["champion"] == numbers[registration.champion.name] == registration.champion.version
    assert aliases["challenger"] not in (aliases["champion"],)
    assert registration.verdict == f"champion: {displayed(registration.champion.family)} v{aliases['champion']}"


def other_candidate(store: Store) -> Version:
    """A version of a candidate that is no baseline and is not served."""
    served = champion(store, TARGET.name).version
    return next(
        version
        for version in list_versions(store, TARGET.name)
        if not version.is_baseline and version.version != served
    )


def test_a_parent_run_with_a_child_for_each_candidate(registered):
    _, store, record, _, registration = registered
    client = store.client()
    parent = client.get_run(registration.mlflow_run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.params["test_rows"] == str(record.test.rows)
    inputs = {entry.dataset.name: entry.dataset.digest for entry in parent.inputs.dataset_inputs}
    assert inputs == {"scrobbles": "5" * 32, TARGET.name: record.snapshot_md5}
    children = client.search_runs(
        [parent.info.experiment_id], f"tags.mlflow.parentRunId = '{registration.mlflow_run_id}'"
    )
    assert {child.data.tags["mlflow.runName"] for child in children} == NAMES
    child = next(child for child in children if child.data.tags["mlflow.runName"] == "xgboost")
    assert child.info.status == "FINISHED"
    low = record.candidate("xgboost").metrics["average_precision"].low
    assert child.data.metrics["average_precision_low"] == low
    assert "difference_brier_high" in child.data.metrics
    assert {file.path for file in client.list_artifacts(child.info.run_id, "plots")}


def test_mlflow_serves_the_version_as_probabilities(registered, monkeypatch: pytest.MonkeyPatch):
    """Also outside Refrain: the folder is an ordinary MLflow model, with signature and input example."""
    _, store, *_ = registered
    folder = champion(store, TARGET.name).location
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    model = mlflow.pyfunc.load_model(folder)
    rows = snapshot_rows(5)[list(TARGET.features)]
    ours = Chances().ask(load_estimator(Path(folder) / "model.skops"), rows)
    np.testing.assert_array_equal(model.predict(rows)[:, 1], ours)
    assert [column.name for column in model.metadata.signature.inputs] == list(TARGET.features)
    assert len(model.metadata.load_input_example(folder)) == 3


def test_the_same_training_is_registered_once(registered):
    project, store, record, lineage, registration = registered
    again = register(TARGET, record, lineage, project, store, "flow 2")
    assert again == registration.model_copy(update={"created": False})
    assert len(list_versions(store, TARGET.name)) == len(NAMES)
    assert find_registration(store, TARGET.name, lineage) == again
    other = lineage.model_copy(update={"code": "other"})
    assert find_registration(store, TARGET.name, other) is None


def test_what_is_read_from_the_database_is_what_mlflow_says(registered):
    _, store, *_ = registered
    assert read_target(store, TARGET.name) == _from_client(store, TARGET.name)
    assert read_target(store, "no.such") == _from_client(store, "no.such")


def test_every_alias_move_is_on_record(registered):
    _, store, _, _, registration = registered
    moves = alias_moves(store, TARGET.name)
    assert [move.alias for move in moves] == ["logistic", "xgboost", "baseline", "challenger", "champion"]
    last = moves[-1]
    assert (last.from_version, last.to_version) == (None, registration.champion.version)
    assert last.why == registration.verdict
    assert last.numbers["average_precision"]["value"] == registration.metric.value
    assert last.who
    assert last.flow_run_id == "flow 1"


def test_a_rollback_checks_moves_records_and_is_told(copied):
    project, store, record, lineage, first = copied
    other = other_candidate(store)
    serve_version(store, TARGET.name, other.version, why="it answers faster", who="anna")
    assert champion(store, TARGET.name).version == other.version
    move = alias_moves(store, TARGET.name)[-1]
    assert (move.who, move.why, move.from_version) == ("anna", "it answers faster", first.champion.version)
    found = find_registration(store, TARGET.name, lineage)
    assert found.champion.version == other.version
    assert found.verdict == f"champion: {displayed(other.family)} v{other.version}, moved by hand"
    assert found.metric == record.candidate(other.name).metrics["average_precision"]
    # A run with nothing to do leaves it so.
    register(TARGET, record, lineage, project, store, "flow")
    assert champion(store, TARGET.name).version == other.version


@pytest.mark.parametrize("damage", ["absent", "other", "retold"])
def test_a_rollback_to_a_version_that_does_not_load_moves_nothing(damage, copied):
    _, store, _, _, registered = copied
    other = other_candidate(store)
    model = Path(other.location) / "model.skops"
    if damage == "absent":
        model.unlink()
    elif damage == "other":
        model.write_bytes((Path(champion(store, TARGET.name).location) / "model.skops").read_bytes())
    else:
        store.client().set_model_version_tag(TARGET.name, str(other.version), "example_output", "[0.5, 0.5, 0.5]")
    with pytest.raises(ModelError, match=f"version {other.version}"):
        serve_version(store, TARGET.name, other.version)
    assert champion(store, TARGET.name).version == registered.champion.version
    with pytest.raises(ModelError, match="has no version 99"):
        serve_version(store, TARGET.name, 99)


def test_files_that_were_deleted_from_the_store_are_put_back(copied):
    project, store, record, lineage, first = copied
    (Path(champion(store, TARGET.name).location) / "model.skops").unlink()
    again = register(TARGET, record, lineage, project, store, "flow")
    check_loads(store, champion(store, TARGET.name))
    assert again.champion == first.champion
    assert len(list_versions(store, TARGET.name)) == len(NAMES)


def test_a_note_that_is_not_understood_counts_as_none(copied):
    """Another version of Refrain may have noted something else; registering again makes no second version."""
    _, store, _, lineage, _ = copied
    run = store.client().get_registered_model(TARGET.name).tags["run"]
    store.client().set_tag(run, "registration.000", '{"target": 1}')
    assert find_registration(store, TARGET.name, lineage) is None


def test_a_model_that_was_tampered_with_does_not_pass_the_gate(project, store, record, lineage):
    """Another model's bytes under its name: it loads, but does not say what training wrote down."""
    folder = project.models_folder(TARGET.name)
    xgboost, logistic = (folder / record.candidate(name).model for name in ("xgboost", "logistic"))
    xgboost.write_bytes(logistic.read_bytes())
    registered = register(TARGET, record, lineage, project, store, "flow")
    judged = registered.decision.candidate("xgboost")
    assert not judged.passed
    assert "differ" in judged.reason
    assert registered.champion.name == "logistic"


def test_a_model_of_a_foreign_type_is_never_served(project, store, record, lineage):
    rows = snapshot_rows(100)
    foreign = SGDClassifier(loss="log_loss").fit(rows[list(TARGET.features)], rows["label"])
    dump(foreign, project.models_folder(TARGET.name) / record.candidate("xgboost").model)
    with pytest.raises(ModelError, match=r"not on Refrain's list"):
        register(TARGET, record, lineage, project, store, "flow")
    assert read_target(store, TARGET.name).aliases == {}


KILL = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from refrain.project import Project
from tasks import tracking
from tasks.lineage import Lineage
from tasks.model_folder import fetched_model
from tasks.records import EvaluationRecord
from tasks.register import register
from trained_project import TARGET

class Mortal:
    "Passes calls on to the client, and is killed before or after one of those that write."
    READS = ("get_", "search_", "list_")
    def __init__(self, client, last, after):
        self.client, self.left, self.after = client, last, after
    def __getattr__(self, name):
        method = getattr(self.client, name)
        def call(*arguments, **options):
            if name.startswith(self.READS):
                return method(*arguments, **options)
            self.left -= 1
            if self.left == 0 and not self.after:
                os.kill(os.getpid(), signal.SIGKILL)
            done = method(*arguments, **options)
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return done
        return call

project = Project(Path(sys.argv[2]))
store = tracking.open_store(project)
mortal = Mortal(store.client(), int(sys.argv[3]), sys.argv[4] == "after")
tracking._client = lambda _store: mortal
record = EvaluationRecord.model_validate_json(project.evaluation(TARGET.name).read_text())
register(TARGET, record, Lineage.model_validate_json(sys.argv[5]), project, store, "killed")
print(mortal.left)
"""


def killed_at(call: int, when: str, project: Project, lineage: Lineage) -> subprocess.CompletedProcess[str]:
    here = str(Path(__file__).parent)
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILL, here, str(project.root), str(call), when,
         lineage.model_dump_json()],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


def assert_nothing_half_registered(store: Store) -> None:
    """Every alias points to a version whose file is there, is the registered one, and loads."""
    model = read_target(store, TARGET.name)
    for alias in model.aliases:
        with fetched_model(store, model.aliased(alias)) as folder:
            load_estimator(folder / "model.skops")


@pytest.mark.slow
@pytest.mark.parametrize(("call", "when"), [(5, "before"), (15, "after"), (51, "after"), (58, "before")])
def test_a_killed_registration_is_completed_by_the_next(call, when, project, store, record, lineage):
    killed = killed_at(call, when, project, lineage)
    assert killed.returncode == -9, killed.stderr
    assert_nothing_half_registered(store)
    assert find_registration(store, TARGET.name, lineage) is None
    registration = register(TARGET, record, lineage, project, store, "flow")
    assert registration.verdict.startswith("champion: ")
    assert {version.name for version in list_versions(store, TARGET.name)} == NAMES
    assert len(list_versions(store, TARGET.name)) == len(NAMES)
    check_loads(store, champion(store, TARGET.name))
    client = store.client()
    experiment = client.get_experiment_by_name(TARGET.name).experiment_id
    assert len(client.search_runs([experiment])) == 1 + len(NAMES)
    assert len(client.search_logged_models([experiment])) == len(NAMES)
    moves = [(move.alias, move.to_version) for move in alias_moves(store, TARGET.name)]
    assert len(moves) == len(set(moves)) == 5


@pytest.mark.slow
def test_new_data_brings_new_versions_and_the_champion_is_compared(copied, tmp_path):
    project, store, record, lineage, first = copied
    noise = make_project(tmp_path / "noise", snapshot_rows(seed=5, signal=0.0))
    noise_record = EvaluationRecord.model_validate_json(noise.evaluation(TARGET.name).read_text())
    changed = lineage.model_copy(update={"snapshot": noise_record.snapshot_md5})
    second = register(TARGET, noise_record, changed, noise, store, "flow 2")
    assert second.created
    assert second.champion.is_baseline
    assert second.verdict == "baseline kept: no candidate is surely better"
    incumbent = second.decision.incumbent
    assert (incumbent.version, incumbent.problem) == (first.champion.version, "")
    assert incumbent.rows == noise_record.test.rows
    # Back to the first data: nothing is registered twice, and the same decision is made again.
    again = register(TARGET, record, lineage, project, store, "flow 3")
    assert not again.created
    assert again.champion == first.champion
    assert len(list_versions(store, TARGET.name)) == 2 * len(NAMES)


def test_a_champion_that_learned_from_the_test_rows_is_not_compared(copied):
    project, store, record, lineage, _ = copied
    number = str(champion(store, TARGET.name).version)
    store.client().set_model_version_tag(TARGET.name, number, "learned_until", record.test.last_as_of.isoformat())
    changed = lineage.model_copy(update={"params": "p2"})
    second = register(TARGET, record, changed, project, store, "flow 2")
    assert "has learned from these very rows" in second.decision.incumbent.problem
    assert not second.champion.is_baseline


def test_moving_an_alias_to_where_it_is_does_nothing(copied):
    _, store, _, _, registered = copied
    before = alias_moves(store, TARGET.name)
    assert move_alias(store, TARGET.name, CHAMPION, registered.champion.version, why="again", numbers={}) is None
    assert alias_moves(store, TARGET.name) == before
    with pytest.raises(ModelError, match="has no version 77"):
        move_alias(store, TARGET.name, CHAMPION, 77, why="?", numbers={})


def test_judged_rows_are_the_test_window_in_its_order(project, record):
    rows = read_judged_rows(TARGET, tuple(NAMES), project)
    assert len(rows.truth) == record.test.rows
    model = load_estimator(project.models_folder(TARGET.name) / record.candidate("logistic").model)
    np.testing.assert_allclose(Chances().ask(model, rows.features), rows.said["logistic"], atol=1e-12)


texts = st.text(min_size=1, max_size=5)


@settings(max_examples=50)
@given(texts, texts, texts, st.dictionaries(texts, texts, max_size=2))
def test_one_changed_digest_makes_another_training(snapshot, params, code, datasets):
    lineage = Lineage(snapshot=snapshot, params=params, code=code, datasets=datasets)
    assert lineage.training == Lineage(**json.loads(lineage.model_dump_json())).training
    for field in ("snapshot", "params", "code"):
        changed = lineage.model_copy(update={field: getattr(lineage, field) + "x"})
        assert changed.training != lineage.training
