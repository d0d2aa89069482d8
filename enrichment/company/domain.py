"""The internet domain of a lead's company: from the website, else from the mail domain.

Belongs here: a URL's registrable domain and which domains are no company's own. Does not belong here:
judging mail addresses (`enrichment/email`). Sources: the Public Suffix List, RFC 3986, IDNA 2008.
"""

from __future__ import annotations

import re
from functools import cache

import idna
import polars as pl
from tldextract import TLDExtract

from contracts.table import given_or_null
from engine.caches import keep_cells
from engine.word_lists import WordLists
from reference.countries import DATA
from reference.mail import disposable_domains, freemail_domains

_SCHEME = re.compile(r"(?i)^\s*(?:\w+:)?/*(?:[^/@\s]*@)?")
_HOST = re.compile(r"^[\w.-]+\.[\w-]{2,}$")
_PLAIN = r"^(?:https?://)?(?<host>(?:[a-z0-9-]+\.)*(?<domain>[a-z0-9-]+\.(?<ending>[a-z]{2,})))(?:/|$)"


def company_domain(records: pl.DataFrame) -> pl.Series:
    """The company's domain per record, Unicode form, null where neither website nor mail domain is its own.

    Args:
        records: `website` as received and `email_domain` (clean).

    Example:
        >>> records = pl.DataFrame({"website": ["https://www.huber.co.at/de", None], "email_domain": [None, "gmx.de"]})
        >>> company_domain(records).to_list()
        ['huber.co.at', None]
    """
    frame = records.select(given_or_null(records, ["website", "email_domain"]))
    texts = pl.concat([frame[column].alias("text") for column in ("website", "email_domain")]).drop_nulls().unique()
    own = own_domains(texts)
    return frame.select(
        pl.coalesce(
            pl.col(column).replace_strict(texts, own, default=None, return_dtype=pl.String)
            for column in ("website", "email_domain")
        ).alias("company_domain")
    ).to_series()


def own_domains(texts: pl.Series) -> pl.Series:
    """`own_domain` of each text: at once for plain hosts under a suffix that has none below it, else one by one."""
    endings, suffixes = _suffixes()
    found = texts.str.to_lowercase().str.extract_groups(_PLAIN).struct.unnest()
    shared = pl.Series(sorted(_shared())).implode()
    judged = found.select(
        domain=pl.when(~pl.col("host").is_in(shared) & ~pl.col("domain").is_in(shared)).then("domain"),
        plain=pl.col("ending").is_in(endings.implode())
        & ~pl.col("domain").is_in(suffixes.implode())
        & ~pl.col("host").str.contains("xn--", literal=True),
    )
    odd = (~judged["plain"].fill_null(False)).arg_true()
    return judged["domain"].scatter(odd, [own_domain(text) for text in texts.gather(odd)])


@keep_cells
def own_domain(text: str) -> str | None:
    """The registrable domain of a URL or host, None when many share it (freemail, social network, site builder)."""
    host = re.split(r"[/?#:\s,;]", _SCHEME.sub("", text.strip(), count=1), maxsplit=1)[0].strip(".").lower()
    if not _HOST.match(host):
        return None
    try:
        host = idna.decode(host) if "xn--" in host else idna.decode(idna.encode(host)) if not host.isascii() else host
    except idna.IDNAError:
        return None
    domain = _extract()(host).top_domain_under_public_suffix
    if not domain or domain in _shared() or host in _shared():
        return None
    return domain


@cache
def _shared() -> frozenset[str]:
    return frozenset(WordLists(DATA).lines("shared_site_domains.txt")) | freemail_domains() | disposable_domains()


@cache
def _suffixes() -> tuple[pl.Series, pl.Series]:
    """Public suffixes of one label, and the last two labels of the longer ones."""
    rules = set(_extract().tlds)
    longer = {".".join(rule.removeprefix("!").split(".")[-2:]) for rule in rules if "." in rule}
    return pl.Series(sorted(rule for rule in rules - longer if f"*.{rule}" not in longer)), pl.Series(sorted(longer))


@cache
def _extract() -> TLDExtract:
    return TLDExtract(suffix_list_urls=(), cache_dir=None)
