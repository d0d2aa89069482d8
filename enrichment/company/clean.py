"""Companies: the name to be shown, its core and match key, legal form and kind.

Belongs here: `clean_company`, `company_key`, placeholders, education and public bodies.
Does not belong here: capitals (`enrichment/company/casing`), merging companies (`matching`), legal-form spellings
(`enrichment/company/legal_form`), what else stands in a company line (`enrichment/company/line`).

The match key is the folded core name (`enrichment/cells/text.fold`) without connectives (`&`, `+`, `und`,
`u.`, `and`, `et`), `Co`, a leading article or `Firma`, and with runs of single letters joined:
`H. & M. Müller GmbH & Co. KG`, `H+M Mueller gmbh` and `HM MÜLLER` share `hm mueller`.
"""

from __future__ import annotations

import html
import re
from functools import partial

import polars as pl

from contracts.clean import REPAIRS
from contracts.table import given_or_null
from engine.word_lists import alternatives
from enrichment.address.words import words
from enrichment.cells.distinct import by_cell, of_distinct, remembered, where
from enrichment.cells.evidence import Entry, merge_repairs, repairs
from enrichment.cells.first_true import first_true
from enrichment.cells.lost_letters import LOST_LETTERS
from enrichment.cells.recipients import CARE_OF
from enrichment.cells.text import fold_series, tidy
from enrichment.cells.word_lists import any_of, of_kinds, rows
from enrichment.company.casing import one_case_only, usual_capitals
from enrichment.company.identifiers import clean_identifiers
from enrichment.company.kind import public_kind, stated_none
from enrichment.company.leading_words import read_behind_leads
from enrichment.company.legal_form import IN_LINE, is_bare_form, might_name_form, split_legal_form
from enrichment.company.line import (
    ATTENTION,
    LONE_MARKS,
    SITE_OPENING,
    addressed,
    announced_contact,
    attention,
    lines_marked,
    peel,
)
from enrichment.job.department import LABEL, is_department, is_no_firm, names_department, normal_department
from enrichment.job.spelling import clean_job_title

FIELDS = ["company", "company_addition", "department", "job_title", "attention", "full_name", "vat_id", "register_no"]
_said, _known = partial(any_of, "line_words.csv"), partial(any_of, "company_words.csv")
_FIRM_OPENING = alternatives([*of_kinds("line_words.csv", "addressed_as"), *CARE_OF])
_ADDRESSED_AS = rf"(?i)^{_FIRM_OPENING}\s+"  # how a firm is addressed, not part of its name
_ADDRESS_OF_PAGE = r"^(?i:https?://(?:www\.)?|www\.)([\p{L}\d.-]+\.\p{L}{2,})(?:[/?#:]\S*)?$"
_NUMBER_BEHIND = (  # `Müller GmbH, USt-ID DE123456789`, `Müller GmbH HRB 12345`, `Müller GmbH www.mueller.de`
    rf"(?i)[\s,;|/(–-]+(?:{_said('number_label')}|{_said('register')}\s?\d).*$"
)
_NOTE = _said("note")
_STREET_ENDING = alternatives(words("street_ending"))
_NOTE_BEHIND = (  # an address, e-mail, customer number or somebody's note behind the name
    r"\s*[,;|]?\s(?:\S+@\S+\.\S+|(?i:ATU\s?\d{8}|k(?:d|unden)[.-]*\s?-?(?:nr|nummer)\b.*|postfach\s\d.*))$|"
    rf"\s[(\[](?i:{_NOTE})[)\]]$|\s\?{{2,}}$|^(.*\b(?i:{IN_LINE}))(?:\s[–-]\s(?i:{_NOTE})|"
    rf"[\s,;|·–-]+\p{{Lu}}[\p{{L}}.-]*(?i:{_STREET_ENDING})\s?\d.*)$"
)
_NOTE_HINT = rf"@|\d|\?\?|(?i:{_NOTE})[)\]]?$"
_TO_THE_HANDS = rf"^{ATTENTION}"  # `z.Hd. Frau Thalmann, Einkauf` as a name
_SPLIT_REASONS = {
    "owner": "owner_split",
    "former_name": "former_name_split",
    "trade_name": "trade_name_split",
    "care_of": "care_of_split",
}


def clean_company(records: pl.DataFrame) -> pl.DataFrame:
    """Clean the company fields.

    Args:
        records: columns of contracts.raw.RAW_RECORDS and `country_iso`, the cleaned country of the record; missing
            ones count as null.

    Returns:
        Same height: the columns of contracts.clean.COMPANY and `repairs`.

    Example:
        >>> records = pl.DataFrame({"company": ["Müller + Söhne G.m.b.H. & Co KG, Abt. Einkauf", "privat"]})
        >>> clean_company(records).select("company", "legal_form", "company_key", "department", "company_status")
        shape: (2, 5)
        ┌──────────────────────────────┬───────────────┬────────────────┬────────────┬────────────────┐
        │ company                      ┆ legal_form    ┆ company_key    ┆ department ┆ company_status │
        │ ---                          ┆ ---           ┆ ---            ┆ ---        ┆ ---            │
        │ str                          ┆ str           ┆ str            ┆ str        ┆ str            │
        ╞══════════════════════════════╪═══════════════╪════════════════╪════════════╪════════════════╡
        │ Müller + Söhne GmbH & Co. KG ┆ GmbH & Co. KG ┆ mueller soehne ┆ Einkauf    ┆ valid          │
        │ null                         ┆ null          ┆ null           ┆ null       ┆ none           │
        └──────────────────────────────┴───────────────┴────────────────┴────────────┴────────────────┘
    """
    raw = records.select(given_or_null(records, [*FIELDS, "country_iso"])).with_columns(
        attention=pl.coalesce("attention", pl.when(pl.col("full_name").str.contains(_TO_THE_HANDS)).then("full_name"))
    )
    line = _read_company(raw["company"]).select(pl.all().name.prefix("c_"))
    addition = _read_addition(raw["company_addition"]).select(pl.all().name.prefix("a_"))
    notice = _read_attention(raw["attention"]).select(pl.all().name.prefix("n_"))
    title = _read_title(raw["job_title"]).select(pl.all().name.prefix("t_"))
    stated = _read_department(raw["department"]).select(pl.all().name.prefix("d_"))
    ids = clean_identifiers(raw.select("vat_id", "register_no"))
    frame = pl.concat(
        [raw, line, addition, notice, title, stated, ids.drop(REPAIRS.name).rename(lambda c: f"i_{c}")],
        how="horizontal",
    )
    frame = frame.with_columns(
        site=pl.coalesce("c_site", "a_site"),
        status=pl.when(pl.col("c_status").is_in(["valid", "education", "public"]) & pl.col("a_condition").is_not_null())
        .then("a_condition")
        .otherwise("c_status"),
        dept=pl.coalesce("d_department", "c_department", "a_department", "n_department"),
    )
    column = repairs(frame, _evidence())
    shown, form = _national(frame["c_company"], frame["c_legal_form"], frame["country_iso"])
    return frame.select(
        company=shown,
        company_core="c_core",
        company_key="c_key",
        legal_form=form,
        company_status=pl.col("status").fill_null("missing"),
        company_site="site",
        department="dept",
        job_title="t_title",
        vat_id="i_vat_id",
        register_no="i_register_no",
    ).with_columns(merge_repairs([column, ids[REPAIRS.name]]))


def _national(company: pl.Series, form: pl.Series, country: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Company and form where the country of the record writes the form otherwise: SARL in France, Sàrl in CH."""
    for row in rows("legal_forms_national.csv"):
        at = ((form == row["form"]) & (country == row["country"])).fill_null(False).arg_true()
        if len(at):
            said = company.gather(at).str.replace(rf"{re.escape(row['form'])}$", row["notation"])
            company = company.clone().scatter(at, said)
            form = form.clone().scatter(at, pl.Series([row["notation"]] * len(at)))
    return company, form


def company_key(names: pl.Series) -> pl.Series:
    """Match key of company names in any spelling, legal form or not; null where nothing is left.

    The key of a key is the key itself.

    Example:
        >>> company_key(pl.Series(["Müller + Söhne GmbH", "Mueller und Soehne", "GmbH"])).to_list()
        ['mueller soehne', 'mueller soehne', None]
    """
    distinct = names.alias("name").drop_nulls().unique().to_frame()
    keys = distinct.with_columns(company_key=_key(split_legal_form(_tidied(distinct["name"]))["core"]))
    return names.alias("name").to_frame().join(keys, on="name", how="left", maintain_order="left")["company_key"]


def spelt_alike(folded: pl.Series) -> pl.Series:
    """Folded names as their match keys are spelt: without connectives, leading article and gaps between letters.

    What reads as a legal form stays, so a match key is their beginning as a rule.
    """
    return _compared(folded.alias("folded"))


@of_distinct
def _read_company(lines: pl.Series) -> pl.DataFrame:
    """Everything a company cell says, from distinct cells."""
    shown = _unaddressed(_tidied(lines_marked(lines))).str.replace(_ADDRESS_OF_PAGE, "${1}")
    shown = _without_notes(shown.str.replace(_NUMBER_BEHIND, ""))
    frame = read_behind_leads(shown, _read_line).with_columns(raw=lines, tidy=shown)
    tidied, name = pl.col("tidy"), pl.col("company")
    frame = frame.with_columns(email=tidied.str.contains(r"^\S+@\S+\.\S+$").fill_null(False))
    formed = pl.col("legal_form").is_not_null()  # `Frau Holle GmbH` is a company, `GmbH` alone is none
    bare = formed & pl.col("core").is_null()
    kind = pl.when(bare).then(pl.lit("placeholder")).when(~formed | (pl.col("kind") == "placeholder")).then("kind")
    frame = frame.with_columns(kind=kind)
    no_name = tidied.is_null() | pl.col("kind").is_not_null() | pl.col("email") | name.is_null()
    no_name |= pl.col("lone_department").is_not_null() & pl.col("legal_form").is_null()
    frame = frame.with_columns(no_name=no_name)
    named = ~pl.col("no_name")
    one_case = one_case_only(shown) & ~frame["no_name"]
    usual = {column: usual_capitals(frame[column], one_case) for column in ("company", "core")}
    frame = frame.with_columns(
        recased=named & (usual["company"] != name),
        company=pl.when(named).then(pl.concat_str(usual["company"], "mark", separator=" ", ignore_nulls=True)),
        core=pl.when(named).then(usual["core"]),
        key=pl.when(named).then("key"),
        legal_form=pl.when(named).then("legal_form"),
        form_written=pl.when(named).then("form_written"),
        department=pl.coalesce("department", pl.when("no_name").then("lone_department")),
        status=first_true(
            ((pl.col("kind").is_not_null() | pl.col("email"), "none"), (pl.col("no_name"), "missing")),
            pl.coalesce("condition", "public_kind", pl.lit("valid")),
        ),
        tidied=tidied != pl.col("raw"),
    )
    return frame.select(pl.exclude("raw", "tidy", "no_name", "lone_department", "public_kind", "condition", "mark"))


@remembered
def _read_line(lines: pl.Series) -> pl.DataFrame:
    """What stands in tidied lines: name, key and form as written, and everything that is no name."""
    parts = peel(lines)
    split = split_legal_form(parts["name"])
    name = split["company"]
    frame = pl.concat([parts.drop("name"), split], how="horizontal")
    notice = attention(parts["contact"])
    lone = [line if line and names_department(line) and is_no_firm(line) else None for line in name]
    return frame.with_columns(
        contact=notice["contact"],
        department=pl.coalesce(normal_department(pl.col("department")), notice["department"]),
        key=_key(split["core"]),
        lone_department=normal_department(pl.lit(pl.Series(lone, dtype=pl.String))),
        kind=stated_none(lines),
        public_kind=public_kind(name, split["legal_form"]),
    )


@remembered
def _read_addition(lines: pl.Series) -> pl.DataFrame:
    """Department, site, contact or mark in a second company line; anything else is left alone."""
    shown = _tidied(lines)
    parts = peel(shown)
    notice = attention(parts["contact"])
    rest = pl.col("name")
    labelled = rest.str.extract(rf"^{LABEL}(?:\s*[:.]\s*|\s+)(\S.*)$", 1)
    whole = pl.when(is_department(rest)).then(rest)
    frame = pl.concat([pl.DataFrame({"tidy": shown}), parts], how="horizontal")
    person = addressed(shown)
    return frame.select(
        site=pl.coalesce("site", rest.str.extract(SITE_OPENING, 1)),
        department=normal_department(
            pl.coalesce(labelled, whole, pl.lit(person["department"]), "department", pl.lit(notice["department"]))
        ),
        contact=pl.coalesce(pl.lit(notice["contact"]), pl.lit(person["contact"])),
        condition=pl.coalesce(
            "condition",
            *(pl.when(pl.col("tidy").str.contains(pattern)).then(pl.lit(mark)) for mark, pattern in LONE_MARKS.items()),
        ),
    )


@remembered
def _read_attention(lines: pl.Series) -> pl.DataFrame:
    """Contact and department of an attention cell, with or without z.Hd. in front."""
    shown = _tidied(lines)
    return attention(shown.to_frame("shown").select(pl.coalesce(pl.lit(announced_contact(shown)), "shown")).to_series())


@remembered
def _read_department(lines: pl.Series) -> pl.DataFrame:
    shown = _tidied(lines)
    frame = pl.DataFrame(
        {
            "raw": lines,
            "tidy": shown,
            "kind": stated_none(shown),
        }
    )
    return frame.select(
        department=pl.when(pl.col("kind").is_null()).then(normal_department(pl.col("tidy"))),
        changed=(pl.col("kind").is_null() & (normal_department(pl.col("tidy")) != pl.col("raw"))),
    )


_read_title = remembered(clean_job_title)


def _unaddressed(lines: pl.Series) -> pl.Series:
    """Lines without `Firma` in front, but where nothing else is named (`Firma GmbH`)."""

    def bare(addressed: pl.Series) -> pl.Series:
        rest = addressed.str.replace(_ADDRESSED_AS, "")
        kept = [line if is_bare_form(name) else name for line, name in zip(addressed, rest, strict=True)]
        return pl.Series(kept, dtype=pl.String)

    return where(lines.str.contains(_ADDRESSED_AS), lines, bare)


def _without_notes(lines: pl.Series) -> pl.Series:
    """Lines without an address, a number or a note behind the name."""
    return where(lines.str.contains(_NOTE_HINT), lines, lambda noted: noted.str.replace(_NOTE_BEHIND, "${1}"))


def _tidied(lines: pl.Series) -> pl.Series:
    """Tidied, entities decoded, enclosing quotes and stray signs at the ends off."""
    shown = lines.alias("t").to_frame().select(tidy(pl.col("t"))).to_series()
    stray = shown.str.contains(_STRAY)
    decoded = by_cell(lambda line: _ENTITY_SIGN.sub(lambda entity: html.unescape(entity[0]), line))
    shown = where(shown.str.contains(_ENTITY), shown, decoded)
    text = tidy(pl.col("t").str.replace_many(list(_MARKS), list(_MARKS.values())))
    plain = text.str.replace(r"^[\"'„“”‚‘’»«]+([^\"'„“”‚‘’»«]*)[\"'„“”‚‘’»«]+$", "${1}")
    plain = plain.str.replace(r"^[\"„“»«]([^\"„“”»«]*)$", "${1}").str.strip_chars(" ,;|")  # opened, never closed
    return where(stray, shown, lambda lines: lines.alias("t").to_frame().select(tidy(plain)).to_series())


_STRAY = r"&[\w#]|[＆™®]|^[\"'„“”‚‘’»«,;|]|[,;|]$"
_ENTITY = r"&#?\w+;"
_ENTITY_SIGN = re.compile(_ENTITY)
_MARKS = {"＆": "&", "™": "", "®": ""}
_JOINT, _PARTNER = _known("joint"), _known("partner")
_SIGNS = rf"(?i)(?:[&+]|\b{_JOINT}\b|\su\.)\s*{_PARTNER}\b\.?|[&+]|\su\."
_SIGNS_HINT = rf"(?i)[&+]|(?-u:\b){_JOINT}(?-u:\b)|\su\."
_WORDS = rf"\b{_JOINT}\b(?: {_PARTNER}\b)?"
_LEAD = rf"^(?:{_known('article')} )+(.+)$"
_LONE_U = r"(\p{L}{2,}) u (\p{L}{2,})"
_LETTER_RUN = re.compile(r"\b(\w) (?=\w\b)")


def _key(cores: pl.Series) -> pl.Series:
    """Match key of core names; what reads as a legal form in the folded text goes too, until nothing changes."""
    core = pl.col("core")
    spaced = pl.when(core.str.contains(_SIGNS_HINT)).then(core).str.replace_all(_SIGNS, " ")
    key = _compared(fold_series(cores.alias("core").to_frame().select(pl.coalesce(spaced, core)).to_series()))
    while True:
        after = where(might_name_form(key), key, lambda keys: _compared(split_legal_form(keys)["core"]))
        if after.equals(key, null_equal=True):
            return key
        key = after


def _compared(folded: pl.Series) -> pl.Series:
    """Connectives, leading article and gaps in runs of letters off folded text; the text itself if that is all."""
    words = folded.str.replace_all(_WORDS, " ").str.replace_all(_LONE_U, "${1} ${2}")
    words = words.str.replace_all(r" +", " ").str.strip_chars(" ")
    frame = pl.DataFrame({"folded": folded, "words": words})
    bare = _joined_letters(frame.select(pl.coalesce(pl.col("words").str.extract(_LEAD, 1), "words")).to_series())
    return frame.select(pl.when(pl.lit(bare) != "").then(pl.lit(bare)).otherwise("folded")).to_series()


def _joined_letters(keys: pl.Series) -> pl.Series:
    lone = keys.str.contains(r"(?:^|\s)\w \w(?:\s|$)")
    return where(lone, keys, by_cell(lambda key: _LETTER_RUN.sub(r"\1", key)))


def _evidence() -> list[Entry]:
    company, raw = pl.col("c_company"), pl.col("company")
    entries = [
        Entry("company", pl.col("c_kind") == "placeholder", raw, None, "company_placeholder", "company.placeholders"),
        Entry("company", pl.col("c_kind") == "private", raw, None, "company_private", "company.placeholders"),
        Entry("company", pl.col("c_email"), raw, None, "company_is_email", "company.email"),
        Entry("company", raw.str.contains(LOST_LETTERS), raw, company, "encoding_loss", "company.encoding_loss"),
        Entry("company", pl.col("c_recased"), raw, company, "company_casing", "company.casing"),
        Entry(
            "company",
            pl.col("c_tidied") & ~pl.col("c_recased") & company.is_not_null(),
            raw,
            company,
            "company_text_tidied",
            "company.tidy",
        ),
        Entry(
            "legal_form",
            pl.col("c_legal_form") != pl.col("c_form_written"),
            pl.col("c_form_written"),
            pl.col("c_legal_form"),
            "legal_form_notation",
            "legal_form.notation",
        ),
        Entry(
            "company_site",
            pl.col("site").is_not_null(),
            pl.coalesce("c_site", "a_site"),
            pl.col("site"),
            "site_split",
            "company_line.site",
        ),
    ]
    for status, reason in (
        ("liquidation", "company_liquidation"),
        ("formation", "company_formation"),
        ("education", "company_education"),
        ("public", "company_public"),
    ):
        entries.append(
            Entry("company_status", pl.col("status") == status, raw, pl.col("status"), reason, f"company.{status}")
        )
    for part, reason in _SPLIT_REASONS.items():
        entries.append(
            Entry("company", pl.col(f"c_{part}").is_not_null(), raw, company, reason, f"company_line.{part}")
        )
    for prefix, source in (("c", "company"), ("a", "company_addition"), ("n", "attention")):
        contact, department = pl.col(f"{prefix}_contact"), pl.col(f"{prefix}_department")
        if prefix != "n":
            entries.append(
                Entry(
                    "family_name",
                    contact.is_not_null(),
                    pl.col(source),
                    contact,
                    "contact_split",
                    "company_line.contact",
                )
            )
        entries.append(
            Entry(
                "department",
                department.is_not_null(),
                pl.col(source),
                pl.col("dept"),
                "department_split",
                "company_line.department",
            )
        )
    entries += [
        Entry(
            "department",
            pl.col("d_changed"),
            pl.col("department"),
            pl.col("d_department"),
            "department_spelling",
            "department.vocabulary",
        ),
        Entry(
            "job_title",
            pl.col("t_reason").is_not_null(),
            pl.col("job_title"),
            pl.col("t_title"),
            pl.col("t_reason"),
            pl.lit("job_title.") + pl.col("t_reason"),
        ),
    ]
    return entries
