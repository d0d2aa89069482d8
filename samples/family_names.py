"""Family names as frequent as in life: a few very common ones and a long composed tail."""

from __future__ import annotations

import numpy as np

from samples import lists
from samples.draw import Draw, Objects, falling
from samples.proportions import PEOPLE


def family_names(size: int, draw: Draw) -> Objects:
    """`size` family names of the home market, particles and double names not included."""
    common = lists.family_names()
    names = draw.take(size, common, falling(len(common), 6, 0.85))
    rows = np.flatnonzero(draw.mask(size, PEOPLE["composed_family_name"]))
    parts = lists.composed_names()
    names[rows] = draw.take(len(rows), parts["first"], falling(len(parts["first"]), 12, 0.5)) + draw.take(
        len(rows), parts["last"], falling(len(parts["last"]), 12, 0.5)
    )
    return names
