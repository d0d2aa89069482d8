"""What masks leave to be seen: the shape of a repair, never whose value it was."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishing.report.masking import initials, masked


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("email", "max.mueller@firma.de", "m••.m••••••@f••••.de"),
        ("email", "mailto:max@firma.de", "mailto:m••@f••••.de"),
        ("email", "max(at)firma.de", "m••(at)f••••.de"),
        ("email", "Max.Mustermann@Firma.DE\u200b", "M••.M•••••••••@F••••.DE⟨U+200B⟩"),
        ("phone", "+49 (0) 2064 4765-0", "+49 (0) 2••• ••••-•"),
        ("phone", "+49 711 12345 DW 67", "+49 71• ••••• DW ••"),
        ("phone", "4,92064E+12", "4,920••E+••"),
        ("family_name", "Müller", "M•••••"),
        ("given_name", "Herr Dr. Hans", "Herr Dr. H•••"),
        ("street", "Hauptstr. 12a", "H•••••••. ••a"),
        ("note", "Rückruf bei Eva Licht, 0711 1234567", "R•••••• b•• E•• L••••, •••• •••••••"),
        ("interest", "Pumpen für Max", "P••••• f•• M••"),
        ("other_emails", "max@firma.de, eva@gmx.de", "m••@f••••.de, e••@g••.de"),
        ("email_suggestion", "max@firma.de", "m••@f••••.de"),
        ("other_phones", "+4971112345", "+4971••••••"),
        ("fax", "+4971112345", "+4971••••••"),
        ("linkedin_url", "linkedin.com/in/eva-licht", "l•••••••.c••/i•/e••-l••••"),
        ("customer_no", "K-0815", "K-••••"),
        ("industry", "Maschinenbau", "Maschinenbau"),
        ("employees", "51-200", "51-200"),
        ("account_name", "Licht GmbH z.Hd. Eva Licht", "Licht GmbH z.Hd. E•• L••••"),
        ("campaign", "Mailing an Eva Licht", "M•••••• a• E•• L••••"),
        ("sources", "web_form, partner", "web_form, partner"),
        ("city", "Muenchen", "Muenchen"),
        ("postcode", "1067", "1067"),
        ("company", "MÜLLER GMBH+CO.KG", "MÜLLER GMBH+CO.KG"),
        ("company", "Optik Lux Inhaber Eva Licht e.K.", "Optik Lux Inhaber E•• L•••• e.K."),
        ("company", "Optik Lux Inh.: E. Licht", "Optik Lux Inh.: E. L••••"),
        ("company", "Inhalt & Form GmbH", "Inhalt & Form GmbH"),
        ("company", "Licht GmbH z.Hd. Eva Licht", "Licht GmbH z.Hd. E•• L••••"),
        ("company", "Licht GmbH z.Hdn.Eva Licht", "Licht GmbH z.Hdn.E•• L••••"),
        ("company", "Licht GmbH zu Händen von Eva Licht", "Licht GmbH zu Händen von E•• L••••"),
        ("company", "Licht GmbH zu Haenden Eva Licht", "Licht GmbH zu Haenden E•• L••••"),
        ("company", "Licht GmbH, attn Eva Licht", "Licht GmbH, attn E•• L••••"),
        ("company", "Licht GmbH à l'attention de Eva Licht", "Licht GmbH à l'attention de E•• L••••"),
        ("company", "Licht GmbH c/oEva Licht", "Licht GmbH c/oE•• L••••"),
        ("company", "Licht GmbH, Kontakt: Eva Licht", "Licht GmbH, Kontakt: E•• L••••"),
        ("company", "Licht GmbH Frau Licht", "Licht GmbH Frau L••••"),
        ("company", "Fraunhofer-Institut Optik", "Fraunhofer-Institut Optik"),
        ("email", "max@firma.de\u00a0", "m••@f••••.de⟨U+00A0⟩"),
        ("email", None, ""),
    ],
)
def test_masks_by_example(field: str, value: str | None, shown: str) -> None:
    assert masked(field, value) == shown


@given(st.emails())
def test_no_part_of_an_address_longer_than_a_letter_survives(address: str) -> None:
    local = address.split("@", maxsplit=1)[0]
    for word in re.findall(r"[^\W\d_]{8,}", local):
        assert word not in masked("email", address)


@given(st.from_regex(r"\+[1-9]\d{7,14}", fullmatch=True))
def test_at_most_four_digits_of_a_number_survive(number: str) -> None:
    assert sum(letter.isdigit() for letter in masked("phone", number)) <= 4


@pytest.mark.parametrize(
    ("given_name", "family", "shown"),
    [("Anna", "Müller", "A. M."), (None, "öztürk", "Ö."), (None, None, "–"), ("", " ", "–")],
)
def test_initials(given_name: str | None, family: str | None, shown: str) -> None:
    assert initials(given_name, family) == shown
