"""The contract of artist_listeners: one row an artist and day."""

from datetime import date

from contracts.clauses import not_before, within
from contracts.contract import Contract, Reference
from refrain.datasets import ARTIST_LISTENERS

_FIRST_STREAMS = date(1999, 1, 1)
_PEOPLE = 10_000_000_000

CONTRACT = Contract(
    ARTIST_LISTENERS,
    moment="date",
    clauses=(
        not_before(ARTIST_LISTENERS.column("date"), _FIRST_STREAMS),
        within(ARTIST_LISTENERS.column("monthly_listeners"), 0, _PEOPLE),
    ),
    references=(Reference("artist_id", "tracks", "artist_id"),),
)
