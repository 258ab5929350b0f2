"""What the registry says over HTTP."""

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import Field

from refrain.settings import Frozen
from tasks.champions.loaded import ServedModel
from tasks.version_notes import Measured


class VersionSummary(Frozen):
    """A registered version, and how it did on the test window of its training."""

    version: int
    name: str
    family: str = Field(description="logistic, forest, xgboost ... or baseline.")
    is_baseline: bool
    aliases: tuple[str, ...] = Field(description="Names that point to it: champion, challenger, baseline, a family.")
    registered_at: datetime
    metric: Measured = Field(description="Its headline metric.")
    difference: Measured = Field(description="The same minus the best baseline's, on the same rows.")


class Move(Frozen):
    """An alias was pointed to another version."""

    alias: str
    when: datetime
    who: str
    from_version: int | None
    to_version: int
    why: str
    flow_run_id: str


class TargetSummary(Frozen):
    """What is known of a target's models."""

    target: str
    question: str = Field(description="What a prediction answers.")
    headline: str = Field(description="The metric that decides.")
    higher_is_better: bool
    served: ServedModel | None = Field(description="What answers in this process now.")
    served_since: datetime | None = Field(description="When this process began to.")
    problem: str = Field(description="Why the champion is not what answers; empty where it is.")
    problems: Mapping[str, str] = Field(description="Alias -> why the version that it points to is not used here.")
    champion: VersionSummary | None
    challengers: tuple[VersionSummary, ...] = Field(
        description="The others that an alias points to: the newest of each family."
    )
    baseline: VersionSummary | None = Field(description="The bar: the best baseline.")
    verdict: str = Field(description="What the gate decided when a training was registered last; empty where none was.")
    promoted: Move | None = Field(description="The champion's last move.")
    learned_until: date | None = Field(description="The last as_of that the champion learned from.")
    days_since_learned: int | None = Field(description="Days since then.")


class Models(Frozen):
    """All targets."""

    targets: tuple[TargetSummary, ...]


class Gate(Frozen):
    """What the gate said of a version."""

    passed: bool
    reason: str


class Origin(Frozen):
    """What a version was made of."""

    datasets: Mapping[str, str] = Field(description="Dataset -> MD5 of its canonical CSV.")
    snapshot: str = Field(description="MD5 of the snapshot.")
    params: str = Field(description="Digest of the target's settings.")
    code: str = Field(description="Digest of the code that made snapshot and model.")
    training: str = Field(description="Digest of all of these.")
    model_md5: str = Field(description="MD5 of the model file.")
    git_commit: str
    mlflow_run_id: str
    flow_run_id: str = Field(description="The Prefect flow run that registered it.")
    learned_until: date | None


class VersionDetail(VersionSummary):
    """A registered version with its whole story."""

    metrics: Mapping[str, Measured] = Field(
        description="On the test window; difference_: minus the best baseline's; known_, unseen_: of such clusters "
        "alone; tune_: on the tune window; importance/: what permuting a feature costs."
    )
    gate: Gate
    origin: Origin


class TargetDetail(TargetSummary):
    """A target with all of its versions."""

    versions: tuple[VersionDetail, ...] = Field(description="From the newest to the oldest.")
    moves: tuple[Move, ...] = Field(description="Of its aliases, from the newest to the oldest.")


class TargetReadiness(Frozen):
    """Whether a target is answered."""

    ready: bool
    model: ServedModel | None
    problem: str = Field(description="What is wrong: with ready, an older version answers than the champion.")


class Readiness(Frozen):
    """Whether all targets are answered."""

    ready: bool
    targets: Mapping[str, TargetReadiness]
