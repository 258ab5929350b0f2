"""Stores of each kind, and the whole API over small champions."""

from event_stores import postgres_address, prepared_file, store, store_address  # noqa: F401
from small_api import client, filled, registered_project, small_data, small_parts, small_registry  # noqa: F401
