"""Sheets: tables of what the models say and how well they said it, for the dashboard, the API and a database."""
