from event_stores import postgres_address, store_address  # noqa: F401
