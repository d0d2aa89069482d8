"""Concepts: the fields whose quality is counted, what each of their statuses counts as, and the columns they own.

Belongs here: that table. Does not belong here: counting (`quality`, `flaws`), what the page calls them (`words`).
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from enrichment.cells.first_true import first_true

CLASSES = ("valid", "repaired", "suspected", "invalid", "missing")
FLAWED = ("suspected", "invalid")


class Concept(NamedTuple):
    """A field of the quality chart.

    `name` is what its columns of `contracts.clean` begin with; `columns` are those whose repairs count as its own,
    `received` those that make up its value.
    """

    name: str
    suspected: tuple[str, ...]
    invalid: tuple[str, ...]
    missing: tuple[str, ...]
    repaired: tuple[str, ...]
    columns: tuple[str, ...]
    received: tuple[str, ...]

    @property
    def status(self) -> str:
        return f"{self.name}_status"

    @property
    def quality(self) -> pl.Expr:
        """One of `CLASSES` for each clean record; a valid value that was repaired counts as valid here."""
        status = pl.col(self.status)
        return first_true(
            (
                (status.is_null() | status.is_in(self.missing), "missing"),
                (status.is_in(self.invalid), "invalid"),
                (status.is_in(self.suspected), "suspected"),
                (status.is_in(self.repaired), "repaired"),
            ),
            "valid",
        ).cast(pl.Enum(CLASSES))


CONCEPTS = (
    Concept(
        "name",
        ("partial", "two_persons", "role"),
        ("junk",),
        ("missing",),
        ("swapped",),
        ("given_name", "family_name", "academic_title", "salutation", "name"),
        ("given_name", "family_name"),
    ),
    Concept(
        "email",
        ("risky", "unknown"),
        ("invalid",),
        ("missing",),
        (),
        ("email", "other_emails"),
        ("email",),
    ),
    Concept(
        "phone",
        ("possible",),
        ("invalid",),
        ("missing",),
        (),
        ("phone", "phone_extension", "other_phones"),
        ("phone",),
    ),
    Concept("mobile", ("possible",), ("invalid",), ("missing",), (), ("mobile",), ("mobile",)),
    Concept(
        "address",
        ("conflict", "unverifiable"),
        (),
        ("missing",),
        ("corrected",),
        ("street", "house_number", "address", "postcode", "city", "country", "po_box"),
        ("street", "house_number", "postcode", "city"),
    ),
    Concept(
        "company",
        ("liquidation", "formation"),
        (),
        ("missing", "none"),
        (),
        ("company", "legal_form", "company_site", "department"),
        ("company",),
    ),
    Concept(
        "ip",
        ("not_found", "private", "skipped"),
        ("invalid",),
        ("missing",),
        (),
        ("ip_address",),
        ("ip_address",),
    ),
)
