"""What can be wrong with asking for a sheet."""

from refrain.errors import RefrainError


class SheetError(RefrainError):
    """A sheet cannot be made."""


class NotYetError(RefrainError):
    """There is nothing to make it of yet; the hint says what to run."""


class AskedWrongError(RefrainError):
    """What is asked for is not understood. `message` begins with the parameter's name and a colon."""
