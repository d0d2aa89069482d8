"""The account as it is shown: what people said of name and parent counts before what the machine found."""

from __future__ import annotations

import polars as pl

from matching.accounts.shown.shown_accounts import shown_accounts
from tests.matching.accounts.companies import company_rows
from tests.matching.decisions.said import active, company

NAMES = company_rows(
    [{"company": "Adler Werke GmbH", "records": 3}, {"company": "Adler-Werke GmbH"}, {"company": "Bär Holding AG"}]
)
CLUSTERS = pl.DataFrame(
    {"name": [0, 1, 2], "cluster": [0, 0, 2], "account_id": ["A0", "A0", "A2"]},
    schema_overrides={"name": pl.UInt32, "cluster": pl.UInt32},
)


def shown(*overrides: tuple[str, str, str], before: str = "Adler Werke GmbH") -> list[tuple[str | None, ...]]:
    said = active(*(company(*row) for row in overrides))
    found = shown_accounts(NAMES, CLUSTERS, said, pl.DataFrame({"account_id": ["A0"], "name": [before]}))
    return found.select("account_id", "name", "parent_account_id").rows()


def test_the_machine_names_it_where_nobody_did() -> None:
    assert shown() == [("A0", "Adler Werke GmbH", None), ("A2", "Bär Holding AG", None)]


def test_what_people_said_counts() -> None:
    said = ("rename", "Adler-Werke GmbH", "Adler"), ("set_parent", "Adler Werke GmbH", "Bär Holding AG")
    assert shown(*said) == [("A0", "Adler", "A2"), ("A2", "Bär Holding AG", None)]


def test_the_name_shown_before_stays_while_it_is_carried_by_nearly_as_many() -> None:
    assert shown(before="Adler-Werke GmbH")[0] == ("A0", "Adler-Werke GmbH", None)
    assert shown(before="Adler Maschinen GmbH")[0] == ("A0", "Adler Werke GmbH", None)  # nobody writes it so any more
