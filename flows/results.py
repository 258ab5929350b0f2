"""What a run says of each target: the rows of the closing table and the objects of `--json`."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from refrain.settings import Frozen
from tasks.records import Estimate
from tasks.registration import Served


class Status(StrEnum):
    """What a run did for a target."""

    TRAINED = "trained"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Measure(Estimate):
    """A metric on the test window."""

    name: str


class TargetResult(Frozen):
    """One target of a run. After a failure, only `target`, `status` and `error` say anything."""

    target: str
    status: Status
    champion: Served | None = None
    metric: Measure | None = None
    baseline: Measure | None = None
    difference: Estimate | None = None
    """Champion minus best baseline on the same rows."""
    verdict: str = ""
    rows: Mapping[str, int] | None = None
    as_of: Mapping[str, date] | None = None
    snapshot_digest: str | None = None
    dataset_digests: Mapping[str, str] | None = None
    mlflow_run_id: str | None = None
    flow_run_id: str | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return self.model_dump(mode="json")
