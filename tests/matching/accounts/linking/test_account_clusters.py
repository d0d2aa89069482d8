"""Accounts: which company rows are one, what is left to a person, and what holds for any rows."""

import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching.accounts.linking.account_clusters import account_clusters
from matching.accounts.linking.aliases import aliases
from matching.accounts.shown.profile import accounts
from tests.matching.accounts.companies import company_rows

CASES = pl.read_csv(Path(__file__).parent / "account_pairs.csv", infer_schema=False)


def outcome(names: pl.DataFrame) -> str:
    found = account_clusters(names)
    if found.clusters["cluster"].n_unique() == 1:
        return "same"
    return "review" if found.review.height else "apart"


@pytest.mark.parametrize("case", CASES.to_dicts(), ids=lambda c: c["case"])
@pytest.mark.parametrize("sides", ["ab", "ba"])
def test_pairs(case: dict[str, str], sides: str) -> None:
    fields = ("company", "postcode", "city", "domain", "phone")
    rows = company_rows([{f: case[f"{f}_{side}"] for f in fields} for side in sides])
    assert outcome(rows) == case["expected"]


def test_a_shared_register_number_joins_a_company_that_changed_its_form() -> None:
    rows = company_rows(
        [
            {"company": "Hafepa UG", "postcode": "79108", "city": "Freiburg", "register_no": "HRB 260642"},
            {"company": "Hafepa GmbH", "postcode": "79108", "city": "Freiburg", "register_no": "HRB 260642"},
        ]
    )
    assert outcome(rows) == "same"


def test_the_same_register_number_at_another_court_says_nothing() -> None:
    rows = company_rows(
        [
            {"company": "Hafepa GmbH", "postcode": "79108", "city": "Freiburg", "register_no": "HRB 1234"},
            {"company": "Windpark Kuhs GmbH", "postcode": "18276", "city": "Kuhs", "register_no": "HRB 1234"},
        ]
    )
    assert outcome(rows) == "apart"


def test_a_vat_number_decides_and_two_different_ones_keep_apart() -> None:
    place = {"postcode": "79331", "city": "Teningen"}
    same = company_rows(
        [
            {"company": "Dufner Landtechnik GmbH", "vat_id": "DE136695976"},
            {"company": "Dufner Landtechnik", "vat_id": "DE136695976", "postcode": "20095", "city": "Hamburg"},
        ]
    )
    other = company_rows(
        [
            {"company": "Dufner Landtechnik GmbH", "vat_id": "DE136695976", **place},
            {"company": "Dufner Landtechnik GmbH", "vat_id": "DE811191002", **place},
        ]
    )
    assert outcome(same) == "same"
    assert outcome(other) == "review"


def test_a_name_without_form_joins_neither_of_two_companies_it_fits() -> None:
    place = {"postcode": "80331", "city": "München"}
    rows = company_rows([{"company": c, **place} for c in ("Müller GmbH", "Müller KG", "Müller")])
    found = account_clusters(rows)
    assert found.clusters["cluster"].to_list() == [0, 1, 2]
    assert {(0, 1), (0, 2), (1, 2)} == set(found.review.select("left", "right").rows())


def test_a_name_without_address_does_not_join_two_towns() -> None:
    rows = company_rows(
        [
            {"company": "Adler Apotheke e.K.", "postcode": "45888", "city": "Gelsenkirchen"},
            {"company": "Adler Apotheke e.K.", "postcode": "71686", "city": "Remseck"},
            {"company": "Adler Apotheke e.K."},
        ]
    )
    clusters = account_clusters(rows).clusters["cluster"].to_list()
    assert clusters[0] != clusters[1]


@pytest.mark.parametrize(
    ("domain", "town", "accounts"),
    [("adler-bau.de", "Köln", 2), ("adler-hochbau.de", "Jena", 2), (None, "Jena", 2)],
)
def test_a_misspelt_record_is_no_bridge_between_two_towns_and_domains(
    domain: str | None, town: str, accounts: int
) -> None:
    rows: list[dict[str, str | int | None]] = [
        {"company": "Adler Bau GmbH", "domain": "adler-bau.de", "city": "Jena", "records": 5},
        {"company": "Adler Bau GmbH", "domain": "adler-hochbau.de", "city": "Köln", "records": 5},
        {"company": "Adler Bau GmbH", "domain": domain, "city": town},
    ]
    assert account_clusters(company_rows(rows)).clusters["cluster"].n_unique() == accounts


def test_a_company_that_several_records_place_in_both_towns_is_one() -> None:
    rows: list[dict[str, str | int | None]] = [
        {"company": "Adler Bau GmbH", "domain": "adler-bau.de", "city": "Jena", "records": 5},
        {"company": "Adler Bau GmbH", "domain": "adler-hochbau.de", "city": "Köln", "records": 5},
        {"company": "Adler Bau GmbH", "domain": "adler-bau.de", "city": "Köln", "records": 3},
    ]
    assert account_clusters(company_rows(rows)).clusters["cluster"].n_unique() == 1


@pytest.mark.parametrize(
    ("company", "other"),
    [
        ("Hort Adler gemeinnützige GmbH", "Hort Adler GmbH"),
        ("Hort Adler gemeinnützige", "Hort Adler gGmbH"),
        ("Adler Verwaltungs-Gesellschaft", "Adler Verwaltungs-GmbH"),
    ],
)
def test_what_is_left_of_a_form_is_no_other_company(company: str, other: str) -> None:
    rows = [{"company": company, "city": "Jena", "domain": "adler.de"}, {"company": other, "city": "Jena"}]
    assert account_clusters(company_rows(rows)).clusters["cluster"].n_unique() == 1


def test_people_have_the_last_word() -> None:
    rows = company_rows(
        [
            {"company": "Müller GmbH", "postcode": "80331", "city": "München"},
            {"company": "Müller KG", "postcode": "80331", "city": "München"},
            {"company": "Müller GmbH", "postcode": "80331", "city": "München", "domain": "mueller.de"},
        ]
    )
    together = pl.DataFrame({"left": [0], "right": [1]})
    apart = pl.DataFrame({"left": [0], "right": [2]})
    found = account_clusters(rows, must_link=together, cannot_link=apart)
    clusters = found.clusters["cluster"].to_list()
    assert clusters[0] == clusters[1] != clusters[2]
    assert (0, 2) not in found.review.select("left", "right").rows()


def test_two_pharmacies_of_one_name_in_a_city_are_two_until_a_person_joins_them() -> None:
    old = {"company": "Adler Apotheke", "city": "Köln", "postcode": "50667", "street": "Hauptstr.", "house_number": "1"}
    new = {"company": "Adler Apotheke", "city": "Köln", "postcode": "51147", "street": "Dorfweg", "house_number": "77"}
    phones = {"phone": "+49221111222"}, {"phone": "+49221888999"}
    assert outcome(company_rows([old | phones[0], new | phones[1]])) == "review"
    assert outcome(company_rows([old, new])) == "review"
    assert outcome(company_rows([old | phones[0], new | phones[0]])) == "same"
    assert outcome(company_rows([old | phones[0], {"company": "Adler Apotheke", "city": "Köln"}])) == "same"
    university = {"company": "Universität Köln", "city": "Köln"}
    assert outcome(company_rows([old | phones[0] | university, new | phones[1] | university])) == "same"


def test_a_swiss_form_in_another_language_is_the_same_form() -> None:
    for german, french in (("AG", "SA"), ("GmbH", "Sàrl"), ("GmbH", "Sagl")):
        rows = [{"company": f"Alpstein Käse {form}", "city": "Appenzell"} for form in (german, french)]
        assert outcome(company_rows([row | {"country": "CH"} for row in rows])) == "same"
        assert outcome(company_rows([row | {"country": "BE"} for row in rows])) == "review"


def test_the_shown_name_is_the_best_supported_full_spelling() -> None:
    place = {"postcode": "79331", "city": "Teningen"}
    rows = company_rows(
        [
            {"company": "DUFNER LANDTECHNIK GMBH", "records": 3, **place},
            {"company": "Dufner Landtechnik Gesellschaft mit beschränkter Haftung", "records": 1, **place},
            {"company": "Dufner Landtechnik", "records": 9, **place},
        ]
    )
    (account,) = accounts(rows, account_clusters(rows).clusters).to_dicts()
    assert account["name"] == "Dufner Landtechnik GmbH"
    assert account["legal_form"] == "GmbH"
    assert account["spelling_variants"][0] == {"name": "Dufner Landtechnik", "records": 9}
    assert sum(v["records"] for v in account["spelling_variants"]) == 13


def test_a_spelling_from_the_register_wins() -> None:
    rows = company_rows(
        [
            {"company": "Dufner Landtechnik GmbH", "postcode": "79331", "records": 9},
            {"company": "DUFNER Landtechnik GmbH", "postcode": "79331", "register_no": "HRB 260632"},
        ]
    )
    (account,) = accounts(rows, account_clusters(rows).clusters).to_dicts()
    assert account["name"] == "DUFNER Landtechnik GmbH"


@pytest.mark.parametrize(
    ("others", "shown"),
    [(1, "Bäcker GmbH"), (7, "Bäcker GmbH"), (8, "Baker GmbH"), (100, "Baker GmbH")],
)
def test_a_narrow_majority_does_not_change_the_name_shown_before(others: int, shown: str) -> None:
    rows = company_rows([{"company": "Bäcker GmbH", "records": 4}, {"company": "Baker GmbH", "records": others}])
    clusters = pl.DataFrame({"name": [0, 1], "cluster": [0, 0]}, schema=dict.fromkeys(("name", "cluster"), pl.UInt32))
    before = pl.DataFrame({"cluster": [0], "name": ["Bäcker GmbH"]}, schema_overrides={"cluster": pl.UInt32})
    assert accounts(rows, clusters, before)["name"].to_list() == [shown]


def test_a_better_spelling_of_the_same_words_is_shown_at_once() -> None:
    rows = company_rows([{"company": "BAUER GMBH", "records": 4}, {"company": "Bauer GmbH"}])
    clusters = pl.DataFrame({"name": [0, 1], "cluster": [0, 0]}, schema=dict.fromkeys(("name", "cluster"), pl.UInt32))
    before = pl.DataFrame({"cluster": [0], "name": ["BAUER GMBH"]}, schema_overrides={"cluster": pl.UInt32})
    assert accounts(rows, clusters, before)["name"].to_list() == ["Bauer GmbH"]


@pytest.mark.parametrize(
    ("spellings", "shown"),
    [
        (("Walter u. Schubert GmbH", "Walter & Schubert GmbH"), "Walter & Schubert GmbH"),
        (("Gebr. Ammann AG", "Gebrüder Ammann AG"), "Gebrüder Ammann AG"),
    ],
)
def test_of_spellings_alike_the_one_without_abbreviations_is_shown(spellings: tuple[str, str], shown: str) -> None:
    rows = company_rows([{"company": name, "postcode": "80331", "city": "München"} for name in spellings])
    clusters = pl.DataFrame({"name": [0, 1], "cluster": [0, 0]}, schema=dict.fromkeys(("name", "cluster"), pl.UInt32))
    assert accounts(rows, clusters)["name"].to_list() == [shown]


@pytest.mark.parametrize(
    ("spellings", "shown", "form"),
    [
        ({"Dufner Landtechnik": 9, "Dufner Landtechnk GmbH": 1}, "Dufner Landtechnik GmbH", "GmbH"),
        ({"Dufner Landtechnik GmbH": 3, "Dufner Landtecnik KG": 1}, "Dufner Landtechnik GmbH", "GmbH"),
        ({"Nordsee Handels mbH": 2, "Nordsee Handles mbH": 1}, "Nordsee Handels mbH", "GmbH"),
        ({"Volkswagen AG": 1, "VW": 9}, "Volkswagen AG", "AG"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_slip_is_not_shown_for_its_legal_form(spellings: dict[str, int], shown: str, form: str) -> None:
    rows = company_rows([{"company": name, "records": records} for name, records in spellings.items()])
    clusters = pl.DataFrame({"name": [0, 1], "cluster": [0, 0]}, schema=dict.fromkeys(("name", "cluster"), pl.UInt32))
    assert accounts(rows, clusters).select("name", "legal_form").rows() == [(shown, form)]


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([{"company": "Dörr Grundbesitzz GmbH"}, {"company": "Dörr Grundbesitz GmbH"}], "Dörr Grundbesitz GmbH"),
        ([{"company": "Ahl Verwaltungssgesellschaft mbH"}, {"company": "Ahl Verwaltungsgesellschaft mbH"}],
         "Ahl Verwaltungsgesellschaft mbH"),
        ([{"company": "Grisfilley GmbH", "domain": "grosfilley.de"}, {"company": "Grosfilley"}], "Grosfilley GmbH"),
        ([{"company": "Ahl Medien GmbH Jena", "city": "Jena"}, {"company": "Ahl Medien GmbH", "city": "Jena"}],
         "Ahl Medien GmbH"),
        ([{"company": "WSG Servicegesellschaft mbH & Co. Sicherheitsdienste KG"}],
         "WSG Servicegesellschaft mbH & Co. Sicherheitsdienste KG"),
    ],
    ids=["word in common use", "word with its form", "domain", "town behind", "form in two halves"],
)  # fmt: skip
def test_of_names_as_frequent_the_right_one_is_shown(rows: list[dict[str, str | int | None]], shown: str) -> None:
    names = company_rows(rows)
    clusters = names.select("name", cluster=pl.lit(0, pl.UInt32))
    assert accounts(names, clusters)["name"].item() == shown


def test_a_name_of_today_is_shown_before_a_former_one() -> None:
    rows = company_rows([{"company": "Badische Anilin- und Soda-Fabrik SE", "records": 9}, {"company": "BASF"}])
    (account,) = accounts(rows, account_clusters(rows).clusters).to_dicts()
    assert account["name"] == "BASF"


def test_an_address_is_never_mixed_from_two_rows() -> None:
    first = {"street": "Hauptstraße", "house_number": "1", "postcode": "79331", "city": "Teningen"}
    second = {"street": "Bahnhofstraße", "house_number": "9", "postcode": "79331", "city": "Teningen"}
    rows = company_rows([{"company": "Dufner Landtechnik GmbH", **a} for a in (first, second, {"postcode": "79331"})])
    (account,) = accounts(rows, account_clusters(rows).clusters).to_dicts()
    assert {k: account[k] for k in first} in (first, second)


def test_an_agency_at_its_clients_domain_does_not_get_the_domain() -> None:
    rows = company_rows(
        [
            {"company": "Hafepa GmbH", "domain": "hafepa.de", "records": 5},
            {"company": "Webagentur Pixel", "domain": "hafepa.de"},
        ]
    )
    found = accounts(rows, account_clusters(rows).clusters)
    assert dict(found.select("name", "domain").rows()) == {"Hafepa GmbH": "hafepa.de", "Webagentur Pixel": None}


def test_the_alias_table_is_large_enough_and_sound() -> None:
    table = aliases()
    assert table.height >= 150
    assert table["company_key"].null_count() == 0


_names = st.sampled_from([c for column in ("company_a", "company_b") for c in CASES[column]])
_rows = st.lists(
    st.fixed_dictionaries(
        {
            "company": _names,
            "postcode": st.sampled_from([None, "80331", "20095"]),
            "domain": st.sampled_from([None, "mueller.de", "dufner.de"]),
            "register_no": st.sampled_from([None, None, "HRB 1", "HRB 2"]),
        }
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=25)
@example(
    [
        {"company": "SBB CFF FFS", "postcode": postcode, "domain": domain, "register_no": None}
        for postcode, domain in ((None, "mueller.de"), ("80331", "dufner.de"), (None, None))
    ],
    random.Random(2),
)
@given(_rows, st.randoms(use_true_random=False))
def test_every_row_has_one_account_whatever_the_order(rows: list[dict[str, str | None]], shuffle: object) -> None:
    distinct = sorted({tuple(r.items()) for r in rows}, key=str)
    order = list(range(len(distinct)))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    names = company_rows([dict(r) for r in distinct])
    mixed = company_rows([dict(distinct[i]) for i in order])
    clusters = account_clusters(names).clusters
    assert clusters["name"].to_list() == list(range(len(distinct)))
    assert (clusters["cluster"] <= clusters["name"]).all()
    by_content = account_clusters(mixed).clusters.with_columns(name=pl.Series(order, dtype=pl.UInt32))

    def parts(table: pl.DataFrame) -> set[tuple[int, ...]]:
        return {tuple(g) for g in table.group_by("cluster").agg(pl.col("name").sort())["name"].to_list()}

    assert parts(clusters) == parts(by_content)
