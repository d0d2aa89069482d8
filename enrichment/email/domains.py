"""Mail domains: whether one can exist, what kind it is, and which one was probably meant.

Belongs here: syntax, IDN, public suffixes, freemail and disposable domains, typing errors. Works on distinct domains.
Does not belong here: the part before the @ (`enrichment/email`), how near names are found
(`enrichment/email/near_names`), asking the name service (`enrichment/email/deliverability`). Sources: RFC 1123 and 5321
as email-validator reads them, IDNA 2008, the Public Suffix List, RFC 2606 and 6761 (reserved names).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cache
from typing import NamedTuple

import polars as pl
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from rapidfuzz.distance import OSA

from engine.caches import keep_few, keep_words
from enrichment.cells.first_true import first_true
from enrichment.email.near_names import nearest
from reference.mail import disposable_domains, freemail_domains, large_providers, public_suffixes, top_level_domains

_PLAIN = r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{0,62}[a-z]$"
# German letters in labels so short that their ASCII form fits, too.
_GERMAN = r"^(?:[a-z0-9äöüß](?:[a-z0-9äöüß-]{0,22}[a-z0-9äöüß])?\.)+[a-z]{2,24}$"
_LONGEST = 253  # signs of a domain in ASCII (RFC 1035, 2.3.4, as text)
_SURELY_SHORT = _LONGEST // 4  # a label of one umlaut, two bytes with its dot three, becomes `xn--4ca.`
_EXAMPLES = ("example.com", "example.net", "example.org")
_RESERVED = rf"(?:^|\.)(?:example|{'|'.join(map(re.escape, _EXAMPLES))})$"

# Top-level domains a typing error is likely to have been, likeliest first.
_MEANT = ("de", "com", "at", "ch", "net", "org", "eu", "info", "li", "fr", "it", "nl", "biz", "io")

# A name of its own below one of them, of 63 letters at most: nothing but a list tells more about it.
_USUAL = rf"^[a-z0-9]+(?:-[a-z0-9]+)*\.(?:{'|'.join(_MEANT)})$"
_LONGEST_LABEL = 63

# Mistaken beliefs about providers that are no typing errors.
_MISTAKEN = {"gmail.de": "gmail.com", "gmail.at": "gmail.com", "gmail.co": "gmail.com", "gmail.cm": "gmail.com"}
_MISTAKEN |= {f"gnx.{top}": f"gmx.{top}" for top in ("de", "net", "at", "ch")}  # the next key

# Verdicts a typing error may stand behind; typing errors of large providers are often registered as throw-away domains.
_DOUBTFUL = ("unknown_tld", "email_domain_incomplete", "public_suffix", "email_domain_syntax", "disposable_domain")

_TOP_TWICE = r"[^.]{2,}\.(?:de\.de|at\.at|ch\.ch|com\.com|net\.net)$"
# Cyrillic and Greek letters that look like Latin ones.
LOOKALIKES = str.maketrans("аеорсухіѕјһԁԛԝναοριτυ", "aeopcyxisjhdqwvaopitu")
_FOREIGN_LETTER = r"[\p{Cyrillic}\p{Greek}]"
_LONG_LABEL = 5  # a shorter name has too many honest neighbours


def judge_domains(domains: pl.Series, frequent: Collection[str]) -> pl.DataFrame:
    """Verdict per distinct domain.

    Args:
        domains: distinct lower-case domains, no nulls.
        frequent: domains seen often in this data set, Unicode form.

    Returns:
        Columns `domain` (as given), `name` (Unicode form, null where the syntax is broken), `reason`
        (reason code or null), `kind` (company, freemail, disposable), `meant` (the domain probably meant).
    """
    domain = pl.col("domain")
    usual = domain.str.contains(_USUAL) & (domain.str.len_bytes() <= _LONGEST_LABEL) & ~domain.is_in(_known())
    frame = pl.DataFrame({"domain": domains}).with_columns(usual=usual)
    closely = _judged_closely(frame.filter(~pl.col("usual"))["domain"])
    frame = frame.join(closely, on="domain", how="left", maintain_order="left").with_columns(
        name=pl.when("usual").then("domain").otherwise("name"),
        kind=pl.when("usual").then(pl.lit("company")).otherwise("kind"),
    )
    meant = pl.DataFrame(
        list(_meant(frame, frequent).items()), schema={"domain": pl.String, "meant": pl.String}, orient="row"
    )
    return frame.join(meant, on="domain", how="left", maintain_order="left").select(
        "domain", "name", "reason", "kind", "meant"
    )


@cache
def _known() -> pl.Series:
    """Domains of the usual shape that some list tells more about."""
    known = disposable_domains() | public_suffixes() | freemail_domains() | set(_EXAMPLES)
    return pl.Series(sorted(filter(re.compile(_USUAL).search, known)), dtype=pl.String).implode()


def _judged_closely(domains: pl.Series) -> pl.DataFrame:
    """Columns `domain`, `name`, `reason` and `kind` for domains of another than the usual shape and those on a list."""
    frame = pl.DataFrame({"domain": domains})
    plain = pl.col("domain").str.contains(_PLAIN) | pl.col("domain").str.contains(_GERMAN)
    plain &= ~pl.col("domain").str.contains("--", literal=True)
    plain &= pl.col("domain").str.len_bytes() <= _LONGEST
    # Sent in ASCII every label with other letters is longer: near the limit the library counts.
    foreign = pl.col("domain").str.len_bytes() != pl.col("domain").str.len_chars()
    plain &= ~foreign | (pl.col("domain").str.len_bytes() <= _SURELY_SHORT)
    reserved_by_law = pl.any_horizontal(
        (pl.col("domain") == name) | pl.col("domain").str.ends_with("." + name) for name in SPECIAL_USE_DOMAIN_NAMES
    )
    frame = frame.with_columns(plain=plain & ~reserved_by_law)
    odd = [(domain, *_by_library(domain)) for domain in frame.filter(~pl.col("plain"))["domain"]]
    schema = dict.fromkeys(("domain", "odd_name", "odd_reason"), pl.String)
    read = pl.DataFrame(odd, schema=schema, orient="row")
    frame = frame.join(read, on="domain", how="left", maintain_order="left")
    frame = frame.with_columns(name=pl.when("plain").then("domain").otherwise("odd_name"))
    name = pl.col("name")
    top = name.str.extract(r"([^.]+)$")
    parent = name.str.extract(r"\.([^.]+\.[^.]+)$")  # a throw-away service gives out names below its own
    disposable = name.is_in(_listed(disposable_domains)) | parent.is_in(_listed(disposable_domains)).fill_null(False)
    reason = first_true(
        (
            (name.is_null(), pl.col("odd_reason")),
            (name.str.contains(_RESERVED), "reserved_domain"),
            (~top.is_in(_listed(top_level_domains)), "unknown_tld"),
            (name.is_in(_listed(public_suffixes)), "public_suffix"),
            (disposable, "disposable_domain"),
        )
    )
    kind = first_true(((name.is_in(_listed(freemail_domains)), "freemail"), (disposable, "disposable")), "company")
    return frame.select("domain", "name", reason.alias("reason"), kind.alias("kind"))


@cache
def _listed(names: Callable[[], Collection[str]]) -> pl.Series:
    return pl.Series(sorted(names()), dtype=pl.String).implode()


@keep_words
def _by_library(domain: str) -> tuple[str | None, str | None]:
    """Unicode form by email-validator, or the reason why it is no domain."""
    if "." in domain:
        try:
            return validate_email(f"a@{domain}", check_deliverability=False).domain, None
        except EmailNotValidError:
            pass
    ascii_only = domain.rstrip(".")
    if any(ascii_only == name or ascii_only.endswith("." + name) for name in SPECIAL_USE_DOMAIN_NAMES):
        return None, "special_use_domain"
    if "." not in domain:
        return None, "email_domain_incomplete"
    return None, "email_domain_syntax"


class _Aims(NamedTuple):
    """What a mistyped domain may have been meant to be: any known one, or one long enough to be told by its letters."""

    known: frozenset[str]
    listed: pl.Series
    long: frozenset[str]


@keep_few
def _aims(frequent: frozenset[str]) -> _Aims:
    known = freemail_domains() | frequent
    long = frozenset(name for name in large_providers() | frequent if _long(name))
    return _Aims(known, pl.Series(sorted(known), dtype=pl.String).implode(), long)


def _meant(frame: pl.DataFrame, frequent: Collection[str]) -> dict[str, str]:
    """The domain probably meant, for those that look mistyped."""
    aims = _aims(frozenset(frequent))
    doubtful = pl.col("reason").is_null() | pl.col("reason").is_in(_DOUBTFUL)
    suspects = frame.filter(doubtful & ~pl.col("domain").is_in(aims.listed))
    meant = nearest(suspects["domain"], aims.long)
    unknown = suspects.filter(pl.col("reason") == "unknown_tld")["domain"]
    meant |= {domain: better for domain in unknown if (better := _other_top_level(domain, aims.known))}
    prefixed = suspects.filter(pl.col("domain").str.contains(r"^www\..*\."))["domain"]
    meant |= {domain: domain[4:] for domain in prefixed}
    twice = suspects.filter(pl.col("domain").str.contains(_TOP_TWICE))["domain"]
    meant |= {domain: domain.rpartition(".")[0] for domain in twice}
    foreign = suspects.filter(pl.col("name").str.contains(_FOREIGN_LETTER))["name"]
    meant |= {name: plain for name in foreign if (plain := name.translate(LOOKALIKES)).isascii()}
    short = _mistyped_short()
    return meant | {domain: short[domain] for domain in suspects.filter(pl.col("domain").is_in(list(short)))["domain"]}


def _long(domain: str) -> bool:
    return len(domain.partition(".")[0]) >= _LONG_LABEL


def _other_top_level(domain: str, known: Collection[str]) -> str | None:
    """The same domain under the top-level domain nearest to an unknown one, or cut short to it."""
    head, _, top = domain.rpartition(".")
    if not head:
        return None
    choices = [meant for meant in _MEANT if meant.startswith(top) or OSA.distance(top, meant, score_cutoff=1) <= 1]
    choices.sort(key=lambda meant: f"{head}.{meant}" not in known)  # stable: likeliest first
    return f"{head}.{choices[0]}" if choices else None


@cache
def _mistyped_short() -> dict[str, str]:
    """Errors that are told from honest neighbours even in short names: gxm.de, wbe.de, gmxde, gmail.de."""
    found: dict[str, str] = {}
    likeliest_last = sorted(large_providers(), key=lambda name: (name.endswith(".com"), name.endswith(".de"), name))
    for provider in likeliest_last:
        label, dot, top = provider.partition(".")
        found[label + top] = found[label] = provider
        for at in range(len(label) - 1) if not _long(provider) else ():
            found[label[:at] + label[at + 1] + label[at] + label[at + 2 :] + dot + top] = provider
    return {typo: meant for typo, meant in (found | _MISTAKEN).items() if typo not in freemail_domains()}
