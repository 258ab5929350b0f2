"""A track's past months and the months ahead with their intervals, as a picture."""

from pathlib import Path

import numpy as np

from tasks.database.one_track import TrackReport, file_stem
from tasks.drawing import new_figure, save


def write_fan_chart(report: TrackReport, folder: Path) -> Path:
    """Draw a track's forecast into `folder`, in a file named by its id, and return that file."""
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415 - forecasting a catalogue needs no pictures

    figure = new_figure(f"{report.track_id} at {report.as_of}, by {report.model}", 8.0, 4.5)
    axes = figure.axes[0]
    axes.plot(-np.arange(len(report.back)), report.back, marker=".", color="black", label="months known")
    ahead = np.array([month.number for month in report.months])
    wide = np.array([(month.low_95, month.high_95) for month in report.months]).T
    narrow = np.array([(month.low_80, month.high_80) for month in report.months]).T
    axes.fill_between(ahead, *wide, color="tab:blue", alpha=0.15, linewidth=0, label="95 %")
    axes.fill_between(ahead, *narrow, color="tab:blue", alpha=0.3, linewidth=0, label="80 %")
    axes.plot(ahead, [month.streams for month in report.months], color="tab:blue", label="expected")
    axes.axvline(0.5, color="grey", linestyle=":")
    axes.set(xlabel="months from as_of", ylabel="streams a month", ylim=(0, None))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda streams, _: f"{streams:,.0f}"))
    axes.legend()
    path = folder / f"{file_stem(report.track_id)}.png"
    save(figure, path)
    return path
