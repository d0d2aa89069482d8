"""Published: who was one lead in the last publication stays one, unless something of these records speaks against it.

Belongs here: which records were one lead, and the pairs of a lead that tonight's links no longer join. Does not belong
here: what speaks against a pair (`matching/leads/decision/caution`), deciding (`matching/leads/decision/scoring`),
reading the publication (`publishing.previous`).

A probability moves with the data: two hundred strangers more make a name commoner and a duplicate rarer. Who works with
a lead does not know of them, so a merge once told is taken back for what its own records say, not for a statistic. It
holds while the rules are the same; new rules decide anew, and the publication before it shows the difference. Without
a publication all is decided from the records alone, equally on each machine and for each order of the input.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from matching.components import components
from matching.leads.clustering import BY_HAND
from matching.leads.comparison.facts import Pairs
from matching.leads.records.codes import Flags, Ints

REACH = 8  # neighbours in a lead that are looked at, so that a lead of many records costs no square
REASON = "published as one"  # how the reason of such a pair begins


def leads_before(keys: pl.DataFrame, before: pl.DataFrame) -> Ints:
    """Per record a number that records of one published lead share; -1 where it was in none.

    Args:
        keys: source, source_record_id of every record, in order.
        before: source, source_record_id, id, match_reason as last published. Records that a person linked count as in
            none: that link holds as long as the person says so.
    """
    known = before.filter(pl.col("match_reason") != BY_HAND).select("source", "source_record_id", "id")
    found = keys.join(known, on=["source", "source_record_id"], how="left", maintain_order="left")["id"]
    return (found.rank("dense").cast(pl.Int32) - 1).fill_null(-1).to_numpy()


def one_lead(leads: Ints | None, left: Pairs, right: Pairs) -> Flags:
    """Whether both records were one lead; `leads` as of `leads_before`."""
    if leads is None:
        return np.zeros(len(left), bool)
    return np.asarray((leads[left] == leads[right]) & (leads[left] >= 0))


def fallen_apart(leads: Ints, links: pl.DataFrame) -> tuple[Pairs, Pairs]:
    """Neighbouring records of a published lead that links (left, right) do not join."""
    now = components(links["left"].to_numpy(), links["right"].to_numpy(), len(leads))
    order = np.argsort(leads, kind="stable")
    order = order[leads[order] >= 0]
    found = [np.zeros((0, 2), np.int64)]
    for distance in range(1, REACH + 1):
        a, b = order[:-distance], order[distance:]
        found.append(np.column_stack([a, b])[(leads[a] == leads[b]) & (now[a] != now[b])])
    pairs = np.concatenate(found).astype(np.uint32)
    return pairs[:, 0], pairs[:, 1]
