"""Profiles: a person's page in a business network, however its address is written.

Belongs here: one text for all notations of a page, company pages told apart. Does not belong here: whose page it is
(`matching`).
"""

from __future__ import annotations

import polars as pl

_COMPANY_PAGE = r"/(?:company|companies|school|showcase|organization|unternehmen|groups?)(?:/|$)"


def profile(url: pl.Series) -> pl.Series:
    """The page without scheme, country, query and end; null for a company's page, which is nobody's own."""
    bare = url.str.to_lowercase().str.replace(r"^\s*(?:https?://)?(?:www\.|m\.)?", "")
    page = bare.str.replace(r"[?#].*$", "").str.strip_chars_end("/ ").str.replace(r"^[a-z]{2}\.linkedin\.", "linkedin.")
    own = page.str.contains(r"[^/]/[^/]") & ~page.str.contains(_COMPANY_PAGE)
    return page.to_frame("page").select(pl.when(own).then("page")).to_series()
