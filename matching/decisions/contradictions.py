"""Contradictions: what was declared two, and yet is one by a chain of declarations.

Belongs here: finding the chains. Does not belong here: what follows (`standing`).
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from matching.components import components

Links = dict[int, dict[int, set[str]]]  # per node: its neighbours, and the decisions that make them so


class Contradiction(NamedTuple):
    """The id of the decision that parts, and those of the decisions whose chain joins, in the order of the chain."""

    apart: str
    chain: tuple[str, ...]


def contradictions(together: pl.DataFrame, apart: pl.DataFrame) -> list[Contradiction]:
    """Every chain of `together` that joins a pair of `apart`; without the decisions on them there is none left.

    The shortest chain is found first, and its decisions stand aside before the next one is looked for, so that what has
    no part in a contradiction stays. Which they are does not depend on the order of the rows.

    Args:
        together: left, right (numbers of records or names), id (of the decision).
        apart: the same.
    """
    if together.is_empty() or apart.is_empty():
        return []
    ends = np.concatenate([apart["left"].to_numpy(), apart["right"].to_numpy()])
    left, right = together["left"].to_numpy(), together["right"].to_numpy()
    size = int(max(ends.max(), left.max(), right.max())) + 1
    label = components(left, right, size)
    links: Links = {}
    for a, b, said in together.select("left", "right", "id").iter_rows():
        links.setdefault(a, {}).setdefault(b, set()).add(said)
        links.setdefault(b, {}).setdefault(a, set()).add(said)
    found: dict[Contradiction, None] = {}
    gone: set[str] = set()
    pairs = apart.select(pl.min_horizontal("left", "right"), high=pl.max_horizontal("left", "right"), id="id")
    for one, other, said in pairs.sort("left", "high", "id").iter_rows():
        while label[one] == label[other] and (path := _shortest(links, one, other, gone)):
            steps = [min(links[a][b] - gone) for a, b in pairwise(path)]
            found[Contradiction(said, tuple(dict.fromkeys(steps)))] = None
            for a, b in pairwise(path):
                gone |= links[a][b]
    return list(found)


def _shortest(links: Links, start: int, end: int, gone: set[str]) -> list[int]:
    """The nodes of the shortest way; empty where there is none."""
    came = {start: start}
    waiting = deque([start])
    while waiting and end not in came:
        here = waiting.popleft()
        for there in sorted(links.get(here, {})):
            if there not in came and links[here][there] - gone:
                came[there] = here
                waiting.append(there)
    if end not in came:
        return []
    path = [end]
    while path[-1] != start:
        path.append(came[path[-1]])
    return path[::-1]
