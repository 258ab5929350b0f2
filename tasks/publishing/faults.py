"""What can be wrong with publishing."""

from refrain.errors import RefrainError


class PublishError(RefrainError):
    """Nothing could be published: what was published before is there as it was."""
