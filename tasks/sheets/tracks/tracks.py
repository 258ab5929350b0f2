"""The sheets `tracks` and `track_features`: all tracks, and what the hit models say of each on its release day."""

import polars as pl

from features.hits import TARGETS, HitSettings
from features.target import AS_OF, LABEL, LABEL_KNOWN_AT
from models.baselines import BaseRate
from models.compiled.rows import Rows
from refrain.datasets import AUDIO_FEATURES, TRACKS
from tasks.champions.loaded import LoadedModel, LoadedTarget, columns_of
from tasks.kinds.registry import kind_of
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Column, Kind, Made, Part, Sheet, columns

HIT = TARGETS[0]
FAMILIES = ("logistic", "forest", "xgboost")
"""The families that have a column each; empty where none of that name is registered."""
_OF_TRACKS = ("track_id", "title", "artist", "release_date", "release_precision", "genre", "popularity")


def make_tracks(material: Material, part: Part) -> Made:
    """A row for each track of the dataset; one that is not in the snapshot yet has no probability."""
    del part
    loaded = material.served(HIT.name)
    tracks = material.dataset(TRACKS.name).collect()
    if tracks.is_empty():
        raise NotYetError("There are no tracks.", hint="Run `refrain run hits`, or import some.")
    present = [name for name in (*_OF_TRACKS, *AUDIO_FEATURES) if name in tracks.columns]
    rows = tracks.select(present).join(_said(loaded, material.snapshot(HIT.name).collect()), on="track_id", how="left")
    rows = rows.with_columns(pl.lit(base_rate(loaded), dtype=pl.Float64).alias("base_rate"))
    return Made(rows, _notes(material, loaded), (loaded.champion.served,))


def make_features(material: Material, part: Part) -> Made:
    """A row for each track of the snapshot."""
    del part
    return Made(material.snapshot(HIT.name).select("track_id", AS_OF, *HIT.features).collect())


def base_rate(loaded: LoadedTarget) -> float | None:
    """The share of hits among the tracks that the champion learned from; None where nobody noted it."""
    if loaded.champion.learned is not None:
        return loaded.champion.learned.mean_label
    bar = None if loaded.baseline is None else loaded.baseline.model
    return float(bar.rate_) if isinstance(bar, BaseRate) else None


def _said(loaded: LoadedTarget, snapshot: pl.DataFrame) -> pl.DataFrame:
    """What the models say of the snapshot's rows, whether it is a test, and what came."""
    rows = Rows.of_frame(snapshot.select(HIT.features).to_pandas(), columns_of(HIT))
    families = {name: loaded.families[name] for name in FAMILIES if name in loaded.families}
    until = loaded.champion.served.learned_until
    learned = pl.lit(None, dtype=pl.Boolean) if until is None else pl.col(AS_OF) <= until
    return snapshot.select(
        "track_id",
        _chances(loaded.champion, rows).alias("probability"),
        *(_chances(model, rows).alias(name) for name, model in families.items()),
        learned.alias("in_training"),
        pl.col(LABEL).cast(pl.Boolean).alias("is_hit"),
        pl.col(LABEL_KNOWN_AT).alias("is_hit_known_from"),
    )


def _chances(model: LoadedModel, rows: Rows) -> pl.Series:
    return pl.Series(kind_of(HIT).headline(model.answers(rows)).tolist(), dtype=pl.Float64)


def _notes(material: Material, loaded: LoadedTarget) -> tuple[str, ...]:
    threshold = HitSettings(**material.project.settings.target(HIT.name).snapshot).threshold
    notes = [
        f"A hit is a track whose popularity was read as {threshold:g} or more some time after its release: "
        "no feature holds it."
    ]
    until = loaded.champion.served.learned_until
    if until is not None:
        notes.append("Of tracks from the days learned from, the probabilities are no test.")
    return tuple(notes)


def _feature(name: str) -> Column:
    kind = Kind.NUMBER if name in HIT.numeric else Kind.TEXT
    return Column(name, kind, f"{name}, as known on the release day: a field of POST /hit/predict")


_AUDIO = tuple((name, Kind.NUMBER, f"The audio feature {name}") for name in AUDIO_FEATURES)
_BY_FAMILY = tuple((name, Kind.NUMBER, f"The same, says the newest {name}", "probability") for name in FAMILIES)
SHEETS = (
    Sheet(
        "tracks",
        "The tracks of the dataset, and how likely each was to become a hit as of its release day",
        columns(
            ("track_id", Kind.TEXT, "The track"),
            ("title", Kind.TEXT, "Its title"),
            ("artist", Kind.TEXT, "Its artist"),
            ("release_date", Kind.DATE, "When it came out; the part that is not known is written as 01"),
            ("release_precision", Kind.TEXT, "How much of that is known: day, month or year"),
            ("genre", Kind.TEXT, "Its genre"),
            ("probability", Kind.NUMBER, "That it becomes a hit, says the champion as of the day", "probability"),
            *_BY_FAMILY,
            ("base_rate", Kind.NUMBER, "Share of hits among the tracks that the champion learned from", "probability"),
            ("in_training", Kind.FLAG, "Whether it came out in the days learned from: the probability is no test"),
            ("is_hit", Kind.FLAG, "What came: whether its popularity was later read as that of a hit"),
            ("is_hit_known_from", Kind.DATE, "The day at whose end that can first be known"),
            ("popularity", Kind.NUMBER, "A late reading, from 0 to 100: what is_hit comes from, never a feature"),
            *_AUDIO,
        ),
        make_tracks,
        datasets=(TRACKS.name,),
        targets=(HIT.name,),
        search=("title", "artist", "track_id"),
        order="-release_date",
    ),
    Sheet(
        "track_features",
        "What is known of each track on its release day, as the hit models take it",
        (
            Column("track_id", Kind.TEXT, "The track"),
            Column(AS_OF, Kind.DATE, "The day on whose evening all of it is known: the earliest release"),
            *(_feature(name) for name in HIT.features),
        ),
        make_features,
        targets=(HIT.name,),
    ),
)
