"""Why there are no figures of the audience."""

from refrain.errors import RefrainError


class BeforeTheDataError(RefrainError):
    """There is data, but none as of so early a day."""


class NoAudienceError(RefrainError):
    """There is nothing to make figures of yet."""
