"""E-mail addresses: repaired where certain, judged, suggested where a typing error is likely.

Belongs here: verdict of an address, role and freemail kinds, the primary among several addresses.
Does not belong here: reading a cell (`enrichment/email/reading`), domains (`enrichment/email/domains`),
the name service (`enrichment/email/deliverability`). Sources: RFC 5321/5322/6531 as email-validator reads them,
RFC 2142 (role mailboxes). A typing error is suggested, never applied; the local part is folded to lower
case, because no provider in use tells addresses apart by case.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

import polars as pl

from contracts.table import given_or_null
from engine.word_lists import alternatives
from enrichment.cells.evidence import Entry, evidence_of, repairs_at
from enrichment.cells.first_true import first_true
from enrichment.cells.long_form import lists_per_record, one_per_record
from enrichment.cells.word_lists import by_kind
from enrichment.email.bounces import bounced
from enrichment.email.domains import LOOKALIKES, judge_domains
from enrichment.email.notation import SAID_DEAD
from enrichment.email.reading import written
from reference.letters import SPELT_OUT
from reference.mail import role_mailboxes

CELLS = ("email", "email_2", "email_3")
_NAMES = ("given_name", "family_name", "full_name")

OFTEN = 10  # records from which a domain counts as seen often in a data set
MOST_FREQUENT = 20_000  # domains; bounds the search for typing errors

_WORDS = by_kind("email_words.csv")


def _local(*kinds: str) -> str:
    """Any of the words of these kinds, as they are written before the @."""
    return alternatives(word for kind in kinds for word in _WORDS[kind]).replace(r"\s+", "[-._]?")


_NO_REPLY = rf"^{_local('no_reply')}\b"
_INVENTED = rf"^{_local('invented', 'invented_mailbox')}[0-9]*$"
"""What nobody is called and no department either: invented or a template, whatever the domain."""
_ENCAPSULATED = rf"^{_local('encapsulated')}[a-z0-9]*[-_=]|^/?o=.*/cn="
"""A mailbox by its name in a directory (X.500), as Exchange writes it into an address: nobody can write to it."""
_NATIONS = _WORDS["nation"]
_TAIL = 4  # letters by which ends of compound words are looked for
_DUMMY = _local("invented", "dummy")
_DUMMY_LOCAL = rf"^(?:{_DUMMY}[0-9]*|x+|a+|[0-9]{{1,4}}|{_local('dummy_short')})$"
_DUMMY_DOMAIN = (
    rf"^(?:{_local('invented', 'dummy', 'dummy_domain')}[0-9]*|x+|a+|b|[0-9]{{1,4}}|{_local('dummy_short')})\."
)

_INVALID = (
    "unknown_tld",
    "public_suffix",
    "placeholder_address",
    "special_use_domain",
    "email_domain_syntax",
    "email_domain_incomplete",
    "email_encapsulated",
)
_LOOKALIKES = {chr(letter): chr(plain) for letter, plain in LOOKALIKES.items()}


def clean_email(records: pl.DataFrame, *, frequent_domains: Collection[str] = ()) -> pl.DataFrame:
    """E-mail columns of contracts.clean for raw records.

    Args:
        records: email, email_2, email_3, given_name, family_name and full_name of contracts.raw, and the cells in
            which a bounce may be stated (`bounces.SAYS_SO`); missing columns count as empty.
        frequent_domains: domains seen often in the whole data set (see `frequent_domains`).

    Returns:
        The EMAIL columns of contracts.clean and `repairs`, same rows in the same order.

    Example:
        >>> cells = ["Anna.Klein (at) Firma-Nord.de", "j.may@gmial.com", "info@huber.at", "keine"]
        >>> found = clean_email(pl.DataFrame({"email": cells}))
        >>> found.select("email", "email_status", "email_reason", "email_suggestion")
        shape: (4, 4)
        ┌──────────────────────────┬──────────────┬───────────────────┬──────────────────┐
        │ email                    ┆ email_status ┆ email_reason      ┆ email_suggestion │
        │ ---                      ┆ ---          ┆ ---               ┆ ---              │
        │ str                      ┆ str          ┆ str               ┆ str              │
        ╞══════════════════════════╪══════════════╪═══════════════════╪══════════════════╡
        │ anna.klein@firma-nord.de ┆ valid        ┆ null              ┆ null             │
        │ j.may@gmial.com          ┆ risky        ┆ typo_suspected    ┆ j.may@gmail.com  │
        │ info@huber.at            ┆ risky        ┆ role_mailbox      ┆ null             │
        │ null                     ┆ missing      ┆ email_placeholder ┆ null             │
        └──────────────────────────┴──────────────┴───────────────────┴──────────────────┘
    """
    rows = records.select(given_or_null(records, [*CELLS, *_NAMES]))
    addresses = _judged(_said_to_bounce(written(_cells(rows)), records), frequent_domains)
    return _assigned(rows, addresses)


def frequent_domains(raw_emails: pl.Series | pl.LazyFrame) -> frozenset[str]:
    """Domains that occur often enough in this data set to be what a rare neighbour was meant to be.

    Args:
        raw_emails: e-mail cells as received, or a lazy frame of such columns.
    """
    frame = raw_emails.to_frame().lazy() if isinstance(raw_emails, pl.Series) else raw_emails
    value = pl.col("value")
    counts = (
        frame.unpivot()
        .group_by(behind=value.str.slice(value.str.find("@", literal=True)))
        .len()
        .select("len", domain=pl.col("behind").str.to_lowercase().str.extract(r"@([a-z0-9äöüß.-]+\.[a-z]{2,})"))
        .drop_nulls()
        .group_by("domain")
        .agg(pl.col("len").sum())
        .filter(pl.col("len") >= OFTEN)
        .sort("len", "domain", descending=[True, False])
        .head(MOST_FREQUENT)
        .collect(engine="streaming")  # of ten million cells no more stands in memory than their domains
    )
    return frozenset(counts["domain"])


def _cells(rows: pl.DataFrame) -> pl.DataFrame:
    """Filled cells in long form: row, cell (position in CELLS), text."""
    rows = rows.with_row_index("row")
    parts = [
        rows.lazy()
        .filter(pl.col(cell).is_not_null())
        .select("row", pl.lit(index, pl.UInt8).alias("cell"), pl.col(cell).alias("text"))
        for index, cell in enumerate(CELLS)
    ]
    return pl.concat(parts).collect()


def _said_to_bounce(addresses: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """The first cell's addresses of records whose list says that mail came back are said to be dead."""
    rows = bounced(records).arg_true()
    if not len(rows):
        return addresses
    said = pl.col("row").is_in(rows.implode()) & (pl.col("cell") == 0) & pl.col("address").is_not_null()
    return addresses.with_columns(rule=pl.when(said).then(pl.lit(SAID_DEAD)).otherwise("rule"))


def _judged(addresses: pl.DataFrame, frequent: Collection[str]) -> pl.DataFrame:
    """Adds value (null where invalid), domain, kind, status, reason and suggestion to each address."""
    parts = pl.col("address").str.splitn("@", 2).struct
    addresses = addresses.with_columns(parts["field_0"].alias("local"), parts["field_1"].alias("domain"))
    domains = judge_domains(addresses["domain"].drop_nulls().unique(maintain_order=True), frequent)
    addresses = addresses.join(
        domains.rename({"reason": "domain_reason", "kind": "domain_kind"}),
        on="domain",
        how="left",
        maintain_order="left",
    )
    local = pl.col("local")
    usual = (
        ~local.str.contains(_telling())
        & ~local.str.tail(_TAIL).is_in(sorted({end[-_TAIL:] for end in role_mailboxes()[2]}))
        & (local.str.len_bytes() == local.str.len_chars())
        & (pl.col("domain") == pl.col("name"))
        & pl.col("domain_reason").is_null()
        & pl.col("meant").is_null()
        & (pl.col("rule").fill_null("") != SAID_DEAD)
    )
    addresses = addresses.with_columns(usual=usual.fill_null(False))
    valid = addresses.filter("usual").with_columns(
        reason=pl.lit(None, pl.String), kind="domain_kind", status=pl.lit("valid"), value="address"
    )
    return pl.concat([valid, _judged_closely(addresses.filter(~pl.col("usual")))])


@cache
def _telling() -> str:
    """Local parts that may say more than a person's name: every one the rules below know begins like this."""
    alone, continued, _ = role_mailboxes()
    roles = "|".join(map(re.escape, sorted(alone | continued)))
    begins = rf"^(?:(?:{'|'.join(_NATIONS)}|www)\.|(?:{roles})(?:[0-9._+-]|$))"
    return "|".join((_INVENTED, _ENCAPSULATED, _DUMMY_LOCAL, _NO_REPLY, begins))


def _judged_closely(addresses: pl.DataFrame) -> pl.DataFrame:
    """Addresses with a telling local part or domain: adds reason, kind, status and value, and a suggestion."""
    local = pl.col("local")
    invented = local.str.contains(_INVENTED).fill_null(False)
    role = is_role_mailbox(local) | invented  # nobody's own mailbox either
    made_up = local.str.contains(_DUMMY_LOCAL) | invented
    dummy = (made_up & pl.col("name").str.contains(_DUMMY_DOMAIN)) | (
        local.str.contains(rf"^{_DUMMY}$")
        & ((pl.col("domain_kind") == "freemail") | (pl.col("domain_reason") == "reserved_domain"))
    )
    prefixed = local.str.starts_with("www.")
    foreign = local.str.len_bytes() != local.str.len_chars()
    meant, rule = pl.col("meant"), pl.col("rule")
    domain_reason, disposable = pl.col("domain_reason"), pl.col("domain_reason") == "disposable_domain"
    reason = first_true(
        (
            (pl.col("problem").is_not_null(), pl.col("problem")),
            (local.str.contains(_ENCAPSULATED), "email_encapsulated"),
            (dummy, "placeholder_address"),
            (meant.is_not_null() & disposable, "typo_suspected"),
            (domain_reason.is_not_null(), domain_reason),
            (meant.is_not_null() | prefixed, "typo_suspected"),
            (rule == SAID_DEAD, rule),
            (foreign, "umlaut_in_local_part"),
            (local.str.contains(_NO_REPLY), "no_reply_mailbox"),
            (invented, "invented_mailbox"),
            (role, "role_mailbox"),
        )
    )
    plain = SPELT_OUT.column(local.str.replace_many(_LOOKALIKES))
    ascii_local = pl.when(plain.str.len_bytes() == plain.str.len_chars()).then(plain).otherwise(local)
    # gmial.com is squatted by a disposable service; the person meant gmail.com
    squatted = meant.is_not_null() & (pl.col("domain_kind") == "disposable")
    suggestion = first_true(
        (
            (dummy, None),
            (meant.is_not_null(), local + "@" + meant),
            (prefixed, local.str.slice(4) + "@" + pl.col("name")),
            (foreign & (ascii_local != local), ascii_local + "@" + pl.col("name")),
        ),
        pl.col("suggestion"),
    )
    addresses = addresses.with_columns(
        reason=reason,
        kind=first_true(((role, "role"), (squatted, "freemail")), pl.col("domain_kind")),
        suggestion=suggestion,
    )
    invalid = pl.col("reason").is_in(_INVALID) | pl.col("problem").is_not_null()
    status = first_true(
        (
            (pl.col("reason") == "email_placeholder", "missing"),
            (invalid, "invalid"),
            (pl.col("reason").is_not_null(), "risky"),
        ),
        "valid",
    )
    return addresses.with_columns(
        status.alias("status"), pl.when(~invalid.fill_null(False)).then(local + "@" + pl.col("name")).alias("value")
    )


def is_role_mailbox(local: pl.Expr) -> pl.Expr:
    """Whether the part before the @ names an office or a team, not a person."""
    alone, continued, ends = role_mailboxes()
    first = local.str.extract(r"^([^0-9._+-]+)[0-9._+-]")
    # Two letters and a dot are initials unless a role follows: `it.mueller`, but `it.support`.
    rest = pl.when(local.str.contains(r"^\pL\pL\.")).then(local.str.slice(3))
    initials = rest.str.contains(r"^\pL{3,}") & ~rest.is_in(sorted(alone))
    national = local.str.head(2).is_in(list(_NATIONS)) & rest.is_in(sorted(alone))  # `de.sales`
    compound = local.str.contains(rf"^[^._+]{{3,}}(?:{'|'.join(sorted(ends))})$")
    named = first.is_in(sorted(continued)) & ~initials.fill_null(False)
    return local.is_in(sorted(alone)) | named | national.fill_null(False) | compound.fill_null(False)


def _assigned(rows: pl.DataFrame, addresses: pl.DataFrame) -> pl.DataFrame:
    """The primary and the other addresses of each record."""
    rank = pl.col("status").replace_strict({"valid": 0, "risky": 0, "invalid": 2, "missing": 3}, return_dtype=pl.UInt8)
    shared = addresses["row"].is_duplicated()
    several = addresses.filter(shared)
    match = _name_match(several.filter(pl.col("value").is_not_null()), rows)
    doubtful = pl.col("reason").is_not_null() & pl.col("value").is_not_null()
    several = (
        several.join(match, on=["row", "cell", "part"], how="left", maintain_order="left")
        .with_columns(rank.alias("rank"), pl.col("match").fill_null(0), doubtful.alias("doubtful"))
        .sort("row", "rank", "match", "doubtful", "cell", "part", descending=[False, False, True, False, False, False])
    )
    told = ("row", "value", "status", "reason", "suggestion", "kind", "name")
    best = several.unique("row", keep="first", maintain_order=True).select(told)
    primary = one_per_record(pl.concat([addresses.filter(~shared).select(told), best]), rows.height)
    spare = (
        several.filter(pl.col("value").is_not_null())
        .join(best, on=["row", "value"], how="anti", maintain_order="left")
        .sort("row", "cell", "part")
    )
    return pl.DataFrame(
        [
            primary["value"].alias("email"),
            primary["status"].fill_null("missing").alias("email_status"),
            primary["reason"].alias("email_reason"),
            primary["suggestion"].alias("email_suggestion"),
            primary.select(pl.when(pl.col("value").is_not_null()).then("kind"))["kind"].alias("email_kind"),
            primary.select(pl.when(pl.col("value").is_not_null()).then("name"))["name"].alias("email_domain"),
            lists_per_record(spare, "value", rows.height).alias("other_emails"),
            _evidence(rows.height, addresses),
        ]
    )


def _name_match(several: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """How well each address fits the record's name: 6 both names, 4 family name, 2 given name; 1 more with the initial.

    The initial counts where nothing else stands beside the family name: `kvogt`, `vogt.k`.
    """
    frame = pl.concat(
        [several.select("row", "cell", "part", "local"), rows.select(_NAMES)[several["row"]]], how="horizontal"
    )
    parts = pl.concat_str([pl.col(name).fill_null("") for name in _NAMES], separator=" ").alias("words")
    words = (
        frame.with_columns(parts)
        .with_columns(SPELT_OUT.column(pl.col(name)) for name in ("words", "local", "given_name", "family_name"))
        .with_columns(
            pl.col("words").str.extract_all(r"[a-z]{2,}"),
            family=pl.col("family_name").fill_null("").str.extract_all(r"[a-z]{3,}"),
        )
        .with_columns(initial=_initialled(pl.col("given_name"), pl.col("family_name"), pl.col("local")))
        .with_row_index("at")
    )
    hits = (
        words.select("at", "local", "words", "family")
        .explode("words")
        .filter(pl.col("local").str.contains(pl.col("words"), literal=True))
        .unique(["at", "words"])
        .with_columns(pl.when(pl.col("family").list.contains(pl.col("words"))).then(4).otherwise(2).alias("weight"))
        .group_by("at")
        .agg(pl.col("weight").sum().alias("match"))
    )
    return words.join(hits, on="at", how="left", maintain_order="left").select(
        "row",
        "cell",
        "part",
        (pl.col("match").fill_null(0) + pl.col("initial").fill_null(0)).cast(pl.Int32).alias("match"),
    )


def _initialled(given: pl.Expr, family: pl.Expr, local: pl.Expr) -> pl.Expr:
    """1 where the local part is the family name with the initial of the given name, in either order; all folded."""
    letters = local.str.replace_all("[^a-z]", "")
    name = family.str.replace_all("[^a-z]", "")
    initial = given.str.extract("([a-z])")
    return ((letters == initial + name) | (letters == name + initial)).cast(pl.Int32)


def _evidence(height: int, addresses: pl.DataFrame) -> pl.Series:
    """Repairs: what was undone to read an address, what was judged or held back, what was split off."""
    undone = (pl.col("rule") != pl.col("reason")).fill_null(pl.col("rule").is_not_null())
    kinds = [
        (undone & pl.col("value").is_not_null(), pl.col("rule"), "email_notation"),
        (pl.col("reason").is_not_null(), pl.col("reason"), "email_verdict"),
    ]
    entries = [Entry("email", when, pl.col("text"), pl.col("value"), reason, rule) for when, reason, rule in kinds]
    told = addresses.filter(pl.any_horizontal(entry.when for entry in entries)).sort("row", "cell", "part")
    return repairs_at(evidence_of(told, entries), height)
