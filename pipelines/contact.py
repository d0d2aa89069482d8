"""Contact: what a lead may be used for and why, for a person at the terminal.

Belongs here: putting the verdicts, the law they follow and the consents they rest on into words. Does not belong here:
judging (`publishing.permission`, `publishing.block_reasons`), where values come from (`pipelines.explaining`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from contracts.reasons import reasons
from contracts.statuses import CONSENT_BASIS, PERMISSION
from pipelines.place import told_place
from publishing.permission import Rules, rule_of

_CHANNELS = {"email": ("e-mail", "email_permission"), "phone": ("calls", "call_permission")}
_NEEDS = {
    "confirmed": "asks for double opt-in",
    "granted": "asks for consent",
    "presumed": "presumes consent where nothing speaks against it",
    "never": "forbids it",
}
_FREE = {("yes", "confirmed"), ("yes", "granted")}


def told_contact(current: Path, lead_id: str, records: pl.DataFrame, rules: Rules) -> Iterator[str]:
    """Lines that say whether a lead is handed to sales, by which channel it may be contacted, and what that rests on.

    Args:
        current: the publication.
        lead_id: one of its leads.
        records: the lead's enriched records.
        rules: as of `publishing.permission.read_rules`.
    """
    lead, consents = (
        pl.scan_parquet(current / f"{name}.parquet", glob=False).filter(pl.col("lead_id") == lead_id).collect()
        for name in ("leads", "consents")
    )
    row = lead.row(0, named=True)
    yield from _handed_on(row)
    same = records.filter(email=row["email"])["company_domain"] if row["email"] else records["company_domain"]
    addressee = "business" if row["account_id"] or same.drop_nulls().len() else "private"
    for channel, (name, permission) in _CHANNELS.items():
        yield f"{name:12}{row[permission]}: {PERMISSION[row[permission]]}"
        rule = rule_of(rules, row["country"], channel, addressee)
        customers = ", but not of customers" if (rule.customers, rule.needs) in _FREE else ""
        where = "" if rule.country == row["country"] else f" ({row['country'] or 'country not known'})"
        yield f"{'':12}rule {rule.country}{where}, {addressee}: {_NEEDS[rule.needs]}{customers}; {rule.law}"
        for proof in consents.filter(pl.col("channel") == channel).iter_rows(named=True):
            yield f"{'':12}{_proof(proof, records)}"


def _handed_on(lead: dict[str, Any]) -> Iterator[str]:
    if lead["publishable"]:
        yield f"{'sales':12}handed on"
    for code in lead["block_reasons"]:
        yield f"{'sales':12}blocked: {code}. {reasons()[code].meaning}. {reasons()[code].remedy}"


def _proof(consent: dict[str, Any], records: pl.DataFrame) -> str:
    """What a channel rests on: what is stated, when, what for, and the record that proves it."""
    dates = {
        "obtained": consent["obtained_at"],
        "confirmed": consent["confirmed_at"],
        "objected": consent["objected_at"],
    }
    source = {"source": consent["source"], "source_record_id": consent["source_record_id"]}
    place = records.filter(**source).select("file", "sheet", "row").head(1).rows()
    parts = [
        f"{consent['status']}, {consent['basis']}: {CONSENT_BASIS[consent['basis']]}",
        *(f"{what} {at:%Y-%m-%d}" for what, at in dates.items() if at),
        f"for {consent['purpose']}" if consent["purpose"] else "",
        f"proof {consent['source']} {consent['source_record_id']}",
        *(told_place(*row) for row in place),
    ]
    return " · ".join(filter(None, parts))
