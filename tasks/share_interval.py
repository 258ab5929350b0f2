"""How sure a share is."""

from scipy.stats import binomtest


def share_interval(positives: float, rows: float) -> tuple[float, float]:
    """The 95 % score interval of a share of rows (Wilson, Probable inference, 1927), as if rows had nothing in common.

    `rows` is above 0; both are whole numbers, whatever they are held in.
    """
    found = binomtest(round(positives), round(rows)).proportion_ci(method="wilson")
    return float(found.low), float(found.high)
