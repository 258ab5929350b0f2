"""The contract of scrobbles: one row a play."""

from datetime import date

from contracts.clauses import not_before
from contracts.contract import Contract, Reference
from refrain.datasets import SCROBBLES

# Plays were first sent to a server in 2002; what is dated before 2000 comes from a clock that was never set.
_FIRST_SCROBBLE = date(2000, 1, 1)

CONTRACT = Contract(
    SCROBBLES,
    moment="played_at",
    clauses=(not_before(SCROBBLES.column("played_at"), _FIRST_SCROBBLE),),
    references=(Reference("artist", "tracks", "artist"),),
)
