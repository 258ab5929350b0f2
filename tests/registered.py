"""A small project in which one target was really trained and registered: what a server of its own can be started on."""

from pathlib import Path

from ruamel.yaml import YAML
from small_models import small_project

from features.registry import all_targets
from refrain.project import Project
from tasks.lineage import Lineage
from tasks.register import register
from tasks.tracking import open_store
from tasks.train import run_stage

TARGET = "breakout.core"


def register_small(folder: Path) -> Project:
    """Train and register breakout.core in `folder`, on a small simulated world."""
    yaml = YAML()
    params = yaml.load(small_project(folder, [TARGET]).params_file.read_text())
    params["targets"]["breakout"]["core"]["training"] |= {"replicates": 100, "importance_repeats": 1}
    with (folder / "params.yaml").open("w") as stream:
        yaml.dump(params, stream)
    project = Project(folder)
    record = run_stage(TARGET, project)
    lineage = Lineage(snapshot=record.snapshot_md5, params="p", code="c", datasets={"scrobbles": "5" * 32})
    register(all_targets()[TARGET], record, lineage, project, open_store(project), "flow")
    return project
