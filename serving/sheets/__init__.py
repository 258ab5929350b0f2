"""Sheets over HTTP: tables of what the models say, and how well they said it."""
