"""A project of its own for the tests that do what a page says."""

from whole_project import make_project  # noqa: F401
