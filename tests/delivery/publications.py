"""Small publications: a home with the tables a sync reads, from a few words a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from contracts.published import ACCOUNTS, LEADS
from delivery.publication import Publication
from delivery.record import Entity

AT = datetime(2026, 3, 1, tzinfo=UTC)
_FILLED = {
    "may_email": True,
    "may_call": True,
    "email_permission": "consented",
    "call_permission": "consented",
    "publishable": True,
    "source_count": 1,
    "first_seen_at": AT,
    "last_seen_at": AT,
    "updated_at": AT,
    "content_hash": "0" * 32,
    "run_id": "run",
}


def lead(lead_id: str, **said: Any) -> dict[str, Any]:
    """A row of leads; publishable unless said otherwise."""
    lists = {name: [] for name in ("other_emails", "other_phones", "block_reasons", "sources", "channels")}
    return {**_FILLED, **lists, "lead_id": lead_id, "family_name": f"Name {lead_id}", **said}


def account(account_id: str, **said: Any) -> dict[str, Any]:
    """A row of accounts."""
    lists = {name: [] for name in ("spelling_variants", "roles_present", "roles_missing")}
    shared = {name: _FILLED[name] for name in ("updated_at", "content_hash", "run_id")}
    return {**shared, **lists, "account_id": account_id, "name": f"Firm {account_id}", "lead_count": 1, **said}


@dataclass
class Night:
    """What one night publishes; `publication` is what a sync reads of it."""

    leads: Sequence[Mapping[str, Any]] = ()
    accounts: Sequence[Mapping[str, Any]] = ()
    became: Mapping[str, str] = field(default_factory=dict)
    gone: Iterable[str] = ()
    erased: Iterable[str] = ()
    run_id: str = "night"

    @property
    def publication(self) -> Publication:
        return Publication(
            run_id=self.run_id,
            rows={
                Entity.ACCOUNT: pl.DataFrame(self.accounts, schema=ACCOUNTS.schema),
                Entity.LEAD: pl.DataFrame(self.leads, schema=LEADS.schema),
            },
            became=dict(self.became),
            gone=frozenset(self.gone),
            erased=frozenset(self.erased),
        )


def home_of(folder: Path) -> Path:
    """A home whose mapping of the target in memory is that of these tests."""
    sync = folder / "sync"
    sync.mkdir(parents=True, exist_ok=True)
    (sync / "memory.toml").write_bytes((Path(__file__).parent / "memory.toml").read_bytes())
    return folder
