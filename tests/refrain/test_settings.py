"""params.yaml is read whole or refused with a sentence that names the place."""

from pathlib import Path

import pytest

from refrain.errors import SettingsError
from refrain.settings import load_settings

PARAMS = Path(__file__).parent / "params"
PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", [PROJECT / "params.yaml", *sorted((PARAMS / "valid").glob("*.yaml"))])
def test_good_params_are_read(path):
    settings = load_settings(path)
    assert settings.targets
    assert settings.target("hits.hit").training.candidates


@pytest.mark.parametrize("path", sorted((PARAMS / "invalid").glob("*.yaml")), ids=lambda path: path.stem)
def test_bad_params_are_refused_by_name(path):
    expected = path.read_text().split("\n")[0].removeprefix("# expect: ")
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert expected in str(caught.value)
    assert path.name in str(caught.value)


def test_a_missing_file_says_where_to_go(tmp_path):
    with pytest.raises(SettingsError, match="Run the command in the project's folder"):
        load_settings(tmp_path / "params.yaml")


def test_an_unknown_target_is_named():
    settings = load_settings(PROJECT / "params.yaml")
    with pytest.raises(SettingsError, match=r"hits\.nothing"):
        settings.target("hits.nothing")


def test_settings_cannot_be_changed_once_read():
    settings = load_settings(PROJECT / "params.yaml")
    with pytest.raises(ValueError, match="frozen"):
        settings.storage.mlruns = "elsewhere"
