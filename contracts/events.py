"""The contract of events: one row a session."""

from datetime import date

from contracts.clauses import listed, no_address, not_before, within
from contracts.contract import Contract, Reference
from refrain.datasets import EVENTS
from refrain.sessions import LONGEST_MINUTES, MOST_PAUSES

_FIRST_SESSIONS = date(1995, 1, 1)

CONTRACT = Contract(
    EVENTS,
    moment="login_time",
    clauses=(
        not_before(EVENTS.column("login_time"), _FIRST_SESSIONS),
        listed(EVENTS.column("content_watched")),
        listed(EVENTS.column("genres_watched")),
        within(EVENTS.column("total_watch_time"), 0, LONGEST_MINUTES),
        within(EVENTS.column("num_pauses"), 0, MOST_PAUSES),
        within(EVENTS.column("buffer_events"), 0, MOST_PAUSES),
        within(EVENTS.column("was_recommended"), 0, 1),
        no_address(EVENTS.column("user_id")),
    ),
    references=(Reference("user_id", "users", "user_id"),),
)
