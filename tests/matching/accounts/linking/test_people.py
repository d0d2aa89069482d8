"""Company rows that one person named: what a lead's records say of their companies."""

from datetime import UTC, datetime
from itertools import permutations

import polars as pl
import pytest

from contracts.matched import COMPANY_NAMES, RETIRED
from matching.accounts.company_names import company_names
from matching.accounts.lead_to_account import lead_accounts
from matching.accounts.linking.account_clusters import AccountClusters, account_clusters
from matching.accounts.linking.likeness import likeness
from matching.accounts.linking.people import MOST, NAMED_BY, named_by, rows_of_one_person
from matching.accounts.resolution import resolve_accounts
from matching.accounts.rows.domains import near_labels
from matching.accounts.rows.words import read_names
from tests.matching.accounts.companies import company_rows, enriched
from tests.matching.decisions.said import active

Row = dict[str, str | int | None]


def named(rows: list[Row], leads: list[str]) -> AccountClusters:
    """The accounts of company rows, the n-th of which the n-th lead named."""
    return account_clusters(company_rows(rows), named=named_by(pl.Series(range(len(rows))), pl.Series(leads)))


def clusters(rows: list[Row], leads: list[str]) -> list[int]:
    return named(rows, leads).clusters["cluster"].to_list()


HERE = {"postcode": "79331", "city": "Teningen"}
AT_HOME = HERE | {"domain": "dufner.de"}


@pytest.mark.parametrize(
    ("company", "meant"),
    [
        ("Dufner Landtechnik", "Dufner Landtechnik GmbH"),
        ("Dufner Landt.", "Dufner Landtechnik GmbH"),
        ("Dufnr Landtechnk GmbH", "Dufner Landtechnik GmbH"),
        ("Dufner Landtechnik Werk 2", "Dufner Landtechnik GmbH"),
        ("Dufner Landtechnik GmbH, Einkauf Teningen", "Dufner Landtechnik GmbH"),
        ("Dufner Landtechnik Geselllschaft mbH", "Dufner Landtechnik GmbH"),
        ("Dufner Landtechnik GbmH & Co. KG", "Dufner Landtechnik GmbH & Co. KG"),
        ("Dufner Lan dtechnik GmbH", "Dufner Landtechnik GmbH"),
        ("Dufner GmbH", "Dufner Saatgut Landtechnik GmbH"),
        ("Dufner Landtechnik GmbH / Stanzerei", "Dufner Landtechnik GmbH"),
        ("Dufn. GmbH", "Dufner Saatgut Landtechnik GmbH"),
        ("Dufner Verwaltung GmbH", "Dufner Verwaltungs-GmbH"),
        ("Dufner-. Landtechnik GmbH", "Dufner-Immobilien Landtechnik GmbH"),
    ],
)
def test_what_one_person_alone_writes_is_the_company_that_person_works_for(company: str, meant: str) -> None:
    rows: list[Row] = [{"company": company}, {"company": meant, **AT_HOME}, {"company": meant, **AT_HOME}]
    assert clusters(rows, ["eva", "eva", "jan"]) == [0, 0, 0]


@pytest.mark.parametrize(
    ("company", "other", "place"),
    [
        ("Dufner Immobilien GmbH", "Dufner Landtechnik GmbH", AT_HOME),
        ("Dufner Landtechnik Verwaltungs-GmbH", "Dufner Landtechnik GmbH", AT_HOME),
        ("Dufner GmbH", "Dufner Verwaltungs-GmbH", AT_HOME),
        ("Sparkasse Leipzig", "Sparkasse Köln", {}),
        ("Windpark Kuhs XII GmbH", "Windpark Kuhs XIII GmbH", {}),
        ("Hafepa GmbH", "Dufner Landtechnik GmbH", {}),
    ],
)
def test_whoever_changes_to_another_company_does_not_join_the_two(company: str, other: str, place: Row) -> None:
    rows: list[Row] = [{"company": company, **place}, {"company": other, **place}, {"company": other, **place}]
    assert clusters(rows, ["eva", "eva", "jan"])[0] != clusters(rows, ["eva", "eva", "jan"])[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Sparkasse Köln", "sparkasse-koeln.de", "Köln"), ("Sparkasse Leipzig", "sparkasse-leipzig.de", "Leipzig")),
        (("Sparkasse Köln", None, "Köln"), ("Sparkasse Leipzig", None, "Leipzig")),
        (("Sparkasse", "sparkasse-koeln.de", None), ("Sparkasse", "sparkasse-leipzig.de", None)),
        (("Caritas Köln", "caritas.de", "Köln"), ("Caritas Leipzig", "caritas.de", "Leipzig")),
        (("Stadtwerke Kiel", None, None), ("Stadtwerke Köln", None, None)),
        (("Autohaus Nord", "autohaus-nord.de", None), ("Autohaus Sud", "autohaus-sued.de", None)),
        (("Autohaus", "autohaus-nord.de", "Kiel"), ("Autohaus", "autohaus-sued.de", "Ulm")),
    ],
)
@pytest.mark.parametrize("leads", [["eva", "jan"], ["eva", "eva"]], ids=["of two people", "of one person"])
def test_companies_told_apart_by_town_or_domain_are_two_in_a_home_of_two_records(
    one: tuple[str | None, ...], other: tuple[str | None, ...], leads: list[str]
) -> None:
    rows: list[Row] = [dict(zip(("company", "domain", "city"), row, strict=True)) for row in (one, other)]
    assert clusters(rows, leads) == [0, 1]


def test_namesakes_in_two_towns_stay_apart_though_people_wrote_both_names_without_a_town() -> None:
    rows: list[Row] = [
        {"company": "Dachdeckerei Ollig GmbH", "postcode": "79331", "city": "Teningen"},
        {"company": "Dachdeckerei Ollig GmbH", "postcode": "23883", "city": "Hollenbek"},
        {"company": "Dachdeckerei Ollig GmbH"},
    ]
    names = company_rows(rows)
    of_record, leads = pl.Series([0, 2, 1, 2, 2]), pl.Series(["eva", "eva", "jan", "jan", "ute"])
    found = account_clusters(names, named=named_by(of_record, leads))
    assert found.clusters["cluster"].to_list() == [0, 1, 2]
    records = enriched([{"company": "Dachdeckerei Ollig GmbH"}] * 5)
    told = lead_accounts(records, of_record.cast(pl.UInt32), names, found.clusters, leads=leads, torn=found.torn)
    assert told["cluster"].to_list() == [0, 0, 1, 1, 2]


def test_what_people_decided_holds_against_what_a_person_wrote() -> None:
    rows = company_rows(
        [{"company": "Dufner Landt."}, {"company": "Dufner Landtechnik GmbH", **AT_HOME}, {"company": "Hafepa GmbH"}]
    )
    by_one = named_by(pl.Series([0, 1, 2]), pl.Series(["eva", "eva", "jan"]))
    parted = account_clusters(rows, named=by_one, cannot_link=pl.DataFrame({"left": [1], "right": [0]}))
    joined = account_clusters(rows, named=by_one, must_link=pl.DataFrame({"left": [0], "right": [2]}))
    assert parted.clusters["cluster"].to_list() == [0, 1, 2]
    assert parted.torn.is_empty()
    assert joined.clusters["cluster"].n_unique() == 1


def test_accounts_do_not_depend_on_the_order_of_rows_and_people() -> None:
    rows: list[Row] = [
        {"company": "Dufner Landt."},
        {"company": "Dufner Landtechnik GmbH", **AT_HOME},
        {"company": "Dufner Landtechnik KG"},
        {"company": "Dufner Landtechnik GmbH", **HERE},
    ]
    leads = ["eva", "eva", "jan", "jan"]
    found = set()
    for order in permutations(range(len(rows))):
        labels = clusters([rows[i] for i in order], [leads[i] for i in order])
        groups = {label: frozenset(i for i, own in zip(order, labels, strict=True) if own == label) for label in labels}
        found.add(frozenset(groups.values()))
    assert len(found) == 1


def test_a_person_with_very_many_companies_is_none() -> None:
    rows = pl.DataFrame({"row": range(MOST + 1), "lead": "info"}).cast(dict(NAMED_BY))
    groups = pl.Series(range(MOST + 1)).to_numpy().astype("uint32")
    assert rows_of_one_person(rows, groups).is_empty()


def test_without_people_names_and_places_decide_alone() -> None:
    rows = company_rows([{"company": "Dufner Landt.", **HERE}, {"company": "Hafepa GmbH"}])
    nobody = pl.DataFrame(schema=NAMED_BY)
    assert account_clusters(rows).clusters.equals(account_clusters(rows, named=nobody).clusters)
    assert account_clusters(COMPANY_NAMES.conform(pl.DataFrame()), named=nobody).clusters.is_empty()


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ("adler baustoff umwelt", "adler baustoff umweltlabor", True),
        ("karl hamm koeln", "karl hamm", True),
        ("sparkasse koeln", "sparkasse leipzig", False),
        ("windpark kuhs 12", "windpark kuhs 13", False),
        ("dufner immobilien", "dufner logistik", False),
    ],
)
def test_names_are_alike_where_most_letters_stand_in_words_with_a_counterpart(
    left: str, right: str, alike: bool
) -> None:
    words, ids = read_names(pl.Series([left, right]))
    towns = frozenset({"koeln", "leipzig"})
    found = [likeness(words, ids[[a]], ids[[b]], towns)["likeness"][0] for a, b in ((0, 1), (1, 0))]
    assert [value >= 0.8 for value in found] == [alike, alike]


def test_a_record_without_company_says_by_its_domain_where_its_person_works() -> None:
    records = enriched(
        [
            {"company": "Dufn. GmbH"},
            {"company": None, "company_domain": "dufner.de"},
            {"company": "Dufner Landtechnik GmbH", "company_domain": "dufner.de"},
        ]
    ).with_columns(observed_at=datetime(2025, 3, 3, tzinfo=UTC))
    names, name_of_record = company_names(records)
    before = pl.DataFrame(schema={"source": pl.String, "source_record_id": pl.String, "id": pl.String})
    found = resolve_accounts(
        records,
        names,
        name_of_record,
        active(),
        pl.Series(["eva", "eva", "jan"]),
        previous=before,
        retired=RETIRED.empty(),
        at=datetime(2025, 3, 4, tzinfo=UTC),
    )
    assert found.employment["account_id"].n_unique() == 1


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [("dufner", "dufmer", True), ("autohaus-nord", "autohaus-sued", False), ("dufner", None, True)],
)
def test_labels_of_domains_are_near_where_they_differ_by_slips(left: str, right: str | None, near: bool) -> None:
    labels = pl.Series([left], dtype=pl.String), pl.Series([right], dtype=pl.String)
    assert near_labels(*labels).item() is near
    assert near_labels(*reversed(labels)).item() is near
