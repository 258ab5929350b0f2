"""The contract of users: one row a user, as described on registering, and how they left."""

from datetime import date

from contracts.clauses import no_address, not_before, not_earlier, only_with, within
from contracts.contract import Contract
from refrain.datasets import USERS
from refrain.sessions import OLDEST, YOUNGEST

# Streaming began in the nineties; what is dated before comes from a clock that was never set.
_FIRST_USERS = date(1995, 1, 1)

CONTRACT = Contract(
    USERS,
    moment="registered_at",
    moments=("cancelled_at",),
    clauses=(
        not_before(USERS.column("registered_at"), _FIRST_USERS),
        within(USERS.column("age"), YOUNGEST, OLDEST),
        not_earlier(USERS.column("cancelled_at"), USERS.column("registered_at")),
        # Without a time it could not be said from when on the reason was known.
        only_with(USERS.column("churn_reason"), USERS.column("cancelled_at")),
        no_address(USERS.column("user_id")),
        no_address(USERS.column("churn_reason")),
    ),
)
