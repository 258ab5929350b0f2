import asyncio
import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from features.registry import find_target
from refrain.project import Project
from serving.registry.endpoints import registry_endpoints
from serving.web.endpoint import Call, Endpoint, Reply
from serving.web.problems import MEDIA_TYPE, ProblemError
from tasks.aliases import move_alias
from tasks.champions.shelf import Shelf
from tasks.registration import Registration, last_registration
from tasks.tracking import Store, open_store
from tasks.versions import CHAMPION, read_target

NAME, OTHER = "breakout.core", "hits.hit"
TODAY = datetime(2025, 1, 31, tzinfo=UTC)
Registered = tuple[Shelf, Registration]


@pytest.fixture(scope="module")
def registered(registered_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Registered:
    """A shelf over a real registry, in which one of two targets is registered."""
    folder = Path(shutil.copytree(registered_project.root, tmp_path_factory.mktemp("registry") / "project"))
    store = open_store(Project(folder))
    shelf = Shelf(store, [NAME, OTHER])
    shelf.refresh()
    registration = last_registration(store, read_target(store, NAME))
    assert registration is not None
    return shelf, registration


def endpoint(shelf: Shelf, path: str) -> Endpoint:
    return next(one for one in registry_endpoints(shelf, lambda: TODAY) if one.path == path)


def asked(shelf: Shelf, path: str, query: Mapping[str, str] | None = None, **parts: str) -> Reply:
    return asyncio.run(endpoint(shelf, path).answer(Call(b"", query or {}, parts, "id")))


def answer(shelf: Shelf, path: str, **parts: str) -> Any:
    """A good answer, which is as its schema says."""
    reply = asked(shelf, path, **parts)
    assert reply.status == 200
    found = json.loads(reply.body)
    jsonschema.validate(found, endpoint(shelf, path).answers)
    return found


def refusal(shelf: Shelf, path: str, query: Mapping[str, str] | None = None, **parts: str) -> ProblemError:
    with pytest.raises(ProblemError) as refused:
        asked(shelf, path, query, **parts)
    return refused.value


def test_models_says_what_is_served_beside_its_challengers_and_the_bar(registered: Registered):
    shelf, registration = registered
    one, other = answer(shelf, "/models")["targets"]
    assert (one["target"], one["question"]) == (NAME, find_target(NAME).question)
    assert one["served"] == shelf.of(NAME).champion.served.model_dump(mode="json")
    assert one["champion"]["version"] == one["served"]["version"] == registration.champion.version
    assert one["champion"]["metric"] == registration.metric.model_dump()
    assert one["champion"]["difference"] == registration.difference.model_dump()
    assert one["verdict"] == registration.verdict
    assert one["promoted"]["to_version"] == registration.champion.version
    assert {each["family"] for each in one["challengers"]} == {"logistic", "xgboost"} - {registration.champion.family}
    assert one["baseline"]["is_baseline"]
    assert one["problem"] == ""
    learned = datetime.fromisoformat(one["learned_until"]).replace(tzinfo=UTC)
    assert one["days_since_learned"] == (TODAY - learned).days > 0
    assert (other["served"], other["champion"], other["verdict"]) == (None, None, "")
    assert "no champion yet" in other["problem"]


def test_a_target_has_the_whole_story_of_each_version(registered: Registered):
    shelf, registration = registered
    found = answer(shelf, "/models/{target}", target=NAME)
    numbers = [version["version"] for version in found["versions"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == len(registration.versions)
    champion = next(version for version in found["versions"] if CHAMPION in version["aliases"])
    assert champion["metrics"]["average_precision"] == registration.metric.model_dump()
    assert champion["metrics"]["difference_average_precision"] == registration.difference.model_dump()
    assert {"brier", "calibration_error", "tune_average_precision"} <= set(champion["metrics"])
    assert not any(name.endswith(("_low", "_high")) for name in champion["metrics"])
    assert champion["gate"]["passed"]
    assert "surely better" in champion["gate"]["reason"]
    origin = champion["origin"]
    assert origin["datasets"] == {"scrobbles": "5" * 32}
    assert (origin["params"], origin["code"], origin["flow_run_id"]) == ("p", "c", "flow")
    assert origin["mlflow_run_id"] in {version.run_id for version in registration.versions}
    assert len(origin["model_md5"]) == 32
    bar = next(version for version in found["versions"] if "baseline" in version["aliases"])
    assert not bar["gate"]["passed"]
    assert found["moves"][0]["alias"] == CHAMPION
    assert found["moves"][0]["why"] == registration.verdict


def test_a_target_without_versions_is_known_and_empty(registered: Registered):
    found = answer(registered[0], "/models/{target}", target=OTHER)
    assert found["versions"] == found["moves"] == []


def test_an_unknown_target_is_not_found_and_the_known_ones_are_named(registered: Registered):
    problem = refusal(registered[0], "/models/{target}", target="no.such")
    assert problem.status == 404
    assert NAME in problem.detail
    assert "no.such" not in problem.detail


@pytest.mark.parametrize(
    ("path", "query"),
    [("/models", {"x": "1"}), ("/models/{target}", {"x": "1"}), ("/ready", {"x": "1"}), ("/ready", {"targets": ""})],
)
def test_parameters_that_mean_nothing_are_refused(registered: Registered, path: str, query: dict[str, str]):
    problem = refusal(registered[0], path, query, target=NAME)
    assert problem.status == 422
    assert problem.errors[0].hint


def test_ready_says_of_each_target_whether_it_is_answered(registered: Registered):
    shelf, _ = registered
    reply = asked(shelf, "/ready")
    found = json.loads(reply.body)
    assert (reply.status, reply.media_type, found["status"]) == (503, MEDIA_TYPE, 503)
    assert found["detail"] == f"Not served: {OTHER}."
    assert found["ready"] is False
    assert found["targets"][NAME] == {
        "ready": True,
        "model": shelf.of(NAME).champion.served.model_dump(mode="json"),
        "problem": "",
    }
    assert not found["targets"][OTHER]["ready"]
    assert "no champion yet" in found["targets"][OTHER]["problem"]


def test_ready_may_be_asked_of_some_targets(registered: Registered):
    reply = asked(registered[0], "/ready", {"targets": f"{NAME}, {NAME}"})
    assert reply.status == 200
    found = json.loads(reply.body)
    assert (found["ready"], list(found["targets"])) == (True, [NAME])
    jsonschema.validate(found, endpoint(registered[0], "/ready").answers)


def test_ready_before_anything_is_loaded(registered: Registered):
    reply = asked(Shelf(registered[0].store, [NAME]), "/ready")
    assert reply.status == 503
    assert "not loaded yet" in json.loads(reply.body)["targets"][NAME]["problem"]


def test_a_registry_that_cannot_be_read_is_said_and_what_is_served_stays_ready(
    registered: Registered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shelf, _ = registered
    torn = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(torn)):
        torn.write_bytes(b"no database at all, but some bytes in its place" * 100)
    monkeypatch.setattr(shelf, "store", Store(f"sqlite:///{torn}", tmp_path, torn, None))
    for path in ("/models", "/models/{target}"):
        problem = refusal(shelf, path, target=NAME)
        assert problem.status == 503
        assert "Retry-After" in problem.headers
    assert shelf.refresh() == ()
    found = json.loads(asked(shelf, "/ready", {"targets": NAME}).body)
    assert found["ready"]
    assert "The registry cannot be read" in found["targets"][NAME]["problem"]
    monkeypatch.undo()
    shelf.refresh()
    assert answer(shelf, "/models")["targets"][0]["problem"] == ""


def test_a_champion_that_is_refused_is_named_beside_the_one_that_answers(registered: Registered):
    """The last test of this file: it moves an alias."""
    shelf, registration = registered
    store = shelf.store
    bad = next(version for version in read_target(store, NAME).versions if version.is_baseline and not version.aliases)
    Path(bad.location, "model.skops").unlink()
    move_alias(store, NAME, CHAMPION, bad.version, why="to see", numbers={})
    shelf.refresh()
    one = answer(shelf, "/models")["targets"][0]
    assert one["champion"]["version"] == bad.version
    assert one["served"]["version"] == registration.champion.version
    assert one["problem"] == one["problems"][CHAMPION] != ""
    assert one["promoted"]["why"] == "to see"
    assert str(Path(bad.location).parent) not in json.dumps(one), "where it lies on this machine is not told"
    assert json.loads(asked(shelf, "/ready", {"targets": NAME}).body)["targets"][NAME]["ready"]
