"""Where everything lies in a project's folder."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from refrain.errors import UsageError
from refrain.settings import Settings, load_settings


@dataclass(frozen=True)
class Project:
    """A folder with params.yaml in it, and the place of each file that the pipeline reads or writes there."""

    root: Path

    @cached_property
    def settings(self) -> Settings:
        """params.yaml as it was when first asked for."""
        return load_settings(self.params_file)

    @property
    def params_file(self) -> Path:
        """The file with every knob."""
        return self.root / "params.yaml"

    def raw(self, dataset: str) -> Path:
        """The canonical CSV of a dataset."""
        return self.root / "data" / "raw" / f"{dataset}.csv"

    def ingest_folder(self, dataset: str) -> Path:
        """What ingesting said: report.json, rejects.csv and, for simulated data, oracle.csv."""
        return self.root / "data" / "ingest" / dataset

    def refused_folder(self, dataset: str) -> Path:
        """An import that broke the contract: dataset.csv as it was read, and validation.failed.json."""
        return self.root / "data" / "refused" / dataset

    def validation(self, dataset: str) -> Path:
        """The report of a dataset that keeps its contract."""
        return self.validation_folder / f"{dataset}.json"

    @property
    def validation_folder(self) -> Path:
        """The reports of all datasets, those that broke their contract among them."""
        return self.root / "data" / "validation"

    @property
    def docs_folder(self) -> Path:
        """Great Expectations' Data Docs."""
        return self.root / "data" / "docs"

    def snapshot(self, target: str) -> Path:
        """A target's point-in-time feature table."""
        return self.root / "data" / "snapshots" / f"{target}.parquet"

    def models_folder(self, target: str) -> Path:
        """The fitted candidates and baselines of a target."""
        return self.root / "data" / "models" / target

    def predictions(self, target: str) -> Path:
        """What each candidate said of the tune and test rows."""
        return self.root / "data" / "predictions" / f"{target}.parquet"

    def evaluation(self, target: str) -> Path:
        """The EvaluationRecord of a target."""
        return self.root / "data" / "evaluations" / f"{target}.json"

    def metrics(self, target: str) -> Path:
        """The few numbers that `dvc metrics` shows; kept in git."""
        return self.root / "data" / "metrics" / f"{target}.json"

    def plots_folder(self, target: str) -> Path:
        """The pictures that `dvc plots` and MLflow show."""
        return self.root / "data" / "plots" / target

    def backtest_folder(self, target: str) -> Path:
        """The backtest report of a target that looks several steps ahead."""
        return self.root / "data" / "backtests" / target

    def relative(self, path: Path) -> str:
        """`path` as it is written in dvc.yaml: from the project's root, with forward slashes."""
        return path.relative_to(self.root).as_posix()


def find_project(start: Path) -> Project:
    """The project that `start` lies in: the nearest folder upwards with params.yaml and dvc.yaml.

    Raises UsageError if there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "params.yaml").is_file() and (folder / "dvc.yaml").is_file():
            return Project(folder)
    raise UsageError(
        f"{start} is not inside a Refrain project (no params.yaml and dvc.yaml here or above).",
        hint="Change to the project's folder.",
    )
