"""Small inboxes for the tests of matching: read from CSV, or drawn with a known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

HERE = Path(__file__).parent

GIVEN = ["Anna", "Bernd", "Clara", "Dirk", "Eva", "Frank", "Gerda", "Heinz", "Ilse", "Jens", "Karin", "Lothar"]
FAMILY = ["Ahlers", "Brandl", "Clasen", "Dombrowski", "Ebner", "Fiedler", "Grabner", "Huber", "Imhof", "Jost", "Kolb"]


def people() -> pl.DataFrame:
    """The cases of people.csv, domains filled in from the mailboxes."""
    frame = pl.read_csv(HERE / "people.csv", infer_schema=False)
    domain = pl.col("email").str.split("@").list.last()
    return frame.with_columns(
        email_domain=domain, company_domain=pl.when(pl.col("email_kind") == "company").then(domain)
    )


def drawn(n: int, seed: int) -> pl.DataFrame:
    """`n` records of about three quarters as many people, with column `person`; sorted as the pipeline sorts."""
    draw = np.random.default_rng(seed)
    people = max(n * 3 // 4, 1)
    rows = []
    for k in range(n):
        person = int(draw.integers(0, people))
        own = np.random.default_rng(1000 + person)
        given, family = str(own.choice(GIVEN)), str(own.choice(FAMILY)) + "abcdefghij"[person % 10]
        firm, mobile = int(own.integers(0, people // 6 + 1)), int(own.integers(10**6, 10**7))
        mail = f"{given}.{family}@firma{firm}.de".lower()
        slip = family[:2] + family[3:] if draw.random() < 0.1 else family
        rows.append(
            {
                "source": str(draw.choice(["fair", "web"])),
                "source_record_id": f"{k:05d}",
                "person": person,
                "given_name": given if draw.random() > 0.1 else f"{given[0]}.",
                "family_name": slip,
                "email": mail if draw.random() < 0.6 else None,
                "email_kind": "company",
                "email_domain": f"firma{firm}.de",
                "mobile": f"+49151{mobile}" if draw.random() < 0.5 else None,
                "company_key": f"firma {firm}" if draw.random() < 0.9 else None,
                "postcode": str(10_000 + firm),
                "city": f"ort {firm % 7}",
            }
        )
    return pl.DataFrame(rows).sort("source", "source_record_id")
