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
    """The files that take longest begin first, for where files run side by side."""
    folders = [PROJECT / "tests" / name for name in ("flows", "serving")]
    items.sort(key=lambda item: next((place for place, each in enumerate(folders) if each in item.path.parents), 2))
    items.sort(key=lambda item: item.path.name != "test_end_to_end.py")
