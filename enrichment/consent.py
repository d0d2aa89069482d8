"""Consent: what the record states about being contacted, per channel.

Belongs here: reading yes, no, dates and objections in the languages of the lists. Does not belong here:
whether contact is allowed (that is decided when publishing, by § 7 UWG and Art. 6 GDPR). A record that says
nothing takes the consent its source declares; an objection outranks every consent, and what an older version of the
record refuses counts where none has agreed since (`refused_before`). Sources: § 7 UWG, Art. 4 No. 11, 7 and 21 GDPR (a
statement must be unambiguous: filled with anything else a cell is `unclear`, which is no consent and outranks one).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

import polars as pl

from contracts.raw import date_order_of
from contracts.table import given_or_null
from engine.caches import keep_cells
from engine.word_lists import alternatives, in_text
from enrichment.cells.distinct import by_cell
from enrichment.cells.evidence import Entry, repairs
from enrichment.cells.first_true import first_true
from enrichment.cells.long_form import one_per_record
from enrichment.cells.no_value import LONGEST
from enrichment.cells.placeholders import is_placeholder
from enrichment.cells.word_lists import by_kind
from enrichment.collected_at import (
    DEFAULT_ZONE,
    EARLIEST,
    in_common_notation,
    in_utc,
    is_date,
    moments_of,
    read_date,
)
from enrichment.refusals import firm_sentences, refusal, refusals, refusals_beside, refusals_in_extra
from reference.letters import SPELT_OUT

_FIELDS = (
    *("consent_email", "consent_doi_at", "consent_phone", "consent_purpose", "opt_out", "consent_basis"),
    "refused_before",
)
# Where people write a refusal that no column asks for,
_REMARKS = (
    *("note", "interest", "rating", "timeframe", "consent_purpose"),
    *("lead_source", "campaign", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
    *("email", "email_2", "phone", "phone_2", "mobile", "mobile_2"),
)
# and where they write it beside what belongs there: `Klein *** NICHT KONTAKTIEREN ***`.
_BESIDE = (
    *("salutation", "academic_title", "given_name", "family_name", "full_name", "company", "company_addition"),
    *("job_title", "department", "street", "address_extra", "city", "region", "country"),
)

# What a source may declare for records that say nothing, per channel: (e-mail, phone).
_BASIS = {
    "double_opt_in": ("confirmed", None),
    "form_opt_in": ("granted", None),
    "opt_in": ("granted", None),
    "phone_opt_in": (None, "granted"),
    "form_opt_in_phone": ("granted", "granted"),
    "existing_customer": (None, None),  # no consent; the law may ask for none (`publishing/publishable.csv`)
    "none": (None, None),
}

_WORDS = {kind: tuple(map(SPELT_OUT.text, words)) for kind, words in by_kind("consent_words.csv").items()}


def _any(*kinds: str) -> str:
    """A pattern of the words of some kinds, whatever stands around them."""
    return alternatives(word for kind in kinds for word in _WORDS[kind])


def _said(kind: str) -> str:
    """A pattern of the words of a kind as they stand in a text."""
    return in_text(_WORDS[kind])


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.I)


_TICKED = rf"(?:1(?:[.,]0+)?|{_any('ticked')})"
_UNTICKED = rf"(?:0(?:[.,]0+)?|{_any('unticked')})"
_BY_COLUMN_NO = rf"[a-z)] ?[:=] ?{_UNTICKED}\.?$"
_WITHDRAWN = _pattern(_said("withdrawn"))
_UNTIL_WITHDRAWN = _pattern(rf"[\s,(]*\b(?:bis (?:auf|zum) (?:\w+ )?widerruf|{_said('revocable')})\b\)?")
_NO = _pattern(
    rf"^{_UNTICKED}\.?!?$|^{_any('no_begins')}\b(?! ?/)|{_BY_COLUMN_NO}|{_said('withdrawn')}|{_said('no')}"
    r"|(?<!nicht )gesperrt|(?<!keine )\bsperr(?!ung aufgehoben)"
    rf"|nicht (?:\w+ )?{_any('given')}|(?:not|non|never) {_any('agreed')}"
    r"|stimme?n? (?:\w+ )?nicht zu|willige?n? (?:\w+ )?nicht ein"
    rf"|keine?[rn]? (?:\w*{_any('consent')}|[\w-]*{_any('contact')}\b)"
)
_DOUBLE = _pattern(rf"{_said('double')}|{_any('confirmed')}")
_PENDING = _pattern(rf"{_said('pending')}|(?:un|nicht ){_any('confirmed')}")
_DOUBT = _pattern(rf"{_said('doubt')}|n['’]t\b|\?")
_CHANNELS = {channel: _said(channel) for channel in ("email", "phone", "post")}
_ONLY = _pattern(
    rf"\b(?<!nicht ){_any('only')}\s+(?:noch\s+)?(?:{_any('by', 'by_only')}\s+)?"
    rf"(?:{'|'.join(f'(?P<{channel}>{words})' for channel, words in _CHANNELS.items())})"
    rf"|\b(?:{'|'.join(f'(?P<{channel}_>{words})' for channel, words in _CHANNELS.items())})\s+only\b"
)
_BY_WAY = {
    asked: _pattern(
        rf"\b{_any('by')} (?:{'|'.join(words for channel, words in _CHANNELS.items() if channel != asked)})"
    )
    for asked in ("email", "phone")
}
"""A yes to another channel than the one asked for."""
# A plain yes may be followed by anything; a mere noun is a consent only among words that take nothing back.
_PLAIN_YES = _pattern(rf"^(?:{_any('yes_begins')}|{_TICKED}(?!\s+[^\W\d_]))(?!\w)|[a-z)] ?[:=] ?{_TICKED}\.?$")
_KNOWN = frozenset(_WORDS["known"])
_YES = _pattern(rf"^{_TICKED}\.?!?$|^{_any('yes_begins')}\b|^{_any('yes_alone')}\.?$|{_said('yes')}")
_NOT_OBJECTED = _pattern(rf"{_said('not_objected')}|widerspr\w+ (?:ist )?nicht")
_NO_OBJECTION = _pattern(
    rf"^(?:{_UNTICKED}|{_any('none')})\.?$|{_BY_COLUMN_NO}|{_said('no_objection')}"
    r"|^opt(?:ed)?[ -]?in\b|^subscribed$|^(?!.*\b(?:kein|nicht)).*erlaubt$"
)
_EMAIL_OBJECTION, _PHONE_OBJECTION = _pattern(_said("objection_email")), _pattern(_said("objection_phone"))
_MADE_BY = _pattern(rf"{_any('manner')}\s+{_any('objected')}|{_any('objection')} {_any('manner')}")
"""How somebody objected, which says nothing of what they objected to."""
_ON_PAPER = _pattern(rf"(?:{_said('paper')}\w*\W*)+")
"""Channels that are neither mail nor phone."""
# A part of an objection that takes one channel out of it: `keine Mails, Anruf ok`.
_BUT = _any("but")
_CLAUSES = _pattern(rf"\s*[,;.]\s*(?:{_BUT}|dagegen)?\s*|\s+(?:{_BUT}|sondern)\s+|\s+[–-]\s+")
_ALLOWED = _pattern(
    rf"(?:{_any('please')} )?(?:{_any('by')} )?(?:{'|'.join(_CHANNELS.values())}) (?:{_any('is')} )?{_any('welcome')}!?"
)
# One opt-out column per channel arrives as `E-Mail: 1; Telefon: 0` (`sources.columns.naming`).
_BY_COLUMN = re.compile(r"(?:^|[;,] )(e-mail|telefon|alle)(?:: | (?=(?:ja|nein|yes|no|x|0|1)\b))")
_SHOWN = 200  # signs of a remark that the evidence shows
_OTHERS = {"email": "phone", "phone": "email", "post": "all"}  # closed where only this one is open
_OF_COLUMN = {"e-mail": "email", "telefon": "phone"}
_WORD = re.compile(r"[^\W\d_]+")
_DRAWN = re.compile(r"[*\u00a4-\u00b6\u2022\u2190-\U0010ffff]")
_SET_APART = re.compile(r"[^\W\d_](?:[ .*\-][^\W\d_])+\W*")
_NEVER = datetime(2038, 1, 19)  # the end of 32-bit time, 2099 and 9999 stand for no date
# What a person agrees to that is no advertising, unless advertising is named beside it: consent holds for its purpose
# only (Art. 6 I a GDPR), and one to a prize draw or to privacy terms allows no newsletter.
_OTHER_PURPOSE, _ADVERTISING = f"(?i){_said('purpose')}", f"(?i){_said('advertising')}"


def clean_consent(records: pl.DataFrame) -> pl.DataFrame:
    """Consent columns of contracts.clean for raw records.

    Args:
        records: consent_email, consent_doi_at, consent_phone, consent_purpose, opt_out, consent_basis and
            refused_before of contracts.raw, date_order and timezone, and the remarks, addresses, numbers and `extra`
            in which a refusal may stand; missing columns count as empty.

    Returns:
        consent_email, consent_phone, for both what they rest on (`consent_email_basis`, `consent_phone_basis`),
        consent_confirmed_at (UTC), consent_purpose, opt_out (true where the record objects to any channel, else
        false) and `repairs`, same rows in the same order.

    Example:
        >>> records = pl.DataFrame({"consent_email": ["Ja", "nein", None], "opt_out": [None, None, "keine Werbung"]})
        >>> clean_consent(records).select("consent_email", "consent_phone", "opt_out")
        shape: (3, 3)
        ┌───────────────┬───────────────┬─────────┐
        │ consent_email ┆ consent_phone ┆ opt_out │
        │ ---           ┆ ---           ┆ ---     │
        │ str           ┆ str           ┆ bool    │
        ╞═══════════════╪═══════════════╪═════════╡
        │ granted       ┆ unknown       ┆ false   │
        │ refused       ┆ unknown       ┆ false   │
        │ refused       ┆ refused       ┆ true    │
        └───────────────┴───────────────┴─────────┘
    """
    rows = records.select(given_or_null(records, _FIELDS))
    stated = rows.select(
        by_cell(partial(statement, channel="email"))(rows["consent_email"]).alias("email"),
        by_cell(partial(statement, channel="phone"))(rows["consent_phone"]).alias("phone"),
        _confirmed(rows["consent_doi_at"]).alias("doi"),
        by_cell(objection)(rows["opt_out"]).alias("objection"),
    )
    frame = pl.concat([rows, stated, _remarked(records)], how="horizontal").with_columns(
        basis=pl.col("consent_basis").str.strip_chars().str.to_lowercase().str.replace_all(r"[ -]", "_"),
        other=_for_another_purpose(rows["consent_purpose"]),
    )
    said = pl.col("email").replace("pending", "unknown")
    email = pl.coalesce(pl.when(said == "refused").then(said), "doi", said, _by_source(0), pl.lit("unknown"))
    phone = pl.coalesce(
        pl.col("phone").replace({"pending": "unknown", "confirmed": "granted"}), _by_source(1), pl.lit("unknown")
    )
    objected = pl.col("objection")
    refused_email, refused_phone = (
        pl.any_horizontal(pl.col("objection", "remark").is_in(["all", "unclear", channel]).fill_null(False))
        for channel in ("email", "phone")
    )
    frame = frame.with_columns(before_email=_refused_before("email"), before_phone=_refused_before("phone"))
    frame = frame.with_columns(
        first_true(
            (
                (refused | pl.col(f"before_{channel}"), "refused"),
                (pl.col("other") & agreed.is_in(["confirmed", "granted"]), "unknown"),
            ),
            agreed,
        ).alias(f"clean_{channel}")
        for channel, refused, agreed in (("email", refused_email, email), ("phone", refused_phone, phone))
    )
    purpose = pl.col("consent_purpose").str.strip_chars().str.replace_all(r"\s+", " ")
    told = frame.select(
        pl.col("clean_email").alias("consent_email"),
        pl.col("clean_phone").alias("consent_phone"),
        _basis("email", pl.col("doi").is_null()).alias("consent_email_basis"),
        _basis("phone", pl.lit(True)).alias("consent_phone_basis"),
        _confirmed_at(records, rows["consent_doi_at"]).alias("consent_confirmed_at"),
        pl.when(purpose != "").then(purpose).alias("consent_purpose"),
        pl.any_horizontal(
            objected.is_not_null(), pl.col("remark").is_not_null(), pl.col("refused_before").eq_missing("all")
        ).alias("opt_out"),
    )
    entries = [
        *_judged("consent_email", "email", refused_email),
        *_judged("consent_phone", "phone", refused_phone),
        Entry(
            "opt_out",
            objected == "unclear",
            pl.col("opt_out"),
            pl.lit("true"),
            "objection_unclear",
            "consent_objection",
        ),
        Entry(
            "opt_out",
            pl.col("remark").is_not_null(),
            pl.col("remark_text"),
            pl.lit("true"),
            "objection_in_remark",
            "consent_remark",
        ),
    ]
    return told.with_columns(repairs(frame, entries))


def _remarked(records: pl.DataFrame) -> pl.DataFrame:
    """What remarks and columns without a field refuse: remark (all, email or phone), remark_text."""
    found = []
    reads = dict.fromkeys(_REMARKS, refusals) | dict.fromkeys(_BESIDE, refusals_beside) | {"extra": refusals_in_extra}
    for name, read in reads.items():
        texts = records.select(given_or_null(records, [name])).to_series()
        channel = read(texts).alias("channel")
        found.append(pl.DataFrame([channel, texts.alias("text")]).with_row_index("row").drop_nulls("channel"))
    told = (
        pl.concat(found)
        .group_by("row", maintain_order=True)
        .agg(
            remark=pl.when(pl.col("channel").n_unique() > 1).then(pl.lit("all")).otherwise(pl.col("channel").first()),
            remark_text=pl.col("text").first().str.head(_SHOWN),
        )
    )
    rows = pl.DataFrame({"row": pl.Series(range(records.height), dtype=pl.UInt32)})
    return rows.join(told, on="row", how="left", maintain_order="left").drop("row")


def _refused_before(channel: str) -> pl.Expr:
    """Whether an older version of the record refuses a channel, and none has agreed to it since."""
    words = ["all", "email_and_phone", channel]
    return pl.col("refused_before").is_in(words).fill_null(False)


def _by_source(place: int) -> pl.Expr:
    """What the basis of the source means for a channel, by its place in `_BASIS`."""
    declared = {name: value[place] for name, value in _BASIS.items() if value[place]}
    return pl.col("basis").replace_strict(declared, default=None, return_dtype=pl.String)


def _basis(channel: str, silent: pl.Expr) -> pl.Expr:
    """What the answer for a channel rests on (statuses.CONSENT_BASIS); `silent` where no other cell speaks of it."""
    clean, said = pl.col(f"clean_{channel}"), pl.col(channel).replace("pending", None)
    return (
        pl.when(clean == "confirmed", ~(said.is_null() & silent))
        .then(pl.lit("double_opt_in"))
        .when(pl.col("basis") == "existing_customer", clean.is_in(["granted", "unknown"]))
        .then(pl.lit("existing_customer"))
        .when(clean.is_in(["refused", "unclear"]) | (clean == "granted") & said.is_not_null())
        .then(pl.lit("stated"))
        .when(clean != "unknown")
        .then(pl.lit("declared"))
    )


def _confirmed_at(records: pl.DataFrame, cells: pl.Series) -> pl.Series:
    """When the address was confirmed, in UTC; null where the cell is no date."""
    clock = records.select(given_or_null(records, ["date_order", "timezone"])).with_columns(
        date_order_of("consent_doi_at").alias("date_order"), pl.col("timezone").fill_null(DEFAULT_ZONE)
    )
    at = in_utc(moments_of(cells, clock["date_order"]), clock["timezone"])["at"]
    first, last = (pl.lit(end).dt.replace_time_zone("UTC") for end in (EARLIEST, _NEVER))
    moments = pl.col("at").is_between(first, last, closed="left")
    return at.to_frame("at").select(pl.when(moments).then("at")).to_series()


def _for_another_purpose(purposes: pl.Series) -> pl.Series:
    """Whether a consent is for a purpose that is no advertising."""
    distinct = purposes.drop_nulls().unique()
    folded = SPELT_OUT.series(distinct)
    others = distinct.filter(folded.str.contains(_OTHER_PURPOSE) & ~folded.str.contains(_ADVERTISING))
    return purposes.is_in(others.implode()).fill_null(False)


def _judged(column: str, channel: str, objected: pl.Expr) -> list[Entry]:
    """Evidence where the answer is not simply what the cell says."""
    clean, said = pl.col(f"clean_{channel}"), pl.col(channel)
    mismatch = pl.col("other") & said.is_in(["granted", "confirmed"]) & (clean == "unknown")
    before = pl.col(f"before_{channel}") & ~objected & (said != "refused").fill_null(True)
    by_source = said.is_null() & ~objected & ~before & (clean != "unknown") & pl.col("basis").is_not_null()
    if channel == "email":
        by_source &= pl.col("doi").is_null()
    return [
        Entry(
            column, said.is_in(["unclear", "pending"]), pl.col(column), clean, "consent_unclear", "consent_statement"
        ),
        Entry(column, mismatch, pl.col("consent_purpose"), clean, "consent_other_purpose", "consent_purpose"),
        Entry(column, by_source, pl.col("consent_basis"), clean, "consent_by_source", "consent_basis"),
        Entry(column, objected, pl.coalesce("opt_out", "remark_text"), clean, "objection_outranks", "objection"),
        Entry(column, before, pl.col("refused_before"), clean, "refused_before", "older_version"),
    ]


def _confirmed(cells: pl.Series) -> pl.Series:
    """`_confirmation` of a column; most cells are a plain date, where nothing else needs to be looked for."""
    texts = pl.DataFrame({"text": cells}).with_row_index("row").drop_nulls()
    dated = in_common_notation(texts)
    agreed = pl.when(pl.col("local").is_between(EARLIEST, _NEVER, closed="left")).then(pl.lit("confirmed"))
    other = texts.join(dated, on="row", how="anti")
    said = [
        dated.select("row", agreed.alias("said")),
        other.select("row", by_cell(_confirmation)(other["text"]).alias("said")),
    ]
    return one_per_record(pl.concat(said), len(cells))["said"]


@keep_cells
def statement(text: str, channel: str) -> str | None:
    """confirmed, granted, pending, refused or unclear for a channel; None where the cell says nothing."""
    text = SPELT_OUT.text(text)
    if len(text) > LONGEST:
        return "refused" if _refuses_at_length(text) else "unclear"
    text = _UNTIL_WITHDRAWN.sub("", _plain(text).strip("[]() "))
    if _NOT_OBJECTED.search(text):
        return "unclear"
    if only := _ONLY.search(text):
        if _named(only) != channel:
            return "refused"
        text = text.replace(only[0], channel)
    if _is_unfilled(text) and "?" not in text and not _NO.search(text) and not _YES.search(text):
        return None
    if _NO.search(text) or refusal(text) in ("all", channel):
        return "refused"
    if (pending := _PENDING.search(text)) and not _DOUBT.search(text.replace(pending[0], " ")):
        return "pending"
    if pending or _DOUBT.search(text) or _BY_WAY[channel].search(text) or not _says_so(text):
        return "unclear"
    if _DOUBLE.search(text):
        return "confirmed"
    if _YES.search(text) or _PLAIN_YES.search(text) or _is_moment(text):
        return "granted"
    return "unclear"


def _refuses_at_length(text: str) -> bool:
    """Whether a sentence of a long text refuses: `Nein.` or `Ich widerspreche` above a page of whatever else."""
    return refusal(text) is not None or any(map(_NO.search, firm_sentences(" ".join(text.split()))))


def _is_unfilled(text: str) -> bool:
    """Whether a cell says nothing; a sign drawn into it does, though nobody can be sure what: `✅`, `❌`, `•`."""
    return is_placeholder(text) and not _DRAWN.search(text)


@keep_cells
def _confirmation(text: str) -> str | None:
    """confirmed where the cell of the double opt-in says so, refused where it was taken back."""
    text = _plain(SPELT_OUT.text(text))
    if _WITHDRAWN.search(text) or refusal(text) in ("all", "email"):
        return "refused"
    if len(text) > LONGEST or _PENDING.search(text) or _NO.search(text) or _DOUBT.search(text) or not _says_so(text):
        return None
    return "confirmed" if _is_moment(text) or _YES.search(text) or _DOUBLE.search(text) else None


def _plain(folded: str) -> str:
    """A folded text with one blank between words, and in one where its letters are set apart: `N e i n`."""
    text = " ".join(folded.replace("_", " ").split())
    return re.sub(r"[ .*\-]", "", text) if _SET_APART.fullmatch(text) else text


def _named(only: re.Match[str]) -> str:
    """The one channel that is left open."""
    return (only.lastgroup or "").rstrip("_")


def _says_so(text: str) -> bool:
    """Whether nothing in the text may take the yes back: a plain yes, a date, or known words only."""
    return bool(_PLAIN_YES.search(text)) or is_date(text) or set(_WORD.findall(text)) <= _KNOWN


def _is_moment(text: str) -> bool:
    """Whether a text is a date on which somebody can have agreed; 1970-01-01 is a database's zero."""
    if not is_date(text):
        return False
    read = read_date(text)
    return read is not None and EARLIEST <= read[0] < _NEVER


@keep_cells
def objection(text: str) -> str | None:
    """The channel objected to (all, email, phone), unclear where the cell is filled with something else."""
    text = SPELT_OUT.text(text)
    if len(text) > LONGEST:
        return "unclear"
    text = _plain(text)
    _, *columns = _BY_COLUMN.split(text)
    if columns:
        objections = zip(columns[::2], map(objection, columns[1::2]), strict=True)
        said = {_OF_COLUMN.get(column, objection) for column, objection in objections if objection}
        return said.pop() if len(said) == 1 else "all" if said else None
    if only := _ONLY.search(text):
        return _OTHERS[_named(only)]
    if _MADE_BY.search(text):
        return "all"
    if rest := ", ".join(clause for clause in _CLAUSES.split(text) if not _ALLOWED.fullmatch(clause)):
        text = rest
    if _NO_OBJECTION.search(text) or (_is_unfilled(text) and text != "x"):
        return None
    if _ON_PAPER.fullmatch(text):
        return None
    email, phone = _EMAIL_OBJECTION.search(text), _PHONE_OBJECTION.search(text)
    if email and phone:
        return "all"
    if email or phone:
        return "email" if email else "phone"
    if _YES.search(text) or _NO.search(text) or is_date(text) or refusal(text):
        return "all"
    return "unclear"
