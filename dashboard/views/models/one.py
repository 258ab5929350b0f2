"""One version on the page Models: its test, the gate, its promises, parts of its rows, and what it was made of."""

import pandas as pd
import streamlit as st

from dashboard.shown import charts, intervals, metric_words, states, words
from dashboard.source.source import Source
from dashboard.views.models.words import Version, numbered, tested

_DIGESTS = {
    "snapshot": "snapshot (MD5)",
    "params": "settings of the target in params.yaml",
    "code": "code that made snapshot and model",
    "training": "all of these together",
    "model_md5": "model file (MD5)",
    "git_commit": "git commit",
    "mlflow_run_id": "run in MLflow",
    "flow_run_id": "flow run in Prefect",
}
_CALIBRATION_ERROR = "calibration_error"


def one_version(source: Source, versions: pd.DataFrame, number: int) -> None:
    """Everything that is known of a version."""
    version = numbered(versions, number)
    where = {"target": str(version["target"]), "version": str(number)}
    metrics = source.sheet("version_metrics", where).frame
    st.markdown(_in_words(version))
    st.subheader("What the gate said", anchor=False)
    _gate(source, version, where)
    st.subheader("What it promised and what came", anchor=False)
    _calibration(source, metrics, where)
    st.subheader("In parts of the test window", anchor=False)
    _slices(metrics, str(version["metric_name"]), str(version["baseline"]))
    st.subheader("What it was made of", anchor=False)
    _origin(source, version, where)


def _in_words(version: Version) -> str:
    metric = words.score(version["metric"], version["metric_low"], version["metric_high"])
    said = (
        f"**{words.model(version)}**: {metric_words.named(version['metric_name'])} **{metric}** on {tested(version)}."
    )
    if version["is_baseline"] or not words.is_known(version["baseline"]):
        return said
    bar = words.score(version["baseline_metric"], version["baseline_metric_low"], version["baseline_metric_high"])
    between = words.score(version["difference"], version["difference_low"], version["difference_high"], sign=True)
    return f"{said} The baseline {version['baseline']} reaches {bar} on the same rows; the difference is **{between}**."


def _gate(source: Source, version: Version, where: dict[str, str]) -> None:
    conditions = source.sheet("gate_conditions", where)
    verdict = "It passed the gate" if version["gate_passed"] else "It did not pass the gate"
    if not len(conditions):
        st.markdown(f"{verdict}: {metric_words.in_sentence(version['gate_reason'])}.")
        return
    st.markdown(f"{verdict}.")
    frame = conditions.frame
    st.table(
        pd.DataFrame(
            {
                "Condition": frame["condition"],
                "Met": ["yes" if passed else "no" for passed in frame["passed"]],
                "Why": [metric_words.in_sentence(reason) for reason in frame["reason"]],
            }
        ).set_index("Condition")
    )


def _calibration(source: Source, metrics: pd.DataFrame, where: dict[str, str]) -> None:
    found = source.sheet("calibration", where)
    if len(found):
        draw = _curve if found.frame["kind"].iloc[0] == "curve" else _coverage
        draw(found.frame)
    error = metrics[
        (metrics["window"] == "test") & (metrics["slice"] == "all") & (metrics["metric"] == _CALIBRATION_ERROR)
    ]
    lines = [
        f"Calibration error {words.score(row['value'], row['value_low'], row['value_high'])}. "
        f"{metric_words.meaning(_CALIBRATION_ERROR)}"
        for _, row in error.iterrows()
    ]
    said = [*lines, *found.notes]
    if said or not len(found):
        st.caption("  \n".join(said) or "Nothing was noted of this.")


def _curve(frame: pd.DataFrame) -> None:
    numbers = pd.DataFrame(
        {
            "Predicted": [words.percent(value) for value in frame["predicted"]],
            "Came true": [words.percent(value) for value in frame["observed"]],
            "95 % from": [words.percent(value) for value in frame["observed_low"]],
            "to": [words.percent(value) for value in frame["observed_high"]],
            "Rows": frame["rows"],
        }
    )
    charts.with_numbers(intervals.reliability(frame), numbers, "models-curve", "predicted and observed shares")


def _coverage(frame: pd.DataFrame) -> None:
    st.table(
        pd.DataFrame(
            {
                "Interval": [f"{words.percent(value, 0)} interval" for value in frame["predicted"]],
                "Promised inside": [words.percent(value) for value in frame["predicted"]],
                "Were inside": [words.percent(value) for value in frame["observed"]],
                "95 % interval of that": [
                    f"{words.percent(low)} to {words.percent(high)}"
                    for low, high in zip(frame["observed_low"], frame["observed_high"], strict=True)
                ],
            }
        ).set_index("Interval")
    )


def _slices(metrics: pd.DataFrame, headline: str, baseline: str) -> None:
    tested_on = metrics[metrics["window"] == "test"]
    names = sorted(tested_on["metric"].unique(), key=lambda name: (name != headline, name))
    if not names:
        states.empty("Nothing was measured of this version.")
        return
    metric = st.selectbox("Metric", names, format_func=metric_words.named, key=f"models-metric-{headline}")
    rows = tested_on[tested_on["metric"] == metric].sort_values(
        "slice", key=lambda names: names != "all", kind="stable"
    )
    bar = f"baseline {baseline}"
    drawn = pd.concat([_measured(rows, "value", "this version"), _measured(rows, "baseline", bar)])
    title = metric_words.with_direction(metric, rows["higher_is_better"].iloc[0])
    chart = intervals.dots(drawn.dropna(subset="value"), label="slice", title=title, groups=("this version", bar))
    numbers = pd.DataFrame(
        {
            "Rows": rows["slice"],
            "This version": _scores(rows, "value"),
            f"The {bar}": _scores(rows, "baseline"),
            "Difference": _scores(rows, "difference", sign=True),
        }
    )
    charts.with_numbers(chart, numbers, "models-slices", "the metric in parts of the test window")
    st.caption(
        f"{metric_words.meaning(metric)} Known are rows about those that it had learned from, unseen those about "
        "others. The difference is measured of all rows only."
    )


def _measured(rows: pd.DataFrame, name: str, group: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "slice": rows["slice"],
            "group": group,
            "value": rows[name],
            "low": rows[f"{name}_low"],
            "high": rows[f"{name}_high"],
        }
    )


def _scores(rows: pd.DataFrame, name: str, *, sign: bool = False) -> list[str]:
    cells = zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True)
    return [words.score(value, low, high, sign=sign) for value, low, high in cells]


def _origin(source: Source, version: Version, where: dict[str, str]) -> None:
    datasets = source.sheet("lineage", where).frame
    parts = [(f"dataset {row['dataset']} (MD5)", row["digest"]) for _, row in datasets.iterrows()]
    parts += [(label, version[name]) for name, label in _DIGESTS.items() if version[name]]
    table = pd.DataFrame(parts, columns=["What", "Digest or id"])
    wide = {"Digest or id": st.column_config.TextColumn(width="large")}
    st.dataframe(table, hide_index=True, height="content", column_config=wide, key="models-made-of")
    st.markdown(
        f"It learned from data up to {words.day(version['learned_until'])} and was registered "
        f"{words.moment(version['registered_at'])}."
    )
    if words.is_known(version["registry_url"]):
        label = f"Version {version['version']} in MLflow"
        st.link_button(label, str(version["registry_url"]), icon=":material/inventory_2:")
