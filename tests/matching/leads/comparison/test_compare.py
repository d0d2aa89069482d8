"""The levels of agreement, case by case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from matching.leads import beliefs
from matching.leads.comparison.compare import compare
from matching.leads.comparison.levels import FIELDS
from matching.leads.records.match_records import prepare

NAMES = pl.read_csv(Path(__file__).parent / "names.csv")
BY_NAME = {field.name: field for field in FIELDS}
COLUMN = {"given name": "given_name", "family name": "family_name"}


def level(field: str, left: dict[str, object], right: dict[str, object]) -> str | None:
    records = prepare(pl.DataFrame([left, right], infer_schema_length=None))
    one, other = np.array([0], np.uint32), np.array([1], np.uint32)
    reached = int(compare(records, one, other).of(BY_NAME[field])[0])
    mirrored = int(compare(records, other, one).of(BY_NAME[field])[0])
    assert reached == mirrored, "a comparison has no direction"
    return BY_NAME[field].words(reached) if reached else None


@pytest.mark.parametrize("shares", [beliefs.SAME_PERSON, beliefs.MOVED, beliefs.COLLEAGUE, beliefs.RELATIVE])
def test_beliefs_share_out_every_level(shares: beliefs.Shares) -> None:
    for field, by_level in shares.items():
        assert list(by_level) == [level.name for level in BY_NAME[field].levels]
        assert sum(by_level.values()) == pytest.approx(1)


@pytest.mark.parametrize("bits", [beliefs.ALIKE, beliefs.LIKE_NAME, beliefs.HALF_ALIKE])
def test_beliefs_name_levels_that_there_are(bits: dict[str, dict[str, object]]) -> None:
    assert all(BY_NAME[field].level(level) for field, by_level in bits.items() for level in by_level)


@pytest.mark.parametrize(("field", "left", "right", "expected"), NAMES.rows())
def test_names(field: str, left: str, right: str, expected: str) -> None:
    assert level(field, {COLUMN[field]: left}, {COLUMN[field]: right}) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (("70173", "Stuttgart"), ("70173", "Stuttgart"), "same postcode"),
        (("70173", "Stuttgart"), ("70176", "Stuttgart"), "same city"),
        ((None, "Köln"), (None, "Koeln"), "same city"),
        (("70173", "Stuttgart"), ("70137", "Stuttgrat-Mitte"), "near"),
        ((None, "Stuttgart"), (None, "Stuttgrat"), "near"),
        (("70173", "Stuttgart"), (None, "Stuttgrat"), "near"),
        (("70173", None), ("70137", None), "near"),
        (("70173", None), ("70137", "Stuttgart"), "near"),
        ((None, "Stuttgart"), (None, "Hamburg"), "different"),
        (("70173", None), ("20095", None), "different"),
        (("70173", None), (None, "Stuttgart"), None),
    ],
)
def test_places(left: tuple[str | None, str | None], right: tuple[str | None, str | None], expected: str) -> None:
    one, other = ({"postcode": postcode, "city": city} for postcode, city in (left, right))
    assert level("place", one, other) == expected


def test_swapped_names_are_compared_crosswise() -> None:
    one, other = {"given_name": "Otto", "family_name": "Wagner"}, {"given_name": "Wagner", "family_name": "Otto"}
    assert level("name order", one, other) == "swapped"
    assert level("family name", one, other) == "same"


def test_swapped_and_misspelt() -> None:
    one, other = {"given_name": "Udo", "family_name": "Heldt"}, {"given_name": "Hedlt", "family_name": "Udo"}
    assert level("family name", one, other) == "one slip apart"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("a.berg@gmx.de", "a.berg@gmx.de", "same"),
        ("a.berg@firma.de", "a.brg@firma.de", "one slip apart"),
        ("a.berg@firma.de", "a.berg2@firma.de", "numbered"),
        ("a.berg@firma.de", "c.dahl@firma.de", "other at same domain"),
        ("a.berg@firma.de", "c.dahl@andere.de", "other"),
        ("a.berg@firma.de", "aberg77@gmx.de", "other kind of mailbox"),
        ("a.berg@firma.de", None, None),
    ],
)
def test_mailboxes(left: str, right: str | None, expected: str | None) -> None:
    def side(mail: str | None) -> dict[str, object]:
        kind = "freemail" if mail and mail.endswith("gmx.de") else "company"
        domain = mail.split("@")[1] if mail else None
        return {"email": mail, "email_kind": kind if mail else None, "email_domain": domain}

    assert level("e-mail", side(left), side(right)) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"mobile": "+491711234567"}, {"phone": "+491711234567"}, "same"),
        ({"mobile": "+491711234567"}, {"mobile": "+491711234568"}, "one slip apart"),
        ({"mobile": "+491711234567"}, {"mobile": "+491609999999"}, "different"),
        ({"mobile": "+491711234567"}, {"phone": "+4971112345"}, None),
        (
            {"phone": "+497111234512", "phone_extension": "12"},
            {"phone": "+4971112345", "phone_extension": "0"},
            "same trunk",
        ),
        (
            {"phone": "+497111234512", "phone_extension": "12"},
            {"phone": "+497111234599", "phone_extension": "99"},
            "other extension",
        ),
    ],
)
def test_numbers(left: dict[str, object], right: dict[str, object], expected: str | None) -> None:
    assert level("phone", left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"company_key": "heller kunststoffe"}, {"company_key": "heller kunststoffe"}, "same"),
        ({"company_key": "firma"}, {"company_domain": "firma.de"}, "similar"),
        ({"company_key": "heller kunststoffe"}, {"company_key": "sonne"}, "different"),
        ({"company_key": "heller"}, {"city": "Bonn"}, None),
        ({"company_key": "heller", "account": "A"}, {"company_key": "sonne", "account": "A"}, "of one account"),
        ({"account": "A"}, {"company_key": "sonne", "account": "A"}, "of one account"),
        ({"company_key": "heller", "account": "A"}, {"company_key": "sonne", "account": "B"}, "different"),
    ],
)
def test_companies(left: dict[str, object], right: dict[str, object], expected: str | None) -> None:
    assert level("company", left, right) == expected


def test_street_and_second_line_may_be_swapped() -> None:
    one = {"street": "Kent Street", "house_number": "6", "address_extra": "Rose Vale"}
    other = {"street": "Rose Vale", "house_number": "6", "address_extra": "Kent Street"}
    assert level("street", one, other) == "same house"
    assert level("address line 2", one, other) == "same"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("1950-03-01", "1950-03-01", "same"),
        ("1950-03-01", "1950-08-01", "one slip apart"),
        ("1950-03-01", "1979-07-11", "different"),
    ],
)
def test_birth_dates(left: str, right: str, expected: str) -> None:
    assert level("birth date", {"birth_date": left}, {"birth_date": right}) == expected
