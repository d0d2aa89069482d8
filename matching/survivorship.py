"""Survivorship: which value of a person's records becomes the golden lead's.

Belongs here: the declared rules per field (`SURVIVORSHIP`, a table to be read), the golden leads they give
and the provenance of every value. Does not belong here: who is the same person (`matching` clustering),
ids (`matching.identity`), what sales may use (`publishing.tables`).
The ideas follow Bleiholder & Naumann, "Data Fusion" (ACM Computing Surveys 2008): conflict resolution by
declared preference, never by mixing parts of one value.

How a rule decides: records that may give the value are ranked by the rule's keys, first key first; what is
still equal goes to the newest evidence, then offline before online, then source and record id. So a newer
but empty or invalid value never displaces an older valid one, and the order of the input does not matter.
A *block* is taken from one record as a whole. Names and places are decided in two steps: which name or place
(the keys), then its fullest statement among the records that agree with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from contracts.published import FIELD_PROVENANCE, LEADS
from contracts.table import Column, Table, text
from engine.workers import in_threads
from matching.customer_numbers import our_customer_number
from matching.phonetics import cologne

Rows = npt.NDArray[np.int64]  # per lead: row of the record that won, -1 for none
Ranks = npt.NDArray[np.int64]  # per record: 0 is best, -1 stands aside

_NICKNAMES = Path(__file__).parent / "data" / "nicknames.csv"

_CLEAN_TEXTS = (
    *("source", "channel", "source_record_id", "salutation", "academic_title", "given_name", "family_name"),
    *("name_status", "email", "email_status", "email_kind", "phone", "phone_extension", "phone_status"),
    *("mobile", "mobile_status", "street", "house_number", "postcode", "city", "region", "country"),
    *("address_status", "company_key", "company_status", "department", "job_title", "ip_status", "ip_country"),
    *("ip_city", "ip_network", "ip_network_kind", "language", "language_stated", "consent_email"),
    *("consent_phone", "customer_no", "device", "company_domain"),
)

GOLDEN = Table(
    "golden_leads",
    "One row per lead: the surviving values, and what `publishing` needs to judge the lead. Sorted by lead_id.",
    (
        *(
            column
            for column in LEADS.columns
            if column.name
            not in {
                *("account_id", "seniority", "buying_role", "publishable", "block_reasons"),
                *("content_hash", "updated_at", "run_id"),
            }
        ),
        Column("employment_record", pl.UInt32, "Record that states the current employer; null for none"),
        text("name_status", "contracts.statuses.NAME of the surviving name, else of the best record"),
        text("email_kind", "company, freemail, role or disposable, of the surviving address"),
        text("company_status", "contracts.statuses.COMPANY of the current employer, else none or missing"),
        text("company_domain", "Company domain of the current employer, else of the surviving address's record"),
        Column("opted_out", pl.Boolean, "True when any record objects to being contacted at all", nullable=False),
        Column("is_customer", pl.Boolean, "True when any record carries a customer number of ours", nullable=False),
        Column("is_bot", pl.Boolean, "True when every record came from a bot", nullable=False),
    ),
    key=("lead_id",),
)


@dataclass(frozen=True, slots=True)
class Key:
    """One ranking key: the smaller the better, below `size`."""

    name: str
    rank: pl.Expr
    size: int


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field, or one block of fields, survives.

    `fields` are the golden columns taken together from the winning record, `may` says which records may
    give them, `ranking` which one wins before the common tie-breaks. Where `agrees` is given, the winner
    only settles which name or place it is; the value then comes from the best-ranked record by `fullest`
    among those whose `guide` column agrees with the winner's.
    """

    name: str
    fields: tuple[str, ...]
    may: pl.Expr
    ranking: tuple[Key, ...]
    why: str
    guide: str = ""
    agrees: Callable[[pl.Expr, pl.Expr], pl.Expr] | None = None
    fullest: tuple[Key, ...] = ()
    carried: tuple[str, ...] = ()  # verdicts that travel with the value


def _steps(column: str, *steps: tuple[str, ...]) -> Key:
    """A key that ranks a column's words in the order of `steps`; anything else comes last."""
    places = {word: place for place, words in enumerate(steps) for word in words}
    rank = pl.col(column).replace_strict(places, default=len(steps), return_dtype=pl.Int64)
    return Key(f"{column}: {' > '.join(' = '.join(words) for words in steps)}", rank, len(steps) + 1)


def _first(name: str, condition: pl.Expr) -> Key:
    """A key that puts the records where `condition` is true first."""
    return Key(name, (~condition.fill_null(False)).cast(pl.Int64), 2)


def _fold(name: pl.Expr) -> pl.Expr:
    """A name without case, marks and transliteration: Müller, Mueller, MULLER and Muller are one."""
    folded = name.str.to_lowercase().str.replace_all("ß", "ss").str.normalize("NFKD")
    for pattern, plain in ((r"\p{M}", ""), ("ae", "a"), ("oe", "o"), ("ue", "u"), (r"[^\p{L}]+", " ")):
        folded = folded.str.replace_all(pattern, plain)
    return folded.str.strip_chars()


def _is_initials(name: pl.Expr) -> pl.Expr:
    """`H.`, `H`, `H.-P.`, `HP`, `H. P.`: one letter a word with dots, or one or two capitals."""
    return name.str.contains(r"^(\p{L}\.[\s-]*)+$") | name.str.contains(r"^(\p{Lu}[\s-]*){1,2}$")


def _same_fold(mine: pl.Expr, winner: pl.Expr) -> pl.Expr:
    return _fold(mine) == _fold(winner)


def _fuller_given(mine: pl.Expr, winner: pl.Expr) -> pl.Expr:
    """Another spelling or a fuller form: `H.`, `HP`, `Hans` are `Hans-Peter`, `Alex` `Alexander`, `Uli` `Ulrich`."""
    words, other_words = _fold(mine), _fold(winner)
    letters, other_letters = words.str.replace_all(" ", ""), other_words.str.replace_all(" ", "")
    initials = words.str.replace_all(r"(\p{L})\p{L}*\s*", "$1")
    more_words = (" " + words + " ").str.contains(" " + other_words + " ", literal=True)
    longer = letters.str.starts_with(other_letters) & (letters.str.len_chars() >= other_letters.str.len_chars() + 3)
    spelt_out = _is_initials(winner) & initials.str.starts_with(other_letters)
    nickname = (words + "|" + other_words).is_in(_nicknames())
    return more_words | longer | spelt_out | nickname | (letters == other_letters)


@cache
def _nicknames() -> list[str]:
    """Pairs of folded names that may be one person's, as `ulrich|uli`, both ways."""
    table = pl.read_csv(_NICKNAMES).select("group", name=_fold(pl.col("name")))
    pairs = table.join(table, on="group").filter(pl.col("name") != pl.col("name_right"))
    return pairs.select(pl.col("name") + "|" + pl.col("name_right")).unique().to_series().to_list()


@cache
def _short_forms() -> list[str]:
    """Folded names that stand for a fuller one: Schorsch for Georg; none sounds like the head of its group."""
    table = pl.read_csv(_NICKNAMES).select("group", name=_fold(pl.col("name")), head=_fold(pl.col("group")))
    sounds = table.with_columns(full=cologne(table["name"]) == cologne(table["head"]))
    return sounds.group_by("name").agg(pl.col("full").any()).filter(~pl.col("full"))["name"].to_list()


def _extends(mine: pl.Expr, winner: pl.Expr) -> pl.Expr:
    """The winner's number, or the same with more digits: the extension behind a switchboard or a cut number."""
    more = mine.str.len_chars() - winner.str.len_chars()
    return (mine == winner) | (mine.str.starts_with(winner) & more.is_between(1, 5))


def _same_place(mine: pl.Expr, winner: pl.Expr) -> pl.Expr:
    """The same postcode, else town."""
    return mine == winner


def _words(column: str) -> Key:
    words = pl.col(column).str.count_matches(r"\p{L}{2,}").cast(pl.Int64)
    return Key(f"{column}: more words", 7 - words.clip(0, 7), 8)


def _marks(column: str) -> Key:
    return _first(
        f"{column}: umlauts and accents > transliteration",
        pl.col(column).str.len_bytes() > pl.col(column).str.len_chars(),
    )


def _long(column: str, size: int = 64) -> Key:
    return Key(f"{column}: longer", size - 1 - pl.col(column).str.len_chars().cast(pl.Int64).clip(0, size - 1), size)


_NAMED = pl.col("name_status").is_in(["valid", "swapped", "partial"])
MANUAL = _first("manual correction > machine", pl.col("_manual"))
CURRENT = _first("not of a former employer", ~pl.col("_former"))
SOUND = {
    name: _first("all letters arrived", ~pl.col(name).str.contains(r"[?\x{FFFD}]"))
    for name in ("given_name", "family_name")
}
NAME = _steps("name_status", ("valid", "swapped"), ("partial",))
PHONE = ("valid",), ("possible",)
PLACE = _steps("address_status", ("house_number", "street", "locality", "corrected"), ("unverifiable",), ("conflict",))

# The table to read. One row per field or block, decided top to bottom.
SURVIVORSHIP: tuple[Rule, ...] = (
    Rule(
        "newest_valid_name_best_spelling",
        ("family_name",),
        pl.col("family_name").is_not_null() & _NAMED,
        (
            SOUND["family_name"],
            NAME,
            MANUAL,
            _first("not a typo of a better supported name", ~pl.col("_family_name_typo")),
        ),
        "Marriage changes names, so the newest; but Müller beats Mueller. Junk, roles and two persons stand aside.",
        "family_name",
        _same_fold,
        (_marks("family_name"),),
    ),
    Rule(
        "full_given_name",
        ("given_name",),
        pl.col("given_name").is_not_null() & _NAMED,
        (
            SOUND["given_name"],
            _first("record of the surviving family name", pl.col("_family_agrees")),
            _first("full name > initials", ~_is_initials(pl.col("given_name"))),
            _first("not a typo of a better supported name", ~pl.col("_given_name_typo")),
            NAME,
            MANUAL,
        ),
        "A full name beats initials, Hans-Peter beats HP and Hans, umlauts beat transliteration.",
        "given_name",
        _fuller_given,
        (
            _first("full name > initials", ~_is_initials(pl.col("given_name"))),
            _words("given_name"),
            _first("full name > nickname", ~_fold(pl.col("given_name")).is_in(_short_forms())),
            _marks("given_name"),
            _long("given_name"),
        ),
    ),
    Rule(
        "newest_stated",
        ("salutation",),
        pl.col("salutation").is_not_null(),
        (_first("record of the surviving family name", pl.col("_family_agrees")), MANUAL),
        "As the person or a colleague last stated it; never inferred.",
    ),
    Rule(
        "fullest_title",
        ("academic_title",),
        pl.col("academic_title").is_not_null(),
        (_long("academic_title"),),
        "Titles accumulate: Prof. Dr. beats Dr.",
    ),
    Rule(
        "deliverable_company_mailbox",
        ("email",),
        pl.col("email").is_not_null() | pl.col("email_status").is_in(["invalid", "unknown"]),
        (
            _first("has a value", pl.col("email").is_not_null()),
            _steps("email_status", ("valid",), ("unknown",), ("risky",)),
            Key(
                "company mailbox of the current employer > freemail > former employer's > role > disposable",
                pl.when(pl.col("email_kind") == "disposable")
                .then(4)
                .when(pl.col("email_kind") == "role")
                .then(3)
                .when(pl.col("_former"))
                .then(2)
                .when(pl.col("email_kind") == "freemail")
                .then(1)
                .otherwise(0),
                5,
            ),
            MANUAL,
            _first("not a typo of a better supported address", ~pl.col("_email_typo")),
            _first("address the person agreed to", pl.col("consent_email").is_in(["confirmed", "granted"])),
        ),
        "Verified first, then the mailbox sales can use, then the one with consent.",
        carried=("email_status", "email_kind"),
    ),
    Rule(
        "valid_direct_number",
        ("phone",),
        pl.col("phone").is_not_null() | (pl.col("phone_status") == "invalid"),
        (
            _first(
                "has a value", pl.col("phone").is_not_null() & (pl.col("phone_status") != "invalid").fill_null(True)
            ),
            _steps("phone_status", *PHONE),
            CURRENT,
            _first("direct line > switchboard", (pl.col("phone_extension") != "0").fill_null(True)),
            MANUAL,
        ),
        "Valid beats possible; a former employer's line and a switchboard come last; with its extension where known.",
        "phone",
        _extends,
        (_steps("phone_status", *PHONE), _long("phone")),
        carried=("phone_status",),
    ),
    Rule(
        "valid_mobile",
        ("mobile",),
        pl.col("mobile").is_not_null() | (pl.col("mobile_status") == "invalid"),
        (
            _first(
                "has a value", pl.col("mobile").is_not_null() & (pl.col("mobile_status") != "invalid").fill_null(True)
            ),
            _steps("mobile_status", *PHONE),
            MANUAL,
        ),
        "A mobile number moves with its person.",
        carried=("mobile_status",),
    ),
    Rule(
        "newest_title_current_employer",
        ("job_title",),
        pl.col("job_title").is_not_null() & ~pl.col("_former"),
        (MANUAL,),
        "A title at a former employer says nothing of the present one.",
    ),
    Rule(
        "newest_department_current_employer",
        ("department",),
        pl.col("department").is_not_null() & ~pl.col("_former"),
        (MANUAL,),
        "A department of a former employer says nothing of the present one.",
    ),
    Rule(
        "address_block_newest_place",
        ("street", "house_number", "postcode", "city", "region", "country"),
        pl.any_horizontal(pl.col("street", "postcode", "city", "country").is_not_null()),
        (_first("names a town", pl.col("_place").is_not_null()), PLACE, CURRENT, MANUAL),
        "One record gives the whole address: the newest verified place, in its fullest statement.",
        "_place",
        _same_place,
        (
            PLACE,
            _first("has street", pl.col("street").is_not_null()),
            _first("has house number", pl.col("house_number").is_not_null()),
            _marks("street"),
            _steps("address_status", ("house_number",), ("street",), ("locality",), ("corrected",)),
        ),
        carried=("address_status",),
    ),
    Rule(
        "newest_located",
        ("ip_country", "ip_city", "ip_network"),
        pl.any_horizontal(pl.col("ip_country", "ip_city", "ip_network").is_not_null()),
        (
            _first(
                "not a VPN or hosting network", ~pl.col("ip_network_kind").is_in(["vpn", "hosting"]).fill_null(False)
            ),
        ),
        "Evidence of where the form was filled in; never overrides the form.",
    ),
    Rule(
        "newest_stated_language",
        ("language",),
        pl.col("language").is_not_null(),
        (_first("stated by the source", pl.col("language_stated").is_not_null()),),
        "The language of the last contact.",
    ),
    Rule(
        "opt_out_wins",
        ("consent_email",),
        pl.col("_consent_email").is_not_null(),
        (_steps("_consent_email", ("refused",), ("confirmed",), ("granted",)),),
        "Any objection wins, whenever it came. A consent counts only for the address it was given for.",
    ),
    Rule(
        "opt_out_wins",
        ("consent_phone",),
        pl.col("_consent_phone").is_not_null(),
        (_steps("_consent_phone", ("refused",), ("confirmed",), ("granted",)),),
        "Any objection wins, whenever it came.",
    ),
)
_FULLEST = "+fullest_statement"
_FIELDS = sorted(field for rule in SURVIVORSHIP for field in rule.fields)
_STATED = {  # what a verdict or a statement is when no record gives one
    **dict.fromkeys(("email_status", "phone_status", "mobile_status", "address_status"), "missing"),
    **dict.fromkeys(("name_status", "company_status"), "missing"),
    **dict.fromkeys(("consent_email", "consent_phone"), "unknown"),
}
_TYPO = 2  # letters wrong, missing, too many or swapped with their neighbour; one in short words
_DOMAIN = pl.col("email").str.extract(r"@(.+)$")
_MANUAL_SOURCE = r"(?i)manu[ae]l|korrektur|correction|steward"  # folders where a person corrects by hand
_SLICE = 100_000  # leads
_NAME_VERDICT = _steps(
    "name_status", ("valid", "swapped"), ("partial",), ("two_persons",), ("role",), ("junk",), ("missing",)
)


def golden_leads(enriched: pl.DataFrame | pl.LazyFrame, clusters: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One golden lead per lead id, and where each of its values comes from.

    Args:
        enriched: `contracts.clean.ENRICHED_RECORDS`; columns that are missing count as null. The row
            position is the record number.
        clusters: record, lead_id; each record at most once. With a column account_id, that decides which
            records state the same employer; without it the company key does.

    Returns:
        `GOLDEN` (one row per lead_id, sorted) and `contracts.published.FIELD_PROVENANCE` (sorted by lead_id,
        field). Verdicts travel with their value and have no provenance of their own.
    """
    slices = list(golden_slices(enriched, clusters))
    if not slices:
        return GOLDEN.empty(), FIELD_PROVENANCE.empty()
    golden, provenance = zip(*slices, strict=True)
    return pl.concat(golden), pl.concat(provenance)


def golden_slices(
    enriched: pl.DataFrame | pl.LazyFrame, clusters: pl.DataFrame, records: int = 200_000
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """`golden_leads` a range of lead ids at a time, one per core, so that memory depends on `records` only.

    Args:
        enriched, clusters: as for `golden_leads`; a lazy frame over a Parquet file is read once per slice.
        records: about how many records a slice has; a lead is never cut.

    Yields:
        golden leads and provenance of the next range; one after the other they are what `golden_leads` gives.
    """
    ordered = clusters.sort("lead_id")
    last = ordered["lead_id"].rle_id()  # the number of the lead, ascending
    cuts = [0, *(int(last.search_sorted(last[at], side="right")) for at in range(records - 1, len(last), records))]
    if clusters.height:
        cuts.append(clusters.height)
    domains = _domains(enriched)

    def decide(span: tuple[int, int]) -> tuple[pl.DataFrame, pl.DataFrame]:
        return _golden(_records(enriched, ordered[slice(*span)].sort("record"), domains))

    yield from in_threads(decide, pairwise(sorted(set(cuts))))


def _domains(enriched: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """How many records use each mail domain."""
    frame = enriched.lazy()
    if "email" not in frame.collect_schema().names():
        return pl.DataFrame(schema={"_domain": pl.String, "_domain_records": pl.UInt32})
    return frame.select(_domain=_DOMAIN).drop_nulls().group_by("_domain").len("_domain_records").collect()


def _golden(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    leads = _Leads.of(records)
    records = records.with_columns(_family_agrees=pl.lit(True), _consent_email=pl.lit(None, pl.String))
    employment = leads.best(_ranks(records, pl.col("_employer").is_not_null(), (MANUAL,)))
    records = records.with_columns(_former(records, leads, employment), *_typos(records, leads))

    golden: dict[str, pl.Series] = {"lead_id": leads.ids}
    origin: dict[str, _Origin] = {}
    for rule in SURVIVORSHIP:
        found = _decide(rule, records, leads)
        for field in (*rule.fields, *rule.carried):
            column = _DERIVED.get(field, field)
            golden[field] = _take(records[column], found.rows)
        origin |= dict.fromkeys(rule.fields, found)
        if rule.fields == ("family_name",):
            agrees = _agreement(_same_fold, records["family_name"], golden["family_name"], leads)
            records = records.with_columns(_family_agrees=agrees | records["family_name"].is_null())
        if rule.fields == ("email",):
            records = records.with_columns(_consent_for(records, leads, golden["email"]))

    table = pl.DataFrame(golden).with_columns(
        pl.when(pl.col(f"{number}_status").eq_missing("invalid")).then(None).otherwise(pl.col(number)).alias(number)
        for number in ("phone", "mobile")
    )
    table = table.with_columns(_facts(records, leads, employment, origin["email"].rows))
    table = table.with_columns(pl.col(field).fill_null(word) for field, word in _STATED.items())
    return GOLDEN.conform(table.select(GOLDEN.names)), _provenance(table, records, origin)


@dataclass(frozen=True, slots=True)
class _Leads:
    """The records of each lead, newest evidence first: `order[starts[i]:starts[i + 1]]` are lead i's rows."""

    ids: pl.Series
    order: Rows
    starts: Rows

    @classmethod
    def of(cls, records: pl.DataFrame) -> _Leads:
        ties = ["source", "source_record_id"]
        ordered = (
            records.lazy()
            .select("lead_id", "observed_at", "channel", *ties)
            .with_row_index("row")
            .with_columns(tie=pl.struct(ties).rank("ordinal"))
            .sort("lead_id", "observed_at", "channel", "tie", descending=[False, True, False, False])  # offline first
            .select("row", "lead_id", start=(pl.col("lead_id") != pl.col("lead_id").shift()).fill_null(True))
            .collect()
        )
        starts = ordered["start"].arg_true().to_numpy().astype(np.int64)
        return cls(ordered["lead_id"].gather(starts), ordered["row"].to_numpy().astype(np.int64), starts)

    def shared(self) -> npt.NDArray[np.bool_]:
        """Per record whether its lead has other records too."""
        sizes = np.diff(self.starts, append=len(self.order))
        flags = np.zeros(len(self.order), dtype=np.bool_)
        flags[self.order] = np.repeat(sizes > 1, sizes)
        return flags

    def best(self, ranks: Ranks) -> Rows:
        """Per lead the row with the smallest rank, the newest of equals; -1 when all stand aside."""
        ordered = ranks[self.order]
        none = np.int64(0x7FFFFFFF) << 32
        packed = np.where(ordered < 0, none, (ordered << 32) | np.arange(len(ordered)))
        first = np.minimum.reduceat(packed, self.starts)
        return np.where(first == none, -1, self.order[first & 0xFFFFFFFF])

    def any(self, flags: pl.Series) -> pl.Series:
        """Per lead whether any of its records has the flag."""
        return pl.Series(np.logical_or.reduceat(flags.to_numpy()[self.order], self.starts))

    def spread(self, values: pl.Series) -> pl.Series:
        """One value per lead, repeated for each of its records, in the order of the records."""
        lead = np.empty(len(self.order), dtype=np.int64)
        lead[self.order] = np.repeat(np.arange(len(self.starts)), np.diff(self.starts, append=len(self.order)))
        return values.gather(lead)


@dataclass(frozen=True, slots=True)
class _Origin:
    rule: str
    rows: Rows
    refined: npt.NDArray[np.bool_]  # per lead: the fullest statement came from another record than the choice


_DERIVED = {"consent_email": "_consent_email", "consent_phone": "_consent_phone"}


def _records(enriched: pl.DataFrame | pl.LazyFrame, clusters: pl.DataFrame, domains: pl.DataFrame) -> pl.DataFrame:
    """The columns the rules need, with their lead, one row per record of `clusters`."""
    frame = enriched.lazy()
    present = set(frame.collect_schema().names())
    account = pl.col("account_id") if "account_id" in clusters.columns else pl.lit(None, pl.String)
    # An objection to one channel (exactly one is refused) closes that channel, not the person.
    closed = [(pl.col(name) == "refused").fill_null(False) for name in ("consent_email", "consent_phone")]
    refused = pl.col("opt_out").fill_null(False) & (closed[0] == closed[1])
    objects = "refused"
    return (
        frame.select(
            *(name if name in present else pl.lit(None, pl.String).alias(name) for name in _CLEAN_TEXTS),
            pl.col("opt_out") if "opt_out" in present else pl.lit(None, pl.Boolean).alias("opt_out"),
            "observed_at",
        )
        .with_row_index("record")
        .join(clusters.lazy().select("record", "lead_id", account_id=account), on="record", how="inner")
        .with_columns(
            opt_out=refused,
            _domain=_DOMAIN,
            _manual=pl.col("source").str.contains(_MANUAL_SOURCE),
            _employer=pl.coalesce(
                "account_id",
                pl.when(~pl.col("company_status").is_in(["none", "missing"]).fill_null(False)).then("company_key"),
            ),
            _place=pl.coalesce("postcode", "city"),
            _consent_phone=pl.when(refused)
            .then(pl.lit(objects))
            .when(pl.col("consent_phone").is_in(["refused", "confirmed", "granted"]))
            .then("consent_phone"),
        )
        .join(domains.lazy(), on="_domain", how="left", maintain_order="left")
        .collect()
    )


def _ranks(records: pl.DataFrame, may: pl.Expr, keys: tuple[Key, ...]) -> Ranks:
    """The keys of each record packed into one number, -1 where it may not give the value."""
    packed: pl.Expr = pl.lit(0, pl.Int64)
    for key in keys:
        packed = packed * key.size + key.rank.fill_null(key.size - 1)
    ranks = records.select(pl.when(may.fill_null(False)).then(packed).otherwise(-1).cast(pl.Int64).alias("rank"))
    return ranks["rank"].to_numpy()


def _decide(rule: Rule, records: pl.DataFrame, leads: _Leads) -> _Origin:
    chosen = leads.best(_ranks(records, rule.may, rule.ranking))
    if rule.agrees is None:
        return _Origin(rule.name, chosen, np.zeros(len(chosen), dtype=np.bool_))
    agrees = _agreement(rule.agrees, records[rule.guide], _take(records[rule.guide], chosen), leads)
    ranks = np.where(agrees.to_numpy(), _ranks(records, rule.may, rule.fullest), -1)
    fullest = leads.best(ranks)
    rows = np.where(fullest < 0, chosen, fullest)
    return _Origin(rule.name, rows, rows != chosen)


def _agreement(
    agrees: Callable[[pl.Expr, pl.Expr], pl.Expr], values: pl.Series, winners: pl.Series, leads: _Leads
) -> pl.Series:
    """Which records agree with their lead's winner. Only distinct unequal pairs are looked at: there are few."""
    pairs = pl.DataFrame({"mine": values, "winner": leads.spread(winners)})
    unequal = pairs.filter(pl.col("mine") != pl.col("winner")).unique()
    judged = unequal.with_columns(agrees(pl.col("mine"), pl.col("winner")).alias("agrees"))
    agreed = judged.filter("agrees").select("mine", "winner", agrees=True)
    return (
        pairs.join(agreed, on=["mine", "winner"], how="left", maintain_order="left")
        .select(pl.col("agrees").fill_null(pl.col("mine") == pl.col("winner")).fill_null(False))
        .to_series()
    )


def _typos(records: pl.DataFrame, leads: _Leads) -> list[pl.Series]:
    """Which names and addresses are a letter or two off another one of the lead that is better supported.

    Swapped names count as typos too.

    A name is supported by the records that carry it, then by the lead's mailboxes; an address by the records
    that carry it, then by containing the family name, then by all the data's use of its domain.
    """
    lead = leads.spread(pl.Series(np.arange(len(leads.starts))))
    needed = records.select("given_name", "family_name", "name_status", "email", "_domain_records", _lead=lead)
    shared = needed.filter(pl.Series(leads.shared()))
    named = shared.filter(_NAMED)
    swapped = _flag(records, lead, ["given_name", "family_name"], _swapped(named))
    local = _letters(pl.col("email").str.extract(r"^([^@]+)@"))

    found = []
    for name in ("given_name", "family_name"):
        forms = named.select(name).unique().with_columns(form=_fold(pl.col(name)))
        spellings = named.select("_lead", name).join(forms, on=name).filter(pl.col("form").str.len_chars() >= 4)
        near = _near(spellings)
        concerned = near.select("_lead").unique()
        mailboxes = shared.join(concerned, on="_lead", how="semi").select("_lead", mailbox=local).drop_nulls().unique()
        mailed = near.join(mailboxes, on="_lead").filter(
            pl.col("mailbox").str.contains(pl.col("form").str.replace_all(" ", ""), literal=True)
        )
        worse = _worse(near, mailed, pl.lit(0))
        spelt = spellings.join(worse, on=["_lead", "form"], how="semi").select("_lead", name).unique()
        found.append((_flag(records, lead, name, spelt) | swapped).alias(f"_{name}_typo"))

    addresses = shared.filter(pl.col("email").is_not_null()).select("_lead", "_domain_records", form="email")
    ending = pl.col("form").str.extract(r"\.([^.]+)$") == pl.col("other").str.extract(r"\.([^.]+)$")
    near = _near(addresses).filter(ending)
    concerned = near.select("_lead").unique()
    families = named.join(concerned, on="_lead", how="semi").select("_lead", family=_letters(pl.col("family_name")))
    fitting = (
        near.with_columns(local=_letters(pl.col("form").str.extract(r"^([^@]+)@")))
        .join(families.drop_nulls().unique(), on="_lead")
        .filter(pl.col("local").str.contains(pl.col("family"), literal=True))
    )
    used = addresses.select("form", "_domain_records").unique("form")
    worse = _worse(near.join(used, on="form"), fitting, pl.col("_domain_records"))
    found.append(_flag(records, lead, "email", worse.select("_lead", email="form")).alias("_email_typo"))
    return found


def _swapped(named: pl.DataFrame) -> pl.DataFrame:
    """The full names of a lead that more of its records write the other way round: Meier Eva for Eva Meier."""
    pairs = named.group_by("_lead", "given_name", "family_name").len("count").drop_nulls()
    reverse = pairs.rename({"given_name": "family_name", "family_name": "given_name"})
    both = pairs.join(reverse, on=["_lead", "given_name", "family_name"], suffix="_reverse")
    return both.filter(pl.col("count") < pl.col("count_reverse")).select("_lead", "given_name", "family_name")


def _letters(text: pl.Expr) -> pl.Expr:
    return _fold(text).str.replace_all(" ", "")


def _near(spellings: pl.DataFrame) -> pl.DataFrame:
    """Forms of one lead that are a typo apart, both ways round: _lead, form, count (of form), other."""
    counts = spellings.group_by("_lead", "form").len("count")
    rivals = counts.filter(pl.len().over("_lead") > 1)
    others = rivals.select("_lead", other="form")
    pairs = rivals.join(others, on="_lead").filter(pl.col("form") != pl.col("other"))
    apart = pl.col("form").str.len_chars().cast(pl.Int32) - pl.col("other").str.len_chars().cast(pl.Int32)
    few = pairs.select("form", "other").unique().filter(apart.abs() <= _TYPO)
    distance = cpdist(few["form"].to_list(), few["other"].to_list(), scorer=OSA.distance, score_cutoff=_TYPO)
    shorter = pl.min_horizontal(pl.col("form").str.len_chars(), pl.col("other").str.len_chars())
    close = few.with_columns(distance=pl.Series(distance, dtype=pl.Int64)).filter(
        pl.col("distance") <= pl.when(shorter >= 7).then(_TYPO).otherwise(1)
    )
    return pairs.join(close, on=["form", "other"], how="semi")


def _worse(near: pl.DataFrame, witnessed: pl.DataFrame, use: pl.Expr) -> pl.DataFrame:
    """The forms (_lead, form) with less support than the other one: records, then a witness, then `use`."""
    support = (
        near.with_columns(use=use)
        .join(witnessed.select("_lead", "form", witness=1).unique(), on=["_lead", "form"], how="left")
        .select("_lead", "form", support=pl.struct("count", pl.col("witness").fill_null(0), "use"))
        .unique(["_lead", "form"])
    )
    both = near.join(support, on=["_lead", "form"]).join(
        support.rename({"form": "other", "support": "better"}), on=["_lead", "other"]
    )
    less: pl.Expr = pl.lit(False)
    for part in ("use", "witness", "count"):
        mine, theirs = pl.col("support").struct.field(part), pl.col("better").struct.field(part)
        less = (mine < theirs) | ((mine == theirs) & less)
    return both.filter(less).select("_lead", "form").unique()


def _flag(records: pl.DataFrame, lead: pl.Series, columns: str | list[str], listed: pl.DataFrame) -> pl.Series:
    """Which records have one of the `listed` (_lead and the columns) values."""
    return (
        records.select(columns, _lead=lead)
        .join(listed.with_columns(_listed=True), on=listed.columns, how="left", maintain_order="left")
        .get_column("_listed")
        .fill_null(False)
    )


def _former(records: pl.DataFrame, leads: _Leads, employment: Rows) -> pl.Series:
    """Which records speak of an employer the person has left: another company and another domain."""
    employer = leads.spread(_take(records["_employer"], employment))
    domain = leads.spread(_take(records["company_domain"], employment))
    same_domain = (records["company_domain"] == domain).fill_null(False)
    return ((records["_employer"] != employer).fill_null(False) & ~same_domain).alias("_former")


def _consent_for(records: pl.DataFrame, leads: _Leads, email: pl.Series) -> pl.Series:
    """What each record says of mailing this very address: an objection always counts, consent only for it."""
    agreed = pl.col("consent_email").is_in(["confirmed", "granted"]) & (
        pl.col("email").is_null() | (pl.col("email") == pl.col("_email"))
    )
    return (
        records.select("opt_out", "consent_email", "email", _email=leads.spread(email))
        .select(
            pl.when(pl.col("opt_out") | (pl.col("consent_email") == "refused"))
            .then(pl.lit("refused"))
            .when(agreed)
            .then("consent_email")
            .alias("_consent_email")
        )
        .to_series()
    )


def _facts(records: pl.DataFrame, leads: _Leads, employment: Rows, mailbox: Rows) -> list[pl.Series]:
    """What is true of a lead's records as a whole."""
    starts, ends = leads.starts, np.append(leads.starts[1:], len(leads.order)) - 1
    online, offline = (leads.any((records["channel"] == name).fill_null(False)) for name in ("online", "offline"))
    combinations = pl.Series([[], ["online"], ["offline"], ["offline", "online"]], dtype=pl.List(pl.String))
    channels = combinations.gather(online.cast(pl.UInt32) + 2 * offline.cast(pl.UInt32))
    every = pl.lit(True)
    name = leads.best(_ranks(records, every, (_NAME_VERDICT,)))
    private = leads.best(_ranks(records, pl.col("company_status") == "none", ()))
    company_status = [_take(records["company_status"], rows) for rows in (employment, private)]
    domain = [_take(records["company_domain"], rows) for rows in (employment, mailbox)]
    person = leads.any((records["device"] != "bot").fill_null(True))
    return [
        pl.Series("source_count", ends - starts + 1, dtype=pl.UInt32),
        channels.alias("channels"),
        records["observed_at"].gather(leads.order[ends]).alias("first_seen_at"),
        records["observed_at"].gather(leads.order[starts]).alias("last_seen_at"),
        _take(records["record"], employment).alias("employment_record"),
        _take(records["name_status"], name).alias("name_status"),
        company_status[0].zip_with(company_status[0].is_not_null(), company_status[1]).alias("company_status"),
        domain[0].zip_with(domain[0].is_not_null(), domain[1]).alias("company_domain"),
        leads.any(records["opt_out"]).alias("opted_out"),
        leads.any(records.select(our_customer_number()).to_series().is_not_null()).alias("is_customer"),
        (~person).alias("is_bot"),
    ]


def _provenance(table: pl.DataFrame, records: pl.DataFrame, origin: dict[str, _Origin]) -> pl.DataFrame:
    """Long form of the golden values, in slices of leads so that no full-size copy is ever sorted."""
    labels = pl.Series([origin[field].rule + suffix for field in _FIELDS for suffix in ("", _FULLEST)])
    slices = [FIELD_PROVENANCE.empty()]
    for start in range(0, table.height, _SLICE):
        part = table.slice(start, _SLICE)
        origins = np.column_stack([origin[name].rows[start : start + _SLICE] for name in _FIELDS])
        there = np.column_stack([part[name].is_not_null().to_numpy() for name in _FIELDS]) & (origins >= 0)
        lead, field = there.nonzero()
        rows = origins[lead, field]
        refined = np.column_stack([origin[name].refined[start : start + _SLICE] for name in _FIELDS])[lead, field]
        values = pl.concat([part[name].alias("value") for name in _FIELDS])
        slices.append(
            pl.DataFrame(
                {
                    "lead_id": part["lead_id"].gather(lead),
                    "field": pl.Series(_FIELDS).gather(field),
                    "value": values.gather(field * part.height + lead),
                    "source": records["source"].gather(rows),
                    "source_record_id": records["source_record_id"].gather(rows),
                    "rule": labels.gather(2 * field + refined),
                    "observed_at": records["observed_at"].gather(rows),
                }
            )
        )
    return FIELD_PROVENANCE.conform(pl.concat(slices))


def _take(values: pl.Series, rows: Rows) -> pl.Series:
    """The values at `rows`, null where a row is -1."""
    return values.gather(pl.select(pl.when(pl.Series(rows) >= 0).then(pl.Series(rows))).to_series())
