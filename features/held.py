"""Telling the engine that an intermediate frame is read more than once."""

from typing import Any

import narwhals as nw


def held(frame: "nw.LazyFrame[Any]") -> "nw.LazyFrame[Any]":
    """`frame`, computed once where several later steps read it.

    Engines push each reader's filters and columns down into a plan, and so end up with as many different plans (and
    scans of the raw rows) as there are readers. Polars' and PySpark's `cache` both mark, lazily, where to stop that.
    Not for the last step of a plan: Polars 2.1 can panic on one that ends in a cache.
    """
    shared: nw.LazyFrame[Any] = nw.from_native(frame.to_native().cache())
    return shared


def settled(frame: "nw.LazyFrame[Any]") -> "nw.LazyFrame[Any]":
    """`frame` held, and on Spark also cut off from the plan that it comes from.

    Spark's plan of a frame that is read twice has that frame's plan in it twice, held or not: a plan whose frames are
    made of frames that are read several times outgrows its memory before a row is read. For plans like that alone:
    what is cut off is computed as it stands, without regard to what is read of it.
    """
    native = frame.to_native()
    if not hasattr(native, "localCheckpoint"):
        return held(frame)
    cut: nw.LazyFrame[Any] = nw.from_native(native.localCheckpoint(eager=False))
    return cut
