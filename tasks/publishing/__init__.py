"""Publishing: every sheet into tables of a database, all or nothing."""
