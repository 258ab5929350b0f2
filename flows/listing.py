"""`refrain models`: what the registry holds of each target."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from features.registry import select_targets
from refrain.project import Project
from refrain.settings import Frozen
from tasks.records import Estimate
from tasks.tracking import open_store
from tasks.versions import BASELINE, CHAMPION, Version, list_versions


class ListedVersion(Frozen):
    """A registered version, as a person compares it with the others."""

    version: int
    name: str
    family: str
    aliases: tuple[str, ...]
    headline: str
    metric: Estimate | None
    """On the test window of its own training."""
    difference: Estimate | None
    gate: str
    gate_reason: str
    learned_until: str
    run_id: str
    digests: Mapping[str, str]


class ListedModel(Frozen):
    """A target and its versions, the newest first."""

    target: str
    versions: tuple[ListedVersion, ...]

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return self.model_dump(mode="json")


def registered_models(project: Project, names: list[str]) -> list[ListedModel]:
    """The versions of the targets that `names` ask for; of all where it is empty."""
    store = open_store(project)
    return [
        ListedModel(
            target=target.name,
            versions=tuple(_listed(version) for version in reversed(list_versions(store, target.name))),
        )
        for target in select_targets(names)
    ]


def versions_table(model: ListedModel) -> Table:
    """One line a version: aliases, metric with interval, difference to the baseline, and the gate's word."""
    if not model.versions:
        return Table(
            title=f"{model.target}: nothing registered yet; `refrain run` makes the first", title_justify="left"
        )
    table = Table(title=model.target, title_justify="left", title_style="bold")
    table.add_column("version", justify="right")
    for heading in ("model", "aliases", model.versions[0].headline.replace("_", " "), "to the baseline", "gate"):
        table.add_column(heading)
    for version in model.versions:
        table.add_row(
            str(version.version),
            version.name,
            ", ".join(version.aliases),
            version.metric.shown() if version.metric else "",
            version.difference.shown("+") if version.difference else "",
            version.family if version.family == BASELINE else version.gate,
            style="bold" if CHAMPION in version.aliases else None,
        )
    return table


def _listed(version: Version) -> ListedVersion:
    tags = version.tags
    headline = tags.get("headline", "")
    return ListedVersion(
        version=version.version,
        name=version.name,
        family=version.family,
        aliases=version.aliases,
        headline=headline,
        metric=_estimate(tags, headline),
        difference=_estimate(tags, f"difference_{headline}"),
        gate=tags.get("gate", ""),
        gate_reason=tags.get("gate_reason", ""),
        learned_until=tags.get("learned_until", ""),
        run_id=version.run_id,
        digests={name: tags[name] for name in ("training", "snapshot", "params", "code") if name in tags},
    )


def _estimate(tags: Mapping[str, str], name: str) -> Estimate | None:
    if name not in tags:
        return None
    return Estimate(value=float(tags[name]), low=float(tags[f"{name}_low"]), high=float(tags[f"{name}_high"]))
