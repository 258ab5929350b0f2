"""Asking published tables gives what asking the sheets themselves gives, in each kind of database."""

import json
import re
import sqlite3
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from toy_sheets import MODEL, Rowed, material, odd, parted, publish_toys, toys

from dashboard.source.choosing import source_of
from dashboard.source.databases import SnowflakeDatabase, SqlDatabase
from dashboard.source.source import OutOfReachError, RefusedError
from dashboard.source.tables import TableSource
from tasks.sheets.asking import Asked, Sheets, checked
from tasks.sheets.faults import AskedWrongError

ODD = odd(Rowed())
SHEETS = Sheets(material())
NAMES = ODD.names


class Cursor:
    """Takes dates and moments, as Snowflake's does."""

    def __init__(self, cursor):
        self.cursor = cursor

    def execute(self, sql, values):
        self.cursor.execute(sql, [bound(value) for value in values])

    def fetchall(self):
        return self.cursor.fetchall()


def bound(value):
    if isinstance(value, datetime):
        assert value.tzinfo == UTC
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    return value.isoformat() if isinstance(value, date) else value


class Connection:
    """What Streamlit's connection to Snowflake offers, over a file of SQLite's: question marks, plain tuples."""

    def __init__(self, path):
        self.path, self.fault, self.resets = path, None, 0

    def cursor(self):
        if self.fault:
            raise self.fault
        return Cursor(sqlite3.connect(self.path).cursor())

    def reset(self):
        self.resets += 1


@pytest.fixture(params=["sqlite", "postgresql", "as in snowflake"], scope="module")
def tables(request, tmp_path_factory):
    """A source over published toys."""
    path = tmp_path_factory.mktemp("tables") / "tables.db"
    address = f"sqlite:///{path}"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres_address")
    publish_toys(address)
    return TableSource(SnowflakeDatabase(Connection(path)) if "snow" in request.param else SqlDatabase(address))


def expected(asked, sheet=ODD):
    found = SHEETS.find(sheet, checked(sheet, asked))
    return found.total, found.made.rows.to_dicts()


def plain(value):
    """As Python's own, with None for what is empty."""
    if value is None or str(value) in ("nan", "<NA>", "NaT"):
        return None
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def found_rows(rows):
    days = {name for name, column in rows.columns.items() if column.kind == "date"}
    records = [{name: plain(value) for name, value in row.items()} for row in rows.frame.to_dict("records")]
    return [{n: v.date() if n in days and isinstance(v, datetime) else v for n, v in row.items()} for row in records]


def is_the_same(tables, asked, sheet=ODD):
    rows = tables.sheet(sheet.name, asked.where, search=asked.search, order=asked.order, limit=asked.limit)
    assert (rows.total, found_rows(rows)) == expected(asked, sheet)
    return rows


@pytest.mark.parametrize("order", ["", *NAMES, *(f"-{name}" for name in NAMES)])
def test_the_order_is_the_same(tables, order):
    is_the_same(tables, Asked(order=order))


@pytest.mark.parametrize(
    "search",
    [
        "ÁGÆTIS",
        "100%",
        "a_b",
        '"no"',
        "STRASSE",
        "straße",
        "byrjun group",
        "ab!",
        "%",
        "_",
        "!",
        "\\",
        "'",
        "zzz",
        "  ",
    ],
)
def test_a_search_finds_the_same(tables, search):
    is_the_same(tables, Asked(search=search))


@pytest.mark.parametrize(
    "where",
    [
        {"order": 'say "no"'},
        {"order": ""},
        {"order": "x'; DROP TABLE refrain_odd; --"},
        {"group": "Group 1", "to": "true"},
        {"to": "false"},
        {"from": "9007199254740993"},
        {"select": str(0.1 * 2 - 1 / 3)},
        {"select": "1e400"},
        {"date": "2024-02-29"},
        {"timestamp": "2026-03-29T01:30:00Z"},
        {"timestamp": "2026-03-29T03:30:00.123456+02:00"},
        {"never": "x"},
    ],
)
def test_a_condition_finds_the_same(tables, where):
    is_the_same(tables, Asked(where=where))


@pytest.mark.parametrize("limit", [0, 1, 39, 40, 41])
def test_the_limit_is_the_same(tables, limit):
    is_the_same(tables, Asked(where={}, order="group", limit=limit))


def test_types_are_those_that_the_pages_expect(tables):
    frame = tables.sheet("odd").frame
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["select"] == "float64"
    assert kinds["from"] == "Int64"
    assert kinds["to"] == "boolean"
    assert kinds["date"].startswith("datetime64[") and "UTC" not in kinds["date"]
    assert kinds["timestamp"].startswith("datetime64[") and kinds["timestamp"].endswith("UTC]")


def test_what_belongs_beside_the_rows_is_there(tables):
    rows = tables.sheet("odd")
    assert rows.title == "Odd rows"
    assert rows.notes == ("Said first.", 'With "quotes" and ünïcode.')
    assert json.dumps(rows.models) == json.dumps([MODEL.model_dump(mode="json")])
    assert rows.columns["order"].unit == "streams"
    assert not rows.missing


@pytest.mark.parametrize("kind", ["a", 'b "two"'])
def test_a_part_has_its_own_rows_and_notes(tables, kind):
    rows = is_the_same(tables, Asked(where={"kind": kind}), parted())
    assert rows.notes == (f"About {kind}.",)


def test_where_there_is_nothing_it_is_said_why(tables):
    assert tables.sheet("missing").missing == "Nothing yet. Run `refrain run`."
    assert tables.sheet("parted", {"kind": "none"}).missing == "There is none of it. Run something."
    assert tables.sheet("parted", {"kind": "unknown"}).missing


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "odd", "where": {"no such column": "1"}},
        {"name": "odd", "where": {"refrain_row": "1"}},
        {"name": "odd", "where": {"date": "yesterday"}},
        {"name": "odd", "where": {"timestamp": "2026-03-29T01:30:00"}},
        {"name": "odd", "where": {"to": "yes"}},
        {"name": "odd", "where": {"from": "1.5"}},
        {"name": "odd", "order": '-select" --'},
        {"name": "odd", "limit": 10_001},
        {"name": "missing", "search": "x"},
        {"name": "parted"},
        {"name": "sheets"},
        {"name": "x' OR 1=1"},
    ],
)
def test_what_is_not_understood_is_refused(tables, asked):
    with pytest.raises(RefusedError):
        tables.sheet(**asked)


def test_it_answers_no_questions(tables):
    assert not tables.predicts
    with pytest.raises(RefusedError, match="refrain serve"):
        tables.ask("/hit/predict", {})


def test_it_says_from_when_it_is(tables):
    assert re.search(r"published on \d+ \w+ 20\d\d, \d\d:\d\d UTC$", tables.name)
    assert "/" not in tables.name


def test_the_sheets_refuse_what_the_tables_refuse():
    for asked in (Asked({"date": "yesterday"}), Asked({"to": "yes"}), Asked({"from": "1.5"}), Asked({"nothing": "1"})):
        with pytest.raises(AskedWrongError):
            checked(ODD, asked)


def test_before_anything_is_published_it_is_said_what_to_run(tmp_path):
    source = TableSource(SqlDatabase(f"sqlite:///{tmp_path / 'none.db'}"))
    assert "refrain publish" in source.sheet("odd").missing
    assert source.is_there()
    assert not (tmp_path / "none.db").exists()


def test_an_empty_database_says_what_to_run(tmp_path):
    sqlite3.connect(tmp_path / "empty.db").execute("CREATE TABLE t (n)")
    assert "refrain publish" in TableSource(SqlDatabase(f"sqlite:///{tmp_path / 'empty.db'}")).sheet("odd").missing


def test_a_database_out_of_reach_is_said():
    source = TableSource(SqlDatabase("postgresql://user:hush@127.0.0.1:1/nowhere"))
    assert not source.is_there()
    with pytest.raises(OutOfReachError, match="does not answer") as fault:
        source.sheet("odd")
    assert "hush" not in str(fault.value) + source.name


def test_an_address_that_is_none_is_refused_on_the_page():
    source = source_of({"REFRAIN_TABLES": "no address of any:hush"})
    with pytest.raises(RefusedError, match="REFRAIN_TABLES") as fault:
        source.sheet("odd")
    assert "hush" not in str(fault.value)


def test_a_connection_to_snowflake_that_breaks_is_made_anew(tmp_path):
    path = tmp_path / "tables.db"
    publish_toys(f"sqlite:///{path}")
    connection = Connection(path)
    source = TableSource(SnowflakeDatabase(connection))
    connection.fault = ConnectionError("expired")
    with pytest.raises(OutOfReachError):
        source.sheet("odd")
    assert connection.resets == 1
    connection.fault = None
    assert source.sheet("odd").total == 40


def test_snowflake_without_tables_says_what_to_run(tmp_path):
    connection = Connection(tmp_path / "none.db")
    connection.fault = type("ProgrammingError", (Exception,), {"errno": 2003})()
    assert "refrain publish" in TableSource(SnowflakeDatabase(connection)).sheet("odd").missing


def test_a_page_is_not_drawn_of_two_publications(tmp_path):
    address = f"sqlite:///{tmp_path / 'tables.db'}"
    publish_toys(address)
    source = TableSource(SqlDatabase(address))
    source.sheet("missing")
    publish_toys(address, toys(Rowed(7, "second")))
    with pytest.raises(OutOfReachError, match="anew"):
        source.sheet("odd")
    assert source.sheet("odd").total == 7


def test_the_environment_chooses_the_source():
    assert isinstance(source_of({"REFRAIN_TABLES": "snowflake"}), TableSource)
    assert source_of({}).predicts
    assert source_of(SimpleNamespace(get=lambda name, default="": default)).predicts


class Interrupted:
    """A database in which others publish just before one of the statements."""

    name = "a database"

    def __init__(self, address, before):
        self.database, self.address, self.before, self.asked = SqlDatabase(address), address, before, 0

    def rows(self, statement):
        self.asked += 1
        if self.asked == self.before:
            publish_toys(self.address, [odd(Rowed(7, "7"))])
        return self.database.rows(statement)


@pytest.mark.parametrize("before", [2, 3, 4, 5])
@pytest.mark.parametrize("asked", [{}, {"where": {"order": "Zebra"}}, {"where": {"never": "x"}}, {"limit": 0}])
def test_an_answer_is_of_one_publication(tmp_path, before, asked):
    """The first statement is the look at the beginning; then come the sheet, the number of rows, and the rows."""
    address = f"sqlite:///{tmp_path / 'tables.db'}"
    publish_toys(address, [odd(Rowed(40, "40"))])
    rows = TableSource(Interrupted(address, before)).sheet("odd", **asked)
    number = int(rows.notes[0].removeprefix("Said ").rstrip("."))
    expected = Sheets(material()).find(odd(Rowed(number)), Asked(**asked))
    assert (rows.total, len(rows)) == (expected.total, len(expected.made.rows))
