from event_stores import postgres_address, prepared_file, store, store_address  # noqa: F401
