"""A model as MLflow stores it: a folder with the very file that training wrote, described so that MLflow can serve it.

MLflow's own `log_model` would write the estimator anew, in other bytes, and take seconds for it.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version as installed
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlparse

import pandas as pd

from features.target import Target
from models.storage import stored_types
from refrain.errors import ModelError
from refrain.files import file_md5
from tasks.kinds.registry import kind_of
from tasks.records import LearnedRecord
from tasks.tracking import Store
from tasks.versions import Version

MODEL_FILE = "model.skops"
EXAMPLE_FILE = "input_example.json"
_SERVING_EXAMPLE = "serving_input_example.json"
EXAMPLE_OUTPUT = "example_output"
"""Version tag: what the model says of its input example, so that it can be asked again."""
LEARNED_FILE = "learned.json"
"""What the model learned from (tasks.records.LearnedRecord): how serving tells that a row is unlike all of it."""
MD5 = "model_md5"
"""Version tag: digest of the model file, which is the one that training wrote."""
_PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "skops", "xgboost-cpu")
_REQUIREMENTS = "requirements.txt"
_PYTHON_ENV = "python_env.yaml"


def write_model_folder(
    folder: Path, model: Path, target: Target, example: pd.DataFrame, learned: LearnedRecord
) -> None:
    """Fill `folder` with what MLflow needs to load and serve the stored estimator `model`.

    `example`: a few rows of features. The served function is that of the target's kind.
    """
    from mlflow import pyfunc  # noqa: PLC0415 - seconds
    from mlflow.models import Model  # noqa: PLC0415

    _link_or_copy(model, folder / MODEL_FILE)
    requirements = [f"{package}=={installed(package)}" for package in _PACKAGES]
    (folder / _REQUIREMENTS).write_text("\n".join(requirements) + "\n")
    (folder / _PYTHON_ENV).write_text(f"python: {python_version()}\ndependencies:\n- -r {_REQUIREMENTS}\n")
    (folder / LEARNED_FILE).write_text(learned.model_dump_json())
    rows = _as_json(example)
    (folder / EXAMPLE_FILE).write_text(json.dumps(rows))
    (folder / _SERVING_EXAMPLE).write_text(json.dumps({"dataframe_split": rows}))
    described = Model(signature=_signature(target))
    described.saved_input_example_info = {
        "artifact_path": EXAMPLE_FILE,
        "type": "dataframe",
        "pandas_orient": "split",
        "serving_input_path": _SERVING_EXAMPLE,
    }
    pyfunc.add_to_model(
        described,
        loader_module="mlflow.sklearn",
        model_path=MODEL_FILE,
        python_env=_PYTHON_ENV,
        predict_fn=kind_of(target).predict_function,
    )
    described.add_flavor(
        "sklearn",
        pickled_model=MODEL_FILE,  # MLflow's name for the file, whatever its format
        sklearn_version=installed("scikit-learn"),
        serialization_format="skops",
        code=None,
        skops_trusted_types=stored_types(model),
    )
    described.model_size_bytes = model.stat().st_size
    described.save(str(folder / "MLmodel"))


def _as_json(example: pd.DataFrame) -> dict[str, Any]:
    """Columns and rows, numbers to the last digit, missing values as null."""
    plain = example.astype(object).where(example.notna(), None)
    return {"columns": list(plain.columns), "data": plain.to_numpy().tolist()}


def read_example(folder: Path) -> pd.DataFrame:
    """The input example of a model folder."""
    return pd.DataFrame(**json.loads((folder / EXAMPLE_FILE).read_text()))


def read_learned(folder: Path) -> LearnedRecord | None:
    """What the model of a model folder learned from; None of one that was written before this was kept."""
    path = folder / LEARNED_FILE
    return LearnedRecord.model_validate_json(path.read_text()) if path.is_file() else None


@contextmanager
def fetched_model(store: Store, version: Version) -> Iterator[Path]:
    """The folder of a version's artifacts, fetched where it is not on this machine.

    Raises ModelError if it is not there, or the model file is not the one that was registered.
    """
    with TemporaryDirectory(prefix="refrain-") as name:
        folder = local_folder(version.location) or _download(store, version, name)
        model = folder / MODEL_FILE
        if not model.is_file():
            raise _broken(version, f"its model file is not there ({model})")
        if version.tags.get(MD5, "") != file_md5(model):
            raise _broken(version, f"its model file {model} is not the one that was registered")
        yield folder


def local_folder(location: str) -> Path | None:
    """The folder that an artifact location names, if it is on this machine."""
    parts = urlparse(location)
    if parts.scheme == "":
        return Path(location)
    return Path(parts.path) if parts.scheme == "file" else None


def _download(store: Store, version: Version, into: str) -> Path:
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415 - seconds

    try:
        return Path(download_artifacts(artifact_uri=version.location, dst_path=into, tracking_uri=store.uri))
    except Exception as error:
        # Any of a dozen storage libraries may be behind the address.
        raise _broken(version, f"its artifacts cannot be fetched from {version.location}: {error}") from error


def _broken(version: Version, fault: str) -> ModelError:
    return ModelError(
        f"{version.target} version {version.version} does not load: {fault}.",
        hint=f"Run `refrain run {version.target}`, which puts back what is missing.",
    )


def _signature(target: Target) -> Any:
    from mlflow.models import ModelSignature  # noqa: PLC0415 - seconds
    from mlflow.types.schema import ColSpec, DataType, Schema, TensorSpec  # noqa: PLC0415
    from numpy import dtype  # noqa: PLC0415

    kinds: Mapping[str, DataType] = {
        **dict.fromkeys(target.numeric, DataType.double),
        **dict.fromkeys((*target.categorical, *target.text), DataType.string),
    }
    inputs = [ColSpec(kinds[name], name, required=name in target.required) for name in target.features]
    answers = TensorSpec(dtype("float64"), (-1, kind_of(target).width))
    return ModelSignature(Schema(inputs), Schema([answers]))


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source.resolve(), target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
