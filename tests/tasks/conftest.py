import shutil
from pathlib import Path

import pytest
from trained_project import TARGET, make_project

from refrain.files import read_json
from refrain.project import Project
from tasks.lineage import Lineage
from tasks.records import EvaluationRecord
from tasks.register import register
from tasks.registration import Registration
from tasks.tracking import Store, open_store


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained project with an empty MLflow store, to be copied."""
    folder = tmp_path_factory.mktemp("trained") / "project"
    project = make_project(folder)
    open_store(project).client()
    return folder


Registered = tuple[Project, Store, EvaluationRecord, Lineage, Registration]


@pytest.fixture(scope="session")
def registered(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Registered:
    """A project that was registered once: to be looked at only."""
    project = Project(Path(shutil.copytree(trained, tmp_path_factory.mktemp("registered") / "project")))
    store, record = open_store(project), read_record(project)
    lineage = lineage_of(record)
    return project, store, record, lineage, register(TARGET, record, lineage, project, store, "flow 1")


def forget_artifact_folders() -> None:
    """MLflow remembers, for the whole process, where an id's artifacts are: ids of a copied store are elsewhere."""
    from mlflow.tracking._tracking_service import utils  # noqa: PLC0415 - seconds

    utils._artifact_repos_cache.clear()


@pytest.fixture
def copied(registered: Registered, tmp_path: Path) -> Registered:
    """A copy of it, for a test to change."""
    forget_artifact_folders()
    original, _, *rest = registered
    project = Project(Path(shutil.copytree(original.root, tmp_path / "copied")))
    return project, open_store(project), *rest


def read_record(project: Project) -> EvaluationRecord:
    return EvaluationRecord.model_validate(read_json(project.evaluation(TARGET.name)))


def lineage_of(record: EvaluationRecord) -> Lineage:
    return Lineage(snapshot=record.snapshot_md5, params="p", code="c", datasets={"scrobbles": "5" * 32})


@pytest.fixture
def project(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A trained project of the test's own."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Project(Path(shutil.copytree(trained, tmp_path / "project")))


@pytest.fixture
def store(project: Project) -> Store:
    """Its store."""
    return open_store(project)


@pytest.fixture
def record(project: Project) -> EvaluationRecord:
    """What its training found out."""
    return read_record(project)


@pytest.fixture
def lineage(record: EvaluationRecord) -> Lineage:
    """What its training was made of."""
    return lineage_of(record)
