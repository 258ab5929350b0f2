"""What a row's clauses must know of all the other rows, and of the other datasets."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from contracts.cells import value
from contracts.contract import ROW, Contract, Period, Reference
from refrain.datasets import Dataset

_HASH = "hash of the key"
_LONGEST = 36_500
"""Days that a row is taken to cover at most, where it says nonsense (which is another clause's concern)."""


@dataclass(frozen=True, eq=False)
class Facts:
    """Gathered in a first pass over the file, small unless the file is badly broken."""

    key: tuple[str, ...]
    """The columns of the dataset's key that the file has."""
    repeated: pl.Series
    """Numbers of the rows whose key an earlier row has."""
    other_names: Mapping[tuple[str, str], pl.DataFrame]
    """(id, name) -> the ids and names that are not the id's first name, in another case, width or spacing at most."""
    overlapping: pl.Series | None
    """Numbers of the rows that cover a day which an earlier row of their entity covers; None where rows cover one."""
    known: Mapping[Reference, pl.Series]
    """Reference -> the other dataset's values."""


def gather(
    contract: Contract, cells: pl.LazyFrame, present: Sequence[str], references: Mapping[str, pl.LazyFrame]
) -> Facts:
    """The facts that the suite of `contract` needs; `references` holds the text cells of the datasets referred to."""
    key = tuple(name for name in contract.dataset.key if name in present)
    return Facts(
        key=key,
        repeated=_repeated_rows(cells, key),
        other_names={pair: _other_names(cells, *pair) for pair in contract.one_name},
        overlapping=_overlapping_rows(cells, contract.dataset, _covered(contract, present)),
        known={
            reference: _values(references[reference.dataset], reference.key)
            for reference in contract.references
            if reference.dataset in references
        },
    )


def _repeated_rows(cells: pl.LazyFrame, key: Sequence[str]) -> pl.Series:
    """Exact. Holds 16 bytes a row: only rows whose keys' hashes meet are compared as text."""
    hashed = cells.with_columns(pl.struct(key).hash(seed=0).alias(_HASH))
    hashes = hashed.select(_HASH).collect(engine="streaming")[_HASH].sort()
    twice = hashes.filter(hashes == hashes.shift()).unique()
    if twice.is_empty():
        return pl.Series(ROW, [], dtype=pl.UInt32)
    suspects = hashed.filter(pl.col(_HASH).is_in(twice.implode())).select(ROW, *key).collect(engine="streaming")
    return suspects.sort(ROW).filter(~pl.struct(key).is_first_distinct())[ROW]


def _covered(contract: Contract, present: Sequence[str]) -> Period | None:
    period = contract.period
    return period if period is not None and period.days in present else None


def _overlapping_rows(cells: pl.LazyFrame, dataset: Dataset, period: Period | None) -> pl.Series | None:
    """Exact. Holds 32 bytes a row, of a file whose rows can cover several days: only entities whose hashes overlap are
    compared as text. Rows of the same last day repeat the key, which is another clause's concern.
    """
    if period is None:
        return None
    covered = cells.select(
        ROW,
        period.entity,
        pl.col(period.entity).hash(seed=0).alias(_HASH),
        value(dataset.column(period.last)).alias("last"),
        value(dataset.column(period.days)).fill_null(1).clip(1, _LONGEST).alias("days"),
    )
    compact = covered.select(_HASH, pl.col("last", "days").cast(pl.Int32)).collect(engine="streaming")
    suspects = _overlaps(compact, _HASH)[_HASH].unique()
    found = covered.filter(pl.col(_HASH).is_in(suspects.implode())).collect(engine="streaming")
    return _overlaps(found, period.entity)[ROW].sort()


def _overlaps(rows: pl.DataFrame, entity: str) -> pl.DataFrame:
    """The rows that begin on or before the last day of the row before them, by day, of the same entity."""
    before = pl.col("last").shift()
    follows = (pl.col(entity) == pl.col(entity).shift()) & (before < pl.col("last"))
    return rows.sort(entity, "last").filter(follows & (pl.col("last") - pl.col("days") < before))


def _other_names(cells: pl.LazyFrame, identity: str, name: str) -> pl.DataFrame:
    pairs = cells.drop_nulls([identity, name]).group_by(identity, name).agg(pl.col(ROW).min())
    several = pairs.filter(pl.len().over(identity) > 1).collect(engine="streaming").sort(ROW)
    plain = pl.Series("plain", [_plain(spelling) for spelling in several[name]], dtype=pl.String)
    others = several.with_columns(plain).filter(pl.col("plain") != pl.col("plain").first().over(identity))
    return others.select(identity, name)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _values(cells: pl.LazyFrame, column: str) -> pl.Series:
    return cells.select(pl.col(column).drop_nulls().unique()).collect(engine="streaming")[column].sort()
