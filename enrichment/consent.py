"""Consent: what the record states about being contacted, per channel.

Belongs here: reading yes, no, dates and objections in the languages of the lists. Does not belong here:
whether contact is allowed (that is decided when publishing, by § 7 UWG and Art. 6 GDPR). A record that says
nothing takes the consent its source declares; an objection outranks every consent. Sources: § 7 UWG,
Art. 4 No. 11 and 7 GDPR (a statement must be unambiguous, so unclear text is `unknown`).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

import polars as pl

from engine.caches import keep_cells
from enrichment.cells.distinct import by_cell
from enrichment.cells.evidence import Entry, repairs, rows_with
from enrichment.cells.long_form import one_per_record
from enrichment.cells.no_value import LONGEST
from enrichment.cells.placeholders import is_placeholder
from enrichment.collected_at import EARLIEST, in_common_notation, is_date, read_date


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FIELDS = ("consent_email", "consent_doi_at", "consent_phone", "consent_purpose", "opt_out", "consent_basis")

# What a source may declare for records that say nothing, per channel: (e-mail, phone).
_BASIS = {
    "double_opt_in": ("confirmed", None),
    "form_opt_in": ("granted", None),
    "opt_in": ("granted", None),
    "phone_opt_in": (None, "granted"),
    "form_opt_in_phone": ("granted", "granted"),
    "none": (None, None),
}

_TICKED = r"1(?:[.,]0+)?|j|y|t|x|ja|yes|oui|si|sì|sí|da|true|wahr|ok|on|an|checked|ticked|aktiv|active|✓|✔|☑|☒|✅|\+"
_UNTICKED = r"0(?:[.,]0+)?|n|f|nein|no|non|nicht|never|nie|false|falsch|unchecked|off|aus|inaktiv|inactive|✗|✘|☐|□"
_WITHDRAWN = re.compile(
    r"widerruf|widerspr|widersproch|abgemeldet|abmeldung|abbestellt|ausgetragen|zurückgezogen|entzogen"
    r"|nie wieder|never again|unsubscri|opt(?:ed)?[ -]?out|withdrawn|revoked",
    re.I,
)
_UNTIL_WITHDRAWN = re.compile(
    r"[\s,(]*\b(?:bis (?:auf|zum) (?:\w+ )?widerruf|(?:jederzeit )?widerruf(?:lich|bar)"
    r"|until (?:revoked|withdrawn))\b\)?",
    re.I,
)
_CONSENT = r"einwilligung|zustimmung|einverständnis|einverstanden|erlaubnis|genehmigung|consent|permission|opt[ -]?in"
_CONTACT = r"werbung|newsletter|e-?mails?|mails?|mailings?|anrufe?|telefonate?|kontakt|kontaktaufnahme|akquise"
_GIVEN = (
    r"erteilt|erlaubt|erwünscht|gewünscht|einverstanden|zugestimmt|eingewilligt|akzeptiert|angemeldet|eingetragen"
    r"|gegeben|vorhanden|an(?:ge)?rufen|kontaktier(?:en|t)|an(?:ge)?schr(?:ei|ie)ben|mailen|bewerben"
)
_AGREED = r"given|granted|consented|agreed|accepted|subscribed|allowed|wanted|accept[ée]"
_NO = re.compile(
    rf"^(?:{_UNTICKED})\.?!?$|^(?:nein|no)\b(?! ?/)|[a-z)] ?[:=] ?(?:{_UNTICKED})\.?$|{_WITHDRAWN.pattern}"
    r"|abgelehnt|verweigert|unerwünscht|(?<!nicht )gesperrt|(?<!keine )\bsperr(?!ung aufgehoben)|robinson"
    r"|(?:block|black)list"
    rf"|nicht (?:\w+ )?(?:{_GIVEN})|(?:not|non|never) (?:{_AGREED})|declined|denied|refused|rejected"
    r"|stimme?n? (?:\w+ )?nicht zu|willige?n? (?:\w+ )?nicht ein"
    rf"|keine?[rn]? (?:\w*(?:{_CONSENT})|[\w-]*(?:{_CONTACT})\b)|do not|don't|cleaned|bounced",
    re.I,
)
_DOUBLE = re.compile(
    r"double[ -]?opt|doppel[ -]?opt|\bdoi\b|best[äa]e?tigt|confirmed|verified|verifiziert|closed[ -]?loop", re.I
)
_PENDING = re.compile(
    r"ausstehend|pending|offen|unbest[äa]e?tigt|nicht best[äa]e?tigt|unconfirmed|not confirmed|wartet|versendet"
    r"|gesendet"
    r"|verschickt|versandt|angefordert|angefragt|requested|\bsent\b|unklar|.\?|maybe|vielleicht",
    re.I,
)
# A consent must be unambiguous: beside one of these words no yes is one.
_DOUBT = re.compile(
    r"\b(?:nicht|kein\w*|ohne|nie|niemals|nein|fehl\w*|abgelaufen|verfallen|ungültig|nur|aber|au(?:ß|ss)er|mutma\w+"
    r"|vermut\w+|angeblich|eventuell|evtl|ggf|teilweise|bedingt|not|no|non|pas|sans|never|without|missing"
    r"|failed|expired"
    r"|invalid|only|but|except|presumed|implied|false|falsch)\b|\bun(?:confirmed|verified|subscribed|willig)"
    r"|n['’]t\b",
    re.I,
)
_EMAIL = r"e-?mails?|newsletter|mails?|mailen|elektronisch"
_PHONE = r"telefon\w*|anrufe?n?|phone|calls?"
_POST = r"post\w*|briefe?|brieflich|letters?"
_ONLY = re.compile(
    r"\b(?<!nicht )(?:nur|only|ausschlie(?:ß|ss)lich|lediglich)\s+(?:noch\s+)?(?:(?:per|via|by|über|für|mit|auf)\s+)?"
    rf"(?:(?P<email>{_EMAIL})|(?P<phone>{_PHONE})|(?P<post>{_POST}))\b"
    rf"|\b(?:(?P<email_>{_EMAIL})|(?P<phone_>{_PHONE})|(?P<post_>{_POST}))\s+only\b",
    re.I,
)
_BY_WAY = {
    "email": re.compile(rf"\b(?:per|via|by|über|für) (?:{_PHONE}|{_POST})\b", re.I),
    "phone": re.compile(rf"\b(?:per|via|by|über|für) (?:{_EMAIL}|{_POST})\b", re.I),
}
"""A yes to another channel than the one asked for."""
# A plain yes may be followed by anything; a mere noun is a consent only among words that take nothing back.
_PLAIN_YES = re.compile(rf"^(?:ja|yes|{_TICKED})(?!\w)|[a-z)] ?[:=] ?(?:{_TICKED})\.?$", re.I)
_VOCABULARY = _words(
    "einwilligung zustimmung einverständnis einverstanden consent consented permission erlaubnis opt in opted "
    "optin double doppel doi closed loop liegt vor vorhanden erteilt gegeben given granted received erhalten "
    "bestätigt bestaetigt bestatigt confirmed verified verifiziert abgeschlossen erfolgt erfolgreich completed "
    "complete successful ok subscribed subscriber subscribe angemeldet eingetragen akzeptiert accepted accept "
    "agreed zugestimmt eingewilligt erlaubt gewünscht erwünscht schriftlich mündlich aktiv active rückruf "
    "anruf kontakt gerne per via für von vom am im an auf on by for to the der die das den dem des zur zum zu "
    "und and mit bei beim durch über e mail email mails newsletter telefon phone sms post werbung marketing "
    "werbezwecke kunde kontaktaufnahme hat hiermit ich wir form formular webformular kontaktformular website "
    "online web messe checkbox häkchen gesetzt nachweis datum date uhr um at i we is has have been was wurde "
    "ist sind true ja yes ts z t agree receive emails stimme stimmt single newsletters erlauben allowed "
    "optedin freely from contact "
    "einverstaendnis"
)
_YES = re.compile(
    rf"^(?:{_TICKED})\.?!?$|^(?:ja|yes)\b|opt(?:ed)?[ -]?in\b|erteilt|einverstanden|zugestimmt|zustimmung"
    rf"|eingewilligt"
    r"|einwilligung|erlaubt|\b(?:ge|er)wünscht|agreed|\bagree\b|stimm(?:e|t) zu|accept|granted|consent(?:ed)?"
    r"|^liegt vor\.?$"
    r"|\bgiven|\bsubscribe[dr]\b|angemeldet"
    r"|eingetragen|\bgegeben|akzeptiert|schriftlich|mündlich",
    re.I,
)
_NOT_OBJECTED = re.compile(
    r"kein(?:e|en)? widerspr|widerspr\w+ (?:ist )?nicht|nicht (?:widersprochen|abgemeldet|abbestellt)"
    r"|not opted[ -]?out",
    re.I,
)
_NO_OBJECTION = re.compile(
    rf"^(?:{_UNTICKED}|keine?r?|none|offen|frei)\.?$|[a-z)] ?[:=] ?(?:{_UNTICKED})\.?$|kein(?:e"
    rf"|en)? (?:widerspr|sperr|werbesperr|objection|opt)"
    r"|nicht (?:gesperrt|widersprochen|abgemeldet)|not (?:blocked|opted[ -]?out)|\bno (?:objection|opt[ -]?out)"
    r"|^opt(?:ed)?[ -]?in\b|^subscribed$|^(?!.*\b(?:kein|nicht)).*erlaubt$",
    re.I,
)
_EMAIL_OBJECTION = re.compile(r"e-?mail|newsletter|mailing|\bmails?\b", re.I)
# How somebody objected says nothing of what they objected to.
_MADE_BY = re.compile(
    r"(?:telefonisch|schriftlich|mündlich|per (?:telefon|e-?mail|mail|brief|fax))\s+"
    r"(?:widersprochen|widerrufen|abgemeldet|abbestellt|ausgetragen)"
    r"|(?:widerspruch|widerruf|abmeldung) (?:telefonisch|schriftlich|mündlich|per (?:telefon|e-?mail|mail|brief"
    r"|fax))",
    re.I,
)
_ON_PAPER = re.compile(r"(?:(?:(?:post|brief|print|fax|katalog)\w*|keine?|per|und|and|oder|or|letters?)\W*)+", re.I)
"""Channels that are neither mail nor phone."""
# A part of an objection that takes one channel out of it: `keine Mails, Anruf ok`.
_CLAUSES = re.compile(r"\s*[,;.]\s*(?:aber|jedoch|dagegen|but)?\s*|\s+(?:aber|jedoch|sondern|but)\s+|\s+[–-]\s+", re.I)
_ALLOWED = re.compile(
    rf"(?:bitte |gerne? )?(?:per |via |by )?(?:{_EMAIL}|{_PHONE}|{_POST}) (?:(?:ist|sind|is|are|weiter|weiterhin) )?"
    r"(?:ok|okay|o\. ?k|erlaubt|erwünscht|gewünscht|möglich|in ordnung|gerne?|fine|allowed|welcome)!?",
    re.I,
)
# One opt-out column per channel arrives as `E-Mail: 1; Telefon: 0` (`sources.columns.naming`).
_BY_COLUMN = re.compile(r"(?:^|[;,] )(E-Mail|Telefon|Alle)(?:: | (?=(?:ja|nein|yes|no|x|0|1)\b))")
_OTHERS = {"email": "phone", "phone": "email", "post": "all"}  # closed where only this one is open
_OF_COLUMN = {"E-Mail": "email", "Telefon": "phone"}
_WORD = re.compile(r"[^\W\d_]+")
_NEVER = datetime(2038, 1, 19)  # the end of 32-bit time, 2099 and 9999 stand for no date
_PHONE_OBJECTION = re.compile(r"telefon|\btel\b|anruf|phone|call|dnc|robinson|tele-?marketing|\bsms\b|whatsapp", re.I)


# What a person agrees to that is no advertising, unless advertising is named beside it: consent holds for its purpose
# only (Art. 6 I a GDPR), and one to a prize draw or to privacy terms allows no newsletter.
_OTHER_PURPOSE = (
    r"(?i)gewinnspiel|verlosung|preisausschreiben|prize draw|sweepstake|raffle|datenschutz|dsgvo|gdpr|privacy|\bagb\b"
    r"|nutzungsbedingungen|terms|cookie|tracking|vertrag|bestell|auftrag|liefer|rechnung|contract|\border\b|invoice"
    r"|bewerb|recruit|reklamation|\bsupport|fotos?\b"
)
_ADVERTISING = (
    r"(?i)newsletter|\bwerb|marketing|advert|promo|angebot|offer|produkt|product|mailing|\bnews\b|informationen"
    r"|updates|akquise|vertrieb|\bsales|einladung|invitation"
)


def clean_consent(records: pl.DataFrame) -> pl.DataFrame:
    """Consent columns of contracts.clean for raw records.

    Args:
        records: consent_email, consent_doi_at, consent_phone, consent_purpose, opt_out and consent_basis
            of contracts.raw; missing columns count as empty.

    Returns:
        consent_email, consent_phone, consent_purpose, opt_out (true where the record objects to any
        channel, else false) and `repairs`, same rows in the same order.

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
    rows = rows_with(records, _FIELDS)
    stated = rows.select(
        by_cell(partial(_statement, channel="email"))(rows["consent_email"]).alias("email"),
        by_cell(partial(_statement, channel="phone"))(rows["consent_phone"]).alias("phone"),
        _confirmed(rows["consent_doi_at"]).alias("doi"),
        by_cell(_objection)(rows["opt_out"]).alias("objection"),
    )
    basis = pl.col("consent_basis").str.strip_chars().str.to_lowercase().str.replace_all(r"[ -]", "_")
    by_source = {
        channel: {name: value[place] for name, value in _BASIS.items() if value[place]}
        for place, channel in enumerate(("email", "phone"))
    }
    frame = pl.concat([rows, stated], how="horizontal").with_columns(basis.alias("basis"))
    said = pl.col("email").replace("unclear", "unknown")
    purposes = rows["consent_purpose"].drop_nulls().unique()
    others = purposes.filter(purposes.str.contains(_OTHER_PURPOSE) & ~purposes.str.contains(_ADVERTISING))
    other = pl.col("consent_purpose").is_in(others.implode()).fill_null(False)
    email = pl.coalesce(
        pl.when(said == "refused").then(said),
        "doi",
        said,
        pl.col("basis").replace_strict(by_source["email"], default=None, return_dtype=pl.String),
        pl.lit("unknown"),
    )
    phone = pl.coalesce(
        pl.col("phone").replace({"unclear": "unknown", "confirmed": "granted"}),
        pl.col("basis").replace_strict(by_source["phone"], default=None, return_dtype=pl.String),
        pl.lit("unknown"),
    )
    objected = pl.col("objection")
    refused_email = objected.is_in(["all", "unclear", "email"]).fill_null(False)
    refused_phone = objected.is_in(["all", "unclear", "phone"]).fill_null(False)
    frame = frame.with_columns(
        pl.when(refused).then(pl.lit("refused"))
        .when(other & (agreed != "refused")).then(pl.lit("unknown"))
        .otherwise(agreed)
        .alias(f"clean_{channel}")
        for channel, refused, agreed in (("email", refused_email, email), ("phone", refused_phone, phone))
    ).with_columns(other=other)  # fmt: skip
    purpose = pl.col("consent_purpose").str.strip_chars().str.replace_all(r"\s+", " ")
    told = frame.select(
        pl.col("clean_email").alias("consent_email"),
        pl.col("clean_phone").alias("consent_phone"),
        pl.when(purpose != "").then(purpose).alias("consent_purpose"),
        objected.is_not_null().alias("opt_out"),
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
    ]
    return told.with_columns(repairs(frame, entries))


def _judged(column: str, channel: str, objected: pl.Expr) -> list[Entry]:
    """Evidence where the answer is not simply what the cell says."""
    clean, said = pl.col(f"clean_{channel}"), pl.col(channel)
    mismatch = pl.col("other") & said.is_in(["granted", "confirmed"]) & (clean == "unknown")
    by_source = said.is_null() & ~objected & (clean != "unknown") & pl.col("basis").is_not_null()
    if channel == "email":
        by_source &= pl.col("doi").is_null()
    return [
        Entry(column, said == "unclear", pl.col(column), clean, "consent_unclear", "consent_statement"),
        Entry(column, mismatch, pl.col("consent_purpose"), clean, "consent_other_purpose", "consent_purpose"),
        Entry(column, by_source, pl.col("consent_basis"), clean, "consent_by_source", "consent_basis"),
        Entry(column, objected, pl.col("opt_out"), clean, "objection_outranks", "objection"),
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
def _statement(text: str, channel: str) -> str | None:
    """confirmed, granted, refused or unclear for a channel; None where the cell says nothing."""
    if len(text) > LONGEST:
        return "unclear"
    text = _UNTIL_WITHDRAWN.sub("", " ".join(text.replace("_", " ").split()).strip("[]() "))
    if _NOT_OBJECTED.search(text):
        return "unclear"
    if only := _ONLY.search(text):
        if _named(only) != channel:
            return "refused"
        text = text.replace(only[0], channel)
    if is_placeholder(text) and not _NO.search(text) and not _YES.search(text):
        return None
    if _NO.search(text):
        return "refused"
    if _PENDING.search(text) or _DOUBT.search(text) or _BY_WAY[channel].search(text) or not _says_so(text):
        return "unclear"
    if _DOUBLE.search(text):
        return "confirmed"
    if _YES.search(text) or _PLAIN_YES.search(text) or _is_moment(text):
        return "granted"
    return "unclear"


@keep_cells
def _confirmation(text: str) -> str | None:
    """confirmed where the cell of the double opt-in says so, refused where it was taken back."""
    text = " ".join(text.split())
    if _WITHDRAWN.search(text):
        return "refused"
    if len(text) > LONGEST or _PENDING.search(text) or _NO.search(text) or _DOUBT.search(text) or not _says_so(text):
        return None
    return "confirmed" if _is_moment(text) or _YES.search(text) or _DOUBLE.search(text) else None


def _named(only: re.Match[str]) -> str:
    """The one channel that is left open."""
    return (only.lastgroup or "").rstrip("_")


def _says_so(text: str) -> bool:
    """Whether nothing in the text may take the yes back: a plain yes, a date, or known words only."""
    return bool(_PLAIN_YES.search(text)) or is_date(text) or set(_WORD.findall(text.lower())) <= _VOCABULARY


def _is_moment(text: str) -> bool:
    """Whether a text is a date on which somebody can have agreed; 1970-01-01 is a database's zero."""
    if not is_date(text):
        return False
    read = read_date(text)
    return read is not None and EARLIEST <= read[0] < _NEVER


@keep_cells
def _objection(text: str) -> str | None:
    """The channel objected to (all, email, phone), unclear where the cell is filled with something else."""
    if len(text) > LONGEST:
        return "unclear"
    text = " ".join(text.split())
    _, *columns = _BY_COLUMN.split(text)
    if columns:
        objections = zip(columns[::2], map(_objection, columns[1::2]), strict=True)
        said = {_OF_COLUMN.get(column, objection) for column, objection in objections if objection}
        return said.pop() if len(said) == 1 else "all" if said else None
    if only := _ONLY.search(text):
        return _OTHERS[_named(only)]
    if _MADE_BY.search(text):
        return "all"
    if rest := ", ".join(clause for clause in _CLAUSES.split(text) if not _ALLOWED.fullmatch(clause)):
        text = rest
    if _NO_OBJECTION.search(text) or (is_placeholder(text) and text.lower() != "x"):
        return None
    if _ON_PAPER.fullmatch(text):
        return None
    email, phone = _EMAIL_OBJECTION.search(text), _PHONE_OBJECTION.search(text)
    if email and phone:
        return "all"
    if email or phone:
        return "email" if email else "phone"
    return "all" if _YES.search(text) or _NO.search(text) or is_date(text) else "unclear"
