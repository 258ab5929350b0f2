"""Where a browser finds the pages of Prefect and MLflow."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.tracking import Store
from tasks.versions import Version
from tasks.web_addresses import flow_run_page, version_page

VERSION = Version(
    target="hits.hit",
    version=3,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    run_id="",
    location="",
    aliases=(),
    tags={},
)


def store(uri: str) -> Store:
    return Store(uri, Path("mlruns"), None, None)


@pytest.mark.parametrize(
    ("environment", "page"),
    [
        ({}, ""),
        ({"PREFECT_API_URL": "http://127.0.0.1:4200/api"}, "http://127.0.0.1:4200/runs/flow-run/an-id"),
        ({"PREFECT_API_URL": "http://127.0.0.1:4200/api/"}, "http://127.0.0.1:4200/runs/flow-run/an-id"),
        (
            {"PREFECT_API_URL": "http://prefect:4200/api", "PREFECT_UI_URL": "https://runs.example/"},
            "https://runs.example/runs/flow-run/an-id",
        ),
        ({"PREFECT_API_URL": "https://me:secret@runs.example/api"}, "https://runs.example/runs/flow-run/an-id"),
        ({"PREFECT_API_URL": "https://api.prefect.cloud/api/accounts/1/workspaces/2"}, ""),
        ({"PREFECT_UI_URL": "javascript:alert(1)"}, ""),
    ],
)
def test_a_flow_runs_page(environment, page):
    assert flow_run_page("an-id", environment) == page


@pytest.mark.parametrize(
    ("uri", "environment", "page"),
    [
        ("sqlite:////somewhere/mlflow.db", {}, ""),
        ("postgresql://me:secret@host/db", {}, ""),
        (
            "sqlite:////somewhere/mlflow.db",
            {"REFRAIN_MLFLOW_UI": "http://127.0.0.1:5000"},
            "http://127.0.0.1:5000/#/models/hits.hit/versions/3",
        ),
        ("http://mlflow:5000", {}, "http://mlflow:5000/#/models/hits.hit/versions/3"),
        ("https://me:secret@mlflow.example", {}, "https://mlflow.example/#/models/hits.hit/versions/3"),
        (
            "http://mlflow:5000",
            {"REFRAIN_MLFLOW_UI": "http://127.0.0.1:5000/"},
            "http://127.0.0.1:5000/#/models/hits.hit/versions/3",
        ),
    ],
)
def test_a_versions_page(uri, environment, page):
    assert version_page(store(uri), VERSION, environment) == page


def test_a_run_that_is_not_known_has_no_page():
    assert flow_run_page("", {"PREFECT_API_URL": "http://127.0.0.1:4200/api"}) == ""
