"""The exported bytes follow from the stored rows alone, and are those of a slow twin; SQLite and PostgreSQL."""

import random
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert
from stored_rows import START, cancellation, event, random_rows, show, slow_datasets, tell, user

from tasks.collected import export as exporting
from tasks.collected.export import export
from tasks.collected.export_parts import Parts
from tasks.collected.opening import store_in
from tasks.collected.schema import prepare
from tasks.collected.tables import CANCELLATIONS, EVENTS, SHOWS, USERS

FEBRUARY = int(datetime(2024, 2, 10, tzinfo=UTC).timestamp())
MARCH = int(datetime(2024, 3, 10, tzinfo=UTC).timestamp())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def contents_without_unfinished(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in contents(folder).items() if not name.startswith(".unfinished-")}


def together(folder: Path) -> dict[str, str]:
    found = {}
    for dataset in ("users", "shows", "events"):
        parts = [path.read_bytes().decode() for path in sorted((folder / dataset).glob("*.csv"))]
        first = parts[0].partition("\n")[0] + "\n"
        found[dataset] = first + "".join(part.removeprefix(first) for part in parts)
    return found


@pytest.mark.parametrize("with_shows", [False, True])
def test_the_parts_hold_what_a_slow_export_holds(store, tmp_path, with_shows):
    told = random_rows(1, with_shows=with_shows)
    tell(store, told)
    report = export(store, tmp_path / "out")
    expected = slow_datasets(told)
    assert together(tmp_path / "out") == expected
    assert sorted(path.name for path in (tmp_path / "out" / "events").iterdir()) == [
        "2024-01.csv",
        "2024-02.csv",
        "2024-03.csv",
        "2024-04.csv",
        "2024-05.csv",
    ]
    assert report.rows["users"] == 9
    assert report.new + report.held == 300
    assert report.held > 0


@pytest.mark.parametrize("seed", range(4))
def test_the_bytes_do_not_depend_on_when_rows_came_or_how_often_they_were_exported(store, tmp_path, seed):
    told = random_rows(seed, events=120, with_shows=seed % 2 == 1)
    chance = random.Random(seed)
    other = store_in(tmp_path / "other.db")
    prepare(other)
    tell(other, chance.sample(told, len(told)))
    once = export(other, tmp_path / "once")
    other.close()
    left = list(told)
    counted = 0
    while left:
        now, left = left[: (size := chance.randrange(1, 90))], left[size:]
        tell(store, now)
        if chance.random() < 0.7 or not left:
            report = export(store, tmp_path / "often")
            counted += report.new
            assert not list((tmp_path / "often").glob(".unfinished-*"))
    assert contents(tmp_path / "often") == contents(tmp_path / "once")
    assert (counted, report.held, report.received_on) == (once.new, once.held, once.received_on)


def test_an_export_with_nothing_new_touches_no_part(store, tmp_path):
    tell(store, random_rows(3, events=50))
    assert export(store, tmp_path).written
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.csv")}
    report = export(store, tmp_path)
    assert (report.written, report.new, report.late, report.released) == ((), 0, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.csv")} == before


def test_months_without_new_rows_are_left_alone_and_late_sessions_are_counted(store, tmp_path):
    tell(store, [(USERS, user("a")), (SHOWS, show("show 1")), (EVENTS, event("a")), (EVENTS, event("a", MARCH))])
    export(store, tmp_path)
    tell(store, [(EVENTS, event("a", FEBRUARY)), (EVENTS, event("a", MARCH + 1))])
    report = export(store, tmp_path)
    assert report.written == ("events/2024-02.csv", "events/2024-03.csv")
    assert (report.new, report.late, report.released) == (2, 1, 0)


def test_held_sessions_come_with_their_user(store, tmp_path):
    tell(store, [(USERS, user("a")), (EVENTS, event("a")), (EVENTS, event("b", FEBRUARY)), (EVENTS, event("c", MARCH))])
    assert export(store, tmp_path).held == 2
    assert b"b," not in b"".join(contents(tmp_path).values())
    tell(store, [(USERS, user("b")), (CANCELLATIONS, cancellation("c"))])
    report = export(store, tmp_path)
    assert report.written == ("events/2024-02.csv", "users/users.csv")
    assert (report.new, report.released, report.late, report.held) == (1, 1, 0, 1)


def test_a_cancellation_reaches_the_users(store, tmp_path):
    tell(store, [(USERS, user("a")), (EVENTS, event("a"))])
    export(store, tmp_path)
    tell(store, [(CANCELLATIONS, cancellation("a", reason="too dear, sadly"))])
    assert export(store, tmp_path).written == ("users/users.csv",)
    assert b'2024-01-30T00:00:05Z,"too dear, sadly"' in contents(tmp_path)["users/users.csv"]


def test_no_hash_of_an_address_and_no_time_of_reception_leaves_the_store(store, tmp_path):
    tell(store, [(USERS, user("a", email_hash="0123abcd")), (EVENTS, event("a", received_at=MARCH))])
    export(store, tmp_path / "out")
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"0123abcd" not in everything
    assert b"2024-03-10" not in everything


def test_shows_are_those_watched_until_one_is_registered(store, tmp_path):
    tell(store, [(USERS, user("a")), (EVENTS, event("a", content_watched="x|y")), (EVENTS, event("b"))])
    export(store, tmp_path)
    assert contents(tmp_path)["shows/shows.csv"].decode().splitlines()[1:] == ["x,x,,,,", "y,y,,,,"]
    tell(store, [(SHOWS, show("y"))])
    export(store, tmp_path)
    assert contents(tmp_path)["shows/shows.csv"].decode().splitlines()[1:] == ["y,Y,,1.5,2023-05-06,"]


def test_the_day_of_reception_is_the_newest_ones_whatever_the_clock_says(store, tmp_path):
    tell(store, [(USERS, user("a")), (EVENTS, event("a", FEBRUARY, received_at=MARCH))])
    assert export(store, tmp_path).received_on == date(2024, 3, 10)
    ahead = event("a", MARCH + 86_300, total_watch_time=5.0, received_at=MARCH)
    tell(store, [(EVENTS, ahead)])
    assert export(store, tmp_path).received_on == date(2024, 3, 11)


def test_parts_that_were_spoilt_or_removed_are_written_again(store, tmp_path):
    tell(store, random_rows(5, events=60))
    export(store, tmp_path)
    before = contents(tmp_path)
    (tmp_path / "events" / "2024-02.csv").write_text("user_id,login_time\n")
    (tmp_path / "users" / "users.csv").unlink()
    (tmp_path / "events" / "1999-01.csv").write_text("user_id,login_time\n")
    report = export(store, tmp_path)
    assert report.written == ("events/1999-01.csv", "events/2024-02.csv", "users/users.csv")
    assert contents(tmp_path) == before


def test_a_state_that_is_not_understood_is_done_without(store, tmp_path):
    tell(store, random_rows(5, events=60))
    export(store, tmp_path)
    before = contents(tmp_path)
    (tmp_path / "state.json").write_text('{"seen": "much"}')
    assert export(store, tmp_path).written == ()
    assert contents(tmp_path) == before


def test_another_store_leaves_nothing_of_the_one_before(store, tmp_path):
    tell(store, random_rows(5, events=60))
    export(store, tmp_path / "out")
    other = store_in(tmp_path / "other.db")
    prepare(other)
    tell(other, [(USERS, user("a")), *((EVENTS, event("a", FEBRUARY + number)) for number in range(80))])
    report = export(other, tmp_path / "out")
    other.close()
    assert sorted(contents(tmp_path / "out")) == ["events/2024-02.csv", "shows/shows.csv", "users/users.csv"]
    assert report.rows == {"users": 1, "shows": 1, "events": 80}


def test_what_is_stored_meanwhile_is_in_none_of_the_three(store, tmp_path, monkeypatch):
    tell(store, [(USERS, user("a")), (EVENTS, event("a"))])
    real = exporting.registered_users

    def slowly(connection):
        found = real(connection)
        tell(store, [(USERS, user("b")), (EVENTS, event("b")), (EVENTS, event("a", START + 9))])
        return found

    monkeypatch.setattr(exporting, "registered_users", slowly)
    assert export(store, tmp_path).rows == {"users": 1, "shows": 1, "events": 1}
    monkeypatch.undo()
    report = export(store, tmp_path)
    assert report.rows == {"users": 2, "shows": 1, "events": 3}
    assert (report.new, report.released) == (2, 0)


def test_a_transaction_that_commits_after_an_export_is_in_the_next(store, tmp_path):
    tell(store, [(USERS, user("a")), (EVENTS, event("a"))])
    with store.writing() as connection:
        connection.execute(insert(EVENTS), event("a", FEBRUARY))
        assert export(store, tmp_path).rows["events"] == 1
    assert export(store, tmp_path).rows["events"] == 2


@pytest.mark.parametrize("done", range(4))
def test_an_export_that_is_killed_leaves_old_parts_or_new_ones_and_the_next_one_mends_it(
    store, tmp_path, monkeypatch, done
):
    first, second = random_rows(5, events=60), random_rows(6, events=60)
    tell(store, first)
    export(store, tmp_path / "out")
    old = contents(tmp_path / "out")
    tell(store, [(EVENTS, row) for table, row in second if table is EVENTS and (table, row) not in first][:40])
    reference = tmp_path / "reference"
    export(store, reference)
    new = contents(reference)
    replaced = []
    real = Path.replace

    def killed_after_some(self, target):
        if len(replaced) == done:
            raise KeyboardInterrupt
        replaced.append(target)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", killed_after_some)
    with pytest.raises(KeyboardInterrupt):
        export(store, tmp_path / "out")
    monkeypatch.undo()
    left = contents(tmp_path / "out")
    assert all(content in (old.get(name), new[name]) for name, content in left.items())
    assert sum(content != old.get(name) for name, content in left.items()) == done
    export(store, tmp_path / "out")
    assert contents(tmp_path / "out") == new


_EXPORT = """
import sys
from pathlib import Path
from tasks.collected.export import export
from tasks.collected.opening import store_in
print("began", flush=True)
export(store_in(Path(sys.argv[1])), Path(sys.argv[2]))
"""


def test_an_export_whose_process_is_killed_at_any_moment_is_completed_by_the_next(tmp_path):
    store = store_in(tmp_path / "events.db")
    prepare(store)
    tell(store, [(USERS, user("a")), (SHOWS, show("show 1"))])
    logins = range(START, START + 200 * 86_400, 700)
    with store.writing() as connection:
        connection.execute(insert(EVENTS), [event("a", login) for login in logins])
    export(store, tmp_path / "reference")
    new = contents(tmp_path / "reference")
    for milliseconds in (5, 60, 150, 300, 500):
        command = [sys.executable, "-c", _EXPORT, str(tmp_path / "events.db"), str(tmp_path / "out")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(milliseconds / 1000)
            process.kill()
        assert contents_without_unfinished(tmp_path / "out").items() <= new.items()
    assert export(store, tmp_path / "out").rows["events"] == len(logins)
    assert contents(tmp_path / "out") == new
    store.close()


def test_what_a_killed_export_left_aside_is_swept_away(store, tmp_path):
    tell(store, [(USERS, user("a")), (EVENTS, event("a"))])
    (tmp_path / ".unfinished-x" / "events").mkdir(parents=True)
    (tmp_path / ".unfinished-x" / "events" / "2024-01.csv").write_text("half")
    export(store, tmp_path)
    assert not list(tmp_path.glob(".unfinished-*"))
    assert not [name for name in Parts(tmp_path, tmp_path, {})._found if name.startswith(".")]


def test_an_empty_store_has_no_parts(store, tmp_path):
    report = export(store, tmp_path)
    assert (report.rows, report.written, report.held) == ({"users": 0, "shows": 0, "events": 0}, (), 0)
    assert contents(tmp_path) == {}
