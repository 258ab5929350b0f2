"""Which source the pages ask: what the environment names."""

import os
from collections.abc import Mapping

from dashboard.source.source import Source

ADDRESS, KEY, TABLES = "REFRAIN_API", "REFRAIN_API_KEY", "REFRAIN_TABLES"
"""Variables: the API's address, the key to show it, or the database with published tables instead."""
USUAL_ADDRESS = "http://127.0.0.1:8000"


def source_of(environment: Mapping[str, str] = os.environ) -> Source:
    """Published tables where they are named, otherwise the API."""
    from dashboard.source.api import ApiSource  # noqa: PLC0415 - where the tables are, there is no HTTP client

    return ApiSource.at(environment.get(ADDRESS) or USUAL_ADDRESS, environment.get(KEY, ""))
