"""The catalogue's forecasts over HTTP."""
