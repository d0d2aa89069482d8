"""Fields: every published column as a page, `make docs` writes `docs/fields.md`, a test keeps it true.

Belongs here: the page's words and order. Does not belong here: what is told of a column (`contracts.published`), the
rules by which values survive (`matching.golden.survivorship`), the examples (`contracts/examples.csv`).
"""

from __future__ import annotations

from collections.abc import Iterator

from assets.resources.home import PROJECT
from contracts.changes import PROMISED
from contracts.published import LEADS, SCHEMA_VERSION
from contracts.table import Column, Table
from engine.word_lists import WordLists
from matching.golden import further
from matching.golden.survivorship import SURVIVORSHIP

PAGE = PROJECT / "docs" / "fields.md"
_HEAD = f"""\
# Every published column

Schema version {SCHEMA_VERSION}. Written by `make docs` from [`contracts/published.py`](../contracts/published.py),
[`contracts/changes.py`](../contracts/changes.py), the rules of
[`matching/golden/survivorship.py`](../matching/golden/survivorship.py) and
[`contracts/examples.csv`](../contracts/examples.csv); a test holds it to them. All examples are invented. For programs
the same stands in [`contracts/odcs.yaml`](../contracts/odcs.yaml) (ODCS) and
[`contracts/row_schemas.json`](../contracts/row_schemas.json) (JSON Schema).

Null means that nobody says so; there are no empty strings. Timestamps are UTC. A word you do not know means `unknown`.
Words and reason codes have their meaning in [`contracts/statuses.py`](../contracts/statuses.py) and
[`contracts/reasons/`](../contracts/reasons).

**What changed.** `content_hash` is another one when a row says something else, `updated_at` the night of that.
Columns marked *moves* (counts, dates of evidence, figures of the night's model) do not count: they may differ from
night to night under the same hash. A column that is new in a version changes only the rows that have a value for
it.

**Flat twins.** `published/current/flat/` has `leads` and `accounts` once more, the same rows without lists and
structs, for pandas `to_sql`, CSV, ADBC or dlt ([`publishing/flat.py`](../publishing/flat.py)). A list is one text,
its items separated by `;` and a blank (a `;` within one becomes a comma), an empty one null; a list of structs is
one such text per field, `spelling_variants_name` and `spelling_variants_records`. All other tables are flat as
they are. [`examples/sync_to_postgres.py`](../examples/sync_to_postgres.py) reads them.

**Personal data.** `note` and `interest` are free text: they may hold anything, also about others. `leads forget` blanks
those that name who is forgotten, an objection in them closes the channel, the report masks them. `other_emails`,
`other_phones` and `fax` leave out what somebody objected to; `may_email` and `may_call` do not speak of them, so sales
may look them up but not mail or call them for advertising.

## Versions of the schema

A change is compatible (the second number) when a job written before reads on: new tables, columns and words, stronger
promises. Everything else is breaking (the first number). `manifest.json` tells the version of a publication.

| version | what it brought |
| --- | --- |
| 1.4 | `changes`: what happened to leads and accounts since the publication before |
| 1.3 | `leads`: account name, suggestions, further addresses and numbers, fax, page, website, industry, employees, \
VAT id, customer number, lead source, campaign and tags, interest, note, sources. `accounts`: website, industry, \
employees, VAT id, register number. `content_hash` and `updated_at` in every table: the hash is another one than \
before once, and counts no longer change it. Flat twins |
| 1.2 | `consents`, permissions by channel, a lead without permission is not publishable |
| 1.1 | `tombstones` |
"""
_MADE_IN = {
    "leads": "matching/golden",
    "accounts": "matching/accounts/shown",
    "buying_centers": "matching/accounts/buying_center.py",
    "lead_crosswalk": "matching/leads/clustering.py",
    "field_provenance": "matching/golden/provenance.py",
    "consents": "matching/golden/consents.py",
    "redirects": "matching/identity.py",
    "tombstones": "matching/identity.py",
    "quarantine": "sources",
    "changes": "publishing/feed/changes.py",
}
_MADE_OF = {  # columns of leads no record states
    "lead_id": "matching/identity.py",
    "account_id": "matching/golden/employment.py",
    "account_name": "matching/accounts/shown/profile.py",
    "seniority": "enrichment/data/job_titles.csv",
    "buying_role": "enrichment/data/job_titles.csv",
    **dict.fromkeys(("may_email", "email_permission", "may_call", "call_permission"), "publishing/publishable.csv"),
    **dict.fromkeys(("publishable", "block_reasons"), "publishing/block_reasons.py"),
    **dict.fromkeys(("content_hash", "updated_at", "run_id"), "publishing/stamp.py"),
}


def page() -> str:
    """The page as Markdown."""
    return _HEAD + "".join("\n" + "\n".join(_table(table)) + "\n" for table in PROMISED)


def examples() -> dict[tuple[str, str], str]:
    """The example of each column, by table and column."""
    rows = WordLists(PROJECT / "contracts").rows("examples.csv")
    return {(row["table"], row["column"]): row["example"] for row in rows}


def _table(table: Table) -> Iterator[str]:
    key = ", ".join(f"`{name}`" for name in table.key) or "none: a row may come twice"
    made = f"Made in [`{_MADE_IN[table.name]}`](../{_MADE_IN[table.name]})."
    yield from (f"## {table.name}", "", table.description, "", f"Key: {key}. {made}", "")
    yield from ("| column | type | what it is | what it keeps to | where it comes from | example |", "| --- " * 6 + "|")
    rules = _rules() if table is LEADS else {}
    told = examples()
    for column in table.columns:
        cells = (
            f"`{column.name}`",
            _type(column),
            column.description,
            "; ".join(_promises(column)),
            rules.get(column.name, ""),
            told[table.name, column.name],
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(column: Column) -> str:
    return str(column.dtype).replace("Datetime(time_unit='us', time_zone='UTC')", "Datetime (UTC)")


def _promises(column: Column) -> Iterator[str]:
    if not column.nullable:
        yield "never null"
    if column.words is not None:
        yield "column of `leads`" if column.name == "field" else ", ".join(f"`{word}`" for word in column.words)
    if column.form is not None:
        yield column.form.standard
    if column.least is not None or column.most is not None:
        ends = ("at least", column.least), ("at most", column.most)
        yield " and ".join(f"{word} {end:g}" for word, end in ends if end is not None)
    if column.volatile:
        yield "*moves*"


def _rules() -> dict[str, str]:
    """Where the values of a lead come from, by column: the rule that decides, and why it does so."""
    found = {name: f"`{file}`" for name, file in _MADE_OF.items()}
    found |= dict.fromkeys(("other_emails", "other_phones"), f"`{further.EVERY_OTHER}`: {further.WHY}")
    for rule in SURVIVORSHIP:
        found |= dict.fromkeys(rule.fields, f"`{rule.name}`: {rule.why}")
        found |= dict.fromkeys(rule.carried, f"goes with `{rule.fields[0]}`")
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
