"""Retention: which records are past their time, and that nothing of them stays but that they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clean import CLEAN_RECORDS
from enrichment.retention import REASON, Retention, hold_back_expired, read_retention
from expectations.row_rules import hold_back

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)
YEAR = Retention({"fair": AT - timedelta(days=365)})


def records(**values: Any) -> pl.DataFrame:
    eva = {"source": "fair", "channel": "offline", "source_record_id": "1", "file": "offline/fair/a.csv", "row": 2}
    eva |= {"email": "eva@firma.de", "name_status": "missing", "consent_email": "unknown", "consent_phone": "unknown"}
    names = {name: dtype for name, dtype in CLEAN_RECORDS.schema.items() if name in eva | values}
    return CLEAN_RECORDS.conform(pl.DataFrame([{**eva, "opt_out": False, **values}], schema_overrides=names))


@pytest.mark.parametrize(
    ("values", "expired"),
    [
        ({"observed_at": AT - timedelta(days=366)}, True),
        ({"observed_at": AT - timedelta(days=364)}, False),
        ({"observed_at": AT - timedelta(days=366), "source": "web"}, False),
        ({"observed_at": AT - timedelta(days=366), "consent_confirmed_at": AT - timedelta(days=9)}, False),
        ({"observed_at": AT - timedelta(days=900), "consent_confirmed_at": AT - timedelta(days=800)}, True),
        ({"observed_at": AT - timedelta(days=366), "consent_email": "granted"}, True),
        ({"observed_at": AT - timedelta(days=366), "consent_email": "refused"}, False),
        ({"observed_at": AT - timedelta(days=366), "consent_phone": "refused"}, False),
        ({"observed_at": AT - timedelta(days=366), "opt_out": True}, False),
    ],
)
def test_who_is_past_their_time(values: dict[str, Any], expired: bool) -> None:
    kept, rejects = hold_back_expired(YEAR, hold_back, records(**values))
    assert kept.height == (not expired)
    assert rejects["reason_code"].to_list() == [REASON] * expired
    assert "eva@firma.de" not in str(rejects.to_dicts())


@given(st.lists(st.integers(0, 800), min_size=1, max_size=9))
def test_nobody_is_lost_or_counted_twice(ages: list[int]) -> None:
    told = pl.concat(
        records(source_record_id=str(n), observed_at=AT - timedelta(days=age)) for n, age in enumerate(ages)
    )
    kept, rejects = hold_back_expired(YEAR, hold_back, told)
    seen = [*kept["source_record_id"], *rejects["source_record_id"]]
    assert sorted(seen) == sorted(told["source_record_id"])


def test_each_source_says_for_itself(tmp_path: Path) -> None:
    (tmp_path / "fair.toml").write_text("retention_days = 365\n")
    (tmp_path / "web.toml").write_text('retention_days = "730 days"\n')
    (tmp_path / "partner.toml").write_text("retention_days = 30\nlegal_hold = true\n")
    (tmp_path / "form.toml").write_text('country = "AT"\n')
    (tmp_path / "broken.toml").write_text('retention_days = "two years"\n')
    assert read_retention(tmp_path, AT).since == {
        "fair": AT - timedelta(days=365),
        "web": AT - timedelta(days=730),
    }
    assert read_retention(tmp_path / "none", AT).since == {}
