"""Sheets of tracks: their sound, their chances, their days and the weeks ahead."""
