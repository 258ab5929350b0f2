"""Users active in an hour: candidates on the log ratio to what is usual for that hour."""
