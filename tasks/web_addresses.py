"""Where a browser finds the pages of Prefect and MLflow, as the environment says."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from tasks.tracking import Store
from tasks.versions import Version

PREFECT_API, PREFECT_UI, MLFLOW_UI = "PREFECT_API_URL", "PREFECT_UI_URL", "REFRAIN_MLFLOW_UI"
"""Variables: the Prefect server's API, its pages where these are elsewhere, and MLflow's pages where the store is no
server."""
_API = "/api"


def flow_run_page(flow_run_id: str, environment: Mapping[str, str]) -> str:
    """A flow run's page in the Prefect UI; empty where nobody says where that is."""
    api = environment.get(PREFECT_API, "").rstrip("/")
    usual = api.removesuffix(_API) if api.endswith(_API) else ""
    base = _for_browsers(environment.get(PREFECT_UI, "") or usual)
    return f"{base}/runs/flow-run/{quote(flow_run_id, safe='')}" if base and flow_run_id else ""


def version_page(store: Store, version: Version, environment: Mapping[str, str]) -> str:
    """A version's page in MLflow's registry; empty where nobody says where that is."""
    base = _for_browsers(environment.get(MLFLOW_UI, "") or store.uri)
    return f"{base}/#/models/{quote(version.target, safe='')}/versions/{version.version}" if base else ""


def _for_browsers(address: str) -> str:
    """The address without a name and password in it, which are nobody's to read; empty of what is no web address."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https"):
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
