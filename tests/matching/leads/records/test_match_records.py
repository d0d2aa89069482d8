"""What becomes a match key and what never does."""

from __future__ import annotations

import polars as pl
import pytest

from matching.leads.records.codes import fold
from matching.leads.records.match_records import SHARED_BY, prepare
from matching.phonetics import cologne


@pytest.mark.parametrize(
    ("written", "folded"),
    [("Müller", "mueller"), ("Weiß", "weiss"), ("Çelik", "celik"), ("O'Brien-Smith", "o brien smith"), (" - ", None)],
)
def test_folding(written: str, folded: str | None) -> None:
    assert fold(pl.Series([written])).to_list() == [folded]


@pytest.mark.parametrize(
    ("name", "code"), [("mueller", "657"), ("meyer", "67"), ("schmidt", "862"), ("wikipedia", "3412"), ("", "")]
)
def test_cologne_phonetics(name: str, code: str) -> None:
    assert cologne(pl.Series([name])).to_list() == [code]


@pytest.mark.parametrize("status", ["junk", "two_persons", "role"])
def test_what_is_no_person_has_no_name_key(status: str) -> None:
    records = prepare(pl.DataFrame({"given_name": ["Test"], "family_name": ["Test"], "name_status": [status]}))
    assert records.given.tolist() == [-1]
    assert records.family.tolist() == [-1]


@pytest.mark.parametrize("kind", ["role", "disposable"])
def test_impersonal_mailboxes_are_no_key(kind: str) -> None:
    records = prepare(pl.DataFrame({"email": ["info@firma.de"], "email_kind": [kind]}))
    assert records.mail.slots[0].tolist() == [-1]


def test_a_bare_switchboard_is_no_direct_number() -> None:
    records = prepare(pl.DataFrame({"phone": ["+4971112345"], "phone_extension": ["0"]}))
    assert records.direct.tolist() == [-1]
    assert records.trunk.codes.tolist() == [0]


def test_a_mailbox_of_many_people_is_the_firms() -> None:
    names = ["Anna Berg", "Bodo Carl", "Cora Dahl", "Dora Ernst"][:SHARED_BY]
    frame = pl.DataFrame(
        {
            "given_name": [n.split()[0] for n in names],
            "family_name": [n.split()[1] for n in names],
            "email": ["team@firma.de"] * len(names),
            "email_kind": ["company"] * len(names),
        }
    )
    assert prepare(frame).mail.shared.tolist() == [True]
    assert prepare(frame.head(SHARED_BY - 1)).mail.shared.tolist() == [False]


def test_an_empty_table_and_missing_columns() -> None:
    assert prepare(pl.DataFrame()).n == 0
    assert prepare(pl.DataFrame({"city": ["Bonn"]})).n == 1


def test_a_direct_number_in_one_piece_belongs_to_the_trunk_that_others_write() -> None:
    numbers = [("+4976112345678", "678"), ("+4976112345901", None), ("+4976199999901", None)]
    frame = pl.DataFrame(numbers, ["phone", "phone_extension"], orient="row")
    one, same, other = prepare(frame).trunk.codes.tolist()
    assert one == same != other
