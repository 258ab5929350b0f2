"""Streams of a week ahead: cleaning of the daily window, candidates on the log ratio to the last week, baselines."""
