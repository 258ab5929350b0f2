"""The contract of daily_streams: one row a track and day, or a track and week; no day is counted twice."""

from datetime import date

from contracts.clauses import at_least, not_before, within
from contracts.contract import Contract, Period, Reference
from refrain.datasets import DAILY_STREAMS

_FIRST_STREAMS = date(1999, 1, 1)
_PEOPLE = 10_000_000_000
_LONGEST = 31
"""Days that one count may cover: a calendar month."""

CONTRACT = Contract(
    DAILY_STREAMS,
    moment="date",
    clauses=(
        not_before(DAILY_STREAMS.column("date"), _FIRST_STREAMS),
        within(DAILY_STREAMS.column("streams"), 0, _PEOPLE),
        within(DAILY_STREAMS.column("days"), 1, _LONGEST),
        within(DAILY_STREAMS.column("cutoff"), 1, _PEOPLE),
        at_least(DAILY_STREAMS.column("streams"), DAILY_STREAMS.column("cutoff")),
    ),
    references=(Reference("track_id", "tracks", "track_id"),),
    period=Period("track_id", last="date", days="days"),
)
