"""`refrain export events` in a project: three datasets or none, versioned by DVC, and nothing where nothing is new."""

import pytest
from ruamel.yaml import YAML
from sqlalchemy import insert

from flows.export import export_events
from refrain.errors import InputError
from refrain.project import Project
from tasks.collected.opening import store_in
from tasks.collected.schema import prepare
from tasks.collected.tables import EVENTS, USERS

JANUARY, FEBRUARY = 1_705_000_000, 1_707_000_000
NAMES = ("users", "shows", "events")


def tell(project, table, *rows):
    path = project.root / "data" / "events.db"
    path.parent.mkdir(exist_ok=True)
    store = store_in(path)
    prepare(store)
    with store.writing() as connection:
        connection.execute(insert(table), list(rows))
    store.close()


def user(name, **more):
    registered = {"registered_at": JANUARY - 9, "received_at": JANUARY}
    return {"user_id": name, "country": "DE", "subscription": "basic", "age": 33, **registered, **more}


def event(name, login, shows="s1|s2"):
    row = {"user_id": name, "login_time": login, "content_watched": shows, "total_watch_time": 12.5}
    return {**row, "session_digest": len(name), "received_at": login + 900, "was_recommended": True}


def params(project):
    return YAML(typ="safe").load((project.root / "params.yaml").read_text())["datasets"]


def raw(project, dataset):
    return (project.root / "data" / "raw" / f"{dataset}.csv").read_text().splitlines()


def of_datasets(project):
    """Everything but the parts, the store, and what was refused."""
    aside = ("data/collected/", "data/events.db", "data/refused/")
    return {name: content for name, content in project.fingerprint().items() if not name.startswith(aside)}


@pytest.fixture(scope="module")
def exported(make_project):
    """A project whose store was exported once, and what that said."""
    project = make_project()
    tell(project, USERS, user("a"), user("b"))
    tell(project, EVENTS, event("b", FEBRUARY), event("a", JANUARY), event("nobody", JANUARY))
    return project, project.refrain("export", "events", "--json").json


def test_the_store_becomes_three_datasets_that_keep_their_contracts(exported):
    project, said = exported
    assert said["rows"] == {"users": 2, "shows": 2, "events": 2}
    assert (said["held"], said["new"], said["received_on"]) == (1, 2, "2024-02-03")
    assert said["imported"] == ["users", "shows", "events"]
    assert raw(project, "events")[1:] == [
        "a,2024-01-11T19:06:40Z,s1|s2,,12.5,,,1",
        "b,2024-02-03T22:40:00Z,s1|s2,,12.5,,,1",
    ]
    datasets = params(project)
    assert {datasets[name]["source"] for name in NAMES} == {"collected"}
    assert (datasets["events"]["path"], datasets["events"]["references"]) == ("data/collected/events", ["users"])


def test_dvc_has_recorded_them(exported):
    project, _ = exported
    stages = [stage for name in NAMES for stage in (f"ingest@{name}", f"validate-{name}")]
    assert "up to date" in project.dvc("status", *stages).out


def test_a_second_export_changes_no_byte_and_says_so(exported):
    project, _ = exported
    before = project.fingerprint()
    said = project.refrain("export", "events").out
    assert "Nothing is new" in said
    assert "1 sessions are held back" in said
    after = project.fingerprint()
    assert {name for name in after if after[name] != before.get(name)} <= {"data/events.db-shm"}


def test_new_sessions_are_added_and_told(exported):
    project, _ = exported
    tell(project, EVENTS, event("a", FEBRUARY - 5))
    said = project.refrain("export", "events").out
    assert "1 sessions are new: 1 of them late, 0 of users" in said
    assert "refrain run audience" in said
    assert [row[:1] for row in raw(project, "events")[1:]] == ["a", "a", "b"]


def test_where_one_dataset_breaks_its_contract_none_is_changed(exported):
    project, _ = exported
    before = of_datasets(project)
    tell(project, USERS, user("c", age=300))
    tell(project, EVENTS, event("c", FEBRUARY + 5))
    failed = project.refrain("export", "events", expect=1)
    assert "contract of users" in failed.err
    assert "Traceback" not in failed.err
    assert of_datasets(project) == before
    assert (project.root / "data" / "refused" / "users" / "dataset.csv").is_file()


def test_an_empty_store_and_one_whose_sessions_are_all_held_are_told(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "params.yaml").write_text("{sources: {}, datasets: {}, targets: {}}")
    with pytest.raises(InputError, match="There are no sessions in the SQLite database"):
        export_events(Project(tmp_path))
    tell(Project(tmp_path), EVENTS, event("nobody", JANUARY))
    with pytest.raises(InputError, match="All 1 sessions"):
        export_events(Project(tmp_path))
