"""What titles say."""

import narwhals as nw
import polars as pl
import pytest

from features.titles import SIGNALS, song_name, title_features


def of(title: str) -> dict[str, object]:
    column = nw.col("title")
    expressions = [value.alias(name) for name, value in title_features(column).items()]
    frame = nw.from_native(pl.DataFrame({"title": [title]})).select(song_name(column).alias("song"), *expressions)
    return frame.to_native().to_dicts()[0]


@pytest.mark.parametrize(
    ("title", "song", "signals"),
    [
        ("Plain", "plain", set()),
        ("Memories - Dillon Francis Remix", "memories", {"title_is_remix", "title_has_dash"}),
        ("I Don't Care (with Justin Bieber)", "i don't care", {"title_is_feature", "title_has_brackets"}),
        ("Alive", "alive", set()),
        ("Creep [Live at the BBC]", "creep", {"title_is_live", "title_has_brackets"}),
        ("Heroes - 2017 Remastered Version", "heroes", {"title_is_remaster", "title_is_edit", "title_has_dash"}),
        ("Shallow - Acoustic", "shallow", {"title_is_acoustic", "title_has_dash"}),
        ("Song FEAT. Somebody", "song feat. somebody", {"title_is_feature"}),
        ('Let It Go (From "Frozen")', "let it go", {"title_is_from", "title_has_brackets"}),
    ],
)
def test_a_title_says_which_version_of_a_song_it_is(title: str, song: str, signals: set[str]) -> None:
    found = of(title)
    assert found["song"] == song
    assert {name for name in SIGNALS if found[name]} == signals


@pytest.mark.parametrize(("title", "words"), [("One", 1), (" two  words ", 2), ("señor è 你好", 3)])
def test_length_is_counted_in_characters_and_words(title: str, words: int) -> None:
    assert (of(title)["title_characters"], of(title)["title_words"]) == (len(title), words)
