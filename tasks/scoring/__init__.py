"""Files of rows through a model: read as a stream, asked in batches, written as a stream."""
