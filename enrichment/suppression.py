"""Suppression: addresses, numbers and domains that are not to be contacted, whatever anybody consents to.

Belongs here: telling what the cells of a home's `suppression/` folder are, and whether an address or number is on the
lists. Does not belong here: reading files (`sources.lists`), what follows for a lead (`publishing.permission`).

A list needs no header: a cell is an address, a number, a hash of one, or a domain by its form. Hashes are MD5, SHA-1 or
SHA-256 of the address in lower case or of the number in digits (`_notations`), not salted, as senders exchange them: a
hash names nobody by itself, but whoever has the address can check it, so the folder is as personal as the addresses.
A domain counts only in a row without address or hash: beside one it tells where that address lies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import phonenumbers
import polars as pl

from enrichment.email.mailbox import mailbox
from enrichment.phone.clean import clean_phone
from sources.lists import BrokenList, read_lists

HASHES = {32: "md5", 40: "sha1", 64: "sha256"}  # by the number of digits
COUNTRY = "DE"  # of numbers without one
_HASH = r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$"
_MAIL = r"([^\s;,|<>\"'()\[\]:*@]+@[^\s;,|<>\"'()\[\]@]+\.[^\s;,|<>\"'()\[\]@]+)"
_NUMBER = r"^[+(]?[+\d][\d ()/.\-]{5,24}$"
_DATE = r"^\d{4}-\d\d-\d\d|^\d{1,2}[./]\d{1,2}[./]\d{2,4}(?:\s|$)"
_DOMAIN = r"^(?:https?://|\*?@|\*\.)?(?:www\.)?((?:[\p{L}\d](?:[\p{L}\d-]*[\p{L}\d])?\.)+(?:\p{L}{2,}|xn--[a-z\d-]+))(?:/.*)?$"


def _none() -> pl.Series:
    return pl.Series([], dtype=pl.String)


@dataclass(frozen=True, slots=True)
class Suppression:
    """What the lists hold, each once: mailboxes, numbers (E.164), domains, hashes of addresses or numbers."""

    mailboxes: pl.Series = field(default_factory=_none)
    numbers: pl.Series = field(default_factory=_none)
    domains: pl.Series = field(default_factory=_none)
    hashes: pl.Series = field(default_factory=_none)

    def has_address(self, emails: pl.Series) -> pl.Series:
        """Whether the very address is on a list, plainly or as a hash, in any case and with any note behind a plus."""
        lower = emails.str.to_lowercase()
        boxes = mailbox(lower)
        found = _among(boxes, self.mailboxes)
        if self.hashes.is_empty():
            return found
        return found | self._hashed(lower) | self._hashed(boxes)

    def has_domain(self, emails: pl.Series) -> pl.Series:
        """Whether the domain of the address, or one above it, is on a list."""
        if self.domains.is_empty():
            return emails.is_not_null() & False
        domains = emails.str.to_lowercase().str.extract(r"@(.+)$")
        listed = frozenset(self.domains)
        return _among(domains, _those(domains, lambda domain: any(end in listed for end in _ends(domain))))

    def has_number(self, numbers: pl.Series) -> pl.Series:
        """Whether the number (E.164) is on a list, plainly or as a hash."""
        found = _among(numbers, self.numbers)
        if self.hashes.is_empty():
            return found
        return found | self._hashed(numbers, _notations)

    def _hashed(self, texts: pl.Series, notations: Callable[[str], Iterable[str]] = lambda text: (text,)) -> pl.Series:
        listed = frozenset(self.hashes)
        kinds = [name for digits, name in HASHES.items() if (self.hashes.str.len_bytes() == digits).any()]

        def is_listed(text: str) -> bool:
            return any(_hash(kind, written) in listed for written in notations(text) for kind in kinds)

        return _among(texts, _those(texts, is_listed))


def read_suppression(folder: Path) -> Suppression:
    """The lists of a home, all of them; nothing where there is no folder.

    Raises:
        BrokenList: a list cannot be read whole, or there is nothing in it that could be suppressed.
    """
    found = [Suppression()]
    told: dict[str, bool] = {}
    for rows in read_lists(folder):
        part = _suppression(rows.cells)
        found.append(part)
        filled = any(len(values) for values in _values(part))
        told[rows.file] = told.get(rows.file, False) or filled
    for file, filled in told.items():
        if not filled:
            raise BrokenList(f"{file}: no address, number, domain or hash is in it; correct it or take it away")
    columns = zip(*map(_values, found), strict=True)
    return Suppression(*(pl.concat(values).unique() for values in columns))


def _values(part: Suppression) -> tuple[pl.Series, ...]:
    return part.mailboxes, part.numbers, part.domains, part.hashes


def _suppression(rows: pl.Series) -> Suppression:
    """What the cells of rows are (List(String))."""
    cells = rows.rename("cell").to_frame().with_row_index("row").explode("cell").drop_nulls("cell")
    cells = cells.with_columns(pl.col("cell").str.strip_chars(" \t\r\n'\"\u00a0\ufeff").str.to_lowercase())
    text = pl.col("cell")
    hashed = text.str.replace(r"^(?:md5|sha-?1|sha-?256)\s*[:=]\s*", "").str.replace(r"^0x", "")
    told = cells.with_columns(
        hash=pl.when(text.str.len_bytes() >= min(HASHES), hashed.str.contains(_HASH)).then(hashed),
        mail=pl.when(text.str.contains("@", literal=True)).then(text.str.extract_all(_MAIL)),
    ).with_columns(person=pl.col("hash").is_not_null() | (pl.col("mail").list.len() > 0).fill_null(False))
    rest = told.filter(~pl.col("person"))
    alone = rest.join(told.filter("person").select("row").unique(), on="row", how="anti")
    mails = _in_letters(told["mail"].explode(empty_as_null=True).drop_nulls().str.strip_chars_end("."))
    return Suppression(
        mailbox(mails.unique()),
        _numbers(rest.filter(text.str.contains(_NUMBER) & ~text.str.contains(_DATE))["cell"]),
        _in_letters(alone["cell"].str.extract(_DOMAIN).drop_nulls().unique()),
        told["hash"].drop_nulls().unique(),
    )


def _numbers(cells: pl.Series) -> pl.Series:
    """Numbers in E.164, those without a country as of `COUNTRY`."""
    distinct = cells.unique()
    read = clean_phone(pl.DataFrame({"phone": distinct}).with_columns(default_country=pl.lit(COUNTRY)))
    several = read["other_phones"].explode(empty_as_null=True)
    parts = (read["phone"], read["mobile"], read["fax"], several)
    return pl.concat(part.rename("number") for part in parts).drop_nulls().unique()


def _in_letters(names: pl.Series) -> pl.Series:
    """Addresses and domains as records hold them: `xn--mller-kva.de` in letters."""
    coded = names.filter(names.str.contains("xn--", literal=True)).unique()
    letters = {name: read for name in coded if (read := _decoded(name)) is not None}
    return names.replace(letters) if letters else names


def _decoded(name: str) -> str | None:
    local, at, domain = name.rpartition("@")
    try:
        return local + at + domain.encode("ascii").decode("idna")
    except UnicodeError:
        return None


def _those(texts: pl.Series, applies: Callable[[str], bool]) -> pl.Series:
    """The distinct texts of which it is true."""
    return pl.Series([text for text in texts.drop_nulls().unique() if applies(text)], dtype=pl.String)


def _ends(domain: str) -> Iterable[str]:
    """The domain and those above it."""
    parts = domain.split(".")
    return (".".join(parts[start:]) for start in range(len(parts)))


def _notations(number: str) -> Iterable[str]:
    """How a number (E.164) is written before it is hashed: +49711…, 49711…, 0049711…, in its country 0711… or 711…."""
    digits = number.removeprefix("+")
    yield from (number, digits, f"00{digits}")
    with suppress(phonenumbers.NumberParseException):  # of no plan: only whoever wrote it knows its country
        national = phonenumbers.national_significant_number(phonenumbers.parse(number))
        yield from (f"0{national}", national)


def _hash(kind: str, text: str) -> str:
    return hashlib.new(kind, text.encode(), usedforsecurity=False).hexdigest()


def _among(texts: pl.Series, listed: pl.Series) -> pl.Series:
    return texts.is_in(listed.implode()).fill_null(False)
