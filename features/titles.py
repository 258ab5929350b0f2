"""What a track's title says, as string expressions: is it a remix, a live take, another version of an earlier track?

Patterns keep to what Polars' and Java's regular expressions both understand in the same way.
"""

import narwhals as nw

SIGNALS = {
    "title_is_remix": r"\b(remix|rmx|mix|bootleg|rework|vip|flip)\b",
    "title_is_feature": r"\b(feat|ft|featuring|with)\b",
    "title_is_remaster": r"\bremaster(ed)?\b",
    "title_is_live": r"\blive\b",
    "title_is_acoustic": r"\b(acoustic|unplugged|piano|stripped|demo)\b",
    "title_is_edit": r"\b(edit|version|extended|instrumental|interlude|intro)\b",
    "title_is_from": r"\bfrom\b",
    "title_has_brackets": r"[(\[]",
    "title_has_dash": r" - ",
}
"""Feature -> pattern that a lower-case title matches where the feature is 1."""

SHAPE = ("title_characters", "title_words")


def song_name(title: nw.Expr) -> nw.Expr:
    """The title without brackets and what follows " - ", in lower case: versions of one song share it."""
    bare = title.str.to_lowercase().str.replace_all(r"[(\[][^)\]]*[)\]]", "").str.replace_all(r" - .*$", "")
    return bare.str.replace_all(r" +", " ").str.strip_chars()


def title_features(title: nw.Expr) -> dict[str, nw.Expr]:
    """0 or 1 for each of SIGNALS; the number of characters, and of words (runs of non-blanks) where title has any."""
    lower = title.str.to_lowercase()
    signals = {name: lower.str.contains(pattern).cast(nw.Int64) for name, pattern in SIGNALS.items()}
    blanks = title.str.strip_chars().str.replace_all(r"[^ ]+", "w").str.replace_all(r" +", "")
    shape = {
        "title_characters": title.str.len_chars().cast(nw.Int64),
        "title_words": blanks.str.len_chars().cast(nw.Int64),
    }
    return {**signals, **shape}
