from event_stores import postgres_address, store, store_address  # noqa: F401
