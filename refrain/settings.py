"""params.yaml, read in one place into frozen settings that refuse an unknown key."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from refrain.errors import SettingsError

Model = TypeVar("Model", bound=BaseModel)
Fraction = Annotated[float, Field(gt=0, lt=1)]


class Frozen(BaseModel):
    """Settings that cannot be changed once read, and that refuse a key nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DatasetSettings(Frozen):
    """Where a dataset comes from, and what its contract is told about it."""

    source: str
    path: str | None = None
    """The file it was imported from; none for a generated dataset."""
    md5: str | None = None
    """Digest of that file's bytes, so that a changed file is noticed rather than silently used."""
    columns: Mapping[str, str] | None = None
    """For `csv`: canonical column -> the file's column."""
    received_on: date
    """The day the data was received (UTC). Nothing in it may be later; stages read this instead of a clock."""
    max_age_days: int | None = Field(default=None, ge=0)
    """How old the newest row may be on `received_on`; no limit where absent."""
    min_rows: int = Field(default=1, ge=1)
    max_rows: int = Field(default=1_000_000_000, ge=1)
    references: tuple[str, ...] = ()
    """Datasets whose ids every row must be found in."""


class SplitSettings(Frozen):
    """Train, tune and test by as_of. Shares are of rows, cut only between two as_of dates."""

    train: Fraction = 0.6
    tune: Fraction = 0.2
    test_start: date | None = None
    """First as_of of the test window; where given, `train` and `tune` keep their ratio in the rows before it."""
    folds: int = Field(default=3, ge=1)
    tune_steps: int = Field(default=4, ge=1)
    """Steps in which the tune window is predicted, each by a fit on all that was known before it."""
    min_rows: int = Field(default=50, ge=1)
    """Rows a window must have."""
    min_positives: int = Field(default=2, ge=1)
    """Rows of each class that a window must have."""

    @model_validator(mode="after")
    def _leaves_a_test_window(self) -> Self:
        if self.train + self.tune >= 1 and self.test_start is None:
            raise ValueError("train and tune must add up to less than 1, so that rows are left to test on")
        return self


class AlertSettings(Frozen):
    """How the decision threshold is chosen on the tune window."""

    beta: float = Field(default=0.5, gt=0)
    max_median: float = Field(default=3, gt=0)
    """Alerts allowed in the median group (one listener's month, say)."""


class TrainingSettings(Frozen):
    """What is fitted and how it is measured."""

    seed: int = 0
    split: SplitSettings = SplitSettings()
    candidates: Mapping[str, Mapping[str, list[Any]]]
    """Family -> settings to try (each a list; all combinations are tried on the rolling-origin folds)."""
    refit: bool = True
    """Fit the chosen settings once more on every row whose label was known before the test window: what is served."""
    replicates: int = Field(default=1000, ge=100)
    """Bootstrap replicates behind every interval."""
    importance_rows: int = Field(default=1000, ge=1)
    """Rows of the test window, drawn at random, on which permutation importance is measured."""
    importance_repeats: int = Field(default=2, ge=1)
    """Permutations of each feature."""
    alerts: AlertSettings | None = None


class GateSettings(Frozen):
    """What a candidate must reach besides beating the baseline."""

    max_calibration_error: Fraction = 0.05
    """Of a chance: how far, on average, probabilities may be from what happens."""
    max_coverage_error: Fraction = 0.05
    """Of an amount: how far the share of amounts inside the 80 % and the 95 % intervals may be from these."""
    min_test_positives: int = Field(default=10, ge=1)
    """Positive rows in the test window below which no difference counts: an interval over so few of them is too sure
    of itself."""


class TargetSettings(Frozen):
    """One target's knobs. `snapshot` is checked by the target's own settings type."""

    snapshot: Mapping[str, Any] = {}
    training: TrainingSettings
    gate: GateSettings = GateSettings()


class StorageSettings(Frozen):
    """Where things are kept, relative to the project's root."""

    remote: str = ".dvc/store"
    mlruns: str = "mlruns"


class CollectorSettings(Frozen):
    """What the collector of sessions takes, and how long it lets anybody wait."""

    unknown_users: Literal["hold", "refuse"] = "hold"
    """Events of users who are not registered: kept until they are, or refused."""
    max_body_bytes: int = Field(default=10_000_000, ge=1_000)
    """The largest body of a request."""
    max_minutes_ahead: float = Field(default=10, ge=0)
    """How far ahead of ours a sender's clock may be."""
    earliest: date = date(2000, 1, 1)
    """No session and no registration is older."""
    max_waiting: int = Field(default=100_000, ge=1)
    """Records that may wait to be written; whoever sends more is told to come back."""
    seconds_to_answer: float = Field(default=30, gt=0)
    """After which a request that is still waiting for the store is answered with 503."""


class PredictionLogSettings(Frozen):
    """Which predictions are kept for the track record, where PREDICTION_LOG says that they are."""

    share: float = Field(default=1.0, ge=0, le=1)
    """Of the requests, drawn by their ids."""
    max_waiting: int = Field(default=10_000, ge=1)
    """Predictions that may wait to be written; further ones are dropped, and counted."""


class ServingSettings(Frozen):
    """What the HTTP API takes, and how long it lets anybody wait."""

    max_body_bytes: int = Field(default=20_000_000, ge=1_000)
    """The largest body of a request."""
    max_records: int = Field(default=10_000, ge=1)
    """Records in one request."""
    max_tracks: int = Field(default=5_000, ge=1)
    """Tracks in one request for a catalogue's forecast."""
    max_days: int = Field(default=10_000, ge=31)
    """Days of one track."""
    seconds_to_answer: float = Field(default=30, gt=0)
    """After which a request is answered with 503."""
    refresh_seconds: float = Field(default=2, gt=0)
    """How often the registry is asked whether an alias has moved."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may read answers in a browser; none by default."""
    prediction_log: PredictionLogSettings = PredictionLogSettings()


class Settings(Frozen):
    """All of params.yaml."""

    storage: StorageSettings = StorageSettings()
    collector: CollectorSettings = CollectorSettings()
    serving: ServingSettings = ServingSettings()
    sources: Mapping[str, Mapping[str, Any]]
    """Source -> its options, checked by the source's own options type."""
    datasets: Mapping[str, DatasetSettings]
    targets: Mapping[str, Mapping[str, TargetSettings]]
    """Prediction -> target -> settings."""

    def target(self, name: str) -> TargetSettings:
        """Settings of the target called `prediction.target`."""
        prediction, _, short = name.partition(".")
        try:
            return self.targets[prediction][short]
        except KeyError:
            raise SettingsError(
                f"params.yaml has no settings for the target {name}.",
                hint=f"Add them under targets: {prediction}: {short}:.",
            ) from None


def load_settings(path: Path) -> Settings:
    """Read params.yaml.

    Raises SettingsError, naming the file, the line or key and what was expected, if it is missing, not YAML, or holds
    a key or value that is not understood.
    """
    try:
        raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"There is no {path}.", hint="Run the command in the project's folder.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not readable as YAML: {error}.", hint="Mend it and run again.") from None
    bare = next(_bare_dates(raw), None)
    if bare is not None:
        raise SettingsError(
            f"{path} holds the date {bare[1]} without quotes at {bare[0]}, which DVC cannot track.",
            hint=f"Write '{bare[1]}'.",
        )
    return validated(Settings, raw, where=str(path))


def _bare_dates(value: Any, place: str = "") -> Iterator[tuple[str, date]]:
    if isinstance(value, date):
        yield place, value
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _bare_dates(inner, f"{place}.{key}".lstrip("."))


def validated(kind: type[Model], raw: Any, where: str) -> Model:
    """`raw` as `kind`, or a SettingsError that lists every bad key with its place in `where`."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg'].lower()}" for fault in error.errors()
        )
        raise SettingsError(f"{where} is not understood: {faults}.", hint="Correct it and run again.") from None
