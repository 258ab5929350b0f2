"""A question about published rows as SQL that PostgreSQL, SQLite and Snowflake read alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from dashboard.source.source import MOST_ROWS, Column, RefusedError

PREFIX = "refrain_"
ROW, SEARCHED, PUBLICATION = "refrain_row", "refrain_searched", "refrain_publication"
"""As tasks/publishing/tables.py names them."""
Value = str | int | float | bool | date | datetime
_LARGEST_WHOLE = 2**63 - 1
_WRITTEN = {
    "number": ("number", "one as 0.5"),
    "whole": ("whole number", "one as 12"),
    "flag": ("truth value", "true or false"),
    "date": ("date", "it as 2026-11-21"),
    "moment": ("moment", "it as 2026-11-21T10:00:00Z"),
}


@dataclass(frozen=True)
class Statement:
    """SQL with a question mark for each value."""

    sql: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Published:
    """What the tables say of a sheet."""

    publication: str
    published_at: datetime
    sheet: str
    title: str
    columns: tuple[Column, ...]
    searched: tuple[str, ...]
    required: tuple[str, ...]
    ordered_by: str

    def column(self, name: str, parameter: str) -> Column:
        """The column called `name`. Raises RefusedError: names that are not published stand in no statement."""
        for column in self.columns:
            if column.name == name:
                return column
        raise RefusedError(
            f"{parameter}: the sheet has no such column.", [f"There are {', '.join(one.name for one in self.columns)}."]
        )


@dataclass(frozen=True)
class Wanted:
    """Which rows are asked for, as Source.sheet has it."""

    where: Mapping[str, str]
    search: str
    order: str
    limit: int

    def check(self, published: Published) -> None:
        """Raises RefusedError where it is not understood."""
        unsaid = [name for name in published.required if name not in self.where]
        if unsaid:
            raise RefusedError(f"{unsaid[0]}: has to be given.")
        if self.search and not published.searched:
            raise RefusedError("search: this sheet has nothing to search.")
        if not 0 <= self.limit <= MOST_ROWS:
            raise RefusedError(f"limit: is not from 0 to {MOST_ROWS}.")


def rows_of(published: Published, wanted: Wanted) -> Statement:
    """The publication and the columns of the rows that are asked for, in their order."""
    names = ", ".join(quoted(name) for name in (PUBLICATION, *(column.name for column in published.columns)))
    found = _found(published, wanted)
    sql = f"SELECT {names} {found.sql} ORDER BY {_order(published, wanted.order)} LIMIT {wanted.limit:d}"
    return Statement(sql, found.values)


def number_of(published: Published, wanted: Wanted) -> Statement:
    """How many there are without the limit."""
    found = _found(published, wanted)
    return Statement(f"SELECT COUNT(*) {found.sql}", found.values)


def quoted(name: str) -> str:
    """A published name in quotes. Raises RefusedError for what cannot be one."""
    if not name.isidentifier():
        raise RefusedError("The tables hold a name that is none.")
    return f'"{name}"'


def select(table: str, columns: Sequence[str], **where: str) -> Statement:
    """Columns of one of our own tables, of the rows with these values."""
    names, given = ", ".join(quoted(name) for name in columns), " AND ".join(f"{quoted(name)} = ?" for name in where)
    sql = f"SELECT {names} FROM {quoted(PREFIX + table)}" + (f" WHERE {given}" if given else "")  # noqa: S608 - ours
    return Statement(sql, tuple(where.values()))


def _found(published: Published, wanted: Wanted) -> Statement:
    conditions = [f"{quoted(published.column(name, name).name)} = ?" for name in wanted.where]
    values = [_value(published.column(name, name), text) for name, text in wanted.where.items()]
    for word in wanted.search.lower().split():
        conditions.append(f"{quoted(SEARCHED)} LIKE ? ESCAPE '!'")
        values.append(f"%{_literal(word)}%")
    sql = f"FROM {quoted(PREFIX + published.sheet)}" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
    return Statement(sql, tuple(values))


def _order(published: Published, order: str) -> str:
    wanted = order or published.ordered_by
    if not wanted:
        return quoted(ROW)
    name = quoted(published.column(wanted.removeprefix("-"), "order").name)
    down = " DESC" if wanted.startswith("-") else ""
    # Empty cells come last either way, and rows that are alike in the order in which they were published.
    return f"CASE WHEN {name} IS NULL THEN 1 ELSE 0 END, {name}{down}, {quoted(ROW)}"


def _literal(word: str) -> str:
    """A word in which nothing stands for something else to LIKE."""
    for special in "!%_":
        word = word.replace(special, f"!{special}")
    return word


def _value(column: Column, text: str) -> Value:
    try:
        match column.kind:
            case "number":
                return float(text)
            case "whole":
                return _whole(text)
            case "flag":
                return {"true": True, "false": False}[text]
            case "date":
                return date.fromisoformat(text)
            case "moment":
                return _moment(text)
            case _:
                return text
    except (ValueError, KeyError):
        what, example = _WRITTEN[column.kind]
        raise RefusedError(f"{column.name}: is no {what}.", [f"Write {example}."]) from None


def _whole(text: str) -> int:
    found = int(text)
    if abs(found) > _LARGEST_WHOLE:
        raise ValueError(text)
    return found


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found.astimezone(UTC)  # as the tables hold it, which SQLite does not know of
