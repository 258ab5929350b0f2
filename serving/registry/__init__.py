"""The registry over HTTP: what is served, and what else there is."""
