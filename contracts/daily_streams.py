"""The contract of daily_streams: one row a track and day."""

from datetime import date

from contracts.clauses import not_before, within
from contracts.contract import Contract, Reference
from refrain.datasets import DAILY_STREAMS

_FIRST_STREAMS = date(1999, 1, 1)
_PEOPLE = 10_000_000_000

CONTRACT = Contract(
    DAILY_STREAMS,
    moment="date",
    clauses=(
        not_before(DAILY_STREAMS.column("date"), _FIRST_STREAMS),
        within(DAILY_STREAMS.column("streams"), 0, _PEOPLE),
    ),
    references=(Reference("track_id", "tracks", "track_id"),),
)
