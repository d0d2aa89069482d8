"""Erasure: people who asked to be forgotten stay forgotten when a list brings them again.

Belongs here: the traces a person leaves in clean records, keeping those of the erased as tombstones, holding
back records that bear one. Does not belong here: choosing the person (`leads forget`), deleting delivered files.

A tombstone is a BLAKE2b hash under a key of this home: the file names nobody, and nobody can be looked up in it
without the key. What many people share (role mailboxes, switchboards) is no trace; another notation of a mailbox,
a page or a name is the same one. Source: Art. 17 GDPR.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import polars as pl

from contracts.raw import REJECTS
from enrichment.cells.text import fold
from enrichment.email.clean import is_role_mailbox
from enrichment.email.mailbox import mailbox
from enrichment.person.profile import profile
from enrichment.rule_failures import Split

_PERSON = ("given_name", "family_name")
_TEXTS = {
    "mobile": pl.col("mobile"),
    "colleague": pl.concat_str(*_PERSON, "company_key", separator="|"),
    "neighbour": pl.concat_str(*_PERSON, "postcode", "street", "house_number", separator="|"),
}
_MESSAGE = "The person asked to be forgotten; the record is counted and goes no further."


@dataclass(frozen=True, slots=True)
class Erasures:
    """The tombstones of a home and the key they were made with."""

    key: bytes = b""
    tombstones: frozenset[str] = frozenset()


def read_erasures(folder: Path) -> Erasures:
    """The tombstones in `folder` (`erased.csv`, `erased.key`); none where nobody was erased.

    Raises:
        ValueError: there are tombstones but no key, so that nobody would be recognised.
    """
    path = folder / "erased.csv"
    if not path.exists():
        return Erasures()
    key = folder / "erased.key"
    if not key.exists():
        raise ValueError(f"{key} is missing: without it the people in {path.name} are not recognised; restore it")
    return Erasures(key.read_bytes(), frozenset(pl.read_csv(path, infer_schema=False, glob=False)["tombstone"]))


def erase(records: pl.DataFrame, folder: Path) -> int:
    """Set tombstones for the people of these clean records; the number of new ones."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "erased.key"
    if not key.exists():
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    known = read_erasures(folder).tombstones
    found = set(_traces(records, key.read_bytes())["trace"])
    path = folder / "erased.csv"
    today = datetime.now(UTC).date().isoformat()
    lines = [] if path.exists() else ["tombstone,at\n"]
    lines += [f"{tombstone},{today}\n" for tombstone in sorted(found - known)]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(lines)
    return len(found - known)


def hold_back_erased(erasures: Erasures, others: Split, clean: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split clean records into those that go on and rejects: the erased without any value, then what `others` says."""
    if not erasures.tombstones:
        return others(clean)
    bearers = _traces(clean, erasures.key).filter(pl.col("trace").is_in(erasures.tombstones))["record"]
    erased = pl.int_range(clean.height, eager=True).is_in(bearers.implode())
    kept, rejects = others(clean.filter(~erased))
    told = clean.filter(erased).select(
        *("source", "channel", "source_record_id", "file", "sheet", "row"),
        field=pl.lit(None, pl.String),
        reason_code=pl.lit("erased"),
        message=pl.lit(_MESSAGE),
        raw=pl.lit(None, pl.String),
    )
    return kept, pl.concat([rejects, REJECTS.conform(told)])


def _traces(records: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """What each record holds of a person alone: record (its place), trace (hashed)."""
    texts = records.select(fold(text).alias(kind) for kind, text in _TEXTS.items())
    found = {kind: texts[kind].to_frame("value") for kind in _TEXTS}
    found["profile"] = profile(records["linkedin_url"]).to_frame("value")
    placed = [frame.with_row_index("record").with_columns(kind=pl.lit(kind)) for kind, frame in found.items()]
    traces = pl.concat([*placed, _mailboxes(records)]).drop_nulls("value")
    distinct = traces.select("kind", "value").unique()
    hashes = [
        blake2b(f"{kind}:{value}".encode(), key=key, digest_size=16).hexdigest() for kind, value in distinct.rows()
    ]
    return traces.join(distinct.with_columns(trace=pl.Series(hashes, dtype=pl.String)), on=["kind", "value"])


def _mailboxes(records: pl.DataFrame) -> pl.DataFrame:
    """All mailboxes of the records but those of offices and teams: record, value, kind."""
    # Invented mailboxes are of the kind role too.
    first = pl.when(pl.col("email_kind").fill_null("") != "role").then("email")
    mails = records.with_row_index("record").select(
        "record", mail=pl.concat_list(first, pl.col("other_emails").fill_null([]))
    )
    mails = mails.explode("mail", empty_as_null=True).with_columns(pl.col("mail").str.to_lowercase())
    office = is_role_mailbox(pl.col("mail").str.extract(r"^([^@]*)")).fill_null(True)
    personal = mails.filter(~office)
    return personal.select("record", value=mailbox(personal["mail"]), kind=pl.lit("mail"))
