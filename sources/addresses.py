"""E-mail addresses in what people import: no dataset, no list of refused rows and no report holds one."""

import re
from collections.abc import Sequence

import polars as pl

from refrain.sessions import ADDRESS
from sources.rejects import Reject

STRUCK = "(an e-mail address)"
_ADDRESS = re.compile(ADDRESS)


def without_addresses(cells: Sequence[str]) -> list[str]:
    """The cells with every e-mail address struck out."""
    return [_ADDRESS.sub(STRUCK, cell) if "@" in cell else cell for cell in cells]


def without_address(reject: Reject) -> Reject:
    """The refused row with every e-mail address struck out of its cells."""
    return reject._replace(cells=without_addresses(reject.cells))


def holds_address(column: str) -> pl.Expr:
    """Whether the text in `column` holds an e-mail address; false where there is none."""
    return pl.col(column).str.contains(ADDRESS).fill_null(False)
