"""What must be set before the planes' libraries are imported: silence, and one thread where threads change results."""

import os
from pathlib import Path

_ALWAYS = {
    # Nobody is told that Refrain runs.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "1",
    # Sums over several threads are added in another order each time.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def prepare_environment(root: Path) -> None:
    """Set the variables above, and keep Prefect's state in the project unless the caller keeps it elsewhere."""
    os.environ.update(_ALWAYS)
    os.environ.setdefault("PREFECT_HOME", str(root / ".prefect"))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")
