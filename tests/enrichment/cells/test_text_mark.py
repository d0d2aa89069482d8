"""The apostrophe of spreadsheets leaves; those of names and quotations stay."""

import pytest

from tests.enrichment.cells.test_no_value import cleaned

MARKED = {
    "'Eva": "Eva",
    "'eva": "Eva",
    "'O'Brien": "O'Brien",
    "'von der Heide": "von der Heide",
}
KEPT = ["'t Hart", "'s-Gravesande", "'n Sax"]
COMPANIES = {
    "'Bäcker GmbH": "Bäcker GmbH",
    "'3M Deutschland GmbH": "3M Deutschland GmbH",
    "'Harry's Bar GmbH": "Harry's Bar GmbH",
    "'Zur Post' Gasthof GmbH": "'Zur Post' Gasthof GmbH",
}


def marks(record: dict[str, object]) -> list[tuple[str, str]]:
    repairs = record["repairs"]
    assert isinstance(repairs, list)
    return [(entry["field"], entry["raw"]) for entry in repairs if entry["reason"] == "text_mark"]


@pytest.mark.parametrize("cell", MARKED)
def test_the_mark_leaves_a_name(cell: str) -> None:
    record = cleaned({"family_name": cell, "given_name": "Kim"})
    assert record["family_name"] == MARKED[cell]
    assert ("family_name", cell) in marks(record)


@pytest.mark.parametrize("cell", KEPT)
def test_names_may_begin_with_an_apostrophe(cell: str) -> None:
    record = cleaned({"family_name": cell, "given_name": "Kim"})
    assert record["family_name"] == cell
    assert not marks(record)


@pytest.mark.parametrize("cell", COMPANIES)
def test_a_mark_is_told_from_a_quotation(cell: str) -> None:
    assert cleaned({"company": cell})["company"] == COMPANIES[cell]


def test_every_field_of_a_marked_record_is_read() -> None:
    record = cleaned(
        {
            "full_name": "'Frau Dr. Eva Maier",
            "street": "'Hauptstr. 5",
            "postcode": "'01067",
            "city": "'Dresden",
            "country": "'Deutschland",
            "collected_at": "'01.03.2025",
        }
    )
    assert (record["salutation"], record["academic_title"], record["given_name"]) == ("Frau", "Dr.", "Eva")
    assert (record["street"], record["house_number"]) == ("Hauptstraße", "5")
    assert (record["postcode"], record["city"], record["country"]) == ("01067", "Dresden", "DE")
    assert record["address_status"] == "locality"
    assert str(record["collected_at"]).startswith("2025-02-28 23:00")
    assert len(marks(record)) == 6
