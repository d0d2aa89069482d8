"""Persons: salutation, titles, given and family name of every record, with a verdict.

Belongs here: `clean_person`, the plain shapes answered by columns. Does not belong here: reading one
irregular name (`enrichment/person_name`), the date of birth (`enrichment/birth_date`).
Most records hold one given and one family name in plain letters; those are settled by two patterns and
a look-up. Everything else goes to the parser once per distinct combination of cells, and a test holds
the two to the same answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import polars as pl

from enrichment.company_line import addressed, announced_contact, attention, contact_beside
from enrichment.evidence import repairs_at, rows_with
from enrichment.name_parts import REMEMBERED, Name
from enrichment.name_titles import is_couple, parse_salutation, parse_titles
from enrichment.names import given_spellings
from enrichment.no_person import invented_names, lone_special_words, special_words
from enrichment.person_name import parse_name
from enrichment.text import tidy

CELLS = ["salutation", "academic_title", "given_name", "family_name", "full_name"]
NOTICES = ["attention", "company_addition", "company"]
RESULT = ["salutation", "academic_title", "given_name", "family_name", "name_status"]

_PART = r"\p{Lu}\p{Ll}+"
_PLAIN_GIVEN = rf"^(?:{_PART}(?:-{_PART})?|\p{{Lu}}\.)$"
_PLAIN_FAMILY = rf"^(?:(?:von|van|de|vom|von der|van der|van den) )?{_PART}(?:-{_PART})?$"
_PLAIN_WHOLE = (
    rf"^(?P<salutation>(?:Herr|Frau) )?(?P<title>(?:Dr\.|Prof\.|Mag\.|Ing\.|Dipl\.-Ing\.) )?"
    rf"(?P<given>{_PART}(?:-{_PART})?) (?P<family>{_PART}(?:-{_PART})?)$"
)
_PLAIN_COMMA = rf"^(?P<family>{_PART}(?:-{_PART})?), ?(?P<given>{_PART}(?:-{_PART})?|\p{{Lu}}\.)$"
_NOTICE = r"(?i)z\.?\s?h|h[äa]nden|att|f\.?a\.?o|ansprech|[ck]onta[ck]t"
_BESIDE = rf"{_NOTICE}|herrn?\s|frau\s|hrn?\.|fr\.|sig\."
_Text = str | None
_Read = tuple[_Text, _Text, _Text, _Text, str, tuple[tuple[str, str, _Text, str], ...]]  # `RESULT` and its evidence
_EVIDENCE = {"row": pl.UInt32, "field": pl.String, "raw": pl.String, "value": pl.String, "reason": pl.String}


def clean_person(records: pl.DataFrame) -> pl.DataFrame:
    """Clean the person fields.

    Args:
        records: columns of contracts.raw.RAW_RECORDS; missing ones count as null. A contact named in
            attention, company_addition or company (z.Hd.) counts only where no name is given.

    Returns:
        Same height: salutation, academic_title, given_name, family_name, name_status and repairs.
    """
    raw = rows_with(records, [*CELLS, *NOTICES]).with_row_index("row")
    cells = raw.select("row", *CELLS, contact=_contact(raw))
    frame = cells.hstack(_by_distinct(raw["salutation"], parse_salutation, "s"))
    frame = frame.hstack(_by_distinct(raw["academic_title"], parse_titles, "t"))
    frame = frame.hstack(_looks(raw["given_name"], "g")).hstack(_looks(raw["family_name"], "f"))
    frame = frame.with_columns(_whole_shapes()).with_columns(plain=_plain())
    easy = frame.filter("plain")
    hard = frame.filter(~pl.col("plain"))
    parsed, evidence = _parse(hard)
    settled = pl.concat([_settle(easy), parsed]).sort("row")
    found = pl.concat([_easy_evidence(easy), evidence])
    found = found.with_columns(rule=pl.lit("person.") + pl.col("reason"))
    return settled.select(RESULT).with_columns(repairs_at(found, raw.height))


def _whole_shapes() -> list[pl.Expr]:
    """What a name in one cell reads as, in its usual order (`whole`) or behind a comma (`comma`)."""
    alone = pl.when(pl.col("given_name").is_null() & pl.col("family_name").is_null()).then("full_name")
    with_comma = alone.str.contains(",", literal=True)
    return [
        pl.when(~with_comma).then(alone).str.extract_groups(_PLAIN_WHOLE).alias("whole"),
        pl.when(with_comma).then(alone).str.extract_groups(_PLAIN_COMMA).alias("comma"),
    ]


def _plain() -> pl.Expr:
    """Whether the plain shapes settle the row."""
    special, known = pl.Series(sorted(special_words())).implode(), pl.Series(sorted(given_spellings())).implode()
    given, family, full = pl.col("given_name"), pl.col("family_name"), pl.col("full_name")
    whole, comma = pl.col("whole"), pl.col("comma")
    first, last = (whole.struct.field(part).str.to_lowercase() for part in ("given", "family"))
    in_whole = first.is_in(known) & ~first.is_in(special) & ~last.is_in(special) & (first != last)
    first, last = (comma.struct.field(part).str.to_lowercase() for part in ("given", "family"))
    in_comma = ~first.is_in(special) & ~last.is_in(special)
    family_only = given.is_null() & full.is_null() & pl.col("f_family") & ~pl.col("f_special") & ~pl.col("f_several")
    in_cells = pl.col("g_given") & pl.col("f_family") & (pl.col("g_known") | ~pl.col("f_known")) & (given != family)
    pair = pl.when("f_special", "g_known").then(given + " " + family).str.to_lowercase()
    real = ~pl.col("f_lone") & ~pair.is_in(list(invented_names()))
    in_cells &= ~pl.col("g_special") & (~pl.col("f_special") | real.fill_null(False))
    nothing = given.is_null() & family.is_null() & full.is_null() & pl.col("contact").is_null()
    plain = in_cells.fill_null(False) | in_whole.fill_null(False) | nothing
    plain |= in_comma.fill_null(False) | family_only.fill_null(False)
    return plain & ~pl.col("s_mixed").fill_null(False) & ~pl.col("t_mixed").fill_null(False)


def _looks(column: pl.Series, prefix: str) -> pl.DataFrame:
    """What each cell of a name column looks like on its own, worked out once per distinct cell."""
    text, low = pl.col("text"), pl.col("low")
    distinct = column.alias("text").drop_nulls().unique().to_frame().with_columns(low=text.str.to_lowercase())
    looks = distinct.select(
        "text",
        given=text.str.contains(_PLAIN_GIVEN),
        family=text.str.contains(_PLAIN_FAMILY),
        several=text.str.contains(" ", literal=True),
        known=low.is_in(list(given_spellings())),
        special=low.is_in(list(special_words())),
        lone=low.is_in(list(lone_special_words())),
    )
    return _placed(column, looks, prefix)


def _placed(column: pl.Series, found: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """What was `found` per `text`, on the rows of the column."""
    placed = column.alias("text").to_frame().join(found, on="text", how="left", maintain_order="left")
    return placed.drop("text").rename(lambda name: f"{prefix}_{name}")


def _settle(easy: pl.DataFrame) -> pl.DataFrame:
    """The columns of `RESULT` for plain rows."""
    part, comma = pl.col("whole").struct, pl.col("comma").struct
    given = pl.coalesce("given_name", part.field("given"), comma.field("given"))
    family = pl.coalesce("family_name", part.field("family"), comma.field("family"))
    titles = pl.concat_str("t_value", part.field("title").str.strip_chars(" "), separator=" ", ignore_nulls=True)
    repeated = pl.col("t_value") == part.field("title").str.strip_chars(" ")
    return easy.select(
        "row",
        salutation=pl.coalesce("s_value", part.field("salutation").str.strip_chars(" ")),
        academic_title=pl.when(repeated).then("t_value").when(titles != "").then(titles),
        given_name=given,
        family_name=family,
        name_status=pl.when(family.is_null())
        .then(pl.lit("missing"))
        .when(given.is_null())
        .then(pl.lit("partial"))
        .otherwise(pl.lit("valid")),
    )


def _easy_evidence(easy: pl.DataFrame) -> pl.DataFrame:
    part = pl.col("whole").struct
    kinds = [
        ("salutation", "salutation", pl.col("s_value"), pl.col("s_reason")),
        ("academic_title", "academic_title", pl.col("t_value"), pl.col("t_reason")),
    ]
    for field, reason in (("salutation", "name_salutation_removed"), ("title", "name_title_removed")):
        value = part.field(field).str.strip_chars(" ")
        column = "academic_title" if field == "title" else field
        kinds.append((column, "full_name", value, pl.when(value.is_not_null()).then(pl.lit(reason))))
    turned = pl.col("comma").struct.field("family")
    kinds.append(("family_name", "full_name", turned, pl.when(turned.is_not_null()).then(pl.lit("name_order"))))
    found = [
        easy.filter(reason.is_not_null()).select("row", field=pl.lit(field), raw=source, value=value, reason=reason)
        for field, source, value, reason in kinds
    ]
    return pl.concat([pl.DataFrame(schema=_EVIDENCE), *found])


def _parse(hard: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows no plain shape settles, read one by one; and their evidence."""
    rows = hard["row"].to_list()
    names = [_name(cells) for cells in hard.select(*CELLS, "contact").iter_rows()]
    *parts, told = zip(*names, strict=True) if names else [()] * (len(RESULT) + 1)
    columns = {column: pl.Series(values, dtype=pl.String) for column, values in zip(RESULT, parts, strict=True)}
    long = zip(*((row, *entry) for row, entries in zip(rows, told, strict=True) for entry in entries), strict=True)
    evidence = dict(zip(_EVIDENCE, long, strict=False)) or dict.fromkeys(_EVIDENCE, ())
    return pl.DataFrame({"row": hard["row"], **columns}), pl.DataFrame(evidence, schema=_EVIDENCE)


@lru_cache(REMEMBERED)
def _name(cells: tuple[str | None, ...]) -> _Read:
    """The person of the cells, else the one to whose attention the mail goes."""
    salutation, title, given, family, full, contact = cells
    name = parse_name(salutation, title, given, family, full)
    if name.status == "missing" and contact is not None:
        named = parse_name(salutation, title, None, None, contact)
        if named.status in ("valid", "partial", "swapped"):
            named.evidence.append(("family_name", contact, named.family, "name_from_contact"))
            named.evidence = name.evidence + [entry for entry in named.evidence if entry not in name.evidence]
            name = named
    return name.salutation, name.title, name.given, name.family, name.status, tuple(name.evidence)


def _contact(raw: pl.DataFrame) -> pl.Expr:
    """Contact of an attention line, where the record names nobody itself."""
    names = pl.col("given_name").is_null() & pl.col("family_name").is_null()
    usable = raw.select(names & (pl.col("full_name").is_null() | (pl.col("full_name").str.len_chars() < 8))).to_series()
    found = raw.select("row").with_columns(contact=pl.lit(None, pl.String))
    for column in reversed(NOTICES):
        wanted = usable & raw[column].is_not_null()
        if column != "attention":
            wanted &= raw[column].str.contains(_BESIDE).fill_null(False)
        rows = wanted.arg_true()
        if not len(rows):
            continue
        lines = raw[column].gather(rows).to_frame("line").select(tidy(pl.col("line"))).to_series()
        named = (announced_contact if column == "attention" else contact_beside)(lines).to_frame()
        if column == "company_addition":
            named = named.select(pl.coalesce("contact", pl.lit(addressed(lines)["contact"])).alias("contact"))
        if column == "attention":
            named = named.select(pl.coalesce("contact", pl.lit(lines)).alias("contact"))
        person = named.select(attention(pl.col("contact"))[0]).to_series()
        kept = pl.select(pl.coalesce(person, found["contact"].gather(rows))).to_series()
        found = found.with_columns(found["contact"].clone().scatter(rows, kept))
    return pl.lit(found["contact"])


def _by_distinct(column: pl.Series, parse: Callable[[str | None, Name], object], prefix: str) -> pl.DataFrame:
    """A salutation or title column by its distinct values: `_value`, `_reason`, and `_mixed` where it says more."""
    rows = []
    for text in column.drop_nulls().unique(maintain_order=True):
        name = Name()
        parse(text, name)
        own = [entry for entry in name.evidence if entry[0] == column.name]
        value = name.salutation if column.name == "salutation" else name.title
        mixed = len(name.evidence) > 1 or bool(name.salutation and name.title) or is_couple(text)
        rows.append((text, value, own[0][3] if own else None, mixed))
    schema = {"text": pl.String, "value": pl.String, "reason": pl.String, "mixed": pl.Boolean}
    return _placed(column, pl.DataFrame(rows, schema=schema, orient="row"), prefix)
