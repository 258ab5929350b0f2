import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from trained_project import TARGET, snapshot_rows

from models.compiled.rows import Rows
from models.contributions import LOG_ODDS, Contributions
from refrain.errors import ModelError, UsageError
from tasks.aliases import move_alias
from tasks.champions import shelf as shelves
from tasks.champions.loaded import columns_of, load_version
from tasks.champions.refused import Refused
from tasks.champions.shelf import Shelf
from tasks.champions.watcher import Watcher
from tasks.model_folder import EXAMPLE_OUTPUT, read_example
from tasks.tracking import Store
from tasks.versions import BASELINE, CHAMPION, Version, list_versions, read_target

NAME = TARGET.name
ROWS = Rows.of_frame(snapshot_rows(20, seed=3), columns_of(TARGET))


def version_of(store: Store, name: str) -> Version:
    return next(version for version in list_versions(store, NAME) if version.name == name)


def other_version(store: Store) -> Version:
    """A candidate's version that is not the champion."""
    model = read_target(store, NAME)
    return next(one for one in model.versions if not one.is_baseline and CHAMPION not in one.aliases)


def promote(store: Store, version: Version) -> None:
    move_alias(store, NAME, CHAMPION, version.version, why="test", numbers={})


def set_tag(store: Store, version: Version, key: str, value: str) -> None:
    with closing(store.connection()) as connection, connection:
        wanted = (value, key, NAME, version.version)
        connection.execute("UPDATE model_version_tags SET value = ? WHERE key = ? AND name = ? AND version = ?", wanted)


def model_file(version: Version) -> Path:
    return Path(version.location) / "model.skops"


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the versions that are loaded, in order, as they are."""
    loaded, really = [], shelves.load_version

    def load(store: Store, version: Version):
        loaded.append(version.version)
        return really(store, version)

    monkeypatch.setattr(shelves, "load_version", load)
    return loaded


@pytest.fixture
def store(copied) -> Store:
    return copied[1]


@pytest.fixture
def shelf(store: Store) -> Shelf:
    shelf = Shelf(store, [NAME])
    shelf.refresh()
    return shelf


def test_a_target_is_served_with_its_champion_families_and_baseline(store: Store, loads: list[int]):
    shelf = Shelf(store, [NAME])
    with pytest.raises(ModelError, match="not loaded yet"):
        shelf.of(NAME)
    assert shelf.refresh() == (NAME,)
    found, aliases = shelf.of(NAME), read_target(store, NAME).aliases
    assert {alias: model.version.version for alias, model in found.by_alias.items()} == {
        alias: number for alias, number in aliases.items() if alias != "challenger"
    }
    assert found.champion.served.version == aliases[CHAMPION]
    assert found.baseline is not None
    assert found.baseline.served.is_baseline
    assert len(loads) == len(set(loads)), "a version that has two aliases is loaded once"
    assert shelf.problem(NAME) == ""


def test_families_that_nobody_asks_for_are_not_loaded(store: Store, loads: list[int]):
    shelf = Shelf(store, [NAME], with_families=["hits.hit"])
    shelf.refresh()
    aliases = read_target(store, NAME).aliases
    assert loads == [aliases[CHAMPION], aliases[BASELINE]]
    assert set(shelf.of(NAME).by_alias) == {CHAMPION, BASELINE}


def test_nothing_is_loaded_while_nothing_moves(shelf: Shelf, loads: list[int]):
    before = shelf.of(NAME)
    assert shelf.refresh() == ()
    assert loads == []
    assert shelf.of(NAME) is before


def test_a_promotion_is_served_and_a_rollback_too(shelf: Shelf, store: Store, loads: list[int]):
    first, other = shelf.of(NAME), other_version(store)
    said = first.champion.answers(ROWS)
    promote(store, other)
    assert shelf.refresh() == (NAME,)
    second = shelf.of(NAME)
    assert second.champion.served.version == other.version
    assert second.champion is first.families[other.family], "a model that is there already is not loaded again"
    assert loads == []
    assert not np.allclose(second.champion.answers(ROWS), said)
    np.testing.assert_array_equal(first.champion.answers(ROWS), said, "what a request holds stays what it was")
    promote(store, first.champion.version)
    shelf.refresh()
    assert shelf.of(NAME).champion is first.champion


def test_only_what_moved_is_loaded(shelf: Shelf, store: Store, loads: list[int]):
    bar = next(one for one in list_versions(store, NAME) if one.is_baseline and BASELINE not in one.aliases)
    champion = shelf.of(NAME).champion
    move_alias(store, NAME, BASELINE, bar.version, why="test", numbers={})
    assert shelf.refresh() == (NAME,)
    assert loads == [bar.version]
    assert shelf.of(NAME).baseline.served.version == bar.version
    assert shelf.of(NAME).champion is champion


def test_a_version_that_says_something_else_than_it_did_is_refused(shelf: Shelf, store: Store, loads: list[int]):
    before, bad = shelf.of(NAME), version_of(store, "mean of the 3 months before")
    said = json.loads(bad.tags[EXAMPLE_OUTPUT])
    set_tag(store, bad, EXAMPLE_OUTPUT, json.dumps([said[0] + 1e-5, *said[1:]]))
    promote(store, bad)
    assert shelf.refresh() == ()
    assert shelf.of(NAME).champion is before.champion
    assert "something else than when it was registered" in shelf.problem(NAME)
    assert f"version {bad.version}" in shelf.problem(NAME)
    shelf.refresh()
    assert loads == [bad.version], "it is not loaded anew at each look"
    set_tag(store, bad, EXAMPLE_OUTPUT, json.dumps(said))
    assert shelf.refresh() == (NAME,)
    assert shelf.of(NAME).champion.served.version == bad.version
    assert shelf.problem(NAME) == ""


@pytest.mark.parametrize("output", ["[]", "[0.5]", "[NaN, NaN, NaN]", '["a"]', "no JSON"])
def test_without_a_logged_example_nothing_is_served(store: Store, output: str):
    champion = read_target(store, NAME).aliased(CHAMPION)
    set_tag(store, champion, EXAMPLE_OUTPUT, output)
    shelf = Shelf(store, [NAME])
    shelf.refresh()
    with pytest.raises(ModelError, match=f"version {champion.version}"):
        shelf.of(NAME)


def test_a_damaged_file_is_refused_until_it_is_mended(shelf: Shelf, store: Store, loads: list[int]):
    before, bad = shelf.of(NAME), version_of(store, "mean of the 3 months before")
    content = model_file(bad).read_bytes()
    model_file(bad).unlink()  # it may be a hard link to what training wrote
    model_file(bad).write_bytes(content[:-1])
    promote(store, bad)
    shelf.refresh()
    assert shelf.of(NAME).champion is before.champion
    assert "not the one that was registered" in shelf.problem(NAME)
    model_file(bad).write_bytes(content)
    shelf.refresh()
    assert shelf.of(NAME).champion.served.version == bad.version
    assert shelf.problem(NAME) == ""


def test_a_missing_folder_is_refused_and_tried_again_after_a_while(store: Store, loads: list[int]):
    now = [0.0]
    shelf = Shelf(store, [NAME], refused=lambda: Refused(clock=lambda: now[0]))
    bad = read_target(store, NAME).aliased(BASELINE)
    shutil.rmtree(bad.location)
    shelf.refresh()
    assert shelf.of(NAME).baseline is None, "a baseline that fails does not take the champion down"
    assert shelf.problem(NAME) == ""
    assert "does not load" in shelf.shown.problems[NAME][BASELINE]
    for seconds, times in ((59, 1), (61, 2), (62, 2)):
        now[0] = seconds
        shelf.refresh()
        assert loads.count(bad.version) == times


def test_a_family_that_fails_stays_what_it_was(shelf: Shelf, store: Store):
    before, bad = shelf.of(NAME), version_of(store, "mean of the 3 months before")
    family = next(alias for alias, model in before.families.items() if model is not before.champion)
    shutil.rmtree(bad.location)
    move_alias(store, NAME, family, bad.version, why="test", numbers={})
    assert shelf.refresh() == ()
    assert shelf.of(NAME).families[family] is before.families[family]
    assert set(shelf.shown.problems[NAME]) == {family}


def test_a_registry_out_of_reach_ends_nothing(shelf: Shelf, store: Store, monkeypatch: pytest.MonkeyPatch):
    before = shelf.of(NAME)
    monkeypatch.setattr("tasks.versions._PATIENCE", 0.05)
    with closing(sqlite3.connect(store.database)) as locking:
        locking.execute("BEGIN EXCLUSIVE")
        assert shelf.refresh() == ()
        assert "cannot be read (database is locked)" in shelf.problem(NAME)
        assert shelf.of(NAME) is before
    shelf.refresh()
    assert shelf.problem(NAME) == ""
    store.database.unlink()
    assert shelf.refresh() == ()
    assert shelf.of(NAME) is before
    assert "no champion any more" in shelf.problem(NAME)
    assert not store.database.exists(), "looking does not make an empty one"


def test_a_target_without_a_champion_says_so(store: Store):
    shelf = Shelf(store, [NAME, "hits.hit"])
    assert shelf.refresh() == (NAME,)
    with pytest.raises(ModelError, match=r"hits\.hit has no champion yet"):
        shelf.of("hits.hit")


def test_an_unknown_target_cannot_be_served(store: Store):
    with pytest.raises(UsageError, match="Known targets"):
        Shelf(store, ["no.such"])


def test_models_that_are_served_are_not_asked_by_a_look(shelf: Shelf, store: Store, monkeypatch: pytest.MonkeyPatch):
    """They belong to the thread that answers."""
    for model in shelf.of(NAME).by_alias.values():
        monkeypatch.setattr(type(model.model), "predict_proba", lambda *_: pytest.fail("asked"))
    promote(store, other_version(store))
    assert shelf.refresh() == (NAME,)


def test_a_watcher_follows_the_aliases_through_faults_and_ends_when_asked(shelf: Shelf, store: Store):
    refreshed, looks, really = Event(), [0], shelf.refresh

    def refresh() -> tuple[str, ...]:
        looks[0] += 1
        if looks[0] == 1:
            raise RuntimeError
        changed = really()
        if changed:
            refreshed.set()
        return changed

    shelf.refresh = refresh
    watcher = Watcher(shelf, 0.01)
    watcher.start()
    try:
        other = other_version(store)
        promote(store, other)
        assert refreshed.wait(30)
        assert shelf.of(NAME).champion.served.version == other.version
    finally:
        watcher.stop()
    count = looks[0]
    assert not Event().wait(0.1)
    assert looks[0] == count


class Wrong:
    """A compiled form with a fault."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def answers(self, rows: Rows):
        assert self.fault == "says something else", self.fault
        return np.full(len(rows), 0.5)

    def contributions(self, rows: Rows):
        assert self.fault == "says something else", self.fault
        return Contributions(TARGET.numeric, np.ones((len(rows), len(TARGET.numeric))), np.zeros(len(rows)), LOG_ODDS)


@pytest.mark.parametrize("fault", ["says something else", "fails"])
def test_a_compiled_form_that_does_not_say_what_the_model_says_is_not_used(
    store: Store, monkeypatch: pytest.MonkeyPatch, fault: str
):
    version = read_target(store, NAME).aliased("xgboost")
    right = load_version(store, version)
    assert right.quick is not None
    assert right.explaining is not None
    monkeypatch.setattr("tasks.champions.quick.compiled", lambda *_: Wrong(fault))
    monkeypatch.setattr("tasks.champions.quick.explaining", lambda *_: Wrong(fault))
    slow = load_version(store, version)
    assert (slow.quick, slow.explaining) == (None, None)
    np.testing.assert_allclose(slow.answers(ROWS), right.answers(ROWS), rtol=0, atol=1e-9)
    np.testing.assert_allclose(slow.contributions(ROWS).values, right.contributions(ROWS).values, rtol=0, atol=1e-4)


def test_what_is_loaded_says_what_was_said_in_training(store: Store):
    for version in list_versions(store, NAME):
        model = load_version(store, version)
        example = Rows.of_frame(read_example(Path(version.location)), columns_of(TARGET))
        np.testing.assert_allclose(model.answers(example), json.loads(version.tags[EXAMPLE_OUTPUT]), rtol=0, atol=1e-9)
