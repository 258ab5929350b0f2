import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from xgboost import XGBClassifier

from models.storage import estimator_bytes, estimator_from_bytes, load_estimator, save_estimator
from refrain.errors import ModelError

PROJECT = Path(__file__).resolve().parents[2]
ROWS = 200
ESTIMATORS = {
    "logistic": LogisticRegression(),
    "forest": RandomForestClassifier(5, random_state=0),
    "xgboost": XGBClassifier(n_estimators=5, max_depth=2, n_jobs=1, random_state=0),
}


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "energy": rng.normal(size=ROWS),
            "tempo": rng.normal(120, 20, size=ROWS),
            "genre": rng.choice(["rock", "pop", "jazz"], ROWS),
            "title": [" ".join(rng.choice(["love", "night", "you", "rain"], 3)) for _ in range(ROWS)],
        }
    )
    frame.loc[::7, "tempo"] = np.nan
    return frame


def fitted(family: str, method: str = "sigmoid") -> CalibratedClassifierCV:
    """A pipeline like the ones training makes, calibrated."""
    frame = rows()
    label = (frame["energy"] + np.random.default_rng(1).normal(size=ROWS) > 0).astype(int)
    columns = ColumnTransformer(
        [
            ("numeric", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["energy", "tempo"]),
            ("roots", FunctionTransformer(np.square), ["energy"]),
            ("genre", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5), ["genre"]),
            ("title", make_pipeline(TfidfVectorizer(stop_words=["you"]), TruncatedSVD(2, random_state=0)), "title"),
        ]
    )
    pipeline = Pipeline([("columns", columns), ("model", ESTIMATORS[family])]).fit(frame, label)
    return CalibratedClassifierCV(FrozenEstimator(pipeline), method=method).fit(frame, label)


def rewritten(source: Path, target: Path, change: dict[str, bytes]) -> None:
    """Copy an archive, with other content for some members."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("family", ESTIMATORS)
def test_a_loaded_model_predicts_the_same_and_saves_to_the_same_bytes(family: str, method: str, tmp_path: Path):
    model, path = fitted(family, method), tmp_path / "model.skops"
    save_estimator(model, path)
    loaded = load_estimator(path)
    np.testing.assert_array_equal(loaded.predict_proba(rows()), model.predict_proba(rows()))
    assert estimator_bytes(loaded) == path.read_bytes()


def test_two_processes_write_the_same_bytes(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from models.storage import save_estimator\n"
        "from tests.models.test_storage import ESTIMATORS, fitted\n"
        "for family in ESTIMATORS: save_estimator(fitted(family), Path(sys.argv[1]) / family)\n"
    )
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / seed)],
            check=True,
            cwd=PROJECT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(PROJECT)},
        )
    for family in ESTIMATORS:
        assert (tmp_path / "1" / family).read_bytes() == (tmp_path / "2" / family).read_bytes(), family


def test_no_byte_depends_on_the_day_or_on_zlib(tmp_path: Path):
    save_estimator(fitted("forest"), tmp_path / "model.skops")
    with zipfile.ZipFile(tmp_path / "model.skops") as archive:
        members = archive.infolist()
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {member.compress_type for member in members} == {zipfile.ZIP_STORED}
    assert [member.filename for member in members] == sorted(member.filename for member in members)


class Stranger(BaseEstimator):
    """A type that is not on the list."""


def test_an_estimator_of_a_foreign_type_is_not_saved(tmp_path: Path):
    with pytest.raises(ModelError, match=r"test_storage\.Stranger .* not on Refrain's list"):
        save_estimator(make_pipeline(StandardScaler(), Stranger()), tmp_path / "model.skops")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("trusted_by_skops", [True, False])
def test_a_foreign_type_in_a_file_is_refused(trusted_by_skops: bool, tmp_path: Path):
    """Also one that skops itself would load without asking."""
    from skops.io import dump, get_untrusted_types  # noqa: PLC0415 - slow to import

    path = tmp_path / "model.skops"
    dump(SGDClassifier() if trusted_by_skops else Stranger(), path)
    assert (get_untrusted_types(file=path) == []) == trusted_by_skops
    with pytest.raises(ModelError, match=r"SGDClassifier|Stranger"):
        load_estimator(path)


@pytest.mark.parametrize(
    ("loader", "module", "name"),
    [
        ("TypeNode", "os", "system"),
        ("FunctionNode", "builtins", "eval"),
        ("FunctionNode", "models.storage", "load_estimator"),
        ("ObjectNode", "models.storage", "ModelError"),
        ("ObjectNode", "models.allowed_types", "BaseEstimator"),
        ("ObjectNode", "numpy", "log1p"),
        ("MethodNode", "sklearn.pipeline", "Pipeline"),
        ("PartialNode", "functools", "partial"),
        ("OperatorFuncNode", "operator", "attrgetter"),
    ],
)
def test_nothing_is_built_from_a_file_that_names_another_type(loader: str, module: str, name: str, tmp_path: Path):
    good, bad = tmp_path / "good.skops", tmp_path / "bad.skops"
    save_estimator(make_pipeline(StandardScaler(), FunctionTransformer(np.log1p)), good)
    schema = json.loads(zipfile.ZipFile(good).read("schema.json"))
    schema["content"]["content"]["memory"] = {"__loader__": loader, "__module__": module, "__class__": name}
    rewritten(good, bad, {"schema.json": json.dumps(schema).encode()})
    with pytest.raises(ModelError, match=rf"{module}\.{name} \({loader}\)"):
        load_estimator(bad)


def test_an_estimator_of_ours_is_allowed(monkeypatch: pytest.MonkeyPatch):
    module = type(sys)("models.of_the_test")
    exec("from sklearn.base import BaseEstimator\nclass Ours(BaseEstimator): pass", module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert isinstance(estimator_from_bytes(estimator_bytes(module.Ours()), "here"), module.Ours)


def test_a_missing_or_damaged_file_is_told_in_a_sentence(tmp_path: Path):
    with pytest.raises(ModelError, match=r"absent\.skops cannot be read"):
        load_estimator(tmp_path / "absent.skops")
    whole = estimator_bytes(fitted("xgboost"))
    for cut in (0, 10, len(whole) // 2, len(whole) - 3):
        (tmp_path / "cut.skops").write_bytes(whole[:cut])
        with pytest.raises(ModelError, match=r"cut\.skops is damaged"):
            load_estimator(tmp_path / "cut.skops")


def test_an_archive_of_another_protocol_is_refused(tmp_path: Path):
    """An older protocol picks older loaders, which nobody has looked at here."""
    good, bad = tmp_path / "good.skops", tmp_path / "bad.skops"
    save_estimator(StandardScaler(), good)
    schema = json.loads(zipfile.ZipFile(good).read("schema.json"))
    rewritten(good, bad, {"schema.json": json.dumps({**schema, "protocol": 0}).encode()})
    with pytest.raises(ModelError, match="not written by the version of skops"):
        load_estimator(bad)
