"""What hangs together through links: the connected components of a graph.

Belongs here: that one idea. Does not belong here: which links count (`matching/leads/clustering`,
`matching/accounts/linking/joining`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Labels = npt.NDArray[np.int64]


def components(left: npt.NDArray[np.integer], right: npt.NDArray[np.integer], n: int) -> Labels:
    """Per node (0 to n - 1) the smallest node that links `left[i]`, `right[i]` join it with."""
    graph = coo_array((np.ones(len(left), np.int8), (left.astype(np.int64), right.astype(np.int64))), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    smallest = np.empty(label.max(initial=-1) + 1, np.int64)
    smallest[label[::-1]] = np.arange(n)[::-1]  # the last to be written is the first node
    return np.asarray(smallest[label])
