"""The model: what was learnt of how records of one person, of colleagues, relatives and strangers agree.

Belongs here: its figures, and the bits they give to one person. Does not belong here: learning them
(`matching/leads/learning`), what agreement between different people is worth (`matching/leads/chance`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.leads.comparison import FIELDS, Comparison

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt. `same` and `colleague` hold log2 shares per field and level (level 0 = missing = 0 bits).

    `duplicates` is the expected number of a record's other records, `n` the number of records; `namesakes` says,
    by rarity of the full name, how many bits commoner namesakes are than the two names' frequencies make them.
    """

    n: int
    duplicates: float
    relatives: float
    namesakes: tuple[float, ...]
    same: dict[str, tuple[float, ...]]
    colleague: dict[str, tuple[float, ...]]
    relative: dict[str, tuple[float, ...]]
    stranger: dict[str, tuple[float, ...]]
    mail_kinds: tuple[float, ...]
    colleagues: float
    sampled_pairs: int

    @property
    def prior_bits(self) -> float:
        return float(np.log2(self.duplicates / max(self.n - 1, 1)))


def same_bits(comparison: Comparison, model: Model) -> Doubles:
    """log2 of the chance that one person's records look like this."""
    total = np.zeros(comparison.levels.shape[1])
    for k, field in enumerate(FIELDS):
        total += np.array(model.same[field.name])[comparison.levels[k]]
    return total
