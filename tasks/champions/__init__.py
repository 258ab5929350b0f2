"""Registered models, loaded by alias and kept up to date: what serving asks."""
