"""The clauses a contract is made of: what may be expected of a column, a row or a file."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from contracts.cells import not_finite, unreadable, value
from contracts.contract import ROW, Clause, Period, Reference, Table
from refrain.datasets import Column, ColumnType, Dataset
from refrain.sessions import ADDRESS, SEPARATOR

_BETWEEN = "expect_column_values_to_be_between"
_NULL = "expect_column_values_to_be_null"
_EPOCH = date(1970, 1, 1)
_UNITS = {ColumnType.DATE: ", days since 1970", ColumnType.TIMESTAMP: ", days since 1970"}
_KINDS = {
    ColumnType.DATE: "a date written YYYY-MM-DD",
    ColumnType.TIMESTAMP: "a UTC time written YYYY-MM-DDTHH:MM:SSZ",
    ColumnType.INTEGER: "a whole number",
    ColumnType.NUMBER: "a number",
}


def columns_known(dataset: Dataset, present: Sequence[str]) -> Clause:
    """All required columns are there, and none that the dataset does not have."""
    known = [column.name for column in dataset.columns if column.required or column.name in present]
    return Clause(
        "columns.known",
        f"the columns are those of {dataset.name}",
        "expect_table_columns_to_match_set",
        {"column_set": known, "exact_match": True},
        Table.HEADER,
    )


def row_count(low: int, high: int) -> Clause:
    """The file has at least `low` and at most `high` rows."""
    return Clause(
        "rows.count",
        f"there are {low:,} to {high:,} rows",
        _BETWEEN,
        {"column": "rows", "min_value": low, "max_value": high},
        Table.TOTALS,
        pl.len().cast(pl.Float64).alias("rows"),
    )


def fresh(column: Column, received_on: date, max_age_days: int) -> Clause:
    """The newest `column` lies at most `max_age_days` whole days before `received_on`."""
    name = f"age of the newest {column.name} in days"
    age = _day_number(received_on) - value(column).max().floor()
    return Clause(
        f"{column.name}.fresh",
        f"the newest {column.name} is at most {max_age_days} days before {received_on}",
        _BETWEEN,
        {"column": name, "max_value": max_age_days},
        Table.TOTALS,
        age.alias(name),
        (column.name,),
    )


def readable(column: Column) -> Clause:
    """Every cell that is not empty is of the column's type."""
    name = f"{column.name}, unreadable"
    return _never(
        f"{column.name}.type", f"every {column.name} is {_KINDS[column.type]}", name, unreadable(column), column.name
    )


def finite(column: Column) -> Clause:
    """No cell says NaN or infinity."""
    name = f"{column.name}, not finite"
    return _never(f"{column.name}.finite", f"every {column.name} is finite", name, not_finite(column), column.name)


def filled(column: Column) -> Clause:
    """No cell is empty or blank. (A cell that is there and unreadable is the type's concern.)"""
    name = f"{column.name}, as written"
    return Clause(
        f"{column.name}.filled",
        f"no {column.name} is empty",
        "expect_column_values_to_not_be_null",
        {"column": name},
        evidence=value(Column(column.name, ColumnType.TEXT)).alias(name),
        shows=(column.name,),
    )


def within(column: Column, low: float, high: float) -> Clause:
    """Every number lies between `low` and `high`, both allowed."""
    return _range(column, "range", f"every {column.name} lies between {low:,} and {high:,}", low=low, high=high)


def not_before(column: Column, first: date) -> Clause:
    """No date or time is before the day `first`."""
    return _range(column, "not_before", f"no {column.name} is before {first}", low=_day_number(first))


def not_after(column: Column, last: date) -> Clause:
    """No date or time is after the day `last`."""
    says = f"no {column.name} is after {last}, the day the data was received"
    if column.type is ColumnType.DATE:
        return _range(column, "not_after", says, high=_day_number(last))
    end = _day_number(last + timedelta(days=1))
    return _range(column, "not_after", says, high=end, strict_max=True)


def one_of(column: Column, allowed: Sequence[str]) -> Clause:
    """Every cell that is not empty is one of `allowed`."""
    return Clause(
        f"{column.name}.allowed",
        f"every {column.name} is one of {', '.join(allowed)}",
        "expect_column_values_to_be_in_set",
        {"column": column.name, "value_set": list(allowed)},
        evidence=value(column).alias(column.name),
        shows=(column.name,),
    )


def at_least(column: Column, floor: Column) -> Clause:
    """No number is below the `floor` of its own row, where there is one."""
    return _never(
        f"{column.name}.at_least",
        f"no {column.name} is below its {floor.name}",
        f"{column.name}, below its {floor.name}",
        pl.when(value(column) < value(floor)).then(pl.col(column.name)),
        column.name,
        floor.name,
    )


def not_earlier(column: Column, than: Column) -> Clause:
    """No date or time is before that of `than` in its own row, where there is one."""
    return _never(
        f"{column.name}.not_earlier",
        f"no {column.name} is before its {than.name}",
        f"{column.name}, before its {than.name}",
        pl.when(value(column) < value(than)).then(pl.col(column.name)),
        column.name,
        than.name,
    )


def only_with(column: Column, other: Column) -> Clause:
    """No cell is filled where that of `other` in its row is empty."""
    return _never(
        f"{column.name}.only_with",
        f"no {column.name} stands without its {other.name}",
        f"{column.name}, without its {other.name}",
        pl.when(pl.col(other.name).is_null()).then(pl.col(column.name)),
        column.name,
        other.name,
    )


def on_the_hour(column: Column) -> Clause:
    """Every time is the first moment of an hour."""
    late = ~pl.col(column.name).str.ends_with(":00:00Z")
    return _never(
        f"{column.name}.on_the_hour",
        f"every {column.name} is the first moment of an hour",
        f"{column.name}, within an hour",
        pl.when(value(column).is_not_null() & late).then(pl.col(column.name)),
        column.name,
    )


def listed(column: Column) -> Clause:
    """Every cell that is not empty is a list (refrain.sessions) without empty entries."""
    cell, mark = pl.col(column.name), f"[{SEPARATOR}]"
    return _never(
        f"{column.name}.entries",
        f"no entry of {column.name} is empty",
        f"{column.name}, with an empty entry",
        pl.when(cell.str.contains(rf"(?:^|{mark})\s*(?:{mark}|$)")).then(cell),
        column.name,
    )


def no_address(column: Column) -> Clause:
    """No cell holds an e-mail address. A report of the breach does not hold it either."""
    return replace(
        _never(
            f"{column.name}.no_address",
            f"no {column.name} holds an e-mail address",
            f"{column.name}, with an e-mail address",
            pl.when(pl.col(column.name).str.contains(ADDRESS)).then(pl.lit("an address")),
            column.name,
        ),
        secret=True,
    )


def unique(key: Sequence[str], repeated: pl.Series) -> Clause:
    """No two rows share the `key`; `repeated` holds the numbers of the rows that do, but for the first of each key."""
    name = f"{', '.join(key)}, repeated"
    breach = pl.when(pl.col(ROW).is_in(repeated.implode())).then(pl.lit("repeated"))
    return _never("key.unique", f"no two rows have the same {_and(key)}", name, breach, *key)


def apart(period: Period, overlapping: pl.Series) -> Clause:
    """No row covers a day that the entity's row before covers; `overlapping` holds the numbers of those that do."""
    breach = pl.when(pl.col(ROW).is_in(overlapping.implode())).then(pl.lit("overlapping"))
    return _never(
        f"{period.days}.apart",
        f"no two rows of a {period.entity} cover the same day",
        f"{period.days}, overlapping",
        breach,
        period.entity,
        period.last,
        period.days,
    )


def refers(reference: Reference, known: pl.Series) -> Clause:
    """Every value is one of `known`, the other dataset's."""
    cell = pl.col(reference.column)
    return _never(
        f"{reference.column}.reference",
        f"every {reference.column} is in {reference.dataset}.{reference.key}",
        f"{reference.column}, not in {reference.dataset}.{reference.key}",
        pl.when(~cell.is_in(known.implode())).then(cell),
        reference.column,
    )


def one_name(identity: str, name: str, others: pl.DataFrame) -> Clause:
    """Rows that share an id share the name; `others` holds the ids and names that are not the id's first name."""
    pair = pl.struct(identity, name)
    return _never(
        f"{identity}.one_name",
        f"every {identity} has one {name}",
        f"{name}, another of the same {identity}",
        pl.when(pair.is_in(others.select(pair).to_series().implode())).then(pl.col(name)),
        identity,
        name,
    )


def _never(name: str, says: str, column: str, breach: pl.Expr, *shows: str) -> Clause:
    return Clause(name, says, _NULL, {"column": column}, evidence=breach.alias(column), shows=shows)


def _range(
    column: Column,
    kind: str,
    says: str,
    *,
    low: float | None = None,
    high: float | None = None,
    strict_max: bool = False,
) -> Clause:
    name = column.name + _UNITS.get(column.type, "")
    bounds = {"min_value": low, "max_value": high, "strict_max": strict_max or None}
    given = {key: bound for key, bound in bounds.items() if bound is not None}
    return Clause(
        f"{column.name}.{kind}",
        says,
        _BETWEEN,
        {"column": name, **given},
        evidence=value(column).alias(name),
        shows=(column.name,),
    )


def _day_number(day: date) -> int:
    return (day - _EPOCH).days


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
