"""Which types a stored model may be made of: our own list, never the one that lies inside the file."""

import importlib
import inspect

from sklearn.base import BaseEstimator

_CLASSES = {
    "builtins": "bool bytearray bytes dict float int list set slice str tuple",
    "collections": "OrderedDict",
    "numpy": "bool bool_ dtype float32 float64 int32 int64 int8 ndarray str_ uint32 uint64 uint8",
    "scipy.interpolate._bsplines": "BSpline",
    "scipy.sparse._csc": "csc_array csc_matrix",
    "scipy.sparse._csr": "csr_array csr_matrix",
    "scipy.sparse._dia": "dia_array dia_matrix",
    "sklearn.calibration": "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration _TemperatureScaling",
    "sklearn.compose._column_transformer": "ColumnTransformer",
    "sklearn.decomposition._pca": "PCA",
    "sklearn.decomposition._truncated_svd": "TruncatedSVD",
    "sklearn.dummy": "DummyClassifier DummyRegressor",
    "sklearn.ensemble._forest": (
        "ExtraTreesClassifier ExtraTreesRegressor RandomForestClassifier RandomForestRegressor"
    ),
    "sklearn.feature_extraction.text": "CountVectorizer HashingVectorizer TfidfTransformer TfidfVectorizer",
    "sklearn.frozen._frozen": "FrozenEstimator",
    "sklearn.impute._base": "MissingIndicator SimpleImputer",
    "sklearn.isotonic": "IsotonicRegression",
    "sklearn.linear_model._base": "LinearRegression",
    "sklearn.linear_model._coordinate_descent": "ElasticNet Lasso",
    "sklearn.linear_model._logistic": "LogisticRegression",
    "sklearn.linear_model._ridge": "Ridge RidgeClassifier",
    "sklearn.pipeline": "FeatureUnion Pipeline",
    "sklearn.preprocessing._data": (
        "MaxAbsScaler MinMaxScaler PolynomialFeatures PowerTransformer QuantileTransformer RobustScaler StandardScaler"
    ),
    "sklearn.preprocessing._discretization": "KBinsDiscretizer",
    "sklearn.preprocessing._encoders": "OneHotEncoder OrdinalEncoder",
    "sklearn.preprocessing._function_transformer": "FunctionTransformer",
    "sklearn.preprocessing._label": "LabelBinarizer LabelEncoder",
    "sklearn.preprocessing._polynomial": "SplineTransformer",
    "sklearn.preprocessing._target_encoder": "TargetEncoder",
    "sklearn.svm._classes": "LinearSVR SVC SVR",
    "sklearn.tree._classes": ("DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor"),
    "sklearn.tree._tree": "Tree",
    "sklearn.utils._bunch": "Bunch",
    "xgboost.core": "Booster",
    "xgboost.sklearn": "XGBClassifier XGBRegressor",
}
_FUNCTIONS = {"numpy": "abs absolute exp expm1 log log1p sqrt square"}


def _full_names(by_module: dict[str, str]) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for module, names in by_module.items() for name in names.split())


ALLOWED_CLASSES = _full_names(_CLASSES)
ALLOWED_FUNCTIONS = _full_names(_FUNCTIONS)

# How skops may rebuild an object. Left out are the ways that call a method or a function named by the file
# (methods, partials, operators, random generators): no model of ours needs them.
ALLOWED_LOADERS = frozenset(
    {
        "BytearrayNode",
        "BytesNode",
        "DTypeNode",
        "DictNode",
        "FunctionNode",
        "JsonNode",
        "ListNode",
        "NdArrayNode",
        "ObjectNode",
        "SetNode",
        "SliceNode",
        "SparseMatrixNode",
        "TreeNode",
        "TupleNode",
        "TypeNode",
    }
)


def is_allowed(loader: str, module: str, name: str) -> bool:
    """Whether a stored model may hold an object of this type, rebuilt in this way.

    An estimator of our own is allowed without being listed: a class that is defined in the `models` package (not
    merely imported there) and is a scikit-learn estimator.
    """
    full = f"{module}.{name}"
    if loader not in ALLOWED_LOADERS:
        return False
    if loader == "FunctionNode":
        return full in ALLOWED_FUNCTIONS
    return full in ALLOWED_CLASSES or (loader in ("ObjectNode", "TypeNode") and _is_own_estimator(module, name))


def _is_own_estimator(module: str, name: str) -> bool:
    if not module.startswith("models."):
        return False
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        return False
    return inspect.isclass(found) and found.__module__ == module and issubclass(found, BaseEstimator)
