"""Match records: what of each source record can say who it is, as integer codes ready for comparing millions.

Belongs here: choosing the fields that may identify a person, folding spellings, counting values.
Does not belong here: repairing values (`enrichment`), making pairs (`matching/blocking`).
Role mailboxes, placeholder names and two persons in one cell never become evidence about a person.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from matching.phonetics import cologne

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

NOT_A_PERSON = ("junk", "two_persons", "role")
IMPERSONAL_MAIL = ("role", "disposable")
SHARED_BY = 4  # this many differently named people on one mailbox or number make it the firm's
MAX_PARTS = 4
STEM = 6
_DATA = Path(__file__).parent / "data"
_GENERATION = r"(?i)[ ,(]+(senior|sen|sr|junior|jun|jr)\.?\)?$"
# Words inside a name that say nothing about which family it is.
_PARTICLES = ("dr", "doktor", "doctor", "prof", "ing", "von", "van", "de", "der", "den", "zu", "vom", "und", "el", "al")


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column as codes (-1 = missing) into its distinct values, with how many records carry each."""

    codes: Ints
    values: pl.Series
    counts: Ints


@dataclass(frozen=True, slots=True)
class Names:
    """Facts per distinct folded name. Frequencies are shares of people, as a given or as a family name."""

    values: pl.Series
    as_given: Floats
    as_family: Floats
    length: Ints
    initial: Ints
    sound: Ints
    groups: Ints
    parts: Ints


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Values that belong to one person unless shared; a record may hold several, one per slot.

    `people` counts, per value, the differently named people who carry it.
    """

    slots: tuple[Ints, ...]
    values: pl.Series
    people: Ints

    @property
    def shared(self) -> Flags:
        return self.people >= SHARED_BY


@dataclass(frozen=True, slots=True)
class MatchRecords:
    """Match keys of `n` records; every array has one entry per record unless its class says otherwise."""

    n: int
    names: Names
    given: Ints
    family: Ints
    mail: Identifiers
    mail_local: Coded
    mail_domain: Ints
    mail_free: Flags
    mail_letters: Ints
    mail_numbers: Flags
    phone: Identifiers
    phone_is_mobile: Flags
    direct: Ints
    mobile: Ints
    trunk: Coded
    company: Coded
    domain: Coded
    company_stem: Ints
    domain_stem: Ints
    stem_counts: Ints
    postcode: Coded
    city: Coded
    lines: pl.Series
    street: Coded
    extra: Coded
    house: Coded
    birth: Coded
    generation: Ints
    person_no: Identifiers
    profile: Identifiers


def prepare(enriched: pl.DataFrame) -> MatchRecords:
    """Match keys of contracts.clean.ENRICHED_RECORDS (missing columns count as empty); row position = record."""
    n = enriched.height
    frame = _complete(enriched)
    person = ~frame["name_status"].is_in(NOT_A_PERSON).fill_null(False)
    said = [_keep(frame[c], person & ~_damaged(frame[c])).alias(c) for c in ("given_name", "family_name")]
    raw = encode(pl.concat([name.alias("name").str.replace(_GENERATION, "") for name in said]))
    spaced = fold(raw.values)
    folded = encode(spaced.str.replace_all(" ", "", literal=True))
    to_name = np.append(folded.codes, np.int32(-1))
    given, family = to_name[raw.codes[:n]], to_name[raw.codes[n:]]
    names = _names(folded, spaced, given, family, n)
    who = _who(names, given, family)

    personal = ~frame["email_kind"].is_in(IMPERSONAL_MAIL).fill_null(False)
    mail, _ = _identifiers([_keep(frame["email"], personal), *_spread(frame["other_emails"])], who)
    halves = pl.DataFrame({"v": mail.values}).select(
        local=pl.col("v").str.extract(r"^([^@]*)").str.replace_all(r"[^\p{L}\p{N}]", ""),
        domain=pl.col("v").str.extract(r"([^@]*)$"),
    )
    local = encode(halves["local"])
    letters = encode(local.values.str.replace_all(r"\d", ""))
    free = frame.filter(pl.col("email_kind") == "freemail")["email_domain"].unique()
    free_flags = halves["domain"].is_in(free.implode()).fill_null(False).to_numpy()

    direct, trunk = _landline(frame)
    phone, phone_codes = _identifiers([frame["mobile"], direct, *_spread(frame["other_phones"])], who)
    is_mobile = np.zeros(len(phone.values), bool)
    is_mobile[phone_codes[0][phone_codes[0] >= 0]] = True

    company, city, house = (_encode_folded(frame[c]) for c in ("company_key", "city", "house_number"))
    domain = encode(frame.select(pl.coalesce("company_domain", _company_mail_domain())).to_series())
    stems = encode(
        pl.concat(
            [
                company.values.str.replace_all(" ", "", literal=True).str.head(STEM),
                fold(domain.values.str.split(".").list.first()).str.replace_all(" ", "", literal=True).str.head(STEM),
            ]
        )
    )
    stem = np.append(stems.codes, np.int32(-1))
    company_stem = np.append(stem[: len(company.values)], np.int32(-1))[company.codes]
    domain_stem = np.append(stem[len(company.values) : -1], np.int32(-1))[domain.codes]
    lines = _encode_folded(pl.concat([frame[c].alias("line") for c in ("street", "address_extra")]))
    both = np.where(company_stem >= 0, company_stem, domain_stem)

    return MatchRecords(
        n=n,
        names=names,
        given=given,
        family=family,
        mail=mail,
        mail_local=local,
        mail_domain=encode(halves["domain"]).codes,
        mail_free=free_flags,
        mail_numbers=halves["local"].str.contains(r"\d").fill_null(False).to_numpy(),
        mail_letters=np.append(letters.codes, np.int32(-1))[local.codes],
        phone=phone,
        phone_is_mobile=is_mobile,
        direct=phone_codes[1],
        mobile=phone_codes[0],
        trunk=encode(trunk),
        company=company,
        domain=domain,
        company_stem=company_stem,
        domain_stem=domain_stem,
        stem_counts=np.bincount(both[both >= 0], minlength=len(stems.values)).astype(np.int32),
        postcode=encode(frame["postcode"]),
        city=city,
        lines=lines.values,
        street=_part_of(lines, slice(0, n)),
        extra=_part_of(lines, slice(n, 2 * n)),
        house=house,
        birth=encode(frame["birth_date"].str.replace_all(r"\D", "")),
        generation=_generation(*said),
        person_no=_identifiers([frame["customer_no"]], who)[0],
        profile=_identifiers([frame["linkedin_url"].str.to_lowercase().str.strip_chars_end("/")], who)[0],
    )


def fold(text: pl.Series) -> pl.Series:
    """Lower case, umlauts spelt out, accents off, only letters, digits and single spaces; nothing left = null."""
    folded = (
        pl.col("t")
        .str.to_lowercase()
        .str.replace_many(["ä", "ö", "ü", "ß", "æ", "ø", "å"], ["ae", "oe", "ue", "ss", "ae", "oe", "a"])
        .str.normalize("NFKD")
        .str.replace_all(r"\p{M}", "")
        .str.replace_all(r"[^\p{L}\p{N}]+", " ")
        .str.strip_chars()
    )
    return pl.DataFrame({"t": text.cast(pl.String)}).select(pl.when(folded != "").then(folded).alias("t"))["t"]


def encode(text: pl.Series) -> Coded:
    """Codes in order of first appearance, so equal input gives equal codes whatever the threads."""
    array = text.cast(pl.String).rechunk().to_arrow()
    coded = array.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    values = pl.Series(values=coded.dictionary.cast(pa.large_string()), dtype=pl.String)
    counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int32)
    return Coded(codes, values, counts)


_TEXTS = (
    *("given_name", "family_name", "name_status", "email", "email_kind", "email_domain", "phone", "phone_extension"),
    *("phone_status", "mobile", "company_key", "company_status", "company_domain", "postcode", "city", "street"),
    *("address_extra", "house_number", "birth_date", "customer_no", "linkedin_url"),
)
_LISTS = ("other_emails", "other_phones")
COLUMNS = (*_TEXTS, *_LISTS)  # all that matching reads of contracts.clean.ENRICHED_RECORDS


def _complete(enriched: pl.DataFrame) -> pl.DataFrame:
    schema = dict.fromkeys(_TEXTS, pl.String()) | dict.fromkeys(_LISTS, pl.List(pl.String))
    if not enriched.width:
        return pl.DataFrame(schema=schema)
    present = set(enriched.columns)
    return enriched.select(
        (pl.col(name) if name in present else pl.lit(None).alias(name)).cast(kind) for name, kind in schema.items()
    )


def _keep(text: pl.Series, where: pl.Series) -> pl.Series:
    return pl.DataFrame({"t": text, "w": where}).select(pl.when("w").then("t"))["t"]


def _damaged(names: pl.Series) -> pl.Series:
    """True where a letter was lost on the way; such a name is not guessed, other fields must do."""
    return names.str.contains("[\ufffd?]").fill_null(False)


def _generation(given: pl.Series, family: pl.Series) -> Ints:
    """0 for `sen.`, 1 for `jun.` behind a name, -1 where neither is said."""
    suffix = pl.coalesce(pl.col(given.name, family.name).str.extract(_GENERATION).str.to_lowercase().str.head(1))
    codes = suffix.replace_strict({"s": 0, "j": 1}, default=-1, return_dtype=pl.Int32)
    return pl.DataFrame([given, family]).select(codes).to_series().to_numpy()


def _spread(lists: pl.Series) -> list[pl.Series]:
    longest = np.max(lists.list.len().fill_null(0).to_numpy(), initial=0)
    return [lists.list.get(k, null_on_oob=True) for k in range(min(int(longest), 2))]


def _company_mail_domain() -> pl.Expr:
    return pl.when(pl.col("email_kind").is_in(["company", "role"])).then("email_domain")


def _encode_folded(text: pl.Series) -> Coded:
    """Codes of the folded values; only the distinct ones are folded."""
    coded = encode(text)
    folded = encode(fold(coded.values))
    return _recount(Coded(np.append(folded.codes, np.int32(-1))[coded.codes], folded.values, folded.counts))


def _recount(coded: Coded) -> Coded:
    known = coded.codes[coded.codes >= 0]
    return Coded(coded.codes, coded.values, np.bincount(known, minlength=len(coded.values)).astype(np.int32))


def _part_of(coded: Coded, rows: slice) -> Coded:
    return _recount(Coded(coded.codes[rows], coded.values, coded.counts))


def _identifiers(columns: list[pl.Series], who: Ints) -> tuple[Identifiers, list[Ints]]:
    n = len(who)
    coded = encode(pl.concat([c.cast(pl.String).alias("v") for c in columns]))
    slots = [coded.codes[k * n : (k + 1) * n] for k in range(len(columns))]
    used = tuple(slot for slot in slots if (slot >= 0).any()) or (slots[0],)
    holders = np.concatenate(used)
    people = np.tile(who, len(used))
    known = (holders >= 0) & (people >= 0)
    pairs = np.sort(holders[known].astype(np.int64) << 32 | people[known])
    first = np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]
    counts = np.bincount(pairs[first] >> 32, minlength=len(coded.values)).astype(np.int32)
    return Identifiers(used, coded.values, counts), slots


def _landline(frame: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """The direct number (null for a bare switchboard) and the trunk it hangs on."""
    number, extension = pl.col("phone"), pl.col("phone_extension")
    has = extension.is_not_null() & (extension != "")
    inside = has & number.str.ends_with(extension) & (number.str.len_chars() > extension.str.len_chars() + 8)
    direct = (
        pl.when(has & (extension.str.strip_chars("0") == ""))
        .then(None)
        .when(has & ~inside)
        .then(number + extension)
        .otherwise(number)
    )
    trunk = (
        pl.when(inside)
        .then(number.str.head(number.str.len_chars() - extension.str.len_chars()))
        .when(has)
        .then(number)
        .otherwise(number.str.head(number.str.len_chars() - 2))
    )
    both = frame.select(direct=direct, trunk=trunk)
    return both["direct"], both["trunk"]


def _names(folded: Coded, spaced: pl.Series, given: Ints, family: Ints, n: int) -> Names:
    values = folded.values
    first = np.full(len(values), -1, np.int64)
    known = folded.codes >= 0
    order = np.flatnonzero(known)[::-1]
    first[folded.codes[order]] = order  # the first spelling wins; all of them have the same letters
    spellings = spaced.gather(pl.Series(first, dtype=pl.Int64)) if len(values) else spaced.head(0)
    letters = values.str.head(1)
    return Names(
        values=values,
        as_given=_frequency("given", given, values, n),
        as_family=_frequency("family", family, values, n),
        length=values.str.len_chars().to_numpy().astype(np.int32),
        initial=encode(letters).codes,
        sound=encode(pl.Series([cologne(v) for v in values], dtype=pl.String)).codes,
        groups=_groups(values, spellings),
        parts=_parts(spellings),
    )


def _who(names: Names, given: Ints, family: Ints) -> Ints:
    """A rough identity that a typo seldom changes: both initials, in either order."""
    initial = np.append(names.initial, np.int32(-1))
    a, b = initial[given], initial[family]
    return np.where((a >= 0) & (b >= 0), np.minimum(a, b) * 4096 + np.maximum(a, b), -1).astype(np.int32)


BACKGROUND = 1000  # records' worth of trust in the general population's name frequencies
RARE = {"given": 3e-5, "family": 2e-5}


def _frequency(field: str, codes: Ints, values: pl.Series, n: int) -> Floats:
    """Share of other people with this name: counted here, leaning on the population where data is small.

    About a fifth of the records are duplicates, and the pair at hand itself does not count.
    """
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    common = _common_names(field)
    usual = np.array([common.get(v, RARE[field]) for v in values], np.float64)
    share = (np.maximum(0.8 * counts - 1.6, 0) + BACKGROUND * usual) / (n + BACKGROUND)
    return np.asarray(share, np.float32)


@cache
def _common_names(field: str) -> dict[str, float]:
    with (_DATA / "common_names.csv").open(encoding="utf-8", newline="") as lines:
        return {row["name"]: float(row["per_mille"]) / 1000 for row in csv.DictReader(lines) if row["field"] == field}


@cache
def _nicknames() -> tuple[dict[str, list[int]], int]:
    groups: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    with (_DATA / "nicknames.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["name"], []).append(groups.setdefault(row["group"], len(groups)))
    return found, max(len(g) for g in found.values())


def _groups(values: pl.Series, spellings: pl.Series) -> Ints:
    """Nickname groups per name, by the whole name or its first word; -1 pads."""
    found, width = _nicknames()
    table = np.full((len(values), width), -1, np.int32)
    for row, (name, spelling) in enumerate(zip(values, spellings, strict=True)):
        groups = found.get(name) or found.get(spelling.split(" ", 1)[0])
        if groups:
            table[row, : len(groups)] = groups
    return table


def _parts(spellings: pl.Series) -> Ints:
    """Codes of the words of a name of several words, particles left out; -1 pads."""
    words = spellings.str.split(" ")
    coded = encode(words.explode(empty_as_null=True)) if len(words) else None
    table = np.full((len(spellings), MAX_PARTS), -1, np.int32)
    if coded is None:
        return table
    idle = coded.values.is_in(_PARTICLES).to_numpy() | (coded.values.str.len_chars() < 3).to_numpy()
    codes = np.where(idle[coded.codes], -1, coded.codes)
    rows = np.repeat(np.arange(len(spellings)), words.list.len().to_numpy())
    kept = codes >= 0
    rows, codes = rows[kept], codes[kept]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    fits = place < MAX_PARTS
    table[rows[fits], place[fits]] = codes[fits]
    return table
