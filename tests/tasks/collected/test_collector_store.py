"""The store: tables, one writer at a time, snapshots, faults as sentences."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import func, insert, inspect, select, text

from refrain.project import Project
from tasks.collected import tables
from tasks.collected.opening import open_event_store, store_at, store_in
from tasks.collected.schema import VERSION_TABLE, VERSIONS, prepare
from tasks.collected.store import EventStoreError
from tasks.collected.tables import SHOWS
from tasks.database.address import address_of


def _show(name):
    return insert(SHOWS).values(show_id=name, title=name, received_at=0)


def test_migrations_leave_the_tables_that_the_code_works_with(store):
    with store.snapshot() as connection:
        found = inspect(connection)
        for table in tables.metadata.sorted_tables:
            there = {column["name"]: column for column in found.get_columns(table.name)}
            assert list(there) == [column.name for column in table.columns]
            assert {name: one["nullable"] for name, one in there.items()} == {
                column.name: bool(column.nullable) for column in table.columns
            }
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == VERSIONS[-1]
    assert not prepare(store)


def test_several_at_once_create_the_tables_once(store_address):
    done, together = [], threading.Barrier(3)

    def run():
        store = store_at(address_of(store_address))
        together.wait()
        done.append(prepare(store))
        store.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, True]


def test_tables_of_a_newer_version_are_left_alone(store):
    with store.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(EventStoreError, match="version 9999, newer than this Refrain knows"):
        prepare(store)


def test_a_transaction_that_fails_leaves_nothing(store):
    with suppress(ZeroDivisionError), store.writing() as connection:
        connection.execute(_show("a"))
        raise ZeroDivisionError
    with store.snapshot() as connection:
        assert connection.execute(select(func.count()).select_from(SHOWS)).scalar() == 0


def test_a_snapshot_sees_nothing_that_comes_after_its_first_read(store):
    count = select(func.count()).select_from(SHOWS)
    with store.snapshot() as connection:
        assert connection.execute(count).scalar() == 0
        with store.writing() as writer:
            writer.execute(_show("a"))
        assert connection.execute(count).scalar() == 0
    with store.snapshot() as connection:
        assert connection.execute(count).scalar() == 1


def test_rows_are_numbered_in_the_order_of_commits(store):
    """The second writer waits for the first, so that no lower number turns up once a higher one was seen."""
    begun, seen = threading.Event(), []

    def second():
        begun.wait()
        with store.writing() as connection:
            connection.execute(_show("second"))
        with store.snapshot() as connection:
            seen.extend(connection.execute(select(SHOWS.c.show_id).order_by(SHOWS.c.seq)).scalars())

    thread = threading.Thread(target=second)
    thread.start()
    with store.writing() as connection:
        begun.set()
        thread.join(0.3)
        assert thread.is_alive()
        connection.execute(_show("first"))
    thread.join()
    assert seen == ["first", "second"]


def test_a_writer_whose_turn_does_not_come_says_so(store, store_address):
    impatient = store_at(address_of(store_address))
    impatient.seconds_to_wait = 0.2
    with store.writing() as held:
        held.execute(_show("a"))
        with pytest.raises(EventStoreError), impatient.writing() as connection:
            connection.execute(_show("b"))
    with impatient.writing() as connection:
        connection.execute(_show("b"))
    impatient.close()


def test_commits_wait_for_the_disk(store):
    asked = "SHOW synchronous_commit" if store.address.is_postgresql else "PRAGMA synchronous"
    with store.writing() as connection:
        assert str(connection.execute(text(asked)).scalar()) in ("on", "2")


def test_a_server_that_confirms_too_early_is_made_to_wait(postgres_address):
    store = store_at(address_of(f"{postgres_address}?options=-csynchronous_commit%3Doff"))
    with store.writing() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
    store.close()


def test_an_address_with_nobody_there_is_said_without_its_password():
    with pytest.raises(EventStoreError) as caught:
        prepare(store_at(address_of("postgresql://someone:very%20secret@127.0.0.1:1/events")))
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_without_database_url_it_is_a_file_of_the_project(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    store = open_event_store(Project(tmp_path))
    assert (tmp_path / "data" / "events.db").is_file()
    with store.snapshot() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    store.close()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    open_event_store(Project(tmp_path)).close()
    assert (tmp_path / "other.db").is_file()


def test_a_file_that_is_no_database_is_said(tmp_path):
    (tmp_path / "events.db").write_text("not a database at all" * 100)
    with pytest.raises(EventStoreError, match="not a database"):
        prepare(store_in(tmp_path / "events.db"))
