"""Erasure measured on a sample with known truth: who stays forgotten, and who is swallowed with them.

    .venv/bin/python -m benchmarks.erasure [LEADS] [PEOPLE] [SEED]

Forgets PEOPLE people of a sample, then delivers each of them again under other spellings, and beside them people who
are easily mistaken for them: all through the pipeline's own cleaning. Belongs here: the spellings, the counts. Does not
belong here: the rules (`enrichment/traces`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from contracts.raw import RAW_RECORDS
from enrichment.clean_records import ContextSource, clean_batch
from enrichment.erasure import are_erased, erase
from enrichment.tombstones import Erasures, read_erasures
from enrichment.traces import direct_lines
from reference.letters import SPELT_OUT, UNMARKED
from reference.nicknames import groups
from samples.generate import write_sample
from sources.inbox import read_inbox
from sources.store.channel_records import both_channels, load_records

Row = dict[str, str | None]
FIELDS = ("given_name", "family_name", "email", "company", "phone", "mobile", "postcode", "city", "street", "country")
_CONTEXT = ContextSource()


def _named(row: Row, given: str | None, family: str, *more: str) -> Row | None:
    """The person under another name in the same firm; nobody where no firm is known."""
    kept = {field: row[field] for field in ("company", "country", *more)}
    return kept | {"given_name": given, "family_name": family} if row["company"] else None


def _mailed(row: Row, local: str) -> Row | None:
    """A record that is an address at the person's firm and nothing else."""
    domain = str(row["email"]).partition("@")[2]
    local = UNMARKED.text(local).replace(" ", "").replace("'", "")
    return {"email": f"{local}@{domain}"} if row["email"] and row["kind"] == "company" else None


def _slipped(word: str) -> str:
    at = len(word) // 2
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def _grouped(number: str | None) -> str | None:
    return number and f"{number[:3]} (0) {number[3:6]} / {number[6:9]} {number[9:]}"


def _other_given(row: Row) -> str:
    return "Friedhelm" if row["given_name"] != "Friedhelm" else "Ottokar"


def _nickname(row: Row) -> str | None:
    name = SPELT_OUT.text(row["given_name"] or "")
    near = [other for other in groups() if set(groups()[other]) & set(groups().get(name, ())) and other != name]
    return near[0].title() if near else None


Spelling = Callable[[Row, str, str], Row | None]

AGAIN: dict[str, Spelling] = {
    "as it was": lambda row, given, family: {field: row[field] for field in FIELDS},
    "name and firm": _named,
    "capitals": lambda row, given, family: _named(row, given.upper(), family.upper()),
    "umlauts spelt out": lambda row, given, family: _named(row, SPELT_OUT.text(given), SPELT_OUT.text(family)),
    "umlauts lost": lambda row, given, family: _named(row, UNMARKED.text(given), UNMARKED.text(family)),
    "initial": lambda row, given, family: _named(row, f"{given[0]}.", family),
    "second name": lambda row, given, family: _named(row, f"{given} Maria", family),
    "double name": lambda row, given, family: _named(row, given, f"{family}-Winterfeld"),
    "swapped": lambda row, given, family: _named(row, family, given),
    "slip in family name": lambda row, given, family: _named(row, given, _slipped(family)) if len(family) > 4 else None,
    "slip in given name": lambda row, given, family: _named(row, _slipped(given), family) if len(given) > 4 else None,
    "nickname": lambda row, given, family: _named(row, nick, family) if (nick := _nickname(row)) else None,
    "mail only": lambda row, given, family: {"email": row["email"]} if row["email"] else None,
    "mail zoelle@": lambda row, given, family: _mailed(row, SPELT_OUT.text(family)),
    "mail k.zoelle@": lambda row, given, family: _mailed(row, f"{given[0]}.{SPELT_OUT.text(family)}"),
    "mail zoelle-karin@": lambda row, given, family: _mailed(row, f"{SPELT_OUT.text(family)}-{SPELT_OUT.text(given)}"),
    "mail karinzoelle@": lambda row, given, family: _mailed(row, SPELT_OUT.text(given + family)),
    "mail with a note": lambda row, given, family: (
        {"email": str(row["email"]).replace("@", "+messe@")} if row["email"] else None
    ),
    "mobile only": lambda row, given, family: {"phone": _grouped(row["mobile"])} if row["mobile"] else None,
    "mobile and given name": lambda row, given, family: (
        {"mobile": row["mobile"], "given_name": given, "family_name": "Winterfeld"} if row["mobile"] else None
    ),
    "own line, both names with a slip": lambda row, given, family: (
        _named(row, _slipped(given), _slipped(family), "mobile")
        if row["mobile"] and min(len(given), len(family)) > 4
        else None
    ),
    "phone and name": lambda row, given, family: (
        {"phone": _grouped(row["phone"]), "given_name": given, "family_name": family} if row["phone"] else None
    ),
}
"""Spellings under which a forgotten person comes again: from their true values, given and family name."""

OTHERS: dict[str, Spelling] = {
    "colleague of the same family name": lambda row, given, family: _named(row, _other_given(row), family, "phone"),
    "their mailbox": lambda row, given, family: (
        mail | {"given_name": _other_given(row), "family_name": family}
        if (mail := _mailed(row, f"{_other_given(row)}.{SPELT_OUT.text(family)}"))
        else None
    ),
    "colleague of the same given name": lambda row, given, family: _named(row, given, "Winterfeld"),
    "namesake with a numbered mailbox": lambda row, given, family: (
        mail | {"given_name": given, "family_name": family, "company": row["company"]}
        if (mail := _mailed(row, f"{SPELT_OUT.text(given)}.{SPELT_OUT.text(family)}2"))
        else None
    ),
    "namesake in another firm": lambda row, given, family: (
        {"given_name": given, "family_name": family, "company": "Quarzhandel Wendland AG"}
    ),
    "son": lambda row, given, family: _named(row, given, f"{family} jun."),
    "spouse": lambda row, given, family: (
        {field: row[field] for field in ("street", "postcode", "city", "phone")}
        | {"given_name": _other_given(row), "family_name": family}
        if row["phone"] or row["street"]
        else None
    ),
    "team mailbox": lambda row, given, family: _mailed(row, "info"),
    "colleague at the same number": lambda row, given, family: (
        {"phone": row["phone"], "given_name": _other_given(row), "family_name": "Winterfeld"} if row["phone"] else None
    ),
}
"""People who are easily mistaken for a forgotten one."""


def sample(folder: Path, leads: int, seed: int) -> pl.DataFrame:
    """Clean records of a sample with `person_id`, null where a record is nobody's alone."""
    write_sample(folder, leads, seed)
    store = folder / "store"
    read_inbox(folder / "inbox", store, folder / "sources", settle=0)
    raw = both_channels(load_records(store, "online"), load_records(store, "offline")).collect()
    truth = pl.read_parquet(folder / "truth.parquet", glob=False)
    known = truth.select("source", "source_record_id", "person_id").unique(["source", "source_record_id"])
    clean = clean_batch(raw, _CONTEXT.open())
    return clean.join(known, on=["source", "source_record_id"], how="left", maintain_order="left")


def clean_rows(rows: list[Row]) -> pl.DataFrame:
    """Values as delivered, cleaned."""
    told = {"source": "again", "channel": "offline", "file": "offline/again/a.csv", "default_country": "DE"}
    made = [
        row | told | {"source_record_id": str(number), "file_hash": "-", "content_hash": str(number)}
        for number, row in enumerate(rows)
    ]
    return clean_batch(RAW_RECORDS.conform(pl.DataFrame(made, infer_schema_length=None)), _CONTEXT.open())


def forgotten(records: pl.DataFrame, people: list[str], folder: Path, *, first_only: bool) -> Erasures:
    """Tombstones for people: of all their records, or of the first of each alone."""
    for person in people:
        mine = (pl.col("person_id") == person).fill_null(False)
        own = records.filter(mine)
        erase(own.head(1) if first_only else own, folder, direct_lines(own, records.filter(~mine)))
    return read_erasures(folder)


def held(kinds: dict[str, Spelling], people: list[Row], erasures: Erasures) -> pl.DataFrame:
    """For each kind of delivery: kind, delivered, held (how many records)."""
    made = [
        (kind, row)
        for kind, make in kinds.items()
        for person in people
        if (row := make(person, str(person["given_name"]), str(person["family_name"]))) is not None
    ]
    found = are_erased(clean_rows([row for _, row in made]), erasures)
    return (
        pl.DataFrame({"kind": [kind for kind, _ in made], "held": found})
        .group_by("kind", maintain_order=True)
        .agg(delivered=pl.len(), held=pl.col("held").sum())
    )


def best_values(records: pl.DataFrame, person: str) -> Row:
    """One row of a person's values as a form would send them: of each field the first one known."""
    own = records.filter(pl.col("person_id") == person)
    values: Row = {field: next(iter(own[field].drop_nulls()), None) for field in FIELDS}
    mails = own.filter(pl.col("email_kind").is_in(["company", "freemail"])).select("email", "email_kind")
    values["email"], values["kind"] = mails.row(0) if mails.height else (None, None)
    return values


def main(leads: int = 5_000, people: int = 200, seed: int = 1) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        records = sample(folder, leads, seed)
        named = records.drop_nulls(["person_id", "given_name", "family_name"]).filter(
            pl.col("given_name").str.len_chars() > 2
        )
        ids = named["person_id"].unique(maintain_order=True).sample(people, seed=seed).to_list()
        rows = [best_values(named, person) for person in ids]
        others = records.filter(~pl.col("person_id").fill_null("").is_in(ids) & pl.col("person_id").is_not_null())
        own = records.filter(pl.col("person_id").is_in(ids))
        print(f"{people} of {records['person_id'].n_unique():,} people of a sample of {leads:,} leads, seed {seed}\n")
        for title, first_only in (("all their records", False), ("one record of each", True)):
            erasures = forgotten(records, ids, folder / title, first_only=first_only)
            mine, swallowed = are_erased(own, erasures), are_erased(others, erasures)
            held_of_own, held_of_others = int(mine.sum()), int(swallowed.sum())
            lost = others.filter(swallowed)["person_id"].n_unique()
            print(
                f"Forgotten by {title}: {len(erasures.tombstones):,} tombstones; of {own.height:,} records of theirs "
                f"{held_of_own:,} held ({held_of_own / own.height:.1%}); of {others.height:,} records of "
                f"{others['person_id'].n_unique():,} others {held_of_others:,} "
                f"({held_of_others / others.height:.2%}), {lost} people"
            )
            if not first_only:
                for heading, kinds in (("stays forgotten", AGAIN), ("somebody else", OTHERS)):
                    print(f"\n| {heading} | delivered | held | share |\n| --- | --- | --- | --- |")
                    table = held(kinds, rows, erasures)
                    total = table.select(pl.lit("all").alias("kind"), pl.col("delivered", "held").sum())
                    for kind, count, kept in pl.concat([table, total]).iter_rows():
                        print(f"| {kind} | {count} | {kept} | {kept / count:.1%} |")
                print()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
