"""Publishing as a flow, for a schedule: prefect.yaml deploys it."""

from pathlib import Path

from prefect import flow, get_run_logger

from flows.publish import publish_sheets
from refrain.environment import prepare_environment
from refrain.project import Project
from tasks.publishing.destination import destination_of


@flow(name="publish")
def publish(sheets: list[str] | None = None, folder: str = ".") -> str:
    """Publish `sheets` (all where none is named) of the project in `folder` to where REFRAIN_TABLES says.

    Returns the publication's id.
    """
    root = Path(folder).resolve()
    prepare_environment(root)
    logger = get_run_logger()
    destination = destination_of(None, root)
    published = publish_sheets(Project(root), destination, sheets or (), lambda name: logger.info("making %s", name))
    logger.info("%s sheets published to %s", len(published.sheets), destination)
    return published.publication
