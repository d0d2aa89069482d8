"""Values as Odoo holds them: what a person writes as a code, a name or plain text, Odoo holds as links, lists and HTML.

Belongs here: turning values over, both ways, and saying how Odoo will show one. Does not belong here: asking Odoo
(`delivery.targets.odoo`).

Odoo has no empty text, only false; a number or a flag is never empty there, but 0 or no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape, unescape
from types import MappingProxyType
from typing import Any

import phonenumbers

from delivery.record import FieldShape, Value

_NUMBERS = ("integer", "float", "monetary")


@dataclass
class Codes:
    """The codes of a model's records with their ids, both ways."""

    ids: dict[str, int]
    codes: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self.codes = {number: code for code, number in self.ids.items()}

    def add(self, code: str, number: int) -> None:
        self.ids[code], self.codes[number] = number, code


class NoSuchWordError(ValueError):
    """Odoo has no record by that code; says which. The row it stands in cannot be written."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A model whose records people know by a code: the field that holds it.

    `within` is a link whose code goes before, as in DE-BY (ISO 3166-2). Where `made`, a record is made for a code that
    is not there; a code is never made for what has to be set up by hand.
    """

    code: str
    within: str = ""
    made: bool = False


# Links to any other model are given and read as the other record's id.
LINKED: Mapping[str, Linked] = MappingProxyType(
    {
        "res.country": Linked("code"),
        "res.country.state": Linked("code", within="country_id"),
        "res.lang": Linked("code"),  # the installed ones
        "res.users": Linked("login"),
        "res.partner.industry": Linked("name"),
        "res.partner.category": Linked("name", made=True),
        "crm.team": Linked("name"),
        "crm.stage": Linked("name"),
        "crm.lost.reason": Linked("name"),
        "crm.tag": Linked("name", made=True),
        "utm.source": Linked("name", made=True),
        "utm.medium": Linked("name", made=True),
        "utm.campaign": Linked("name", made=True),
    }
)


def _phone(value: str) -> str:
    """As Odoo's own pages write a number, so that opening one does not change it (phone_validation)."""
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return value
    if not phonenumbers.is_valid_number(number):
        return value
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _website(value: str) -> str:
    """With a scheme, as Odoo writes it (`res.partner._clean_website`)."""
    return value if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", value) else f"http://{value.removeprefix('//')}"


# Fields that Odoo writes in its own way, whatever their model.
_WRITTEN: Mapping[str, Callable[[str], str]] = MappingProxyType({"phone": _phone, "website": _website})


@dataclass(frozen=True)
class OdooField:
    """One field, as `fields_get` describes it, and whether Odoo has a default for it (`given`).

    `known` is None unless its links have codes.
    """

    name: str
    said: Mapping[str, Any]
    known: Callable[[], Codes] | None = None

    @cached_property
    def type(self) -> str:
        return str(self.said["type"])

    @property
    def is_link(self) -> bool:
        return self.type in ("many2one", "many2many", "one2many")

    @property
    def linked(self) -> Linked | None:
        return LINKED.get(self.said.get("relation", ""))

    @cached_property
    def shape(self) -> FieldShape:
        choices = None
        if self.type == "selection":
            choices = frozenset(str(choice) for choice, _ in self.said.get("selection", ()))
        elif self.known and self.linked and not self.linked.made:
            choices = frozenset(self.known().ids)
        is_asked = self.said["required"] and not self.said.get("given") and not self.said.get("depends")
        return FieldShape(self.type, not self.said["readonly"], is_asked, choices)

    def written(self, value: Value) -> Value:
        """The value as Odoo will show it; None where it cannot hold it."""
        if self.type == "boolean":
            return bool(value)
        if self.type in _NUMBERS:
            _, places = self.said.get("digits") or (None, 2 if self.type == "monetary" else 15)
            number = float(value or 0) if isinstance(value, str | int | float) else 0.0
            return int(number) if self.type == "integer" else round(number, places)
        if isinstance(value, list):
            return sorted({text for each in value if (text := each.strip())}) or None
        if value is None or value == "":
            return None
        choices = self.shape.choices
        if choices is not None and value not in choices:
            return None
        text = _WRITTEN.get(self.name, str)(str(value))
        return _plain(_html(text)) or None if self.type == "html" else text

    def told(self, value: Value) -> Any:
        """The value as Odoo's `write` takes it, links by their ids.

        Raises:
            NoSuchWordError: it has no record by that code, no such choice, or requires one.
        """
        said = self.written(value)
        if said is None and self.shape.choices is not None and value not in (None, ""):
            raise NoSuchWordError(f"{self.name}: Odoo has no {str(value)[:60]!r}; set it up there, or map another word")
        if said is None and self.said["required"]:
            raise NoSuchWordError(f"{self.name}: Odoo requires it, and there is nothing to say")
        if said is None:
            return [] if self.type == "many2many" else False
        if isinstance(said, list):
            return [self._id(text) for text in said]
        if self.is_link:
            return self._id(str(said))
        return _html(str(said)) if self.type == "html" else said

    def held(self, value: Any) -> Value:
        """What Odoo's `read` (without names) gave, as the engine knows it."""
        if self.type == "boolean":
            return bool(value)
        if self.type in _NUMBERS:
            return self.written(value)
        if value is False or value is None or value in ("", []):
            return None
        codes = self.known().codes if self.known else {}
        if isinstance(value, list):
            return sorted(codes.get(each, str(each)) for each in value)
        if self.is_link:
            return codes.get(value, str(value))
        return _plain(str(value)) or None if self.type == "html" else str(value)

    def _id(self, text: str) -> int:
        try:
            return self.known().ids[text] if self.known else int(text)
        except (KeyError, ValueError):
            raise NoSuchWordError(f"{self.name}: Odoo has no {text[:60]!r}") from None


def cell(value: Any) -> str:
    """A value of `OdooField.told` as Odoo's `load` reads it: a flag by 1 and 0, for it fails on true."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(int(value)) if value is True else "" if value is False else str(value)


def _html(text: str) -> str:
    """Text as HTML that shows it; nothing in it is markup."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines())


def _plain(html: str) -> str:
    """The text that HTML shows, a line a paragraph."""
    lines = re.split(r"<br\s*/?>|</(?:p|div|li|h[1-6])>", html)
    return "\n".join(unescape(re.sub(r"<[^>]*>", "", line)).strip() for line in lines).strip()
