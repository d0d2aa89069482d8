"""Fields people may set by hand, and what a value has to be.

Belongs here: which fields, the check of a value, the verdicts that go with it. Does not belong here: which lead gets it
(`values`).

A value is read by the rules its field has for every record (`enrichment`), so that a decision cannot bring in what no
source could. What can be written in one way only (addresses, numbers, codes) is kept in standard notation; names,
titles and places are kept as typed: the person's spelling is the decision. Consent can only be refused: granting it
needs a proof, which comes with a record.
"""

from __future__ import annotations

import re

import polars as pl

from contracts.clean import CLEAN_RECORDS
from contracts.published import LEADS
from contracts.raw import RAW_RECORDS
from contracts.statuses import SALUTATION
from contracts.table import TIMESTAMP
from engine.escaping import visible
from enrichment.address.country import country_of
from enrichment.address.postcode import fits, notation_abroad, read_postcode
from enrichment.clean_records import ContextSource, clean_batch

AS_TYPED = (
    "given_name",
    "family_name",
    "academic_title",
    "job_title",
    "department",
    "street",
    "house_number",
    "city",
    "region",
)
BY_RULE = ("email", "phone", "mobile", "postcode", "country", "language")
WORDS = {"salutation": tuple(SALUTATION), "consent_email": ("refused",), "consent_phone": ("refused",)}
FIELDS = (*AS_TYPED, *BY_RULE, *WORDS)
VERDICTS: dict[str, dict[str, str | None]] = {  # what travels with a value, and what it is where there is none
    "email": {"email_status": "missing", "email_kind": None, "email_suggestion": None},
    "phone": {"phone_status": "missing"},
    "mobile": {"mobile_status": "missing"},
}
_LONGEST = 200
_BAD = {
    "email": "no e-mail address",
    "phone": "no phone number",
    "mobile": "no mobile number",
    "postcode": "no postcode of that country",
    "country": "no country; write DE, Germany or Deutschland",
}


def checked(field: str, value: str, country: str | None = None) -> str | None:
    """The value as it is kept; None for an empty one, which says that the lead has none.

    Args:
        field: a column of `contracts.published.LEADS`.
        value: as typed.
        country: ISO 3166-1 alpha-2, by which numbers and postcodes are read; None for Germany.

    Raises:
        ValueError: the field cannot be set by hand, or the value is none of it; says what can be.
    """
    if field not in FIELDS:
        raise ValueError(f"{field!r} cannot be set by hand; fields are {', '.join(FIELDS)}")
    value = value.strip()
    if not value and field.startswith("consent"):
        raise ValueError(f"{field} can only be `refused`")
    if not value:
        return None
    if len(value) > _LONGEST or visible(value) != value:
        raise ValueError(f"{visible(value[:_LONGEST])!r}: a value is one line of at most {_LONGEST} signs")
    if field in WORDS:
        if (word := next((word for word in WORDS[field] if word.lower() == value.lower()), None)) is None:
            raise ValueError(f"{value!r} is not a word of {field}; use {', '.join(WORDS[field])}")
        return word
    if field == "language":
        form = next(column.form for column in LEADS.columns if column.name == "language")
        if form is None or not re.fullmatch(form.pattern, value.lower()):
            raise ValueError(f"{value!r} is no language; write its ISO 639-1 code, like de")
        return value.lower()
    if field in ("country", "postcode"):
        return _place(field, value, country or "DE")
    found = _cleaned([(field, value, country or "DE")]).row(0, named=True)
    if field in AS_TYPED:
        if not re.search(r"\w", value) or found[f"_{field}"] is None:
            raise ValueError(f"{value!r} is not what a {field} can be")
        return value
    if found[f"_{field}"] is None or found.get(f"{field}_status") == "invalid":
        other = {"phone": "mobile", "mobile": "phone"}.get(field)
        hint = f"; it is one for the field {other}" if other and found[f"_{other}"] is not None else ""
        raise ValueError(f"{value!r} is {_BAD[field]}{hint}")
    return str(found[f"_{field}"])


def _place(field: str, value: str, country: str) -> str:
    """A country or postcode in its notation."""
    if field == "country":
        found = country_of(value)
    else:
        prefix, code = read_postcode(value)
        written = notation_abroad(prefix or country, code)
        found = written if fits(prefix or country, written) else None
    if found is None:
        raise ValueError(f"{value!r} is {_BAD[field]}")
    return found


def verdicts(said: pl.DataFrame) -> pl.DataFrame:
    """The verdicts that go with values of people.

    Args:
        said: id, field, value.

    Returns:
        id, field (of `VERDICTS`), value.
    """
    judged = said.filter(pl.col("field").is_in(list(VERDICTS)))
    if judged.is_empty():
        return said.select("id", "field", "value").clear()
    found = _cleaned([(field, value, "DE") for field, value in judged.select("field", "value").iter_rows()])
    rows = [
        (number, name, none if value is None else row[name] or none)
        for (number, field, value), row in zip(
            judged.select("id", "field", "value").iter_rows(), found.iter_rows(named=True), strict=True
        )
        for name, none in VERDICTS[field].items()
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("id", "field", "value"), pl.String), orient="row")


def _cleaned(values: list[tuple[str, str | None, str]]) -> pl.DataFrame:
    """Each (field, value, country) as a record of nothing else is cleaned; `_field` is what became of the field."""
    rows = [
        {field: value, "source_record_id": str(place), "default_country": country}
        for place, (field, value, country) in enumerate(values)
    ]
    names = [*dict.fromkeys([*FIELDS, "source_record_id", "default_country"])]
    raw = pl.DataFrame(rows, schema=dict.fromkeys([name for name in names if name in RAW_RECORDS.names], pl.String))
    raw = raw.with_columns(
        *(pl.lit(text).alias(name) for name, text in _PROVENANCE.items()),
        content_hash=pl.col("source_record_id"),
        received_at=pl.lit(_LONG_AGO).str.to_datetime(time_unit=TIMESTAMP.time_unit, time_zone="UTC"),
    )
    clean = clean_batch(RAW_RECORDS.conform(raw), ContextSource().open())
    kept = [name for name in FIELDS if name in CLEAN_RECORDS.names]
    return clean.with_columns(pl.col(name).alias(f"_{name}") for name in kept)


_LONG_AGO = "2000-01-01"
_PROVENANCE = {"source": "decisions", "channel": "offline", "file": "decisions.csv", "file_hash": "0"}
