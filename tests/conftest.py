"""Fixtures that every folder of tests shares."""

import os
from pathlib import Path

import pytest

import refrain  # noqa: F401  (before NumPy: the tests compute with the same kernels as the stages)

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real input files, read in place; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("REFRAIN_SHARED_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real input files are not here ({folder}); set REFRAIN_SHARED_DATA to their folder")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run side by side: a file's stay together, for the fixtures they share, and so do those of the flows.

    These begin first, because they take longest.
    """
    flows = PROJECT / "tests" / "flows"
    items.sort(key=lambda item: flows not in item.path.parents)
    for item in items:
        group = "flows" if flows in item.path.parents else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
