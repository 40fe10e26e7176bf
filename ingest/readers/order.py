"""Boxes on a page -> the order a person reads them in: a recursive XY cut (Nagy and Seth 1984).

What stands alone above or below the rest is read first or last; two columns side by side are read one
after the other, three and more row by row, for they are a table more often than text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

TOUCHING = 1.0  # points by which boxes may overlap and still count as apart


class Box(Protocol):
    """Left, right, bottom and top edge; y grows upwards."""

    x0: float
    x1: float
    y0: float
    y1: float


B = TypeVar("B", bound=Box)


def in_reading_order(boxes: Sequence[B]) -> list[B]:
    """The boxes from the first to the last that is read."""
    if len(boxes) < 2:
        return list(boxes)
    columns = _apart(boxes, lambda box: (box.x0, box.x1))
    if len(columns) == 2:
        return [box for column in columns for box in in_reading_order(column)]
    rows = _apart(boxes, lambda box: (-box.y1, -box.y0))
    if len(rows) > 1:
        first, rest = rows[0], [box for row in rows[1:] for box in row]
        return [*in_reading_order(first), *in_reading_order(rest)]
    if len(columns) > 2:
        return [box for column in columns for box in in_reading_order(column)]
    return sorted(boxes, key=lambda box: (-box.y1, box.x0))


def _apart(boxes: Sequence[B], extent: Callable[[B], tuple[float, float]]) -> list[list[B]]:
    """Groups of boxes whose extents do not overlap, in the order of their extents."""
    groups: list[list[B]] = []
    end = float("-inf")
    for box in sorted(boxes, key=lambda box: extent(box)[0]):
        low, high = extent(box)
        if low >= end - TOUCHING:
            groups.append([])
        groups[-1].append(box)
        end = max(end, high)
    return groups
