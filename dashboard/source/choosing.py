"""Which source the pages ask: what the environment names."""

import os
from collections.abc import Mapping

from dashboard.source.databases import SnowflakeDatabase, SqlDatabase
from dashboard.source.source import Source
from dashboard.source.tables import TableSource

ADDRESS, KEY, TABLES = "REFRAIN_API", "REFRAIN_API_KEY", "REFRAIN_TABLES"
"""Variables: the API's address, the key to show it, or the database with published tables instead."""
SNOWFLAKE = "snowflake"
"""In the place of a database's address: the one that the application runs in."""
USUAL_ADDRESS = "http://127.0.0.1:8000"


def source_of(environment: Mapping[str, str] = os.environ) -> Source:
    """Published tables where they are named, otherwise the API."""
    tables = environment.get(TABLES, "").strip()
    if tables:
        return TableSource(SnowflakeDatabase() if tables == SNOWFLAKE else SqlDatabase(tables))
    from dashboard.source.api import ApiSource  # noqa: PLC0415 - where the tables are, there is no HTTP client

    return ApiSource.at(environment.get(ADDRESS) or USUAL_ADDRESS, environment.get(KEY, ""))
