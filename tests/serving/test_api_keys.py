"""API keys: made, kept as digests, and needed where others can ask."""

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from refrain.errors import UsageError
from serving.listening import address_of, bound, heard_here_only
from serving.web.keys import new_key, read_keys

KNOWN = "a" * 64


def test_a_key_is_known_by_its_digest_alone():
    key, entry = new_key("dashboard")
    assert entry == f"dashboard:{hashlib.sha256(key.encode()).hexdigest()}"
    assert len(key) >= 40
    assert new_key("dashboard")[0] != key
    assert read_keys(entry).name_of({b"x-api-key": key.encode()}) == "dashboard"


def test_keys_may_share_a_name_while_one_follows_another():
    (old, one), (new, two) = new_key("batch"), new_key("batch")
    keys = read_keys(f" {one} ,, {two.upper().replace('BATCH', 'batch')} ,")
    assert [keys.name_of({b"x-api-key": key.encode()}) for key in (old, new)] == ["batch", "batch"]


@pytest.mark.parametrize(
    "headers", [{}, {b"x-api-key": b""}, {b"authorization": b"Basic abc"}, {b"x-api-key": b"\xff"}]
)
def test_who_shows_no_key_is_nobody(headers):
    assert read_keys(f"a:{KNOWN}").name_of(headers) is None


def test_no_entries_are_no_keys():
    assert not read_keys("")
    assert not read_keys(" , ")
    assert read_keys(f"a:{KNOWN}")


@pytest.mark.parametrize(
    "entry", ["plainkey", f"{KNOWN}", f":{KNOWN}", "a:b", f"a b:{KNOWN}", f"a:{KNOWN[:-1]}g", "a:"]
)
def test_an_entry_that_is_not_understood_is_named_by_its_place(entry):
    with pytest.raises(UsageError) as refused:
        read_keys(f"a:{KNOWN},{entry}")
    assert "Entry 2 of API_KEYS" in str(refused.value)
    assert entry not in str(refused.value)


@pytest.mark.parametrize("name", ["", "a b", "x" * 41, "a:b", "a,b", "n\u00e4me"])
def test_a_name_that_could_not_be_an_entry_is_refused(name):
    with pytest.raises(UsageError):
        new_key(name)


def test_which_sockets_only_this_machine_reaches():
    for host, here in (("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)):
        with bound(host, 0) as listening:
            assert heard_here_only(listening) is here
            assert address_of(listening, host).startswith(f"http://{host}:")
    if socket.has_ipv6:
        with bound("::1", 0) as listening:
            assert heard_here_only(listening)
            assert address_of(listening, "::1").startswith("http://[::1]:")


def _refrain(folder, *words, **environment):
    for name in ("params.yaml", "dvc.yaml"):
        (folder / name).write_text("sources: {}\ndatasets: {}\ntargets: {}\n")
    return subprocess.run(
        [sys.executable, "-m", "serving.cli", *words],
        cwd=folder,
        env={**os.environ, "API_KEYS": "", "PYTHONPATH": str(Path(__file__).resolve().parents[2]), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_where_others_can_ask_it_does_not_start_without_a_key(tmp_path):
    done = _refrain(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 2
    assert "Others can reach 0.0.0.0, and no API key is set." in done.stderr
    assert "refrain key NAME" in done.stderr


def test_keys_that_are_not_understood_end_it_before_it_starts(tmp_path):
    done = _refrain(tmp_path, "serve", "--port", "0", API_KEYS="my-secret-key")
    assert done.returncode == 2
    assert "Entry 1 of API_KEYS is not understood." in done.stderr
    assert "my-secret-key" not in done.stderr


def test_the_command_prints_the_key_and_its_entry(tmp_path):
    done = _refrain(tmp_path, "key", "dashboard")
    assert done.returncode == 0
    key, entry = done.stdout.split()
    assert read_keys(entry).name_of({b"x-api-key": key.encode()}) == "dashboard"
    assert "X-API-Key" in done.stderr
