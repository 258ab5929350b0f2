"""Names of candidates as names of files."""

import re


def slug(name: str) -> str:
    """`name` in lower case, with a hyphen for everything that is no letter or digit: "mean-of-the-3-months-before"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
