"""What a crash leaves in DVC's own files is mended, and what is not ours is left alone."""

from flows.data_plane import DataPlane, mend_lock
from refrain.project import Project


def test_a_torn_list_of_readers_is_put_away(make_project):
    root = make_project().root
    torn = root / ".dvc" / "tmp" / "rwlock"
    torn.parent.mkdir(exist_ok=True)
    torn.write_text('{"data/raw/tracks.csv": {"wri')
    DataPlane(Project(root))
    assert not torn.exists()


def test_a_whole_list_of_readers_is_kept(make_project):
    root = make_project().root
    whole = root / ".dvc" / "tmp" / "rwlock"
    whole.parent.mkdir(exist_ok=True)
    whole.write_text("{}")
    DataPlane(Project(root))
    assert whole.read_text() == "{}"


def test_a_torn_lock_file_is_put_back(make_project):
    project = Project(make_project().root)
    kept = project.root / ".dvc" / "tmp" / "refrain.lock.copy"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("schema: '2.0'\nstages: {}\n")
    lock = project.root / "dvc.lock"
    lock.write_text("schema: '2.0'\nstages:\n  ingest@tracks:\n    cmd: [")
    assert mend_lock(project)
    assert lock.read_text() == kept.read_text()
    assert not mend_lock(project)


def test_the_remote_follows_params(make_project):
    made = make_project()
    made.set_param("storage", "remote", value="elsewhere/store")
    DataPlane(Project(made.root))
    assert "elsewhere/store" in made.dvc("remote", "list").out
