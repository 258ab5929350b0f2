"""The collector as a process, under load: killed, its disk full, its database stopped, asked to end."""

import json
import os
import random
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from collector_client import event, user
from sqlalchemy import select, text

from benchmarks import collector_process
from benchmarks.collector_kill import Client, kill_again_and_again, require_all
from benchmarks.collector_load import event as any_event
from benchmarks.collector_process import running, write_project
from benchmarks.postgres_server import NoServerError, postgres_server
from tasks.collected.opening import store_at, store_in
from tasks.collected.tables import EVENTS
from tasks.database.address import address_of

_LIMIT = 2_000_000


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path / "project", "{max_body_bytes: 50000}")


@contextmanager
def load(port, batches=(1, 1, 20, 50)):
    """Clients that send, each of its kind, until the block ends; then all they sent is acknowledged."""
    clients = [Client(number, port, batch) for number, batch in enumerate(batches)]
    for client in clients:
        client.start()
    try:
        yield clients
    except BaseException:
        for client in clients:
            client.finish(abandon=True)
        raise
    for client in clients:
        client.finish()


def _until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def _grows(clients):
    before = sum(len(client.acknowledged) for client in clients)
    _until(lambda: sum(len(client.acknowledged) for client in clients) > before + 100)


@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_store_nothing_twice(project):
    found = kill_again_and_again(project, rounds=20, seconds=0.5)
    assert found["kills"] == 20
    assert found["acknowledged"] > 1000


def test_asked_to_end_it_finishes_what_it_accepted(project):
    with running(project) as collector, load(collector.port) as clients:
        _grows(clients)
        collector.process.send_signal(signal.SIGTERM)
        assert collector.process.wait(60) == 0
        require_all(store_in(project / "data" / "events.db"), clients)
        # So that the clients have an end too.
        collector.process = collector_process.start(project, collector.port).process


def test_the_log_is_of_json_lines_without_what_was_sent(project):
    with running(project) as collector:
        collector.ask("/log-event", event(user_id="somebody special", num_pauses=-1))
        collector.ask("/log-event?a=somebody+special", b"somebody special")
        collector.ask("/somebody-special")
    begun, *lines = [line for line in collector.log.read_text().splitlines() if "special" in line or "{" in line]
    assert begun.startswith("{")
    for line in [begun, *lines]:
        assert set(json.loads(line)) == {"at", "level", "message"}
    assert "special" not in collector.log.read_text()


def _full(collector, clients):
    """Wait until no more fits, and see that it is said."""
    _until(lambda: all(client.unavailable > 2 for client in clients))
    # Not a single one, for which there may be room still, and of many days, which touch many pages.
    chance = random.Random(5)
    status, said = collector.ask("/log-events", [any_event(chance) for _ in range(150)])
    assert (status, said["status"]) == (503, 503)
    assert said["detail"].startswith("The store cannot be written to now. Nothing of this request was stored.")


def _require_whole_batches(store, clients):
    """No batch is there in part: what is stored beyond what was acknowledged are whole ones."""
    require_all(store, clients)
    with store.snapshot() as connection:
        stored = set(connection.execute(select(EVENTS.c.event_id)).scalars())
    for client in clients:
        assert len(client.acknowledged) % client.batch == 0
        stored -= set(client.acknowledged)
    assert not stored


def test_a_file_that_may_not_grow_is_said_and_gone_on_with_once_it_may(project):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LIMIT, resource.RLIM_INFINITY))

    with running(project, before=limit) as collector:
        with load(collector.port) as clients:
            _full(collector, clients)
            require_all(store_in(project / "data" / "events.db"), clients)
            resource.prlimit(collector.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            _grows(clients)
        assert collector.ask("/health")[0] == 200
    _require_whole_batches(store_in(project / "data" / "events.db"), clients)


_SMALL_DISK = 'mount -t tmpfs -o size=8m small "$0" && head -c 4m /dev/zero > "$0/ballast" && exec "$@"'


@pytest.fixture
def small_disk(tmp_path):
    """The words that run a command in which a folder is a disk of 8 MB, half of it taken."""
    folder = tmp_path / "project" / "data"
    folder.mkdir(parents=True)
    words = ["unshare", "--map-root-user", "--mount", "sh", "-c", _SMALL_DISK, str(folder)]
    probe = subprocess.run([*words, "true"], capture_output=True, check=False) if sys.platform == "linux" else None
    if probe is None or probe.returncode != 0:
        pytest.skip("no file system can be mounted here")
    return words


def test_a_full_disk_is_said_and_gone_on_with_once_there_is_room(small_disk, project):
    with running(project, within=small_disk) as collector:
        # Where the process sees its disk. SQLite would follow the link to what we see: it is given a copy.
        data = Path(f"/proc/{collector.process.pid}/root{project}/data")
        with load(collector.port) as clients:
            _full(collector, clients)
            (data / "ballast").unlink()
            _grows(clients)
        for path in data.iterdir():
            shutil.copy(path, project)
        _require_whole_batches(store_in(project / "events.db"), clients)


@contextmanager
def stoppable_server():
    """The address of a PostgreSQL server that waits for the disk, and what stops it and starts it again."""
    try:
        with postgres_server(durable=True) as address:
            store = store_at(address_of(address))
            with store.snapshot() as connection:
                data = Path(str(connection.execute(text("SHOW data_directory")).scalar()))
            store.close()
            yield address, _Server(data)
    except NoServerError as reason:
        pytest.skip(str(reason))


class _Server:
    def __init__(self, data):
        self.data = data
        self.words = shlex.split((data / "postmaster.opts").read_text())

    def stop(self):
        """As if it crashed."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        _until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])

    def start(self):
        owner = self.data.stat()
        rights = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with (self.data.parent / "log").open("ab") as log:
            return subprocess.Popen(self.words, cwd=self.data, stdout=log, stderr=log, **rights)


def test_a_stopped_database_is_said_and_gone_on_with_once_it_is_back(project):
    with stoppable_server() as (address, server), running(project, address) as collector:
        store = store_at(address_of(address))
        with load(collector.port) as clients:
            for _ in range(2):
                _grows(clients)
                server.stop()
                before = [client.unavailable for client in clients]
                _until(lambda: all(c.unavailable > b for c, b in zip(clients, before, strict=True)))  # noqa: B023
                assert collector.ask("/health")[0] == 503
                server.start()
                _grows(clients)
                require_all(store, clients)
        _require_whole_batches(store, clients)
        store.close()


def test_a_body_without_end_is_not_read_to_the_end(project):
    """Chunks for ever, and no Content-Length: the answer comes after the limit, and the connection ends."""
    with running(project) as collector, socket.create_connection(("127.0.0.1", collector.port), timeout=20) as wire:
        wire.sendall(b"POST /log-events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
        sent = 0
        try:
            while sent < 200_000_000:
                wire.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
        assert sent < 50_000_000
        assert collector.ask("/health")[0] == 200


def test_an_announced_body_above_the_limit_is_refused_before_it_is_sent(project):
    with running(project) as collector, socket.create_connection(("127.0.0.1", collector.port), timeout=20) as wire:
        wire.sendall(b"POST /log-event HTTP/1.1\r\nHost: x\r\nContent-Length: 50001\r\n\r\n")
        answer = wire.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"connection: close" in answer.lower()


def test_a_port_that_is_taken_is_said_in_a_sentence(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = [sys.executable, "-m", "serving.cli", "collect", "--port", str(port)]
        environment = {**os.environ, "PYTHONPATH": str(collector_process.ROOT)}
        done = subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"Nothing can listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_settings_of_the_project_count(tmp_path):
    project = write_project(tmp_path / "project", "{unknown_users: refuse}")
    with running(project) as collector:
        assert collector.ask("/log-event", event())[0] == 422
        assert collector.ask("/register-user", user())[0] == 201
        status, said = collector.ask("/log-event", event(login_time="2026-04-01T00:00:00Z"))
        assert (status, said["status"]) == (201, "stored")


def test_it_starts_without_the_libraries_of_the_pipeline():
    script = (
        "import sys, serving.server; "
        "print([m for m in ('prefect', 'mlflow', 'dvc', 'pandas', 'polars', 'sklearn', 'great_expectations') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_two_collectors_share_a_store_in_turns(project):
    with running(project) as first, running(project) as second, load(first.port, (1, 20)) as some:
        others = [Client(number, second.port, batch) for number, batch in ((7, 1), (8, 30))]
        for client in others:
            client.start()
        _grows(some)
        _grows(others)
        for client in others:
            client.finish()
    _require_whole_batches(store_in(project / "data" / "events.db"), [*some, *others])
