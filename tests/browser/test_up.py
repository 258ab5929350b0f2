"""`refrain up --demo` on a project where nothing is registered: trains, starts everything, and takes it all down."""

import os
import socket

import pytest

if os.environ.get("REFRAIN_BROWSER_PROJECT"):
    pytest.skip("this needs a project where nothing is registered yet", allow_module_level=True)


def test_each_part_has_an_address_that_answers(upped):
    assert set(upped.addresses) == {"dashboard", "API", "Prefect", "MLflow"}
    assert all(upped.answered.values()), upped.answered


def test_the_embedded_data_is_trained_first(upped):
    assert "What is served now" in upped.out
    assert "Nothing is registered yet" not in upped.out


def test_ctrl_c_stops_all_of_them(upped):
    assert upped.out.rstrip().endswith("Stopped.")
    assert upped.code == 0
    assert not [address for address in upped.addresses.values() if _is_heard(address)]


def _is_heard(address):
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0
