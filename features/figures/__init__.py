"""Figures of what has happened: nothing is predicted, so no file here has targets."""
