"""The container files, as far as that can be told without a container engine: what they name is there and works."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
MODULES = {"refrain": "serving.cli", "prefect": "prefect", "mlflow": "mlflow"}
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
STEPS = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()


def step(word: str) -> str:
    """What stands behind the last step of that name."""
    return [line.removeprefix(word).strip() for line in STEPS if line.startswith(word)][-1]


def words_of(service: str) -> list[str]:
    """What a service runs."""
    known = SERVICES[service]
    return [*known.get("entrypoint", json.loads(step("ENTRYPOINT"))), *known["command"]]


def copied() -> list[tuple[str, str]]:
    """What is copied into the image, and what it is called there."""
    steps = [line.split()[1:] for line in STEPS if line.startswith("COPY") and "--from" not in line]
    return [(source, target) for *sources, target in steps for source in sources]


def files_of(source: str) -> list[str]:
    """A file itself, or all in a folder, by their paths from the project's root."""
    found = [ROOT / source, *(ROOT / source).rglob("*")]
    return [file.relative_to(ROOT).as_posix() for file in found if file.is_file()]


def is_ignored(path: str) -> bool:
    """Whether .dockerignore leaves a file out: the last line that matches it or a folder around it decides."""
    found = False
    around = [path, *(parent.as_posix() for parent in Path(path).parents)]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        expression = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if pattern and not pattern.startswith("#") and any(re.fullmatch(expression, one) for one in around):
            found = not line.startswith("!")
    return found


def run(words: list[str], folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    known = {**os.environ, "PYTHONPATH": str(folder), "PREFECT_HOME": str(folder / ".prefect"), **environment}
    return subprocess.run(words, cwd=folder, env=known, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the image is made with: what is copied, but for what is ignored."""
    folder = tmp_path_factory.mktemp("image")
    for source, target in copied():
        for name in files_of(source):
            place = folder / target / name if target.endswith("/") else folder / name
            if not is_ignored(name):
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, place)
    return folder


def test_the_dockerfile_has_no_findings() -> None:
    done = run([str(PROGRAMS / "hadolint"), "Dockerfile"], ROOT)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_compose_file_is_one() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    done = run([str(PROGRAMS / "check-jsonschema"), *schema, "compose.yaml"], ROOT)
    assert done.returncode == 0, done.stdout


def test_what_is_copied_is_there_and_not_ignored() -> None:
    for source, _ in copied():
        files = files_of(source)
        assert files, f"{source} is not there"
        assert not [file for file in files if is_ignored(file) and "__pycache__" not in file]


@pytest.mark.parametrize(
    "name", [".env", ".git/config", "data/events.db", "mlruns/mlflow.db", "tasks/__pycache__/a.pyc"]
)
def test_what_is_nobodys_business_is_left_out(name: str) -> None:
    assert is_ignored(name)


def test_what_is_copied_is_enough_to_build_the_package(image: Path) -> None:
    project = tomllib.loads((image / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert all((image / package / "__init__.py").is_file() for package in packages)
    assert (image / project["project"]["readme"]).is_file()
    assert (image / "uv.lock").is_file()


def test_what_is_copied_is_enough_to_run(image: Path) -> None:
    done = run([sys.executable, "-c", "import serving.cli, serving.assembling; print(serving.cli.__file__)"], image)
    assert Path(done.stdout.strip()).is_relative_to(image), done.stderr
    said = run([sys.executable, "-m", "serving.cli", "models"], image, MLFLOW_TRACKING_URI="")
    assert said.returncode == 0, said.stderr


def test_the_uv_is_the_makefiles() -> None:
    [known] = re.findall(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert step("ARG UV_VERSION=") == known


def test_the_interpreter_is_one_of_those_that_the_project_runs_on() -> None:
    images = {line.split()[1] for line in STEPS if line.startswith("FROM")}
    assert len(images) == 1, "the environment is made in one image and used in another"
    major, minor = map(int, re.findall(r"python:(\d+)\.(\d+)-", images.pop())[0])
    assert (3, 11) <= (major, minor) < (3, 14)


@pytest.mark.parametrize("service", OURS)
def test_a_services_command_is_there(service: str, image: Path) -> None:
    program, *words = words_of(service)
    done = run([sys.executable, "-m", MODULES[program], *words, "--help"], image)
    assert done.returncode == 0, done.stderr


def test_the_image_serves_by_itself() -> None:
    assert [*json.loads(step("ENTRYPOINT")), *json.loads(step("CMD"))] == words_of("api")


@pytest.mark.parametrize("service", ["prefect", "mlflow", "api"])
@pytest.mark.parametrize("status", [200, 503])
def test_a_health_check_believes_what_the_server_says(service: str, status: int) -> None:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if "health" in self.path else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    [code] = [word for word in check_of(service) if "urlopen" in word]
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        asked = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{server.server_port}", code)
        done = run([sys.executable, "-c", asked], ROOT)
        answering.join()
    assert (done.returncode == 0) is (status == 200)


def check_of(service: str) -> list[str]:
    """The words of its health check: its own, or the image's."""
    own = SERVICES[service].get("healthcheck", {}).get("test")
    return list(own) if own else json.loads(step("HEALTHCHECK").partition("CMD")[2])


def test_a_health_check_asks_where_its_service_listens() -> None:
    for service in ("prefect", "mlflow", "api", "dashboard"):
        [published] = SERVICES[service]["ports"]
        port = published.rpartition(":")[2]
        assert f"127.0.0.1:{port}/" in " ".join(check_of(service))
        assert re.search(rf"\b{port}$", next(word for word in words_of(service) if port in word))


def test_pages_are_published_on_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports)


def test_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert not re.findall(r"://[^:/\s]+:(?!\$\{)[^@\s]+@", text), "an address with a password in it"
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert value.startswith("${") or not re.search("PASSWORD|SECRET|KEY|TOKEN", name), name
    assert set(re.findall(r"\$\{(\w+):\?", text)) == {"POSTGRES_PASSWORD", "API_KEYS", "REFRAIN_API_KEY"}


def test_who_waits_for_another_waits_for_one_that_says_when_it_is_healthy() -> None:
    for service in SERVICES.values():
        for name, waited in service.get("depends_on", {}).items():
            assert waited == {"condition": "service_healthy"}
            known = SERVICES[name].get("healthcheck", {})
            assert not known.get("disable")
            assert "test" in known or name == "api"


def test_what_is_named_is_declared() -> None:
    known = {*SERVICES, *COMPOSE["volumes"]}
    for service in SERVICES.values():
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= {*known, ".", "./data"}
        assert {config["source"] for config in service.get("configs", [])} <= set(COMPOSE["configs"])
    hosts = set(re.findall(r"(?://|@)([a-z]+):\d+", (ROOT / "compose.yaml").read_text()))
    assert hosts <= set(SERVICES)
    databases = set(re.findall(r"postgres:5432/(\w+)", (ROOT / "compose.yaml").read_text()))
    made = set(re.findall(r"CREATE DATABASE (\w+)", COMPOSE["configs"]["databases"]["content"]))
    assert databases == made | {SERVICES["postgres"]["environment"]["POSTGRES_DB"]}
