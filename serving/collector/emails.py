"""E-mail addresses: recognised so that they are kept out, and hashed with a key where there is one."""

import hmac
import os
import re

from refrain.errors import UsageError
from refrain.sessions import ADDRESS

KEY = "REFRAIN_EMAIL_KEY"
"""Name of the environment variable with the key. Without it nothing of an address is stored."""
_SHORTEST_KEY = 16
_ADDRESS = re.compile(ADDRESS)
_LONGEST_ADDRESS = 254


def email_key() -> bytes | None:
    """The key of the environment. Raises UsageError if it is too short to keep anything secret."""
    key = os.environ.get(KEY, "").encode()
    if key and len(key) < _SHORTEST_KEY:
        raise UsageError(
            f"{KEY} has fewer than {_SHORTEST_KEY} bytes.", hint="Make one with `openssl rand -hex 32`, and keep it."
        )
    return key or None


def is_address(text: str) -> bool:
    """Whether a text has the shape of an e-mail address."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def holds_address(text: str | None) -> bool:
    """Whether something within a text has the shape of an e-mail address."""
    return text is not None and "@" in text and _ADDRESS.search(text) is not None


def hashed(address: str, key: bytes) -> str:
    """HMAC-SHA256 of an address in hexadecimal: the same for each way of writing its letters."""
    return hmac.digest(key, address.strip().casefold().encode(), "sha256").hex()
