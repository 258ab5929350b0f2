"""The web pages. They ask a source (the API, or published tables), load no model and read no data file."""
