"""Publishing: all or nothing, typed, the same again."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from toy_sheets import Rowed, broken, material, missing, odd, parted, publish_toys, toys, with_column

from dashboard.source.databases import SqlDatabase
from dashboard.source.source import OutOfReachError
from dashboard.source.tables import TableSource
from refrain.errors import UsageError
from tasks.publishing.destination import destination_of
from tasks.publishing.faults import PublishError
from tasks.publishing.publishing import publish
from tasks.sheets.faults import NotYetError
from tasks.sheets.sheet import Kind

HERE = Path(__file__).parent


def query(address, sql):
    url = make_url(address)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(sql)).all()
    finally:
        engine.dispose()


def source_of(address):
    return TableSource(SqlDatabase(address))


def test_every_sheet_has_a_table_and_says_what_it_is(store_address):
    publication = publish_toys(store_address)
    assert [(one.sheet, one.rows) for one in publication.sheets] == [("missing", 0), ("odd", 40), ("parted", 6)]
    rows = query(store_address, 'SELECT sheet, title, searched, ordered_by, total, "publication" FROM refrain_sheets')
    assert ("odd", "Odd rows", '["order", "group"]', "-select", 40, publication.publication) in [tuple(r) for r in rows]
    assert query(store_address, "SELECT COUNT(*) FROM refrain_odd") == [(40,)]
    assert query(store_address, "SELECT part FROM refrain_parts WHERE missing <> ''") == [('{"kind": "none"}',)]


def test_columns_have_types(store_address):
    publish_toys(store_address)
    url = make_url(store_address)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url)
    kinds = {one["name"]: one["type"].python_type for one in inspect(engine).get_columns("refrain_odd")}
    engine.dispose()
    named = {name: kind.__name__ for name, kind in kinds.items()}
    assert named["select"] == "float"
    assert named["from"] == "int"
    assert named["to"] == "bool"
    assert named["date"] == "date"
    assert named["timestamp"] == "datetime"


def test_publishing_again_leaves_one_publication_with_the_same_rows(store_address):
    first = publish_toys(store_address)
    before = query(store_address, "SELECT * FROM refrain_odd ORDER BY refrain_row")
    second = publish_toys(store_address)
    after = query(store_address, "SELECT * FROM refrain_odd ORDER BY refrain_row")
    assert first.publication != second.publication
    assert [row[1:] for row in before] == [row[1:] for row in after]
    assert {row[0] for row in after} == {second.publication}
    assert query(store_address, "SELECT COUNT(*) FROM refrain_sheets") == [(3,)]


def test_where_one_sheet_fails_nothing_changes(store_address):
    first = publish_toys(store_address)
    with pytest.raises(PublishError, match="The sheet wrong cannot be made"):
        publish_toys(store_address, [*toys(Rowed(7, "second")), broken()])
    assert source_of(store_address).sheet("odd").total == 40
    assert {row[0] for row in query(store_address, "SELECT publication FROM refrain_sheets")} == {first.publication}


def test_a_registry_out_of_reach_publishes_no_emptiness(store_address):
    publish_toys(store_address)
    with pytest.raises(PublishError, match="cannot be read"):
        publish(material("It cannot be read."), [missing()], destination_of(store_address, HERE), lambda _: None)
    assert source_of(store_address).sheet("odd").total == 40


def test_a_publication_killed_halfway_leaves_the_last_one(store_address):
    publish_toys(store_address)
    path = os.pathsep.join([str(HERE), *sys.path])
    with subprocess.Popen(
        [sys.executable, str(HERE / "killed_halfway.py"), store_address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as process:
        assert process.stdout.readline() == b"halfway\n"
        found = source_of(store_address).sheet("odd")  # while it is written
        assert (found.total, found.notes[0]) == (40, "Said first.")
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    found = source_of(store_address).sheet("odd")
    assert (found.total, found.notes[0]) == (40, "Said first.")
    publish_toys(store_address, toys(Rowed(12, "after")))
    assert query(store_address, "SELECT COUNT(*) FROM refrain_odd") == [(12,)]
    assert source_of(store_address).sheet("odd").notes[0] == "Said after."


def test_readers_see_whole_publications_alone(store_address):
    """Readers ask all the while that others are published: each answer is one of them, all of it."""
    publish_toys(store_address, [odd(Rowed(10, "10"))])
    done = threading.Event()
    faults, seen = [], set()

    def read():
        source = source_of(store_address)
        while not done.is_set():
            try:
                found = source.sheet("odd")
            except OutOfReachError:
                continue  # the one moment between two publications
            seen.add(found.total)
            if found.notes[0] != f"Said {found.total}." or len(found) != found.total:
                faults.append((found.total, len(found), found.notes))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for count in (400, 11, 300, 12):
        publish_toys(store_address, [odd(Rowed(count, str(count)))])
    done.set()
    for reader in readers:
        reader.join()
    assert not faults
    assert seen


def test_sheets_that_are_no_more_are_taken_away(store_address):
    publish_toys(store_address)
    publish_toys(store_address, [odd(Rowed())])
    assert query(store_address, "SELECT sheet FROM refrain_sheets") == [("odd",)]
    assert query(store_address, "SELECT COUNT(*) FROM refrain_parted") == [(0,)]
    assert query(store_address, "SELECT COUNT(*) FROM refrain_parts") == [(0,)]


def test_a_sheet_may_get_another_column(store_address):
    publish_toys(store_address)
    publish_toys(store_address, [with_column(odd(Rowed()), "added", Kind.NUMBER)])
    found = source_of(store_address).sheet("odd")
    assert "added" in found.frame.columns
    assert found.total == 40


def test_a_column_of_another_kind_is_refused_with_what_to_do(store_address):
    publish_toys(store_address)
    with pytest.raises(PublishError, match=r"holds select as number, and it is text now.*Drop refrain_odd"):
        publish_toys(store_address, [with_column(odd(Rowed()), "select", Kind.TEXT)])
    assert source_of(store_address).sheet("odd").total == 40


def test_where_no_part_is_there_the_sheet_says_so(store_address):
    def none(material):
        raise NotYetError("No parts.", hint="Run something.")

    one = parted()
    publish_toys(store_address, [type(one)(**{**one.__dict__, "parts": none})])
    assert query(store_address, "SELECT missing, total FROM refrain_sheets") == [("No parts. Run something.", 0)]


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "snowflake://u:secret@account/d"],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(address, monkeypatch):
    monkeypatch.delenv("REFRAIN_TABLES", raising=False)
    with pytest.raises(UsageError) as refused:
        destination_of(address, HERE)
    assert "secret" not in str(refused.value)


def test_a_database_out_of_reach_is_said_without_the_password():
    destination = destination_of("postgresql://user:hush-hush@127.0.0.1:1/nowhere?connect_timeout=1", HERE)
    with pytest.raises(PublishError, match="does not answer") as refused:
        publish(material(), toys(), destination, lambda _: None)
    assert "hush" not in str(refused.value)
    assert "hush" not in repr(destination)


def test_a_password_that_a_driver_repeats_is_struck_out():
    destination = destination_of("postgresql://user:hush-hush@127.0.0.1/nowhere", HERE)
    with pytest.raises(PublishError, match=r"\*\*\*") as refused, destination.faults():
        raise OperationalError("SELECT 1", {}, Exception("no user with hush-hush"))
    assert "hush" not in str(refused.value)


def test_the_address_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("REFRAIN_TABLES", "sqlite:///tables.db")
    assert destination_of(None, tmp_path).url.database == str(tmp_path / "tables.db")
