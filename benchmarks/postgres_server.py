"""A PostgreSQL server of one's own, for as long as a test or a benchmark takes."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

USER = "refrain"
PASSWORD = "a quiet p@ss/word"
_UNPRIVILEGED = ("postgres", "nobody")
_DEBIAN = Path("/usr/lib/postgresql")


class NoServerError(Exception):
    """Why no server can be started here."""


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """A new, empty server on a free port; yields the address of its database `postgres`, password included.

    PostgreSQL refuses to run as root: it is then run as `postgres` or `nobody`. `durable`: whether commits wait for the
    disk, as a real server's do. Raises NoServerError, saying why, where no server can be started.
    """
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    with TemporaryDirectory(prefix="refrain-postgres-") as name:
        folder = Path(name)
        as_user = _as_unprivileged(folder)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data, port = folder / "data", _free_port()
        _run([*as_user, initdb, "-D", str(data), "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8",
              "--locale=C.UTF-8", "--no-sync"], folder)  # fmt: skip
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync={'on' if durable else 'off'}"
        _run([*as_user, pg_ctl, "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start"], folder)
        try:
            yield f"postgresql://{USER}:a%20quiet%20p%40ss%2Fword@127.0.0.1:{port}/postgres"
        finally:
            _run([*as_user, pg_ctl, "-D", str(data), "-m", "immediate", "stop"], folder)


def _program(name: str) -> str:
    """Where one of PostgreSQL's programs is: on the path, or where Debian puts those of the newest version."""
    versions = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = shutil.which(name) or next((str(path) for path in reversed(versions)), None)
    if found is None:
        raise NoServerError(f"PostgreSQL is not installed (no {name})")
    return found


def _as_unprivileged(folder: Path) -> list[str]:
    """The words that run a command as somebody who is not root, who then owns `folder`; none for who is not root."""
    if os.geteuid() != 0:
        return []
    for name in _UNPRIVILEGED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            break
        os.chown(folder, user.pw_uid, user.pw_gid)
        return [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    raise NoServerError("PostgreSQL does not run as root, and there is no other user to run it as")


def _run(words: list[str], folder: Path) -> None:
    # Into a file: the server keeps what it is started with, and a pipe would never end.
    said = folder / "said"
    with said.open("w") as stream:
        code = subprocess.run(words, cwd=folder, stdout=stream, stderr=stream, check=False).returncode
    if code != 0:
        raise NoServerError(f"PostgreSQL does not start: {said.read_text().strip()[-500:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
