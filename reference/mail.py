"""What is known of mailboxes and mail domains: roles, freemail, disposable, public suffixes.

Belongs here: loading the lists. Does not belong here: judging an address (`enrichment/email`).
Sources: `role_mailboxes.txt` and `freemail_domains.txt` by hand; disposable domains from the package
disposable-email-domains (CC0); public suffixes from the Mozilla Public Suffix List (MPL 2.0) as
packaged with tldextract, without any download.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from disposable_email_domains import blocklist

from engine.word_lists import WordLists

_LISTS = WordLists(Path(__file__).parent / "data")


@cache
def freemail_domains() -> frozenset[str]:
    """Domains of freemail and access providers, lower case."""
    return frozenset(line.rstrip("*") for line in _LISTS.lines("freemail_domains.txt"))


@cache
def large_providers() -> frozenset[str]:
    """The freemail domains so large that a domain one letter away is likely a typing error."""
    return frozenset(line[:-1] for line in _LISTS.lines("freemail_domains.txt") if line.endswith("*"))


@cache
def role_mailboxes() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Role names before the @: those that stand alone, those that may go on (einkauf-sued), ends of compounds."""
    lines = _LISTS.lines("role_mailboxes.txt")
    names = [line for line in lines if not line.startswith("*")]
    return (
        frozenset(name.rstrip("*") for name in names),
        frozenset(name[:-1] for name in names if name.endswith("*")),
        frozenset(line[1:] for line in lines if line.startswith("*")),
    )


@cache
def disposable_domains() -> frozenset[str]:
    """Domains of throw-away mailboxes, lower case."""
    return frozenset(blocklist)


@cache
def public_suffixes() -> frozenset[str]:
    """Public suffixes run by registries (co.uk, de), lower case, Unicode form and punycode both."""
    package = find_spec("tldextract")  # not imported: it brings an HTTP client along
    assert package is not None and package.origin is not None
    text = Path(package.origin).with_name(".tld_set_snapshot").read_text(encoding="utf-8")
    lines = text.partition("// ===BEGIN PRIVATE DOMAINS===")[0].splitlines()
    suffixes = {line.strip().lstrip("*!.") for line in lines if line.strip() and not line.startswith("//")}
    return frozenset(suffixes | {_in_ascii(suffix) for suffix in suffixes if not suffix.isascii()})


@cache
def top_level_domains() -> frozenset[str]:
    """Top-level domains that exist, lower case, Unicode form and punycode both."""
    return frozenset(suffix.rpartition(".")[2] for suffix in public_suffixes())


def _in_ascii(domain: str) -> str:
    """A domain that is normalised already, in the letters the name servers use."""
    labels = domain.split(".")
    return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)
