"""A file is written whole or not at all."""

import json

import pytest

from refrain.files import file_md5, replacing, value_digest, write_json


def test_an_error_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as beside:
        beside.write_text("half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_success_replaces_it_and_makes_folders(tmp_path):
    path = tmp_path / "new" / "kept.txt"
    with replacing(path) as beside:
        beside.write_text("new")
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_json_is_the_same_bytes_for_the_same_value(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": [1.5, "é"]})
    write_json(tmp_path / "b.json", {"a": [1.5, "é"], "b": 1})
    assert file_md5(tmp_path / "a.json") == file_md5(tmp_path / "b.json")
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": [1.5, "é"], "b": 1}


def test_json_refuses_what_json_cannot_say(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_md5_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_md5(tmp_path / "a") == "900150983cd24fb0d6963f7d28e17f72"


def test_a_value_digest_knows_no_key_order():
    assert value_digest({"a": 1, "b": 2}) == value_digest({"b": 2, "a": 1})
    assert value_digest({"a": 1}) != value_digest({"a": 2})
