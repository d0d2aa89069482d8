"""Mail evidence: returned mail and earlier checks that a home keeps about addresses.

Belongs here: reading `mail_evidence.csv`. Does not belong here: asking the name service or applying evidence
(`enrichment/email/deliverability`).

The file has the columns subject (an address or a domain), outcome (a key of `deliverability.OUTCOMES`, such as
mailbox_bounced) and observed_at (ISO 8601; UTC where no zone is given), one row per observation, in any order.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from engine.table_file import read_table
from enrichment.email.deliverability import EVIDENCE, OUTCOMES


def read_mail_evidence(path: Path) -> pl.DataFrame:
    """The observations of the file as EVIDENCE; an empty table where there is no file.

    Raises:
        ValueError: a column is missing, a row has too many cells, an outcome is unknown or a time unreadable; names
            file, row and remedy.
    """
    rows = read_table(path, tuple(EVIDENCE.names))
    text = (
        pl.col("observed_at").str.strip_chars().str.replace(r"([+-]\d\d):?(\d\d)$", "$1$2").str.replace(r"Z$", "+0000")
    )
    zoned = (
        pl.when(text.str.contains(r"[+-]\d{4}$") & text.str.contains("T|:"))
        .then(text)
        .otherwise(pl.when(text.str.contains(":")).then(text + "+0000").otherwise(text + "T00:00:00+0000"))
    )
    read = rows.with_columns(
        subject=pl.col("subject").str.strip_chars().str.to_lowercase(),
        observed_at=zoned.str.replace(" ", "T").str.to_datetime("%Y-%m-%dT%H:%M:%S%z", strict=False, time_unit="us"),
    )
    for row, (outcome, at) in enumerate(read.select("outcome", "observed_at").iter_rows(), start=2):
        if outcome not in OUTCOMES:
            raise ValueError(f"{path}, row {row}: {outcome!r} is no outcome; use one of {', '.join(OUTCOMES)}")
        if at is None:
            raise ValueError(f"{path}, row {row}: observed_at is not a time; write it like 2026-05-01T08:30:00Z")
    return EVIDENCE.conform(read.select(EVIDENCE.names))
