"""Sheets of the registry and of trainings: what is served, how well it did, and what it was made of."""
