"""Carried cells: what is said in the columns no rule of a field reads, fit to be published.

Belongs here: cells that say that there is nothing, pages that are no company's or person's own, the tags of a link
where a source has no column of its own for them. Does not belong here: fields with a folder of their own, which
record's value survives (`matching/golden/survivorship`).
"""

from __future__ import annotations

import polars as pl

from contracts.table import given_or_null
from enrichment.cells.distinct import ColumnRule
from enrichment.cells.placeholders import PLACEHOLDER
from enrichment.company.domain import own_domains
from enrichment.person.profile import profile

ORIGIN = ("lead_source", "campaign", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
"""How a lead came, as one record states it."""
FIRM = ("website", "industry", "employees")
"""What a record says of the company beside its name and place."""
CARRIED = (*ORIGIN, *FIRM, "linkedin_url", "interest", "note")
_TAGS = {"lead_source": "utm_source", "campaign": "utm_campaign"}


def carried(records: pl.DataFrame) -> list[pl.Series]:
    """The columns `CARRIED` of contracts.clean; those that are missing count as null.

    Example:
        >>> records = pl.DataFrame({"industry": ["Maschinenbau", "k.A."], "utm_source": ["google", None]})
        >>> pl.DataFrame(carried(records)).select("industry", "lead_source").rows()
        [('Maschinenbau', 'google'), (None, None)]
    """
    said = records.select(given_or_null(records, CARRIED)).select(_said(name) for name in CARRIED)
    said = said.with_columns(pl.coalesce(name, tag) for name, tag in _TAGS.items())
    return said.with_columns(_own(said["website"], own_domains), _own(said["linkedin_url"], profile)).get_columns()


def _said(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).str.contains(PLACEHOLDER)).then(name)


def _own(pages: pl.Series, own: ColumnRule) -> pl.Series:
    """The pages that are somebody's own, as they are written."""
    distinct = pages.drop_nulls().unique()
    return pages.set(~pages.is_in(distinct.filter(own(distinct).is_not_null()).implode()), None)
