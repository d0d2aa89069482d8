"""Deliverability: what the name service and returned mail say about addresses, as dated evidence.

Belongs here: asking for mail servers (opt-in, never SMTP), the cache of answers, and applying evidence to
verdicts. Does not belong here: syntax and kinds (`enrichment/email`). Sources: RFC 5321 section 5.1 (MX, else
the address record), RFC 7505 (null MX), RFC 2308 and 8020 (no such name), RFC 6761 (`invalid` never exists).

An answer is evidence with a date and a time to live; the newest wins. A name service that cannot find a
domain that surely exists, or finds one that surely does not, is not believed: every answer is `no_answer`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import idna
import polars as pl

from contracts.clean import MAIL_DOMAINS
from contracts.table import TIMESTAMP, Table
from engine.swap import swap
from enrichment.cells.evidence import Entry, merge_repairs, repairs

EVIDENCE = Table(
    "email_evidence",
    "What is known about the deliverability of an address or of a domain, one row per observation.",
    MAIL_DOMAINS.columns,
)

# Outcome: (status it means for the address, how long it may be relied on).
OUTCOMES: dict[str, tuple[str, timedelta]] = {
    "mail_server": ("valid", timedelta(days=30)),
    "null_mx": ("invalid", timedelta(days=30)),
    "no_mail_server": ("invalid", timedelta(days=7)),
    "no_such_domain": ("invalid", timedelta(days=7)),
    "no_answer": ("unknown", timedelta(hours=1)),
    "mailbox_accepted": ("valid", timedelta(days=90)),
    "mailbox_bounced": ("invalid", timedelta(days=180)),
    "accept_all": ("risky", timedelta(days=90)),
    "greylisted": ("unknown", timedelta(hours=4)),
}


@dataclass(frozen=True, slots=True)
class NameService:
    """Whom to ask and how hard.

    `nameservers` empty means the machine's own; `timeout` is seconds per domain in all; `canary` is a
    domain that surely receives mail.
    """

    nameservers: tuple[str, ...] = ()
    port: int = 53
    timeout: float = 5.0
    at_once: int = 64
    canary: str = "gmail.com"

    def resolver(self) -> dns.asyncresolver.Resolver:
        found = dns.asyncresolver.Resolver(configure=not self.nameservers)
        if self.nameservers:
            found.nameservers = list(self.nameservers)
        found.port = self.port
        found.lifetime = self.timeout
        found.timeout = min(self.timeout, 2.0)
        return found


@dataclass(slots=True)
class _Trial:
    """Domains still to ask, and the answers so far."""

    todo: Iterator[str]
    answers: dict[str, str] = field(default_factory=dict)


def check_domains(
    domains: Iterable[str], cache: Path, service: NameService = NameService(), *, now: datetime | None = None
) -> pl.DataFrame:
    """Evidence for mail domains: from the cache while it lasts, else from the name service.

    Args:
        domains: domains in Unicode form or punycode, lower case; duplicates and nulls are ignored.
        cache: Parquet file of EVIDENCE, created where missing, replaced as one.
        service: whom to ask.
        now: the present, for tests.

    Returns:
        EVIDENCE for the domains, one row each, sorted by subject.
    """
    now = now or datetime.now(UTC)
    wanted = sorted({domain for domain in domains if domain})
    known = pl.read_parquet(cache, glob=False) if cache.exists() else EVIDENCE.empty()
    fresh = newest(known, now)
    missing = sorted(set(wanted) - set(fresh["subject"]))
    if missing:
        answers = asyncio.run(_ask(missing, service))
        asked = EVIDENCE.conform(
            pl.DataFrame({"subject": list(answers), "outcome": list(answers.values())}).with_columns(
                pl.lit(now).alias("observed_at")
            )
        )
        fresh = newest(pl.concat([fresh, asked]), now)
        with swap(cache, private=True) as new:
            fresh.write_parquet(new)
    return fresh.filter(pl.col("subject").is_in(wanted)).sort("subject")


def newest(evidence: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The newest observation per subject that may still be relied on at `now`."""
    seen, present = pl.col("observed_at"), pl.lit(now).cast(TIMESTAMP)
    lasting = pl.col("outcome").replace_strict(
        {outcome: lasts for outcome, (_, lasts) in OUTCOMES.items()}, return_dtype=pl.Duration("us")
    )
    return (
        evidence.filter((seen + lasting > present) & (seen <= present))
        .sort("subject", "observed_at", "outcome", descending=[False, True, False])
        .unique("subject", keep="first", maintain_order=True)
    )


def apply_evidence(clean: pl.DataFrame, evidence: pl.DataFrame, *, now: datetime | None = None) -> pl.DataFrame:
    """Clean records with verdicts as the newest evidence has them.

    What is known of a mailbox outranks that its domain has a mail server; that the domain has none outranks
    all. Evidence never makes a broken address valid, nor a role or throw-away mailbox more than risky.

    Args:
        clean: has email, email_domain, email_status, email_reason and repairs of contracts.clean.
        evidence: EVIDENCE, of addresses and domains, in any order.
        now: the present, for tests.

    Returns:
        The same rows with email_status, email_reason and repairs brought up to date; each change is told
        with its outcome and date.
    """
    recent = newest(evidence, now or datetime.now(UTC))
    frame = clean.select("email", "email_domain", "email_status", "email_reason")
    for key, prefix in (("email", "box"), ("email_domain", "domain")):
        told = recent.rename({"subject": key, "outcome": f"{prefix}_outcome", "observed_at": f"{prefix}_at"})
        frame = frame.join(told, on=key, how="left", maintain_order="left")
    status_of = {outcome: status for outcome, (status, _) in OUTCOMES.items()}

    def status(outcome: pl.Expr) -> pl.Expr:
        return outcome.replace_strict(status_of, default=None, return_dtype=pl.String)

    dead = status(pl.col("domain_outcome")) == "invalid"
    by_domain = dead.fill_null(False) & (pl.col("box_at").is_null() | (pl.col("domain_at") >= pl.col("box_at")))
    by_domain |= pl.col("box_outcome").is_null()
    frame = frame.with_columns(
        pl.when(by_domain).then("domain_outcome").otherwise("box_outcome").alias("outcome"),
        pl.when(by_domain).then("domain_at").otherwise("box_at").alias("seen"),
    )
    meant = status(pl.col("outcome"))
    open_to_change = pl.col("email_status").is_in(["valid", "risky", "unknown"]) & meant.is_not_null()
    worse = (meant == "invalid") | ((pl.col("email_status") != "risky") & (meant != "valid"))
    better = (pl.col("email_status") == "unknown") & (meant == "valid")
    changed = open_to_change & (worse | better)
    frame = frame.with_columns(changed.fill_null(False).alias("changed"))
    entry = Entry(
        "email",
        pl.col("changed"),
        pl.format("{} {}", "outcome", pl.col("seen").dt.strftime("%Y-%m-%d")),
        pl.col("email"),
        pl.col("outcome"),
        "email_evidence",
    )
    return clean.with_columns(
        pl.when(frame["changed"]).then(frame.select(meant).to_series()).otherwise("email_status").alias("email_status"),
        pl.when(frame["changed"])
        .then(frame.select(pl.when(meant != "valid").then("outcome")).to_series())
        .otherwise("email_reason")
        .alias("email_reason"),
        merge_repairs([clean["repairs"], repairs(frame, [entry])]),
    )


async def _ask(domains: list[str], service: NameService) -> dict[str, str]:
    """Outcome per domain; all `no_answer` where the name service fails the canaries before or after."""
    resolver = service.resolver()
    if not await _trustworthy(resolver, service):
        return dict.fromkeys(domains, "no_answer")
    trial = _Trial(iter(domains))
    await asyncio.gather(*(_work(trial, resolver) for _ in range(min(service.at_once, len(domains)))))
    if not await _trustworthy(resolver, service):
        # What was found was there; what was not may only have been out of reach.
        return {domain: out if out == "mail_server" else "no_answer" for domain, out in sorted(trial.answers.items())}
    return dict(sorted(trial.answers.items()))


async def _work(trial: _Trial, resolver: dns.asyncresolver.Resolver) -> None:
    for domain in trial.todo:
        trial.answers[domain] = await _outcome(domain, resolver)


async def _trustworthy(resolver: dns.asyncresolver.Resolver, service: NameService) -> bool:
    there = await _outcome(service.canary, resolver)
    return there == "mail_server" and await _outcome("no-such-name.invalid", resolver) == "no_such_domain"


async def _outcome(domain: str, resolver: dns.asyncresolver.Resolver) -> str:
    try:
        name = dns.name.from_text(idna.encode(domain, uts46=True).decode("ascii") + ".")
    except (idna.IDNAError, dns.exception.DNSException, UnicodeError):
        return "no_such_domain"
    try:
        answer = await resolver.resolve(name, "MX")
    except dns.resolver.NXDOMAIN:
        return "no_such_domain"
    except dns.resolver.NoAnswer:
        return await _address(name, resolver)
    except (dns.exception.DNSException, OSError):
        return "no_answer"
    exchanges = [record.exchange for record in answer]
    return "null_mx" if exchanges == [dns.name.root] else "mail_server"


async def _address(name: dns.name.Name, resolver: dns.asyncresolver.Resolver) -> str:
    """Without MX, mail goes to the address of the domain itself."""
    for kind in ("A", "AAAA"):
        try:
            await resolver.resolve(name, kind)
        except dns.resolver.NXDOMAIN:
            return "no_such_domain"
        except dns.resolver.NoAnswer:
            continue
        except (dns.exception.DNSException, OSError):
            return "no_answer"
        return "mail_server"
    return "no_mail_server"
