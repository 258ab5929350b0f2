"""Forecasts where streams are kept in a database: its tables, bulk reads, and one transaction per batch of tracks."""
