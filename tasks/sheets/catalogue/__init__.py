"""Sheets of a catalogue: its months, and how well earlier forecasts came true."""
