"""Mailboxes: the one behind an address, however it is written.

Belongs here: notes behind a plus, Google's dots and two names. Does not belong here: whether an address is right
(`email`), whose it is (`matching`).
Source: RFC 5233 (subaddressing); Gmail Help, "Dots don't matter in Gmail addresses".
"""

from __future__ import annotations

import polars as pl

from enrichment.cells.distinct import where


def mailbox(mail: pl.Series) -> pl.Series:
    """The mailbox behind an address: what follows a plus is a note, and Google ignores dots and has two names."""
    bare = mail.str.replace(r"^([^+@]+)\+[^@]*@", "$1@").str.replace("@googlemail.com", "@gmail.com", literal=True)
    return where(
        bare.str.ends_with("@gmail.com"),
        bare,
        lambda google: google.str.head(-len("@gmail.com")).str.replace_all(".", "", literal=True) + "@gmail.com",
    )
