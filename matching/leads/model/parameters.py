"""The model: what was learnt of how records of one person, of colleagues, relatives and strangers agree.

Belongs here: its figures, and the bits they give to one person. Does not belong here: learning them
(`matching/leads/model/learning`), what agreement between different people is worth (`matching/leads/model/chance`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.leads.beliefs import FEWEST_OTHERS, MOVED, MOVED_SHARE, Doubles
from matching.leads.comparison.compare import Comparison
from matching.leads.comparison.levels import COMPANY, FIELDS


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt. `same` and `colleague` hold log2 shares per field and level (level 0 = missing = 0 bits).

    `duplicates` is the expected number of a record's other records, `n` the number of records without copies;
    `namesakes` says, by rarity of the full name, how many bits commoner namesakes are than the two names' frequencies
    make them.
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
    def others(self) -> int:
        """Records that one of them may be mistaken for (`MatchRecords.others`)."""
        return max(self.n - 1, FEWEST_OTHERS)

    @property
    def prior_bits(self) -> float:
        return float(np.log2(self.duplicates / self.others))


def same_bits(comparison: Comparison, model: Model) -> Doubles:
    """log2 of the chance that one person's records look like this; at two firms, that the person moved between them."""
    nothing = np.zeros(comparison.levels.shape[1])
    stayed = with_bits(nothing, comparison, model.same)
    moved = with_bits(nothing + np.log2(MOVED_SHARE), comparison, model.same | _MOVED)
    return np.where(comparison.reaches(COMPANY, "different"), np.logaddexp2(stayed, moved), stayed)


_MOVED = {
    field.name: (0.0, *map(float, np.log2(field.in_order(MOVED[field.name]))))
    for field in FIELDS
    if field.name in MOVED
}


def with_bits(start: Doubles, comparison: Comparison, bits: dict[str, tuple[float, ...]]) -> Doubles:
    """`start` and the bits of each pair's levels, in the order of the fields; a field not in `bits` says nothing."""
    total = start.copy()
    for field in FIELDS:
        if field.name in bits:
            total += np.array(bits[field.name])[comparison.of(field)]
    return total
