"""One night on the acceptance inbox: people and companies across files nobody tuned anything for.

Each test names the classes of edge cases it speaks of. The inbox is `inbox/`, put down by `inbox.py`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from contracts.published import PUBLISHED
from publishing.export_csv import write_csv
from sources.store.catalogue import load_files
from sources.store.channel_records import both_channels
from tests.acceptance.inbox import write_inbox

Tables = dict[str, pl.DataFrame]
LAKE = ("enriched_records", "match_decisions", "account_review", "lead_review")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one night."""
    folder = tmp_path_factory.mktemp("acceptance")
    write_inbox(folder / "inbox")
    command = [str(Path(sys.executable).with_name("leads")), "run", "--home", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def night(home: Path) -> Tables:
    """Published tables and those of the lake."""
    current = (home / "published" / "current").resolve()
    tables = {table.name: pl.read_parquet(current / f"{table.name}.parquet") for table in PUBLISHED}
    lake = {name: pl.read_parquet(home / "lake" / f"{name}.parquet") for name in LAKE}
    raw = [pl.scan_parquet(home / "lake" / f"raw_{channel}_leads.parquet") for channel in ("online", "offline")]
    return tables | lake | {"raw_leads": both_channels(*raw).collect()}


def row(table: pl.DataFrame, **values: str) -> dict[str, object]:
    """The one row with these values."""
    return table.row(
        by_predicate=pl.all_horizontal(pl.col(name) == value for name, value in values.items()), named=True
    )


def record(night: Tables, name: str) -> dict[str, object]:
    """Clean record of `source/id`."""
    source, number = name.split("/")
    return row(night["enriched_records"], source=source, source_record_id=number)


def lead_of(night: Tables, name: str) -> dict[str, object]:
    """Golden lead of the record `source/id`."""
    return row(night["leads"], lead_id=str(link(night, name)["lead_id"]))


def account_of(night: Tables, name: str) -> dict[str, object]:
    """Account of the record's employment."""
    return row(night["accounts"], account_id=str(link(night, name)["account_id"]))


def link(night: Tables, name: str) -> dict[str, object]:
    source, number = name.split("/")
    return row(night["lead_crosswalk"], source=source, source_record_id=number)


def by_name(night: Tables, source: str, family_name: str, **values: str) -> str:
    """`source/id` of a record without an id of its own, by its family name."""
    found = row(night["enriched_records"], source=source, family_name=family_name, **values)
    return f"{source}/{found['source_record_id']}"


def reviewed(night: Tables, table: str, one: str, other: str) -> bool:
    """Whether two records (or the company names of the review table) wait for a person."""
    places = {
        tuple(str(value) for value in key): place
        for place, key in enumerate(night["enriched_records"].select("source", "source_record_id").iter_rows())
    }
    pair = sorted(places[tuple(name.split("/"))] for name in (one, other))
    return night[table].filter((pl.col("left") == pair[0]) & (pl.col("right") == pair[1])).height == 1


# ---------------------------------------------------------------------------------------------- files


def test_every_record_has_one_place(night: Tables) -> None:
    key = ["source", "source_record_id"]
    held = night["quarantine"].drop_nulls("source_record_id").select(key)
    placed = pl.concat([night["lead_crosswalk"].select(key), held])
    assert placed.is_unique().all()
    assert placed.sort(key).equals(night["raw_leads"].select(key).sort(key))


def test_rows_of_every_file_add_up(home: Path) -> None:
    files = load_files(home / "lake" / "raw").drop_nulls("rows")
    assert files.filter(pl.col("rows") != pl.col("records") + pl.col("rejected") + pl.col("duplicates")).is_empty()


@pytest.mark.parametrize(
    ("file", "encoding"),
    [("offline/fair/scans_halle7.csv", "cp1252"), ("online/facebook/leads.csv", "utf-16")],
)
def test_1_encodings(home: Path, file: str, encoding: str) -> None:
    assert row(load_files(home / "lake" / "raw"), file=file)["encoding"] == encoding


def test_2_mojibake_is_mended_and_kept(night: Tables) -> None:
    assert record(night, "partner/P-3")["company"] == "Müller GmbH & Co. KG"
    assert "MÃ¼ller" in str(row(night["raw_leads"], source="partner", source_record_id="P-3")["extra"])


def test_3_lost_letters_are_not_guessed(night: Tables) -> None:
    assert "\ufffd" in str(record(night, "partner/P-4")["family_name"])
    assert "_encoding_loss" in str(row(night["raw_leads"], source="partner", source_record_id="P-4")["extra"])


@pytest.mark.parametrize(
    ("file", "rows", "reason"),
    [
        ("offline/fair/scans_halle7.csv", [11], "repeated_header"),
        ("offline/fair/scans_halle7.csv", [15], "total_row"),
        ("offline/excel/Messeliste.xlsx", [10], "total_row"),
        ("online/salesforce/report1763.csv", [15, 17, 18, 19, 20], "ragged_row"),
    ],
)
def test_5_7_titles_headers_and_totals(night: Tables, file: str, rows: list[int], reason: str) -> None:
    held = night["quarantine"].filter((pl.col("file") == file) & (pl.col("reason_code") == reason))
    assert held["row"].to_list() == rows


def test_5_row_numbers_are_those_of_the_file(night: Tables) -> None:
    assert record(night, "excel/1")["row"] == 5
    assert record(night, "fair/7001")["row"] == 3


def test_6_both_columns_of_one_name(night: Tables) -> None:
    found = record(night, by_name(night, "austria", "Schönbrunner"))
    assert (found["phone"], found["mobile"]) == ("+431587112213", "+436641234567")


def test_9_copies_and_sorted_copies_add_nothing(night: Tables, home: Path) -> None:
    files = load_files(home / "lake" / "raw").filter(pl.col("source") == "partner")
    assert sorted(files["status"]) == ["already_loaded", "already_loaded", "loaded"]
    assert night["raw_leads"].filter(pl.col("source") == "partner").height == 6


def test_10_unreadable_files_stop_nothing(night: Tables) -> None:
    held = night["quarantine"].filter(pl.col("source") == "broken")
    assert held.height == 5
    assert held["row"].null_count() == 5


def test_11_unknown_columns_are_kept(night: Tables) -> None:
    assert '"Kontostand":"12,50"' in str(row(night["raw_leads"], source="partner", source_record_id="P-1")["extra"])


def test_one_source_in_both_channels(night: Tables) -> None:
    found = night["lead_crosswalk"].filter(pl.col("source") == "both")
    assert sorted(found["source_record_id"]) == ["1", "1~online", "2", "2~online"]
    assert found["lead_id"].n_unique() == 3
    assert list(lead_of(night, "both/2")["channels"]) == ["offline", "online"]  # type: ignore[call-overload]


def test_nested_names_and_questions_are_understood(night: Tables) -> None:
    found = record(night, "linkedin/li-1")
    assert (found["street"], found["postcode"], found["city"]) == ("Berliner Ring", "38440", "Wolfsburg")
    assert (found["ip_address"], found["browser"]) == ("93.184.216.34", "Chrome 125")
    assert record(night, "facebook/l:1234567890")["company"] == "Grünwald Optik"


# --------------------------------------------------------------------------------------------- values


def test_21_attention_line_in_the_name_column(night: Tables) -> None:
    found = record(night, "excel/4")
    assert (found["salutation"], found["family_name"], found["department"]) == ("Frau", "Thalmann", "Einkauf")


def test_22_test_entries_never_reach_sales(night: Tables) -> None:
    names = set(night["leads"]["family_name"])
    assert not names & {"Test", "Tester", "k.A."}
    held = night["quarantine"].filter(pl.col("reason_code").is_in(["test_entry", "no_identity"]))
    assert held.height == 3


def test_23_two_persons_are_not_one(night: Tables) -> None:
    lead = lead_of(night, "fair/7007")
    assert lead["family_name"] is None
    assert not lead["publishable"]
    assert "two_persons" in list(lead["block_reasons"])  # type: ignore[call-overload]


def test_38_swiss_numbers(night: Tables) -> None:
    assert record(night, "suisse/4")["phone"] == "+41446681800"
    assert record(night, "suisse/5")["country"] == "LI"


def test_49_how_a_firm_is_addressed_is_not_its_name(night: Tables) -> None:
    assert record(night, "excel/1")["company"] == "Grünwald Optik"
    assert account_of(night, "fair/7009")["name"] == "Außenbach Söhne OHG"


def test_places_in_their_own_spelling(night: Tables) -> None:
    cities = {name: record(night, f"suisse/{number}")["city"] for number, name in enumerate(["GE", "VD", "AG"], 1)}
    assert cities == {"GE": "Genève", "VD": "Lausanne", "AG": "Brugg"}


def test_47_conflicts_stay_as_written(night: Tables) -> None:
    found = record(night, "partner/P-6")
    assert (found["postcode"], found["city"], found["address_status"]) == ("70173", "München", "conflict")


# --------------------------------------------------------------------------------------------- people

SAME = [
    ("63: initial on a card, nickname in the CRM, full name on the web", "hubspot/50101 salesforce/00Q1 fair/7001"),
    ("63: short given name", "hubspot/50102 fair/7002"),
    ("63: umlauts spelt out, second mailbox, card in Outlook", "fair/7003 fair/7004 outlook/weiss"),
    ("63: swapped fields and initial", "partner/P-1 partner/P-2"),
    ("63: vCard, workbook and two forms", "outlook/gruenwald excel/1 web_form/w-1 web_form/w-2"),
    ("63: advertisement and address book", "facebook/l:1234567890 outlook/ortlieb"),
    ("63: alias and long form of one employer", "linkedin/li-1 salesforce/00Q5"),
    ("66: same mobile, other employer", "hubspot/50104 salesforce/00Q3"),
]
APART = [
    ("father and son say so", "fair/7005 fair/7006"),
    ("67: chain over a shared mailbox", "web_form/w-3 web_form/w-5"),
    ("namesakes by family name only", "salesforce/00Q8 salesforce/00Q9"),
    ("57: the agency's person is not the client's", "hubspot/50105 hubspot/50106"),
]


def named(night: Tables, names: str) -> list[str]:
    cards = {"outlook/weiss": "Weiß", "outlook/gruenwald": "Grünwald", "outlook/ortlieb": "Ortlieb"}
    return [by_name(night, "outlook", cards[name]) if name in cards else name for name in names.split()]


@pytest.mark.parametrize(("case", "names"), SAME, ids=[case for case, _ in SAME])
def test_63_66_one_person(night: Tables, case: str, names: str) -> None:
    assert len({link(night, name)["lead_id"] for name in named(night, names)}) == 1, case


@pytest.mark.parametrize(("case", "names"), APART, ids=[case for case, _ in APART])
def test_67_two_persons(night: Tables, case: str, names: str) -> None:
    found = named(night, names)
    assert len({link(night, name)["lead_id"] for name in found}) == len(found), case


def test_31_42_a_shared_mailbox_or_switchboard_merges_nobody(night: Tables) -> None:
    shared = night["lead_crosswalk"].filter(pl.col("source") == "shared")
    assert shared.height == 54
    assert shared["lead_id"].n_unique() == 54
    assert shared["account_id"].n_unique() == 2


def test_66_a_job_change_is_two_employments(night: Tables) -> None:
    assert account_of(night, "hubspot/50104")["name"] == "Weber Maschinenbau GmbH"
    assert account_of(night, "salesforce/00Q3")["name"] == "Bauer Anlagenbau KG"
    lead = lead_of(night, "salesforce/00Q3")
    assert lead["account_id"] == link(night, "salesforce/00Q3")["account_id"]


def test_67_the_chain_waits_for_a_person(night: Tables) -> None:
    assert reviewed(night, "lead_review", "web_form/w-4", "web_form/w-5")


def test_74_an_address_comes_from_one_record(night: Tables) -> None:
    block = ["street", "house_number", "postcode", "city"]
    seen = night["enriched_records"].join(
        night["lead_crosswalk"].select("source", "source_record_id", "lead_id"), on=["source", "source_record_id"]
    )
    stated = night["leads"].filter(pl.any_horizontal(pl.col(block).is_not_null()))
    assert stated.join(seen, on=["lead_id", *block], how="anti", nulls_equal=True).is_empty()


# ------------------------------------------------------------------------------------------ companies


def test_49_spellings_are_one_account(night: Tables) -> None:
    assert len({link(night, f"partner/P-{number}")["account_id"] for number in (1, 2, 3)}) == 1
    assert account_of(night, "fair/7004")["name"] == "Großmann Präzision GmbH & Co. KG"


def test_50_legal_entities_stay_apart_and_wait(night: Tables) -> None:
    assert len({link(night, f"salesforce/00Q{number}")["account_id"] for number in (10, 11, 12)}) == 3
    assert night["account_review"].filter(pl.col("reason") == "same name, legal form differs").height == 1


def test_53_groups_and_holdings(night: Tables) -> None:
    assert len({link(night, f"hubspot/{number}")["account_id"] for number in (50109, 50110, 50111)}) == 3
    assert night["account_review"].filter(pl.col("reason").str.contains("holding")).height >= 1


def test_54_aliases_are_one_account(night: Tables) -> None:
    cars = {link(night, name)["account_id"] for name in ("salesforce/00Q4", "salesforce/00Q5", "linkedin/li-1")}
    dyes = {link(night, name)["account_id"] for name in ("linkedin/li-2", "linkedin/li-3")}
    assert (len(cars), len(dyes)) == (1, 1)
    account = account_of(night, "salesforce/00Q4")
    assert (account["name"], account["postcode"], account["city"]) == ("Volkswagen AG", "38440", "Wolfsburg")


def test_55_a_subsidiary_has_a_parent(night: Tables) -> None:
    parent = account_of(night, "salesforce/00Q7")["account_id"]
    assert account_of(night, "salesforce/00Q6")["parent_account_id"] == parent


def test_57_the_agency_is_not_its_client(night: Tables) -> None:
    assert account_of(night, "hubspot/50105")["name"] == "Agentur Rotstift GmbH"


def test_58_private_persons_have_no_account(night: Tables) -> None:
    assert link(night, "facebook/l:1234567892")["account_id"] is None
    assert link(night, "hubspot/50108")["account_id"] is None


def test_look_alike_towns(night: Tables) -> None:
    assert link(night, "salesforce/00Q8")["account_id"] != link(night, "salesforce/00Q9")["account_id"]


# ------------------------------------------------------------------------------- consent and publishing


@pytest.mark.parametrize(
    ("name", "email", "phone"),
    [
        ("salesforce/00Q4", "refused", "unknown"),
        ("salesforce/00Q3", "unknown", "refused"),
        ("linkedin/li-3", "refused", "unknown"),
        ("hubspot/50103", "refused", "unknown"),
        ("hubspot/50102", "refused", "unknown"),
        ("web_form/w-1", "refused", "unknown"),
    ],
)
def test_75_an_objection_closes_its_channel_and_wins(night: Tables, name: str, email: str, phone: str) -> None:
    lead = lead_of(night, name)
    assert (lead["consent_email"], lead["consent_phone"]) == (email, phone)


def test_75_an_objection_to_everything_closes_the_lead(night: Tables) -> None:
    lead = lead_of(night, by_name(night, "austria", "Leitner"))
    assert (lead["consent_email"], lead["consent_phone"]) == ("refused", "refused")
    assert "opted_out" in list(lead["block_reasons"])  # type: ignore[call-overload]


def test_77_a_scan_at_a_fair_is_no_consent(night: Tables) -> None:
    fair = night["enriched_records"].filter(pl.col("source") == "fair")
    assert set(fair["consent_email"]) | set(fair["consent_phone"]) == {"unknown"}


def test_51_83_who_is_not_handed_to_sales(night: Tables) -> None:
    assert "company_in_liquidation" in list(lead_of(night, "partner/P-5")["block_reasons"])  # type: ignore[call-overload]
    assert "private_person" in list(lead_of(night, "hubspot/50108")["block_reasons"])  # type: ignore[call-overload]


def test_87_no_formula_leaves_in_a_csv(night: Tables, tmp_path: Path) -> None:
    write_csv(night["leads"], tmp_path / "leads.csv")
    table = pl.read_csv(tmp_path / "leads.csv", infer_schema=False)
    texts = table.unpivot()["value"].drop_nulls()
    assert texts.filter(texts.str.contains(r"^[=@\-]|^\+\D")).is_empty()
