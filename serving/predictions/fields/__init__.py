"""What each field of a record is, for who writes one: its limits, its hint, its JSON Schema."""
