"""The page Breakout."""
