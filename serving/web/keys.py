"""API keys: who may ask. The environment holds their digests alone; a key itself is seen once, by who makes it."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from refrain.errors import UsageError

VARIABLE = "API_KEYS"
"""Name of the environment variable: entries name:digest with commas between them."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RANDOM_BYTES = 32
"""Of a key that is made here: nobody finds such a key by trying, so that one round of SHA-256 keeps it."""
_LONGEST_KEY = 512
_BEARER = b"bearer "


@dataclass(frozen=True)
class ApiKeys:
    """Digest (SHA-256 in hexadecimal) of each key, and the name of who has it. Names may repeat, as while a key is
    exchanged for a new one.
    """

    entries: Sequence[tuple[str, str]] = ()
    """Name and digest."""

    def __bool__(self) -> bool:
        return bool(self.entries)

    def name_of(self, headers: dict[bytes, bytes]) -> str | None:
        """Who asks, by the key in X-API-Key or after `Authorization: Bearer`; None where no such key is known.

        Takes as long for a key that is nearly right as for any other.
        """
        key = headers.get(b"x-api-key")
        if key is None:
            given = headers.get(b"authorization", b"")
            key = given[len(_BEARER) :].strip() if given[: len(_BEARER)].lower() == _BEARER else b""
        if not 0 < len(key) <= _LONGEST_KEY:
            return None
        offered, found = digest(key), None
        for name, known in self.entries:
            if hmac.compare_digest(offered, known):
                found = name
        return found


def read_keys(text: str) -> ApiKeys:
    """The keys that an environment variable holds; none of an empty text.

    Raises UsageError that says which entry is not understood, and nothing of what is in it.
    """
    entries = []
    for place, entry in enumerate(text.split(","), start=1):
        if not entry.strip():
            continue
        name, _, known = (part.strip() for part in entry.partition(":"))
        if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(known.lower()):
            raise UsageError(
                f"Entry {place} of {VARIABLE} is not understood.",
                hint="Each is a name and a SHA-256 digest, as `refrain key NAME` prints it; commas go between them.",
            )
        entries.append((name, known.lower()))
    return ApiKeys(tuple(entries))


def new_key(name: str) -> tuple[str, str]:
    """A key, and its entry for the environment. Raises UsageError for a name that could not be in it."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            "The name of a key is 1 to 40 letters, digits, dots, dashes or underscores.",
            hint="Name who asks with it, as dashboard.",
        )
    key = secrets.token_urlsafe(_RANDOM_BYTES)
    return key, f"{name}:{digest(key.encode())}"


def digest(key: bytes) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key).hexdigest()
