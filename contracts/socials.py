"""The contract of socials: one row a track, day, platform and metric."""

from datetime import date

from contracts.clauses import not_before, within
from contracts.contract import Contract, Reference
from refrain.datasets import SOCIALS

_FIRST_PLATFORMS = date(2002, 1, 1)
_MOST = 10_000_000_000_000

CONTRACT = Contract(
    SOCIALS,
    moment="date",
    clauses=(
        not_before(SOCIALS.column("date"), _FIRST_PLATFORMS),
        within(SOCIALS.column("value"), 0, _MOST),
    ),
    references=(Reference("track_id", "tracks", "track_id"),),
)
