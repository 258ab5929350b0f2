"""Predictions that were given, kept for the track record: what was said, by which model, of whom, and from what."""
