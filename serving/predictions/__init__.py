"""Single predictions over HTTP: records in, answers of the champions out."""
