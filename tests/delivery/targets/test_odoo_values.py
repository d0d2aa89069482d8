"""Values as Odoo holds them; that it really does is shown in `tests/odoo`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.record import Value
from delivery.targets.odoo_values import Codes, NoSuchWordError, OdooField, cell

COUNTRIES = Codes({"DE": 57, "FR": 75})
TAGS = Codes({"Buyer": 1, "User": 2})


def field(kind: str, name: str = "x", codes: Codes | None = None, **said: Any) -> OdooField:
    described = {"type": kind, "readonly": False, "required": False, **said}
    return OdooField(name, described, (lambda: codes) if codes else None)


FIELDS = {
    "text": field("char"),
    "phone": field("char", "phone"),
    "website": field("char", "website"),
    "html": field("html"),
    "flag": field("boolean"),
    "whole": field("integer"),
    "money": field("monetary"),
    "share": field("float", digits=[16, 1]),
    "choice": field("selection", selection=[["lead", "Lead"], ["opportunity", "Opportunity"]]),
    "country": field("many2one", codes=COUNTRIES, relation="res.country"),
    "parent": field("many2one", relation="res.partner"),
    "tags": field("many2many", codes=TAGS, relation="res.partner.category"),
}


@pytest.mark.parametrize(
    ("name", "value", "shown", "told"),
    [
        ("text", "Größe", "Größe", "Größe"),
        ("text", "", None, False),
        ("text", None, None, False),
        ("phone", "+493012345678", "+49 30 12345678", "+49 30 12345678"),
        ("phone", "030 / 12", "030 / 12", "030 / 12"),
        ("website", "muster.example", "http://muster.example", "http://muster.example"),
        ("website", "https://muster.example", "https://muster.example", "https://muster.example"),
        ("html", "a < b\n\nc", "a < b\n\nc", "<p>a &lt; b</p><p></p><p>c</p>"),
        ("flag", None, False, False),
        ("flag", True, True, True),
        ("whole", None, 0, 0),
        ("whole", "12", 12, 12),
        ("money", 12.345, 12.35, 12.35),
        ("share", 12.34, 12.3, 12.3),
        ("choice", "lead", "lead", "lead"),
        ("country", "DE", "DE", 57),
        ("country", None, None, False),
        ("parent", "12", "12", 12),
        ("tags", ["User", "Buyer", "User", " "], ["Buyer", "User"], [1, 2]),
        ("tags", None, None, []),
    ],
)
def test_a_value_is_shown_and_told(name: str, value: Value, shown: Value, told: Any) -> None:
    assert (FIELDS[name].written(value), FIELDS[name].told(value)) == (shown, told)


@pytest.mark.parametrize(
    ("name", "value"), [("choice", "deal"), ("country", "XX"), ("parent", "Muster"), ("tags", ["Z"])]
)
def test_a_word_odoo_lacks_is_refused(name: str, value: Value) -> None:
    with pytest.raises(NoSuchWordError, match="Odoo has no"):
        FIELDS[name].told(value)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(),
    "phone": st.text("+0123456789 ()/-"),
    "website": st.text(),
    "html": st.text(),
    "flag": st.booleans(),
    "whole": st.integers(-(2**31), 2**31 - 1),
    "money": st.floats(-1e9, 1e9),
    "share": st.floats(-1e9, 1e9),
    "choice": st.sampled_from(["lead", "opportunity"]),
    "country": st.sampled_from(list(COUNTRIES.ids)),
    "parent": st.integers(1, 9999).map(str),
    "tags": st.lists(st.sampled_from(list(TAGS.ids))),
}


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_what_is_told_is_held_as_it_was_said_to_be_shown(name: str, data: st.DataObject) -> None:
    it, value = FIELDS[name], data.draw(VALUES[name])
    shown = it.written(value)
    assert it.held(it.told(value)) == shown
    assert it.written(shown) == shown


@pytest.mark.parametrize(
    ("told", "text"), [(True, "1"), (False, ""), ([], ""), ([1, 2], "1,2"), (57, "57"), (1.5, "1.5"), ("a", "a")]
)
def test_cells_of_load_are_texts(told: Any, text: str) -> None:
    assert cell(told) == text
