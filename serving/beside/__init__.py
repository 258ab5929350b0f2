"""Processes beside the one that answers: what is heavy is made there, so that nobody else waits for it."""
