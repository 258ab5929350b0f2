"""The contract of shows: one row a show, also of those that are only announced."""

from datetime import date

from contracts.clauses import not_before, within
from contracts.contract import Contract
from refrain.datasets import SHOWS

_FIRST_FILMS = date(1870, 1, 1)
_LONGEST = 100_000
"""Minutes: a series counted as one is some hundred hours long, and a broadcast that never ends is no show."""

CONTRACT = Contract(
    SHOWS,
    moment=None,
    clauses=(
        not_before(SHOWS.column("released_at"), _FIRST_FILMS),
        within(SHOWS.column("duration_min"), 0, _LONGEST),
        within(SHOWS.column("rating"), 0, 10),
    ),
)
