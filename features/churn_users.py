"""What is known of users besides their sessions."""

from itertools import pairwise
from typing import Any

import narwhals as nw

from features.calendar import day_number
from features.sessions import USER, Columns, with_absent

Lazy = nw.LazyFrame[Any]

AGE_BANDS = (18, 25, 35, 45, 55, 65)
"""The youngest age of each band but the first."""
ATTRIBUTES = ("subscription", "age_band", "country")
_OPTIONAL: Columns = {
    "age": nw.Int64,
    "preferred_genre": nw.String,
    "cancelled_at": nw.Datetime("us"),
    "churn_reason": nw.String,
}


def described_users(users: Lazy) -> Lazy:
    """user_id, the ordinals `registered` and `cancelled`, subscription, age_band, country, preferred_genre, reason."""
    return with_absent(users, _OPTIONAL).select(
        USER,
        day_number(nw.col("registered_at")).alias("registered"),
        day_number(nw.col("cancelled_at")).alias("cancelled"),
        "subscription",
        _age_band(nw.col("age")).alias("age_band"),
        "country",
        "preferred_genre",
        nw.col("churn_reason").alias("reason"),
    )


def _age_band(age: nw.Expr) -> nw.Expr:
    """From "under 18" by "18-24" and so on to "65+"; null where no age is stated."""
    band = nw.when(age >= AGE_BANDS[-1]).then(nw.lit(f"{AGE_BANDS[-1]}+"))
    bands = [nw.when(age < AGE_BANDS[0]).then(nw.lit(f"under {AGE_BANDS[0]}"))]
    for low, high in pairwise(AGE_BANDS):
        bands.append(nw.when((age >= low) & (age < high)).then(nw.lit(f"{low}-{high - 1}")))
    return nw.coalesce(*bands, band)
