"""The classic rule written out with loops, for one track at a time."""

import math

from scipy.optimize import brentq

STARTS = [1, 3, 6, 9, 12, 15, 18, 21, 24, 27, 36, 48]
RATES = [
    0.067412, 0.032915, 0.033346, 0.021404, 0.024618, 0.031832, 0.029059, 0.025779, 0.017941, 0.009791, 0.016324,
    0.009230,
]  # fmt: skip


def base_rate(age):
    found = RATES[0]
    for start, rate in zip(STARTS, RATES, strict=True):
        if age >= start:
            found = rate
    return found


def squared_error(k, points):
    shapes = [math.exp(-k * t) for t, _ in points]
    size = sum(s * y for s, (_, y) in zip(shapes, points, strict=True)) / sum(s * s for s in shapes)
    return sum((y - size * s) ** 2 for s, (_, y) in zip(shapes, points, strict=True))


def slope(k, points):
    shapes = [math.exp(-k * t) for t, _ in points]
    size = sum(s * y for s, (_, y) in zip(shapes, points, strict=True)) / sum(s * s for s in shapes)
    return size * sum((y - size * s) * t * s for s, (t, y) in zip(shapes, points, strict=True))


def fitted_rate(points):
    """The least-squares rate, 0 or more: a fine grid, then the root of the slope around its best place."""
    first = min(t for t, _ in points)
    points = [(t - first, y) for t, y in points]
    if len({t for t, _ in points}) < 2:
        return 0.0
    grid = [0.0] + [1e-5 * 1.05**step for step in range(280)]
    best = min(range(len(grid)), key=lambda place: squared_error(grid[place], points))
    if best == 0 or (best == 1 and slope(0.0, points) >= 0):
        return 0.0
    return brentq(slope, grid[best - 1], grid[best + 1], args=(points,), xtol=1e-15, rtol=1e-14)


def forecast(age_days, s30, s90, s365, mldr, months):
    m = int(age_days // 30)
    points = [(max(m - 11, 0), (s365 - s90) / 9), (max(m - 2, 0), (s90 - s30) / 2), (m, s30)]
    k_fit = fitted_rate(points)
    observed = [base_rate(month) for month in range(1, max(m, 1) + 1)]
    h = sum(1 / k for k in observed) / len(observed)
    p = 0.0 if mldr is None else max(mldr * h - 1, 0.0)
    factor = max(1 + p * min(1, p), k_fit * h)
    curve, total = [], 0.0
    for j in range(1, months + 1):
        total += base_rate(m + j)
        curve.append(s30 * math.exp(-factor * total))
    return curve
