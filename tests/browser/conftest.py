"""Every page in a real Chromium over a whole, small project: `make test-browser`.

REFRAIN_BROWSER_PROJECT names a project that has been run already, to be shown instead of one that is made first.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from whole_project import make_project  # noqa: F401

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: `make test-browser`")

from settling import settled  # noqa: E402

_PATIENCE_SECONDS = 120
_PATIENCE_MILLISECONDS = 60_000
_PATIENCE_ON_A_PAGE = 60_000  # milliseconds
_CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
_OWN = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")


@dataclass
class Process:
    """A server that can be stopped and started again on its port."""

    words: list[str]
    folder: Path
    environment: dict[str, str]
    address: str
    health: str
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with (self.folder / "browser-tests.log").open("ab") as log:
            self.running = subprocess.Popen(
                self.words, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _answers(self.address + self.health):
            assert self.running.poll() is None, (self.folder / "browser-tests.log").read_text()[-2000:]
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.1)

    def stop(self) -> None:
        if self.running is not None:
            self.running.terminate()
            self.running.wait(_PATIENCE_SECONDS)
            self.running = None


@dataclass(frozen=True)
class Site:
    """The pages and the API that they ask."""

    root: Path
    api: Process
    pages: Process

    def url(self, page: str = "") -> str:
        """Of a page, by its name."""
        return f"{self.pages.address}/{page}"


@dataclass(frozen=True)
class Upped:
    """What `refrain up --demo` did in a project where nothing was registered."""

    root: Path
    addresses: dict[str, str]
    """Name -> address, as it printed them."""
    answered: dict[str, bool]
    """Name -> whether a browser would have found something there, while it ran."""
    out: str
    code: int


@pytest.fixture(scope="session")
def upped(make_project: Callable[[], Any]) -> Upped:  # noqa: F811
    """A small project, trained by `refrain up --demo`, which was ended by Ctrl-C once it had said that all is up."""
    project = make_project()
    words = ["up", "--demo", *(f"--{name}-port={_free_port()}" for name in ("dashboard", "api", "prefect", "mlflow"))]
    log = project.root / "browser-tests.log"
    with log.open("wb") as said:
        running = subprocess.Popen(
            [sys.executable, "-m", "serving.cli", *words],
            cwd=project.root,
            env=project.environment(),
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
    assert running.stdout is not None
    lines: list[str] = []
    try:
        for line in running.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
    except BaseException:  # the tests are interrupted: it must not train on
        running.send_signal(signal.SIGINT)
        raise
    assert running.poll() is None, log.read_text()[-3000:]
    addresses = dict(re.findall(r"^(\S+) +(http://\S+)$", "".join(lines), re.MULTILINE))
    answered = {name: _answers(address) or _answers(f"{address}/health") for name, address in addresses.items()}
    running.send_signal(signal.SIGINT)
    rest, _ = running.communicate(timeout=_PATIENCE_SECONDS)
    return Upped(project.root, addresses, answered, "".join(lines) + rest, running.returncode)


@pytest.fixture(scope="session")
def project_root(request: pytest.FixtureRequest) -> Path:
    """The root of a project with champions of all targets."""
    named = os.environ.get("REFRAIN_BROWSER_PROJECT")
    return Path(named) if named else request.getfixturevalue("upped").root


@pytest.fixture(scope="session")
def site(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The API and the pages over it, with an empty store of events of their own, which nobody fills."""
    with _served(project_root, tmp_path_factory.mktemp("events") / "events.db") as found:
        yield found


@pytest.fixture(scope="module")
def own_site(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same for a module that fills its store: `opened(..., at=own_site)`."""
    with _served(project_root, tmp_path_factory.mktemp("events") / "events.db") as found:
        yield found


@contextmanager
def _served(project_root: Path, events: Path) -> Iterator[Site]:
    api, pages = _free_port(), _free_port()
    address = f"http://127.0.0.1:{api}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_"))}
    environment = {**kept, "DATABASE_URL": f"sqlite:///{events}"}
    refrain = [sys.executable, "-m", "serving.cli"]
    servers = (
        Process([*refrain, "serve", "--port", str(api)], project_root, environment, address, "/health"),
        Process(
            [*refrain, "dashboard", "--port", str(pages), "--api", address],
            project_root,
            environment,
            f"http://127.0.0.1:{pages}",
            "/_stcore/health",
        ),
    )
    try:
        for server in servers:
            server.start()
        yield Site(project_root, *servers)
    finally:
        for server in servers:
            server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator["playwright.Browser"]:
    """Debian's Chromium, or any other."""
    if _CHROMIUM is None:
        pytest.skip("there is no chromium on the PATH; install it, or set CHROMIUM to it")
    playwright.expect.set_options(timeout=_PATIENCE_ON_A_PAGE)
    with playwright.sync_playwright() as started:
        playwright.expect.set_options(timeout=_PATIENCE_MILLISECONDS)
        # Without its sandbox, which root in a container cannot have: it sees nothing but our own pages.
        found = started.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser: "playwright.Browser", request: pytest.FixtureRequest) -> Iterator[Callable[..., "playwright.Page"]]:
    """Opens a page by its name, of `site` or of another one, once what it asks for is there.

    Nothing may be fetched from elsewhere.
    """
    contexts = []
    elsewhere: list[str] = []

    def open_page(name: str = "", scheme: str = "light", at: Site | None = None) -> "playwright.Page":
        context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(_PATIENCE_ON_A_PAGE)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda asked: asked.url.startswith(_OWN) or elsewhere.append(asked.url))
        page.goto((at or request.getfixturevalue("site")).url(name))
        settled(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not elsewhere


def _answers(address: str) -> bool:
    with suppress(URLError, OSError):
        return urlopen(address, timeout=2).status == 200
    return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
