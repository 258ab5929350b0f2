"""How the command line shows forecasts: progress, the closing lines, one track's page."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from features.catalogue import TARGETS
from tasks.database.forecasting import MEANWHILE, ForecastReport
from tasks.database.loading import Loaded
from tasks.database.one_track import TrackReport
from tasks.database.valuing import Worth

_BAR = 36
_BASELINES = {baseline.name for target in TARGETS for baseline in target.baselines}
_MONTHS_SHOWN_BACK = 6


class _TracksPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} tracks/s")


class ForecastProgress:
    """The bar of a run: what it is told goes into `began` and `advanced`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reading what tracks there are", total=None)

    def began(self, tracks: int) -> None:
        """There are so many tracks to do."""
        self._progress.update(self._task, description="forecasting", total=tracks)

    def advanced(self, tracks: int) -> None:
        """So many more are done."""
        self._progress.advance(self._task, tracks)


@contextmanager
def forecast_progress(console: Console) -> Iterator[ForecastProgress]:
    """A bar with tracks/s on a terminal; nothing elsewhere."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _TracksPerSecond(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield ForecastProgress(progress)


def loaded_sentence(loaded: Loaded) -> str:
    """What was loaded."""
    there = f" ({loaded.there:,} were there)" if loaded.there else ""
    return (
        f"Loaded from the project's datasets: {_many(loaded.rows, 'training row')} of "
        f"{_many(loaded.tracks, 'track')}{there}, {_many(loaded.rates, 'decay rate')} of artists."
    )


def closing_lines(report: ForecastReport, seconds: float) -> list[str]:
    """What became of a catalogue; the last line has the figures."""
    lines = []
    if report.on_as_of * 2 < report.tracks:
        lines.append(
            f"Note: only {report.on_as_of:,} of {_many(report.tracks, 'track')} have a count on {report.as_of}, from "
            "which the forecast starts. --as-of gives another day."
        )
    if report.had_forecast:
        left = f"{_many(report.had_forecast, 'track')} had a forecast and {_was(report.had_forecast)} left alone"
        lines.append(f"{left}; --refresh replaces what is there.")
    skipped = sum(report.skipped.values())
    if not report.forecast and not skipped:
        return [*lines, "Nothing to do: every track has a forecast."]
    if report.worth is not None:
        forecast = _many(report.forecast, "track")
        lines.append(f"The streams of the {forecast} forecast now are worth {_worth(report.worth)}.")
        lines.append("The values of tracks and artists are in data/forecasts/.")
    reasons = ", ".join(f"{count:,} {_because(reason)}" for reason, count in report.skipped.items())
    lines.append(
        f"{_many(report.forecast, 'track')} forecast for {_many(report.months, 'month')} after {report.as_of} by "
        f"{_called(report)} in {seconds:.1f} s ({report.forecast / max(seconds, 1e-9):,.0f} tracks/s); "
        f"{skipped:,} skipped{f' ({reasons})' if reasons else ''}; success rate {100 * report.success_rate:.1f} %."
    )
    return lines


def _called(report: ForecastReport | TrackReport) -> str:
    """The model, its version, and that it is a baseline where nothing better is served."""
    baseline = "the baseline " if report.model in _BASELINES else ""
    return f"{baseline}{report.model}" + ("" if report.version is None else f" v{report.version}")


def _because(reason: str) -> str:
    return reason if reason == MEANWHILE else f"for {reason}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _worth(worth: Worth) -> str:
    return (
        f"{worth.value:,.2f} today (80 %: {worth.low_80:,.2f} to {worth.high_80:,.2f}, "
        f"95 %: {worth.low_95:,.2f} to {worth.high_95:,.2f})"
    )


def track_page(report: TrackReport) -> RenderableType:
    """A track's metrics, the rates of its life's segments, and its months known and expected with bars."""
    title = Text(f"Track {report.track_id} on {report.as_of}, by {_called(report)}", style="bold")
    return Group(title, "", _facts(report), "", _segments(report), "", _months(report))


def _facts(report: TrackReport) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    age = "unknown" if report.released is None else f"{(report.as_of - report.released).days:,} days"
    gaps = f", {report.missing_days:,} missing between" if report.missing_days else ", none missing"
    mldr = "none in the database: forecast without it" if math.isnan(report.mldr) else f"{report.mldr:.4f} a month"
    for name, value in (
        ("artist", report.artist_id or "unknown"),
        ("released", f"{report.released or 'unknown'} (age {age})"),
        ("counts", f"{report.known_days:,} days from {report.first_day} to {report.last_day}{gaps}"),
        ("last 30 days", _amount(report.s30)),
        ("last 90 days", _amount(report.s90)),
        ("last 365 days", _amount(report.s365)),
        ("MLDR", mldr),
        ("expected in all", f"{_amount(report.total[0])} in {_many(len(report.months), 'month')}"),
        ("", f"80 %: {_amount(report.total[1])} to {_amount(report.total[2])}"),
        ("", f"95 %: {_amount(report.total[3])} to {_amount(report.total[4])}"),
        *(() if report.worth is None else (("worth", _worth(report.worth)),)),
    ):
        table.add_row(name, value)
    return table


def _segments(report: TrackReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("segment", "months ahead in it", "change a month"):
        table.add_column(heading, justify="right")
    for segment, (months, rate) in report.segment_rates.items():
        table.add_row(str(segment), str(months), "unknown" if math.isnan(rate) else f"{-100 * rate:+.1f} %")
    return table


def _months(report: TrackReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("month", "from", "to", "streams", "80 %", "95 %", "segment"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    back = [float(streams) for streams in report.back[:_MONTHS_SHOWN_BACK]]
    shown = [*back, *(month.high_80 for month in report.months)]
    most = max([amount for amount in shown if not math.isnan(amount)], default=0.0)
    for number, streams in reversed(list(enumerate(back))):
        bar = "" if math.isnan(streams) else _bar(streams, streams, most)
        table.add_row(str(-number), "", "", _amount(streams), "", "", "", bar, style="dim")
    for month in report.months:
        table.add_row(
            str(month.number),
            str(month.first),
            str(month.last),
            _amount(month.streams),
            f"{_amount(month.low_80)} – {_amount(month.high_80)}",
            f"{_amount(month.low_95)} – {_amount(month.high_95)}",
            "" if month.segment is None else str(month.segment),
            _bar(month.streams, month.high_80, most),
        )
    return table


def _bar(streams: float, high: float, most: float) -> str:
    """A bar up to `streams`, and lighter up to `high`."""
    if most <= 0:
        return ""
    solid, whole = (round(_BAR * amount / most) for amount in (streams, high))
    return "█" * solid + "░" * max(whole - solid, 0)


def _amount(streams: float) -> str:
    return "unknown" if math.isnan(streams) else f"{streams:,.0f}"
