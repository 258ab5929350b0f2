"""What must be set before libraries are imported: silence, and arithmetic that is the same on every machine."""

import os
import platform
from pathlib import Path

_SILENCE = {
    # Nobody is told that Refrain runs.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "1",
}
_ONE_THREAD = {
    # Sums shared out over several threads are added in another order, and their last bits differ.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_ONE_KIND_OF_PROCESSOR = {
    # OpenBLAS and NumPy choose their kernels by the processor, and the last bits of a product or a logarithm differ
    # between them. These are the kernels that every x86-64 machine since 2013 has.
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}


def fix_arithmetic() -> None:
    """Make the same input give the same bytes on any number of cores, and on any x86-64 processor.

    Libraries read this when they are loaded, so it is called as soon as anything of Refrain is imported.
    """
    os.environ.update(_ONE_THREAD)
    if platform.machine().lower() in ("x86_64", "amd64"):
        os.environ.update(_ONE_KIND_OF_PROCESSOR)


def prepare_environment(root: Path) -> None:
    """Switch telemetry off, and keep Prefect's state in the project unless the caller keeps it elsewhere."""
    os.environ.update(_SILENCE)
    os.environ.setdefault("PREFECT_HOME", str(root / ".prefect"))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")
