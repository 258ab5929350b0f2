"""dvc.yaml says what the stage table says, and the table says what the code imports."""

from pathlib import Path

import pytest
from dvc.repo import Repo

from features.registry import all_targets
from refrain.project import Project
from tasks.code_files import imported_files
from tasks.stages import StageTable

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def table():
    return StageTable(Project(PROJECT), tuple(all_targets().values()))


@pytest.fixture(scope="module")
def known_to_dvc():
    with Repo(str(PROJECT)) as repo:
        return {stage.addressing: stage for stage in repo.index.stages}


def test_dvc_yaml_is_what_the_table_renders(table):
    assert (PROJECT / "dvc.yaml").read_text() == table.render(), "run `refrain status` to write dvc.yaml anew"


def test_dvc_knows_every_stage_with_its_files_and_params(table, known_to_dvc):
    datasets = tuple(table.project.settings.datasets)
    stages = {stage.address: stage for target in table.targets for stage in table.of_target(target)}
    stages |= {stage.address: stage for stage in table.of_datasets(datasets)}
    assert set(stages) == set(known_to_dvc)
    for address, stage in stages.items():
        dvc = known_to_dvc[address]
        assert {dep.def_path for dep in dvc.deps if dep.def_path != "params.yaml"} == set(stage.deps), address
        assert {name for params in dvc.params for name in params.params} == set(stage.params), address
        assert {out.def_path for out in dvc.outs} == set(stage.written), address


def _file(target):
    return f"{target.module.replace('.', '/')}.py"


def test_each_target_reads_only_its_own_feature_file(table):
    for target in table.targets:
        others = {_file(other) for other in table.targets} - {_file(target)}
        assert _file(target) in table.snapshot(target).deps
        assert not others & set(table.snapshot(target).deps)


def test_code_is_followed_through_every_kind_of_import(tmp_path):
    for folder in ("tasks", "models"):
        (tmp_path / folder).mkdir()
    (tmp_path / "tasks" / "a.py").write_text("import json\nfrom models import b\nimport models.c\n")
    (tmp_path / "models" / "b.py").write_text("def late():\n    from models.d import thing\n")
    for name in "cde":
        (tmp_path / "models" / f"{name}.py").write_text("import models.b\n")
    assert imported_files(tmp_path, "tasks.a") == ("models/b.py", "models/c.py", "models/d.py", "tasks/a.py")
