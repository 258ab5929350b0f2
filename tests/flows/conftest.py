"""A project of its own for each test that needs one."""

from whole_project import copied, make_project, trained  # noqa: F401
