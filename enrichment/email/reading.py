"""E-mail cells read: the usual notations by column, the others cell by cell.

Belongs here: the shapes that need no thought, and putting both kinds together in long form. Does not belong
here: the reading of a cell itself (`enrichment/email/notation`, which a test holds the shapes against), what
an address is worth (`enrichment/email`).
"""

from __future__ import annotations

import re

import polars as pl
from email_validator import EmailNotValidError, validate_email

from enrichment.email.notation import AT, TITLES, Written, read_cell
from reference.mail import large_providers

# Letters that no client quotes or escapes; anything else is read cell by cell.
_LABEL = "[A-Za-z0-9äöüßÄÖÜ](?:[A-Za-z0-9äöüßÄÖÜ-]*[A-Za-z0-9äöüßÄÖÜ])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})+"
_PLAIN = (
    r"^[A-Za-z0-9_][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]*(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    rf"@{_DOMAIN}$"
)
_ANGLED = r"^[\w .\"'-]*\w[\w .\"'-]*<([^<>@\s]+@[^<>@\s]+)>$"  # Name <address>
_BLANKS = " \t\n\r\u00a0\u202f"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u2066\u2069"
MAX_BYTES = 254  # RFC 3696, erratum 1690
MAX_LOCAL = 64  # RFC 5321, 4.5.3.1.1

# What stands in a cell beside a plain address without saying anything.
_SIMPLE = rf"[A-Za-z0-9_](?:[A-Za-z0-9_+-]|\.[A-Za-z0-9_+-])*@{_DOMAIN}"
_EDGED = rf"^[<(\['?.:;]*({_SIMPLE})[>)\]'?!.,;:]*$"
_BLANKED = rf"^({_SIMPLE.replace('@', ' *@[ @]*')})$"
_SPLIT_LOCAL = rf"^([A-Za-z0-9_+-]+)(?: +\. *|\. +)([A-Za-z0-9_+-]+@{_DOMAIN})$"
_PAIR = rf"^({_SIMPLE})(?:[;,] ?| / | )({_SIMPLE})$"
_AT = f"(?i){AT}"

_DOT_ATOM = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_READ = ("address", "rule", "problem", "suggestion")
_COLUMNS = ("row", "cell", "text", "part", *_READ)
_NONE = pl.lit(None, pl.String)


def written(cells: pl.DataFrame) -> pl.DataFrame:
    """Every address of every cell as read.

    Args:
        cells: row, cell and text, no nulls.

    Returns:
        row, cell, text, `part` (the address's place in its cell) and the columns of `Written`; a cell that
        says there is no address has one row with the problem `email_placeholder`.
    """
    plain, rest = _plain(cells)
    usual, odd = usual_shapes(rest)
    return pl.concat([plain, usual, _read_odd(odd)])


def _plain(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Plain addresses, alone or behind a name or `mailto:`, and the other cells."""
    text = pl.col("text")
    cells = cells.with_columns(plain=text.str.contains(_PLAIN) & _fits(text))
    alone = _told(cells.filter("plain"), text, _NONE)
    cells = cells.filter(~pl.col("plain"))
    trimmed = text.str.strip_chars(_BLANKS + _INVISIBLE)
    inner = pl.coalesce(
        pl.when(text.str.ends_with(">")).then(text.str.extract(_ANGLED)),
        pl.when(text.str.contains("^(?i)mailto:")).then(text.str.slice(7)),
        trimmed,
    )
    cells = cells.with_columns(inner.alias("inner"))
    inner = pl.col("inner")
    cells = cells.with_columns(plain=inner.str.contains(_PLAIN) & _fits(inner))
    rule = (
        pl.when(inner != trimmed)
        .then(pl.when(text.str.ends_with(">")).then(pl.lit("email_display_name")).otherwise(pl.lit("email_mailto")))
        .when(inner == text.str.strip_chars(_BLANKS))
        .then(pl.lit("email_trimmed"))
        .otherwise(pl.lit("invisible_characters"))
    )
    decorated = _told(cells.filter("plain"), inner, rule)
    return pl.concat([alone, decorated]), cells.filter(~pl.col("plain")).select("row", "cell", "text")


def usual_shapes(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells with one certain reading in `_COLUMNS`, and the other cells."""
    text = pl.col("text")
    edged = text.str.extract(_EDGED)
    blanked = text.str.extract(_BLANKED).str.replace("[ @]+", "@")
    split = text.str.extract_groups(_SPLIT_LOCAL).struct
    joined = pl.when(~split[0].str.to_lowercase().is_in(sorted(TITLES))).then(split[0] + "." + split[1])
    pair = text.str.extract_groups(_PAIR).struct
    spelt = text.str.replace_all(_AT, "@")
    has_at = text.str.contains("@", literal=True)
    short = cells.filter(_fits(text))
    signed = short.filter(has_at).with_columns(one=pl.coalesce(edged, blanked, joined), two=pair[0], other=pair[1])
    unsigned = short.filter(~has_at).with_columns(one=spelt).filter(pl.col("one").str.contains(rf"^{_SIMPLE}$"))
    first, second = pl.col("two").str.to_lowercase(), pl.col("other").str.to_lowercase()
    pairs = signed.filter(pl.col("one").is_null() & pl.col("two").is_not_null())
    several = pl.when(first != second).then(pl.lit("several_addresses")).otherwise(pl.lit("email_stray_characters"))
    found = pl.concat(
        [
            _told(signed.drop_nulls("one"), pl.col("one"), pl.lit("email_stray_characters")),
            _told(unsigned, pl.col("one"), pl.lit("email_spelt_out")),
            _told(pairs, first, several),
            _told(pairs.filter(first != second), second, several, part=1),
        ]
    )
    rest = cells.join(found.select("row", "cell"), on=["row", "cell"], how="anti", maintain_order="left")
    return found, rest


def _fits(text: pl.Expr) -> pl.Expr:
    return (text.str.len_bytes() <= MAX_BYTES) & (
        (text.str.len_bytes() <= MAX_LOCAL) | ~text.str.contains(f"[^@]{{{MAX_LOCAL + 1}}}")
    )


def _told(cells: pl.DataFrame, address: pl.Expr, rule: pl.Expr, part: int = 0) -> pl.DataFrame:
    return cells.select(
        "row",
        "cell",
        "text",
        part=pl.lit(part, pl.UInt32),
        address=address.str.to_lowercase(),
        rule=rule,
        problem=_NONE,
        suggestion=_NONE,
    )


def _read_odd(cells: pl.DataFrame) -> pl.DataFrame:
    found: list[tuple[str, int, Written]] = []
    for text in cells["text"].unique(maintain_order=True):
        read = [_checked(one, text) for one in read_cell(text)]
        read = read or [Written(None, problem="email_placeholder")]
        found += [(text, part, one) for part, one in enumerate(read)]
    schema = {"text": pl.String, "part": pl.UInt32} | dict.fromkeys(_READ, pl.String)
    table = pl.DataFrame([(text, part, *one) for text, part, one in found], schema=schema, orient="row")
    return cells.join(table, on="text", how="left", maintain_order="left").select(_COLUMNS)


def _with_at(text: str) -> str | None:
    """The address meant by `max.musterweb.de`: the @ is missing before a large provider's domain."""
    plain = text.strip().lower()
    for provider in sorted(large_providers(), key=len, reverse=True):
        if plain.endswith(provider) and len(plain) > len(provider) + 1:
            return f"{plain.removesuffix(provider).rstrip('.')}@{provider}"
    return None


def _checked(one: Written, text: str) -> Written:
    """The address with its local part in normal form, or the reason why email-validator rejects it."""
    if one.address is None:
        return one._replace(suggestion=_with_at(text)) if one.problem == "email_at_missing" else one
    local, _, domain = one.address.rpartition("@")
    if len(local.encode()) > MAX_LOCAL:
        return one._replace(address=None, problem="email_too_long")
    if _DOT_ATOM.fullmatch(local) and len(one.address.encode()) <= MAX_BYTES:
        return one
    try:
        local = validate_email(f"{local}@a.de", check_deliverability=False).local_part
    except EmailNotValidError:
        better = ".".join(filter(None, local.split(".")))
        suggestion = f"{better}@{domain}" if better not in ("", local) else None
        return one._replace(address=None, problem="email_local_syntax", suggestion=suggestion)
    address = f"{local}@{domain}"
    if len(address.encode()) > MAX_BYTES:
        return one._replace(address=None, problem="email_too_long")
    return one._replace(address=address)
