"""The account of a lead: that of its current employer, else its best-supported one."""

import polars as pl

from matching.golden.employment import current_accounts

CLUSTERS = pl.DataFrame({"record": [0, 1, 2, 3, 4, 5], "lead_id": ["a", "a", "a", "b", "b", "c"]}).cast(
    {"record": pl.UInt32}
)
EMPLOYMENT = pl.DataFrame(
    {
        "record": [0, 1, 2, 3, 4, 5],
        "account_id": ["x", "y", "y", "x", "y", None],
        "probability": [0.9, 0.9, 0.9, 0.7, 0.8, None],
    }
).cast({"record": pl.UInt32, "probability": pl.Float32})


def _accounts(stated: list[int | None]) -> list[str | None]:
    golden = pl.DataFrame({"lead_id": ["a", "b", "c"], "employment_record": pl.Series(stated, dtype=pl.UInt32)})
    return current_accounts(golden, CLUSTERS, EMPLOYMENT)["account_id"].to_list()


def test_the_record_that_states_the_employer_decides() -> None:
    assert _accounts([0, 3, None]) == ["x", "x", None]


def test_else_the_account_of_most_records_then_the_most_probable_one() -> None:
    assert _accounts([None, None, None]) == ["y", "y", None]


def test_an_employer_without_account_leaves_it_to_the_others() -> None:
    assert _accounts([0, 3, 5]) == ["x", "x", None]
