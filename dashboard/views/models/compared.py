"""Two versions of a target held against each other, on the page Models."""

import pandas as pd
import streamlit as st

from dashboard.shown import metric_words, words
from dashboard.source.source import Source
from dashboard.views.models.words import Version, champion_of, label_of, numbered, tested

_MADE_OF = {"params": "params", "code": "code"}
_NOT_THERE = "not set"
_OF = {"model": "chosen on the folds", "params.yaml": "params.yaml", "windows": "came of the split"}


def compared(source: Source, versions: pd.DataFrame) -> None:
    """What is the same and what differs, in words; then settings and metrics side by side."""
    if len(versions) < 2:
        st.markdown("There is one version only: nothing to compare it with.")
        return
    target = str(versions["target"].iloc[0])
    labels = {label_of(row): int(row["version"]) for _, row in versions.iterrows()}
    first, second = st.columns(2)
    champion = champion_of(versions)
    one = first.selectbox("First version", list(labels), index=champion, key=f"models-first-{target}")
    other = second.selectbox(
        "Second version", list(labels), index=_beside(versions, champion), key=f"models-second-{target}"
    )
    pair = numbered(versions, labels[one]), numbered(versions, labels[other])
    if labels[one] == labels[other]:
        st.markdown("These are the same version. Choose two.")
        return
    st.markdown(f"**{in_words(*pair, *(_datasets(source, version) for version in pair))}**")
    st.markdown("  \n".join(f"{label_of(version)}: tested on {tested(version)}." for version in pair))
    _metrics(source, pair)
    _settings(source, pair)


def in_words(one: Version, other: Version, one_data: dict[str, str], other_data: dict[str, str]) -> str:
    """As "Same data, same code, other params; the model files differ."."""
    changed = [name for name in {**one_data, **other_data} if one_data.get(name) != other_data.get(name)]
    same = {"data": not changed, **{said: one[name] == other[name] for name, said in _MADE_OF.items()}}
    parts = [f"{'same' if is_same else 'other'} {name}" for name, is_same in same.items()]
    if changed:
        parts[0] += f" ({', '.join(changed)})"
    files = "the model files are the same to the byte" if one["model_md5"] == other["model_md5"] else ""
    together = "; ".join(part for part in (", ".join(parts), files or "the model files differ") if part)
    of_one = "They come from one training: " if one["training"] == other["training"] else ""
    return f"{of_one}{together if of_one else together[0].upper() + together[1:]}."


def _beside(versions: pd.DataFrame, champion: int) -> int:
    """Position of what the champion is compared with at first: the same model of the training before, or another."""
    names, trainings = list(versions["name"]), list(versions["training"])
    before = (
        place
        for place in range(champion + 1, len(names))
        if names[place] == names[champion] and trainings[place] != trainings[champion]
    )
    return next(before, 0 if champion else 1)


def _datasets(source: Source, version: Version) -> dict[str, str]:
    where = {"target": str(version["target"]), "version": str(version["version"])}
    frame = source.sheet("lineage", where).frame
    return dict(zip(frame["dataset"], frame["digest"], strict=True))


def _metrics(source: Source, pair: tuple[Version, Version]) -> None:
    frame = source.sheet("version_metrics", {"target": str(pair[0]["target"]), "window": "test", "slice": "all"}).frame
    columns = {_heading(version): frame[frame["version"] == version["version"]].set_index("metric") for version in pair}
    headline = pair[0]["metric_name"]
    names = sorted(set().union(*(found.index for found in columns.values())), key=lambda name: (name != headline, name))
    table = pd.DataFrame({"Metric, all rows of the test window": [metric_words.named(name) for name in names]})
    for heading, found in columns.items():
        table[heading] = [_score(found, name) for name in names]
    st.dataframe(table, hide_index=True, key="models-compared-metrics")
    st.caption(
        "Each 95 % interval is that of its own version. Two that overlap may still surely differ: what the gate weighs "
        "is the difference on the same rows."
    )


def _score(found: pd.DataFrame, name: str) -> str:
    if name not in found.index:
        return words.NOT_KNOWN
    row = found.loc[name]
    return words.score(row["value"], row["value_low"], row["value_high"])


def _settings(source: Source, pair: tuple[Version, Version]) -> None:
    frame = source.sheet("version_settings", {"target": str(pair[0]["target"])}).frame
    sides = [
        frame[frame["version"] == version["version"]].set_index(["of", "setting"])["value"].rename(_heading(version))
        for version in pair
    ]
    both = pd.concat(sides, axis=1).fillna(_NOT_THERE)
    differing = both[both.iloc[:, 0] != both.iloc[:, 1]].reset_index()
    alike = len(both) - len(differing)
    if differing.empty:
        st.markdown(f"All {alike:,} settings are the same.")
        return
    differing["of"] = [_OF.get(name, name) for name in differing["of"]]
    st.markdown(f"{len(differing):,} settings differ; {alike:,} are the same.")
    named = differing.rename(columns={"of": "From where", "setting": "Setting"})
    st.dataframe(named, hide_index=True, key="models-compared-settings")


def _heading(version: Version) -> str:
    return f"{version['name']}, version {version['version']}"
