"""The report: one page that shows a night to people.

Belongs here: putting the figures into the template. Does not belong here: counting (`facts`), masking
(`masking`), markup and style (`templates/`). The page is one file, asks the network for nothing, and shows no
e-mail address, phone number or full name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined

from contracts.clean import CLEAN_RECORDS
from contracts.matched import MATCH_DECISIONS
from contracts.published import ACCOUNTS, BUYING_CENTERS, LEAD_CROSSWALK, LEADS, QUARANTINE
from engine.escaping import for_html
from engine.swap import swap
from publishing.diff import diff
from publishing.gates.wording import in_short, shown_range, shown_value
from publishing.last_night import Night
from publishing.manifest import NAME, read_manifest
from publishing.previous import publication_before
from publishing.report import facts
from publishing.report.boards import boards
from publishing.report.effects import effects
from publishing.report.masking import names_of
from publishing.report.steps import next_steps
from publishing.versions import KINDS, made_with

REPAIRS_SHOWN = 16
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
) -> Path:
    """Write the page of one night.

    Args:
        published_dir: a publication: the tables of `contracts.published` as Parquet files.
        funnel: run_id (text), counts (name -> number, in the order of the flow), seconds (stage -> number) and
            peak_bytes, each of which may be missing.
        out: the HTML file, replaced as a whole.
        clean: clean or enriched records (Parquet); without them fields, repairs and sources are left out.
        decisions: match_decisions (Parquet); without them the probabilities are left out.
        review: pairs of records that wait for a person.
        notices: what is wrong with decisions of people, a sentence each.
        night: what became of it; where it is known, the page shows its tables, be they held, and its gates.

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
    held, blocked, roles = facts.held_back(quarantine), facts.blocked(leads), facts.roles_known(accounts, persons)
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            funnel=funnel,
            stages=facts.stages(funnel.get("seconds", {})),
            created_at=manifest and manifest.created_at,
            rules=made_with(manifest.versions) if manifest else "",
            night=night,
            classes=facts.CLASSES,
            quality=facts.quality(records) if clean else [],
            repairs=facts.evidence(records, kept=True, most=REPAIRS_SHOWN, persons=persons),
            rejected=facts.evidence(records, kept=False, most=REPAIRS_SHOWN, persons=persons),
            changed=changed,
            fields=[it for it in changed.fields if it.entity == "lead"][:FIELDS_SHOWN] if changed else [],
            kinds=KINDS,
            rule_effects=effects(changed, persons) if changed and changed.rules else [],
            steps=next_steps(held, blocked, roles, review, notices),
            held_back=held,
            blocked=blocked,
            roles=roles,
            sources=facts.sources(records, crosswalk, quarantine, changed.records_before if changed else None),
            leads=leads.height,
            publishable=int(leads["publishable"].sum()),
            accounts=accounts.height,
            records_per_lead=facts.records_per_lead(leads),
            leads_per_account=facts.leads_per_account(accounts),
            probabilities=facts.probabilities(pairs) if decisions else [],
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


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("publishing"),
        autoescape=True,
        finalize=for_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "share": _share, "seconds": _seconds, "words": _words, "signed": _signed}
    environment.filters |= {"value": shown_value, "range": shown_range, "in_short": in_short}
    return environment


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _share(part: float, whole: float) -> str:
    """A percentage people read: 0 %, < 1 %, 37 %, 99 %."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    return "< 1 %" if percent < 1 else f"{min(percent, 99) if part < whole else 100:.0f} %"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 100 else f"{value / 60:.1f} min"


def _signed(value: int) -> str:
    """A difference: +12, −3, and nothing where there is none."""
    return f"{'+' if value > 0 else '−'}{abs(value):,}" if value else ""


def _words(name: str) -> str:
    return name.replace("_", " ")
