"""The contract of hourly_users: one row an hour. Hours may be missing."""

from datetime import date

from contracts.clauses import not_before, on_the_hour, within
from contracts.contract import Contract
from refrain.datasets import HOURLY_USERS

_FIRST_USERS = date(1990, 1, 1)
_PEOPLE = 10_000_000_000

CONTRACT = Contract(
    HOURLY_USERS,
    moment="hour",
    clauses=(
        not_before(HOURLY_USERS.column("hour"), _FIRST_USERS),
        on_the_hour(HOURLY_USERS.column("hour")),
        within(HOURLY_USERS.column("users"), 0, _PEOPLE),
    ),
)
