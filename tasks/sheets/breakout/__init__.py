"""Sheets of listeners' new artists: alerts, what they are worth, and what became of earlier ones."""
