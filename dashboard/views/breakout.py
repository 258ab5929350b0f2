"""The page Breakout."""

from dashboard.shown import states
from dashboard.source.source import Source

TITLE = "Breakout"
QUESTION = "…"


def page(source: Source) -> None:
    """Draw it."""
    states.page(source, TITLE, QUESTION, _body)


def _body(source: Source) -> None:
    del source
