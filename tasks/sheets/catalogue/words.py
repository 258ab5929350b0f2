"""What is said beside the figures of a catalogue: from when they are, what a month is, what intervals rest on."""

from datetime import date

from tasks.sheets.catalogue.now import Catalogue

_HARDLY = 0.005


def notes(catalogue: Catalogue) -> tuple[str, ...]:
    """Sentences about all of a catalogue."""
    return tuple(sentence for sentence in (_rests_on(catalogue), _left_out(catalogue), together(catalogue)) if sentence)


def in_words(day: date) -> str:
    """As "21 November 2026"."""
    return f"{day.day} {day:%B %Y}"


def _rests_on(catalogue: Catalogue) -> str:
    day = in_words(catalogue.as_of)
    month = "30 days" if catalogue.forecaster.steps == "30 days" else "a month of the calendar"
    return (
        f"Counts up to {day}; a month is {month}, and only whole ones are shown. "
        "Releases after that day are in no figure."
    )


def _left_out(catalogue: Catalogue) -> str:
    skipped = catalogue.measured.skipped
    parts = [f"{len(tracks):,} ({reason})" for reason, tracks in sorted(skipped.items()) if tracks]
    if not parts:
        return ""
    return f"Tracks without a forecast, and so in no sum of expected streams: {'; '.join(parts)}."


def together(catalogue: Catalogue) -> str:
    """What the intervals of several tracks together rest on."""
    share = catalogue.forecaster.common_share
    if share >= 1.0:
        how = "take all their errors for one and the same, which is the widest that they can be"
    elif share < _HARDLY:
        how = "take their errors for unrelated, as the tune window showed"
    else:
        how = f"take {share:.0%} of the variance of their errors for common to all, as the tune window showed"
    return f"Intervals of several tracks together {how}."
