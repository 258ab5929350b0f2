"""A fan: what was said of the steps ahead, with its intervals, and what came."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = NDArray[np.float64]

_BANDS = ((3, 4, 0.15, "95 %"), (1, 2, 0.3, "80 %"))  # columns of low and high, shade, name


def draw_fan(axes: "Axes", steps: NDArray[Any], bounds: Numbers, answers: Numbers) -> None:
    """Draw into `axes`. `bounds`: what came, or the least and the most of it, shape (steps, 1 or 2). `answers`: as
    models.intervals.ANSWER says, shape (steps, 5).
    """
    for low, high, shade, name in _BANDS:
        axes.fill_between(
            steps, answers[:, low], answers[:, high], color="tab:blue", alpha=shade, linewidth=0, label=name
        )
    axes.plot(steps, answers[:, 0], color="tab:blue")
    axes.vlines(steps, bounds[:, 0], bounds[:, -1], color="black", linewidth=1)
    axes.plot(steps, bounds[:, -1], ".", color="black")
