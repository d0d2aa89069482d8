"""Parents are inferred from names, the tables and shared evidence; subsidiaries stay accounts of their own."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.accounts.linking.account_clusters import account_clusters
from matching.accounts.shown.corporate_groups import parents
from matching.accounts.shown.profile import accounts
from tests.matching.accounts.companies import company_rows


def links(rows: list[dict[str, str | None]], stated: pl.DataFrame | None = None) -> dict[str, str]:
    """Parent by child, as the names given."""
    names = company_rows(rows)
    clusters = account_clusters(names).clusters
    assert clusters["cluster"].n_unique() == names.height, "no two of them are one company"
    found = parents(accounts(names, clusters), names, clusters, stated=stated)
    company = [str(r["company"]) for r in rows]
    assert found["reason"].str.contains("inferred|stated").all()
    return {company[c]: company[p] for c, p in found.select("cluster", "parent").rows()}


def test_a_known_subsidiary_is_below_its_parent() -> None:
    assert links([{"company": "Robert Bosch GmbH"}, {"company": "Bosch Rexroth AG"}]) == {
        "Bosch Rexroth AG": "Robert Bosch GmbH"
    }


def test_a_name_that_begins_with_a_group_of_the_alias_table() -> None:
    assert links([{"company": "Siemens AG"}, {"company": "Siemens Energy Global GmbH & Co. KG"}]) == {
        "Siemens Energy Global GmbH & Co. KG": "Siemens AG"
    }


def test_a_frequent_name_is_no_evidence() -> None:
    assert links([{"company": "Müller GmbH"}, {"company": "Müller Bau GmbH"}]) == {}


def test_a_trade_of_that_surname_is_not_a_subsidiary() -> None:
    assert links([{"company": "Robert Bosch GmbH"}, {"company": "Bosch Sanitär GmbH"}]) == {}


def test_the_holding_stands_above_the_company_it_is_named_after() -> None:
    rows = [{"company": "Hafepatech GmbH", "domain": "hafepatech.de"}, {"company": "Hafepatech Holding GmbH"}]
    assert links(rows) == {"Hafepatech GmbH": "Hafepatech Holding GmbH"}


def test_what_is_named_after_a_group_is_below_it() -> None:
    domain = {"domain": "dornseif.de"}
    assert links(
        [
            {"company": "Dornseif Holding GmbH", **domain},
            {"company": "Dornseif Metall GmbH", **domain},
            {"company": "Dornseif Kunststoff GmbH", "city": "Olpe", **domain},
        ]
    ) == dict.fromkeys(("Dornseif Metall GmbH", "Dornseif Kunststoff GmbH"), "Dornseif Holding GmbH")
    town = {"city": "Esslingen"}
    assert links([{"company": "Zollberger Gruppe", **town}, {"company": "Zollberger Präzision GmbH", **town}]) == {
        "Zollberger Präzision GmbH": "Zollberger Gruppe"
    }


def test_a_group_in_another_town_or_of_a_frequent_name_is_no_parent() -> None:
    assert links([{"company": "Zollberger Gruppe"}, {"company": "Zollberger Präzision GmbH", "city": "Kiel"}]) == {}
    town = {"city": "Köln"}
    assert links([{"company": "Müller Gruppe", **town}, {"company": "Müller Präzision GmbH", **town}]) == {}


def test_people_may_set_a_parent_or_take_it_away() -> None:
    rows: list[dict[str, str | None]] = [
        {"company": "Robert Bosch GmbH"},
        {"company": "Bosch Rexroth AG"},
        {"company": "Hafepa GmbH"},
    ]
    none = pl.DataFrame({"cluster": [1], "parent": [None]}, schema={"cluster": pl.UInt32, "parent": pl.UInt32})
    other = pl.DataFrame({"cluster": [1], "parent": [2]}, schema={"cluster": pl.UInt32, "parent": pl.UInt32})
    assert links(rows, none) == {}
    assert links(rows, other) == {"Bosch Rexroth AG": "Hafepa GmbH"}


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_links_never_form_a_cycle(pairs: list[tuple[int, int]]) -> None:
    words = ["Alpha", "Brisant", "Corvus", "Dublette", "Egeria", "Fabula"]
    names = company_rows([{"company": f"{w}werke GmbH"} for w in words])
    clusters = account_clusters(names).clusters
    chosen = list({c: (c, p) for c, p in pairs if c != p}.values())
    stated = pl.DataFrame(chosen, schema={"cluster": pl.UInt32, "parent": pl.UInt32}, orient="row")
    above = dict(parents(accounts(names, clusters), names, clusters, stated=stated).select("cluster", "parent").rows())
    for start in above:
        seen, at = set(), start
        while at in above:
            assert at not in seen
            seen.add(at)
            at = above[at]
