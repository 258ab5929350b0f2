"""The pages over published tables, where no API runs."""

import importlib

import pytest
from said import said

PAGES = ["overview", "hits", "streams", "catalogue", "churn", "activity", "breakout", "models"]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_draws_over_tables(drawn, tables, name):
    app = drawn(importlib.import_module(f"dashboard.views.{name}.page"), tables)
    assert not app.exception
    assert not app.error
    assert app.title
    assert "does not answer" not in said(app)
