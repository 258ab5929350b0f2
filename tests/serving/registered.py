"""A small project in which one target was really trained and registered: what a server of its own can be started on."""

import shutil
from pathlib import Path

from ruamel.yaml import YAML

from features.registry import all_targets
from refrain.project import Project
from tasks.lineage import Lineage
from tasks.register import register
from tasks.tracking import open_store
from tasks.train import run_stage

TARGET = "breakout.core"


def register_small(folder: Path, small: Project) -> Project:
    """Train and register breakout.core in `folder`, on the snapshot of a small project."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(small.root / name, folder / name)
    yaml = YAML()
    params = yaml.load((folder / "params.yaml").read_text())
    params["targets"]["breakout"]["core"]["training"] |= {"replicates": 100, "importance_repeats": 1}
    with (folder / "params.yaml").open("w") as stream:
        yaml.dump(params, stream)
    project = Project(folder)
    project.snapshot(TARGET).parent.mkdir(parents=True)
    shutil.copy(small.snapshot(TARGET), project.snapshot(TARGET))
    record = run_stage(TARGET, project)
    lineage = Lineage(snapshot=record.snapshot_md5, params="p", code="c", datasets={"scrobbles": "5" * 32})
    register(all_targets()[TARGET], record, lineage, project, open_store(project), "flow")
    return project
