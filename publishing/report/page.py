"""The report: one page that shows a night to people.

Belongs here: putting the figures into the template. Does not belong here: counting (`facts`, `quality`, `flaws`), the
words (`words`), masking (`masking`), markup and style (`templates/`). The page is one file, asks the network for
nothing, and shows no e-mail address, phone number or full name; beside it lies the list of what to correct.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from contracts.clean import CLEAN_RECORDS
from contracts.matched import MATCH_DECISIONS
from contracts.published import ACCOUNTS, BUYING_CENTERS, LEAD_CROSSWALK, LEADS, QUARANTINE
from engine.swap import swap
from publishing.diff import diff
from publishing.funnel import HELD_FILES, held_files_and_rows
from publishing.last_night import Night
from publishing.manifest import NAME, read_manifest
from publishing.previous import publication_before
from publishing.report import facts
from publishing.report.boards import boards
from publishing.report.concepts import CLASSES
from publishing.report.effects import effects
from publishing.report.flaws import counted, flaws, worst
from publishing.report.masking import names_of
from publishing.report.qualification_board import FILE as BOARD
from publishing.report.quality import quality
from publishing.report.rendering import environment
from publishing.report.steps import next_steps
from publishing.report.to_correct import FILE, write_to_correct
from publishing.report.trends import HEIGHT, WIDTH, trends
from publishing.report.words import Language, Words

REPAIRS_SHOWN = 10
FIELDS_SHOWN = 6


def write_report(
    published_dir: Path,
    funnel: Mapping[str, Any],
    out: Path,
    *,
    clean: Path | None = None,
    decisions: Path | None = None,
    review: int = 0,
    notices: Sequence[str] = (),
    night: Night | None = None,
    board: bool = False,
    language: Language = "en",
) -> Path:
    """Write the page of one night.

    Args:
        published_dir: a publication: the tables of `contracts.published` as Parquet files.
        funnel: counts (name -> number, in the order of the flow), which may be missing.
        out: the HTML file, replaced as a whole; `to_correct.csv` comes to lie beside it.
        clean: clean or enriched records (Parquet); without them quality, repairs and sources are left out.
        decisions: match_decisions (Parquet); without them nothing is said of how sure merges are.
        review: pairs of records or of companies that wait for a person.
        notices: what is wrong with decisions of people, a sentence each.
        night: what became of it; where it is known, the page shows its tables, be they held, and its gates.
        board: whether the board of sales and marketing comes to lie beside it, to be linked to.
        language: of the page and of the list.

    Raises:
        FileNotFoundError: a published table is missing.
    """
    folder = night.folder if night else published_dir
    leads, accounts, centers, crosswalk, quarantine = (
        pl.read_parquet(folder / f"{table.name}.parquet", glob=False)
        for table in (LEADS, ACCOUNTS, BUYING_CENTERS, LEAD_CROSSWALK, QUARANTINE)
    )
    records = pl.scan_parquet(clean, glob=False) if clean else CLEAN_RECORDS.empty().lazy()
    pairs = pl.scan_parquet(decisions, glob=False) if decisions else MATCH_DECISIONS.empty().lazy()
    before, persons = _before(folder, night), names_of(leads)
    manifest = read_manifest(folder) if (folder / NAME).exists() else None
    changed = diff(before, folder) if before else None
    say = Words(language)
    held, blocked, roles = facts.held_back(quarantine), facts.blocked(leads), facts.roles_known(accounts, persons)
    fields, matrix = quality(records)
    found = flaws(records)
    counts = counted(found)
    listed = write_to_correct(out.with_name(FILE), quarantine, found, counts, say)
    page = (
        environment(say)
        .get_template("report.html.j2")
        .render(
            counts={name: count for name, count in funnel.get("counts", {}).items() if name != HELD_FILES},
            held_files_and_rows=held_files_and_rows(quarantine),
            created_at=manifest and manifest.created_at,
            night=night,
            trends=trends(folder),
            line=(WIDTH, HEIGHT),
            classes=CLASSES,
            quality=fields if clean else [],
            matrix=matrix,
            flaws=worst(counts, persons),
            listed=listed,
            to_correct=FILE,
            sales_page=BOARD if board else None,
            repairs=facts.repairs(records, most=REPAIRS_SHOWN, persons=persons),
            changed=changed,
            fields=[it for it in changed.fields if it.entity == "lead"][:FIELDS_SHOWN] if changed else [],
            rule_effects=effects(changed, persons) if changed and changed.rules else [],
            steps=next_steps(say, held, blocked, roles, to_correct=listed.all, review=review, notices=notices),
            held_back=held,
            blocked=blocked,
            roles=roles,
            sources=facts.sources(records, crosswalk, quarantine, changed.records_before if changed else None),
            leads=leads.height,
            publishable=int(leads["publishable"].sum()),
            accounts=accounts.height,
            records_per_lead=facts.records_per_lead(leads),
            expected=facts.expected(pairs),
            review=review,
            spellings=[row for row in facts.biggest_accounts(accounts, persons) if len(row.spellings) > 1],
            boards=boards(accounts, leads, centers),
        )
    )
    with swap(out) as new:
        new.write_text(page, encoding="utf-8")
    return out


def _before(folder: Path, night: Night | None) -> Path | None:
    """The publication that the tables are compared with."""
    if night is not None:
        return night.before
    found = publication_before(folder)
    return found[0] if found else None
