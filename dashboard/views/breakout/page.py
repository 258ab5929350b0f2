"""The page Breakout: this month's alerts, how right they are at a budget, an artist's months, and past verdicts."""

from dashboard.shown import states
from dashboard.source.source import Source
from dashboard.views.breakout.budget import budgeted
from dashboard.views.breakout.history import history
from dashboard.views.breakout.verdicts import verdicts

TITLE = "Breakout"
QUESTION = (
    "Which of the artists that a listener has lately found will become one of their core artists in the months ahead? "
    "And how often was that right?"
)
_MOST = 3_000
"""Artists of the month that are taken: the likeliest."""


def page(source: Source) -> None:
    """Draw it."""
    states.page(source, TITLE, QUESTION, _body)


def _body(source: Source) -> None:
    alerts = states.sheet(source, "breakout_alerts", limit=_MOST)
    if alerts is None:
        return
    if alerts.models:
        states.baseline_served(alerts.models[0])
    budgeted(source, alerts)
    history(source)
    verdicts(source)
    states.said_by(alerts)
