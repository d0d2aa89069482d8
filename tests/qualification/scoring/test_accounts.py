"""Account scores: the buying group by noisy-or of roles and behaviour."""

import polars as pl
import pytest

from qualification.scoring.accounts import account_scores
from qualification.scoring.rules import scoring_rules
from tests.qualification.rows import leads, touchpoints

RULES = scoring_rules()


def scores(people: list[tuple[str, str, float | None]], mailbox: float | None = None) -> dict[str, object]:
    rows = [{"lead_id": lead, "account_id": "X"} for lead, _, _ in people]
    standing = pl.DataFrame(
        [(lead, it) for lead, _, it in people], schema={"lead_id": pl.String, "behaviour": pl.Float64}, orient="row"
    )
    roles = pl.DataFrame(
        [("X", lead, role) for lead, role, _ in people if role],
        schema={"account_id": pl.String, "lead_id": pl.String, "role": pl.String},
        orient="row",
    )
    found = account_scores(
        standing,
        pl.DataFrame(
            {"account_id": ["X"], "behaviour": [mailbox]} if mailbox is not None else [],
            schema={"account_id": pl.String, "behaviour": pl.Float64},
        ),
        accounts=pl.DataFrame({"account_id": ["X", "Y"]}),
        buying_centers=roles,
        leads=leads(*rows) if rows else leads(),
        touchpoints=touchpoints([]),
        rules=RULES,
    )
    return found.row(0, named=True)


@pytest.mark.parametrize(
    ("people", "score", "engaged", "qualified"),
    [
        ([("A", "decider", 50.0)], 50.0, 1, False),
        ([("A", "decider", 50.0), ("B", "user", 40.0)], 60.0, 2, True),
        ([("A", "decider", 50.0), ("B", "user", -10.0)], 50.0, 1, False),
        ([("A", "user", 100.0), ("B", "user", 100.0)], 75.0, 2, False),
        ([("A", "decider", 150.0)], 100.0, 1, False),
        ([("A", "decider", None), ("B", "buyer", 50.0)], 40.0, 1, False),
        ([("A", "", 50.0)], 20.0, 1, False),
        ([("A", "decider", 50.0), ("A", "user", 50.0)], 50.0, 1, False),
        ([], 0.0, 0, False),
    ],
    ids=[
        *("one decider", "two people", "a negative person lowers nobody", "no decider among them", "not above 100"),
        *("who objected does not count", "no role known", "two roles of one person", "nobody"),
    ],
)
def test_noisy_or(people: list[tuple[str, str, float | None]], score: float, engaged: int, qualified: bool) -> None:
    unique = {lead: (lead, role, it) for lead, role, it in people}
    found = scores(people) if len(unique) == len(people) else _of_two_roles()
    assert (found["score"], found["engaged"], found["qualified"]) == (score, engaged, qualified)


def _of_two_roles() -> dict[str, object]:
    roles = pl.DataFrame({"account_id": ["X", "X"], "lead_id": ["A", "A"], "role": ["user", "decider"]})
    standing = pl.DataFrame({"lead_id": ["A"], "behaviour": [50.0]})
    none = pl.DataFrame(schema={"account_id": pl.String, "behaviour": pl.Float64})
    owner = leads({"lead_id": "A", "account_id": "X"})
    found = account_scores(
        standing,
        none,
        accounts=pl.DataFrame({"account_id": ["X"]}),
        buying_centers=roles,
        leads=owner,
        touchpoints=touchpoints([]),
        rules=RULES,
    )
    return found.row(0, named=True)


def test_a_shared_mailbox_counts_for_the_account_and_is_nobody() -> None:
    found = scores([("A", "decider", 50.0)], mailbox=50.0)
    assert (found["score"], found["engaged"]) == (60.0, 1)


def test_roles_that_nobody_engaged_fills_are_missing() -> None:
    found = scores([("A", "decider", 50.0), ("B", "buyer", 3.0)])
    assert found["roles_engaged"] == ["decider"]
    assert found["roles_missing"] == ["buyer", "gatekeeper", "influencer", "initiator", "user"]
