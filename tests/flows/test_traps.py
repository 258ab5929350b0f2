"""The traps that this stack is known for, each sprung on purpose. Those of one step are tested beside that step."""

import inspect
import json
import os
import platform
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from features.registry import all_targets
from flows.control_plane import TemporaryServer, answers
from refrain.environment import prepare_environment
from tasks.names import slug

ROOT = Path(__file__).resolve().parents[2]


def _imported_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_a_look_imports_no_heavy_library():
    """Great Expectations, MLflow, Prefect and the models' libraries cost 1 to 7 s each."""
    heavy = {"great_expectations", "mlflow", "prefect", "sklearn", "xgboost", "matplotlib", "pandas", "pyspark"}
    assert not heavy & _imported_by("import flows.running")


@pytest.mark.parametrize("module", ["flows.cli", "flows.run", "tasks.train", "tasks.score"])
def test_arithmetic_is_that_of_one_thread_and_one_kind_of_processor(module):
    """Two targets are fitted side by side, on machines of many kinds; the last bits must not know."""
    code = (
        f"import {module}, numpy, scipy.linalg, sklearn, xgboost, json\n"
        "from threadpoolctl import threadpool_info\n"
        "print(json.dumps([[pool['num_threads'], pool.get('architecture')] for pool in threadpool_info()]))"
    )
    free = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "OPENBLAS_", "NPY_"))}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=free, capture_output=True, text=True, check=True)
    pools = json.loads(done.stdout.splitlines()[-1])
    assert pools
    assert {threads for threads, _ in pools} == {1}
    if platform.machine() == "x86_64":
        assert {kind for _, kind in pools} == {"Haswell", None}


def test_stage_functions_import_no_prefect():
    assert "prefect" not in _imported_by("import tasks.ingest, tasks.validate, tasks.snapshot, tasks.train")


def test_the_pins_that_prefect_needs_are_in_force():
    """From FastAPI 0.151 deployments fail, from 0.155 flows; on SQLAlchemy 2.1 the scheduler inserts no runs."""
    assert tuple(map(int, version("fastapi").split(".")[:2])) < (0, 151)
    assert tuple(map(int, version("sqlalchemy").split(".")[:2])) < (2, 1)


def test_the_flow_is_async_and_steps_are_not_cached_by_their_paths():
    """A sync flow waits a second at its end, and Prefect's input cache sees a path and not the bytes behind it."""
    from prefect.cache_policies import NO_CACHE  # noqa: PLC0415

    from flows import run as flows_run  # noqa: PLC0415

    assert inspect.iscoroutinefunction(flows_run.run.fn)
    steps = (flows_run.ingest, flows_run.validate, flows_run.snapshot, flows_run.train, flows_run.register)
    assert all(step.cache_policy == NO_CACHE for step in steps)


def test_the_server_of_a_run_ends_with_it(tmp_path, monkeypatch):
    """Ours is started by hand, so nobody but us stops it, not even when the run is killed."""
    script = (
        "import sys, os\n"
        "from pathlib import Path\n"
        "from flows.control_plane import TemporaryServer\n"
        "with TemporaryServer(Path(sys.argv[1])) as server:\n"
        "    server.wait()\n"
        "    print(os.environ['PREFECT_API_URL'], flush=True)\n"
        "    input()\n"
    )
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    run = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout
    port = int(run.stdout.readline().rpartition(":")[2].split("/")[0])
    assert answers(port, "/api/health")
    run.kill()
    run.wait()
    deadline = time.monotonic() + 20
    while answers(port, "/api/health"):
        assert time.monotonic() < deadline, "the server outlived its run"
        time.sleep(0.2)


def test_a_named_server_is_used_and_none_is_started(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    with TemporaryServer(tmp_path) as server:
        server.wait()
        assert os.environ["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DO_NOT_TRACK", "1"),
        ("PREFECT_SERVER_ANALYTICS_ENABLED", "false"),
        ("MLFLOW_DISABLE_TELEMETRY", "true"),
        ("GX_ANALYTICS_ENABLED", "false"),
        ("DVC_NO_ANALYTICS", "1"),
    ],
)
def test_telemetry_is_off_whatever_the_caller_says(name, value, monkeypatch, tmp_path):
    monkeypatch.setenv(name, "something else")
    for other in ("PREFECT_HOME", "PREFECT_LOGGING_LEVEL"):
        monkeypatch.setenv(other, "kept")
    prepare_environment(tmp_path)
    assert os.environ[name] == value
    assert os.environ["PREFECT_HOME"] == "kept"


def test_every_target_has_a_name_that_prefect_takes_for_its_page():
    for name in all_targets():
        assert re.fullmatch(r"[a-z0-9-]+", slug(name))
