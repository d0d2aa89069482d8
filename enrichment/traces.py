"""Traces: by what a record is known as an erased person's, however it is spelt.

Belongs here: the places where a person is met (`contexts`), what an erased person leaves there (`marks`), what a
delivered record shows there (`signs`). Does not belong here: hashing and keeping them (`enrichment/tombstones`), what
becomes of a record (`enrichment/erasure`).

A mailbox or a page of a network is the person's alone: whoever shows it is meant. Everything else a person shares with
some: a mobile or direct number with few, a firm, a number, a house, a birthday with many. There the name decides, and
a record is meant when one of its signs is among the marks: given name (in full, in part, an initial, a nickname,
none) with family name (in full, in part), both ways round, or one slip of one of them; at a mobile or direct number
one of each. Who of two namesakes of a firm
is meant, a number in their mailboxes, a birthday or `jun.` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import polars as pl

from enrichment.cells.known_names import family_names, given_names
from enrichment.cells.word_lists import by_kind
from enrichment.company.domain import own_domains
from enrichment.email.clean import is_role_mailbox
from enrichment.email.mailbox import mailbox
from enrichment.person.profile import profile
from reference.letters import ROMANISED, level_text
from reference.nicknames import groups

OWN = ("mail", "box", "profile")  # a record in one of these is the person's, whatever its name
_LINE = "line"  # if it is a mobile or a direct line, a given name alone will do, or none at all
COLUMNS = (
    *("given_name", "family_name", "salutation", "birth_date", "email", "email_kind", "email_suggestion"),
    *("other_emails", "phone", "phone_extension", "mobile", "other_phones", "company_key", "website", "customer_no"),
    *("postcode", "street", "house_number", "linkedin_url"),
)
_SLIP = 4  # letters of a name in which one slip is still recognised
_LOCAL_SLIP = 7  # and of what stands before the @
_STEM = 3  # last digits in which numbers of one firm may differ
_LONG = pl.col("value").str.len_chars() > _STEM + 7
_GENERATION = re.compile(
    r"[ ,(]+(?:(sen|sr|d\. ?ä)[a-zäöü]*|(jun|jr|d\. ?j)[a-zäöü]*|(i{2,3}|iv))\.?\)?$", re.IGNORECASE
)
_LETTERS = re.compile(r"[^\W\d_]+")
_MAIL = r"[^\s@<>\"'(),;:\[\]=]+@[^\s@<>\"'(),;:\[\]=]+\.\pL+"
_NUMBER = r"[+(]?\d(?:[\s()/.\-]{0,3}\d){7,}"
_UMLAUTS = ("ae", "oe", "ue")
_TAIL = 8  # digits by which a number in a text is known, whatever its country is written like


def contexts(records: pl.DataFrame) -> pl.DataFrame:
    """Where each record meets a person.

    Args:
        records: `COLUMNS` of contracts.clean.

    Returns:
        record (row number, UInt32), context (`kind:value`), sorted by record; without doubles.
    """
    mails = _mails(records)
    label = own_domains(domains := mails["domain"].unique())
    firms = mails.join(pl.DataFrame({"domain": domains, "own": label}), on="domain").drop_nulls("own")
    personal = mails.filter(~pl.col("office"))
    boxes = personal.join(firms.select("domain").unique(), on="domain", how="semi")
    site = own_domains(records["website"].fill_null("").alias("text"))
    home = pl.concat_str("postcode", "street", "house_number", separator="|")
    spelt = records.with_columns(home=home).with_row_index("record")
    numbers = _numbers(records)
    stem = pl.when(_LONG).then(pl.col("value").str.head(-_STEM) + "-")
    switchboard = pl.col("phone").str.strip_suffix(pl.col("phone_extension")) + "-"
    found = [
        personal.select("record", kind=pl.lit("mail"), value="mail"),
        boxes.select("record", kind=pl.lit("box"), value=pl.col("plain") + "@" + pl.col("domain")),
        spelt.select("record", kind=pl.lit("profile"), value=profile(records["linkedin_url"])),
        numbers.select("record", kind=pl.lit("line"), value="value"),
        numbers.select("record", kind=pl.lit("number"), value=stem),
        spelt.select("record", kind=pl.lit("number"), value=switchboard),
        firms.select("record", kind=pl.lit("firm"), value=_label("own")),
        spelt.select("record", kind=pl.lit("firm"), value=site).select("record", "kind", _label("value")),
        spelt.select("record", kind=pl.lit("firm"), value=_plain("company_key")),
        spelt.select("record", kind=pl.lit("home"), value=_plain("home")),
        spelt.select("record", kind=pl.lit("born"), value="birth_date"),
        spelt.select("record", kind=pl.lit("customer"), value=_plain("customer_no")),
    ]
    placed = pl.concat(found).filter(pl.col("value").str.len_chars() > 1)
    return placed.select("record", context=pl.col("kind") + ":" + pl.col("value")).unique().sort("record", "context")


def stems(numbers: pl.Series) -> pl.Series:
    """What numbers of one firm have in common where they differ in the extension; null for short ones."""
    return numbers.to_frame("value").select(pl.when(_LONG).then(pl.col("value").str.head(-_STEM))).to_series()


def direct_lines(person: pl.DataFrame, records: pl.DataFrame) -> frozenset[str]:
    """Numbers of a person (E.164) that are extensions at their firm, though nobody wrote where the extension begins.

    Those that nobody else bears, do not end in 0 and have another one of the firm beside them. A number that stands
    alone may be the firm's only one.

    Args:
        person: their clean records.
        records: clean records of others, at least those with numbers of the same stem.
    """
    named = [place for place in contexts(person)["context"] if place.startswith("firm:")]
    colleagues = contexts(records).filter(pl.col("context").is_in(named))["record"].unique()
    own = _numbers(person)["value"].unique()
    others, firms = _numbers(records)["value"].unique(), _numbers(records[colleagues])["value"].unique()
    return frozenset(
        number
        for number, stem in zip(own, stems(own), strict=True)
        if stem is not None
        and not number.endswith("0")
        and number not in others
        and any(other.startswith(stem) and other != number for other in firms)
    )


def marks(person: Sequence[dict[str, Any]], places: Sequence[str], direct: frozenset[str] = frozenset()) -> set[str]:
    """What a person leaves: all forms of all their names in all their contexts.

    Args:
        person: their records, `COLUMNS` of each.
        places: the contexts of all of them.
        direct: numbers that are theirs alone, beside those that say so.
    """
    known = [(row, name) for row in person for name in _names(row)]
    firmly = {_mark for row, name in known for _mark in _name_marks(row, name)}
    near = {f"near|{given}" for row, name in known for given in _given_marks(row, name)} | {"near|"}
    births = {
        mark
        for row, family in ((row, family) for row, name in known for family in _family_forms(name))
        if row["birth_date"]
        for mark in (f"born|{family}", f"born|{family}|{row['birth_date']}")
    }
    extensions = {row["phone"] for row in person if (row["phone_extension"] or "").strip("0")}
    own = direct | extensions | {row["mobile"] for row in person}
    near |= {mark for row, name in known for mark in _near_slips(name, _given_marks(row, name))}
    left = set(places)
    for place in places:
        kind, _, value = place.partition(":")
        if kind in OWN:
            continue
        told = firmly | births
        if kind == "firm":
            told = told | _mail_marks([name for _, name in known], person, value)
        if kind == _LINE and value in own:
            told = told | near
        left |= {f"{place}|{mark}" for mark in told}
    return left


class Signs(NamedTuple):
    """What a record shows in a context: `shown`, of which one that is marked will do; and `unless`, by which it is
    somebody else's: where the first of a pair is marked, the second has to be."""

    shown: set[str]
    unless: set[tuple[str, str]]


def signs(row: dict[str, Any], place: str) -> Signs:
    """What a record (`COLUMNS`) shows in one of its contexts."""
    kind, _, value = place.partition(":")
    names = _names(row)
    shown = {sign for name in names for sign in _name_signs(row, name)}
    unless = {
        (f"born|{family}", f"born|{family}|{row['birth_date']}") for name in names for family in _family_forms(name)
    }
    if not row["birth_date"]:
        unless.clear()
    if kind == _LINE:
        shown |= {f"near|{given}" for name in names for given in _given_signs(row, name)} or {"near|"}
        shown |= {sign for name in names for way in _ways(name) for sign in _near_slips(way, _given_signs(row, way))}
    boxes = _locals(row, value) if kind == "firm" else []
    if boxes:  # a mailbox of one's own says who of those with this name is meant
        shown = {sign for sign in shown if not sign.startswith(("I", "?"))}
        unless |= {(f"base|{_letters(box)}", f"mail|{_squeezed(box)}") for box in boxes}
    if not row["given_name"]:
        shown |= {f"mail|{_squeezed(box)}" for box in boxes}
        shown |= {f"mail~{cut}" for box in boxes for cut in _cuts(_squeezed(box), _LOCAL_SLIP)}
    return Signs(
        {f"{place}|{sign}" for sign in shown}, {(f"{place}|{mark}", f"{place}|{excuse}") for mark, excuse in unless}
    )


def mentions(texts: pl.Series) -> pl.DataFrame:
    """Whom texts speak of: text (row number), context. Addresses, numbers, and words beside each other.

    A text is no record: who is mistaken for a namesake loses a sentence in a file for people, never a record.
    """
    frame = texts.rename("text").to_frame().with_row_index("row").drop_nulls("text")
    mails = frame.select("row", mail=pl.col("text").str.to_lowercase().str.extract_all(_MAIL)).explode("mail")
    found = contexts(_only_mails(mails["mail"])).filter(pl.col("context").str.contains("^(?:mail|box):"))
    told = [mails.select("row").with_row_index("record").join(found, on="record").select("row", "context")]
    numbers = frame.select("row", value=pl.col("text").str.extract_all(_NUMBER)).explode("value").drop_nulls("value")
    digits = pl.col("value").str.replace_all(r"\D", "").str.tail(_TAIL)
    told.append(numbers.select("row", context=pl.lit("told_number:") + digits))
    words = frame.select("row", words=_words_of("text"))
    rows = [(row, pair) for row, found in words.iter_rows() for pair in map(_pair, pairwise(found or []))]
    told.append(pl.DataFrame(rows, schema=told[0].schema, orient="row"))
    return pl.concat(told).unique()


def told_marks(person: Sequence[dict[str, Any]]) -> set[str]:
    """What gives a person away in a text, beside their mailboxes."""
    pairs = {
        _pair((given, family))
        for row in person
        for name in _names(row)
        if not name.guessed
        for given in name.given
        for family in name.family
    }
    own = [number for row in person for number in (row["mobile"], row["phone"], *(row["other_phones"] or [])) if number]
    return pairs | {f"told_number:{number[-_TAIL:]}" for number in own}


class _Name(NamedTuple):
    """A person's name in words of plain letters, umlauts spelt out; `whole` is the family name with `von` and the like.

    `guessed` from a mailbox, `alone` if that is one word.
    """

    given: tuple[str, ...]
    initials: tuple[str, ...]
    family: tuple[str, ...]
    whole: str
    generation: str = ""
    guessed: bool = False
    alone: bool = False


def _names(row: dict[str, Any]) -> list[_Name]:
    given, family = _words(row["given_name"] or ""), row["family_name"] or ""
    generation = ""
    if ending := _GENERATION.search(family):
        generation = "-" + ("12"[ending.lastindex - 1] if ending.lastindex else "3")
        family = family[: ending.start()]
    written = _words(family)
    if len("".join(written)) == 1 and len("".join(given)) > 1:
        given, written = written, given  # Wagner, J.
    families = [word for word in written if word not in _particles()] or written
    full = tuple(word for word in given if len(word) > 1)
    initials = tuple(word for word in given if len(word) == 1)
    boxes = [_words(re.sub(r"[\d_]+", " ", box)) for box in _locals(row)]
    if families:
        return [_Name(full, initials, tuple(families), "".join(written), generation)]
    if given:
        rest = [word for box in boxes for word in box if word not in given]
        bare = [word.removeprefix(full[0]) or word for word in rest if full]
        return [_Name(full, initials, (word,), word, guessed=True) for word in bare if len(word) > 2]
    found = []
    for box in boxes:
        long = [word for word in box if len(word) > 1]
        short = tuple(word for word in box if len(word) == 1)
        if len(long) == 1 and len(long[0]) > 2:
            found.append(_Name((), short, (long[0],), long[0], guessed=True, alone=not short))
        if len(long) > 1:
            found.append(_Name((long[0],), (), tuple(long[1:]), "".join(long[1:]), guessed=True))
    return found


def _given_marks(row: dict[str, Any], name: _Name) -> set[str]:
    if name.given:
        bound = {f"i{word[0]}" for word in name.given} | {"-"}
        told = _given_forms(name)
    else:
        bound = {f"i{letter}" for letter in name.initials} | {"-"}
        told = {f"I{letter}" for letter in name.initials} if name.initials else {"?"} if name.alone else set()
    stated = [row["salutation"]] if row["salutation"] else ["Herr", "Frau", "Mx"]
    return told | bound | {mark + salutation for mark in bound for salutation in stated}


def _given_signs(row: dict[str, Any], name: _Name) -> set[str]:
    if name.given:
        return _given_forms(name) | {f"I{name.given[0][0]}", "?"}
    said = row["salutation"] or ""
    return {f"i{letter}{said}" for letter in name.initials[:1]} or {f"-{said}"}


def _given_forms(name: _Name) -> set[str]:
    forms = {level_text(form) for form in (*name.given, "".join(name.given))}
    return forms | {f"#{group}" for form in forms for group in groups().get(form, ())}


def _family_forms(name: _Name) -> set[str]:
    parts = {word for word in name.family if len(word) > 2}
    forms = parts | {"".join(name.family), name.whole}
    return {level_text(form) + name.generation for form in forms}


def _name_marks(row: dict[str, Any], name: _Name) -> set[str]:
    given, family = _given_marks(row, name), _family_forms(name)
    return {f"{g}|{f}" for g in given for f in family} | set(_slips(name, marked=True))


def _name_signs(row: dict[str, Any], name: _Name) -> set[str]:
    ways = _ways(name)
    said = {f"{g}|{f}" for way in ways for g in _given_signs(row, way) for f in _family_forms(way)}
    return said.union(*(_slips(way, marked=False) for way in ways))


def _ways(name: _Name) -> list[_Name]:
    """The name as it stands, and the other way round."""
    if not (name.given and name.family):
        return [name]
    return [name, name._replace(given=name.family, family=name.given, whole="".join(name.given))]


def _near_slips(name: _Name, given: set[str]) -> Iterator[str]:
    """The name with one letter left out of each part, or of the family name beside an initial or none."""
    firsts = {"".join(name.given), *name.given[:1]}
    told = given | {f"~{cut}" for first in firsts for cut in _cuts(level_text(first), _SLIP)}
    family = level_text("".join(name.family))
    cuts = _cuts(family, _SLIP) | {family}
    yield from (f"near|{first}|~{cut}{name.generation}" for first in told for cut in cuts)


def _slips(name: _Name, *, marked: bool) -> Iterator[str]:
    """The name with one letter left out of one part; two names one slip apart have one in common.

    A record's part that is itself a name in use is no slip of another: Jan is not Jana, Möller not Müller.
    """
    if not (name.given and name.family):
        return
    family = "".join(name.family)
    for first in {"".join(name.given), name.given[0]}:
        if marked or family not in family_names():
            yield from (f"{level_text(first)}|~{cut}{name.generation}" for cut in _cuts(family, _SLIP))
        if marked or first not in given_names():
            yield from (f"~{cut}|{level_text(family)}{name.generation}" for cut in _cuts(first, _SLIP))


def _mail_marks(names: Sequence[_Name], person: Sequence[dict[str, Any]], firm: str) -> set[str]:
    """Mailboxes a person may have at their firm, in letters without signs between them.

    Where one that is known ends in a number, those without it are a namesake's, as those with another one are.
    """
    known = [box for row in person for box in _locals(row, firm)]
    numbers = {number[0] for box in known if (number := re.search(r"\d+$", box))}
    patterns: set[str] = set()
    for name in names:
        letters = "".join(word[0] for word in (*name.given, *name.initials))
        starts = {"", "".join(name.given), *name.given[:1], letters, letters[:1]}
        families = {name.whole, "".join(name.family), *(word for word in name.family if len(word) > 2)}
        both = ((start, family) for start in starts for family in families)
        patterns |= {level_text(text) for start, family in both for text in (start + family, family + start)}
    endings = numbers or {""}
    own = {_squeezed(box) for box in known}
    written = {pattern + ending for pattern in patterns for ending in endings} | own
    slips = {cut for box in own for cut in _cuts(box, _LOCAL_SLIP)}
    bases = {f"base|{_letters(box)}" for box in patterns | own}
    return {f"mail|{box}" for box in written} | {f"mail~{cut}" for cut in slips} | bases


def _locals(row: dict[str, Any], firm: str | None = None) -> list[str]:
    """What stands before the @ of a record's personal addresses; of one firm's only, if told."""
    written = [row["email"] if row["email_kind"] != "role" else None, *(row["other_emails"] or [])]
    found = []
    for mail in written:
        local, _, domain = (mail or "").lower().partition("@")
        if local and (firm is None or _squeezed(domain).startswith(firm)):
            found.append(ROMANISED.text(local.partition("+")[0]))
    return found


def _mails(records: pl.DataFrame) -> pl.DataFrame:
    """All addresses: record, mail (of the mailbox), plain (letters before the @), domain, office (shared by a team)."""
    # Invented mailboxes are of the kind role too.
    first = pl.when(pl.col("email_kind").fill_null("") != "role").then("email")
    offices = pl.when(pl.col("email_kind").fill_null("") == "role").then("email")
    listed = records.with_row_index("record").select(
        "record",
        pl.concat_list(first, "email_suggestion", pl.col("other_emails").fill_null([])).alias("own"),
        pl.concat_list(offices).alias("office"),
    )
    told = [
        listed.select("record", mail=kind, office=pl.lit(kind == "office")).explode("mail", empty_as_null=True)
        for kind in ("own", "office")
    ]
    mails = pl.concat(told).drop_nulls("mail").with_columns(pl.col("mail").str.to_lowercase())
    parts = pl.col("mail").str.extract_groups(r"^(?<local>.*)@(?<domain>[^@]*)$").struct
    mails = mails.with_columns(parts.field("local"), parts.field("domain")).drop_nulls("local")
    office = pl.col("office") | is_role_mailbox(pl.col("local")).fill_null(True)
    plain = pl.col("local").str.replace(r"\+.*$", "").map_elements(_squeezed, return_dtype=pl.String)
    whole = mailbox(mails["mail"])
    return mails.with_columns(office=office, plain=plain, mail=whole.map_elements(_spelt_out, return_dtype=pl.String))


def _numbers(records: pl.DataFrame) -> pl.DataFrame:
    """All numbers: record, value (E.164)."""
    several = pl.concat_list("phone", "mobile", pl.col("other_phones").fill_null([])).list.drop_nulls()
    listed = records.with_row_index("record").select("record", value=several)
    return listed.explode("value", empty_as_null=True).drop_nulls()


def _only_mails(mails: pl.Series) -> pl.DataFrame:
    """Addresses as records that say nothing else."""
    texts = {name: pl.lit(None, pl.String) for name in COLUMNS if name not in ("email", "other_emails", "other_phones")}
    lists = {name: pl.lit(None, pl.List(pl.String)) for name in ("other_emails", "other_phones")}
    return mails.rename("email").to_frame().with_columns(**texts, **lists)


def _spelt_out(mail: str) -> str:
    local, _, domain = mail.partition("@")
    return f"{ROMANISED.text(local)}@{domain}"


def _label(column: str) -> pl.Expr:
    """The name of a domain, as a company is called: beispiel-werk.de, beispielwerk."""
    return _plain(pl.col(column).str.replace(r"\..*$", "")).alias("value")


def _plain(text: pl.Expr | str) -> pl.Expr:
    column = pl.col(text) if isinstance(text, str) else text
    return column.map_elements(_squeezed, return_dtype=pl.String)


def _squeezed(text: str) -> str:
    """Letters and digits alone, ö, oe and o the same."""
    return re.sub(r"[\W_]+", "", level_text(ROMANISED.text(text)))


def _letters(text: str) -> str:
    return re.sub(r"\d+$", "", _squeezed(text))


def _words(text: str) -> list[str]:
    """Words of plain letters, umlauts spelt out; O'Brien is one, and Ö. an initial."""
    words = _LETTERS.findall(ROMANISED.text(text).replace("'", ""))
    return [word[0] if word in _UMLAUTS else word for word in words]


def _words_of(column: str) -> pl.Expr:
    return pl.col(column).map_elements(_words, return_dtype=pl.List(pl.String))


def _pair(words: tuple[str, str]) -> str:
    return "told:" + " ".join(sorted(map(level_text, words)))


def _cuts(word: str, least: int) -> set[str]:
    """The word, and it with each one letter left out; digits say which of many, and stay."""
    if len(word) < least:
        return set()
    return {word} | {word[:at] + word[at + 1 :] for at, letter in enumerate(word) if not letter.isdigit()}


@cache
def _particles() -> frozenset[str]:
    return frozenset(word.strip(".'") for word in by_kind("name_words.csv")["particle"])
