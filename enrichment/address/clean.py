"""The address of a lead: every way it is written brought into fields, judged, and put right where certain.

Belongs here: which raw columns feed which field, and the evidence. Does not belong here: taking lines
apart (`enrichment/address/lines`, `enrichment/address/street`), postcode and town (`enrichment/address/locality`),
countries' names (`enrichment/address/country`). An address stays one block: its parts come from one record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import polars as pl

from contracts.clean import ADDRESS, REPAIRS
from contracts.table import given_or_null
from engine.caches import keep_few
from enrichment.address.country import countries
from enrichment.address.lines import Parts, addresses, box_number, care_of, is_box, parse_address, parse_locality
from enrichment.address.locality import Localities
from enrichment.address.locality_columns import KEYS, judged
from enrichment.address.run_on import parted
from enrichment.address.street import house_number, streets
from enrichment.address.street_abroad import CAPITALS, streets_abroad
from enrichment.address.town import head_words
from enrichment.address.words import pattern, recipient
from enrichment.cells.distinct import by_cell, of_distinct
from enrichment.cells.evidence import Entry, repairs
from enrichment.cells.placeholders import PLACEHOLDER
from enrichment.cells.text import tidy
from reference.places import COUNTRIES, Places
from reference.streets import Streets
from reference.world_places import load_world_places

_INPUTS = (
    "address", "street", "house_number", "address_extra", "po_box", "po_box_postcode", "postcode", "city",
    "postcode_city", "region", "country", "attention", "default_country", "evident_country", "evident_basis",
)  # fmt: skip
_COUNTRIES = ("country", "default_country", "evident_country", "evident_basis")
_NAMES = [column.name for column in ADDRESS]
_LINE_BREAK = r"\s*[\r\n]+\s*"
_BREAKS = {"address": ";", "postcode_city": ";", "street": ", "}
_EMPTY_TOWN = r"(?i)^(Leer|Ohne)$"
_WORD = r"\p{L}{3}"
_POSTCODE_INSIDE = r"(^|[\s,])([A-Z]{1,2}-)?\d{4,5}([\s,]|$)"
_LOCALITY_INSIDE = r"(^|[\s,;])([A-Z]{1,2}[- ])?\d{4,5}\s+\p{L}{2}"
_LONG_NUMBER = r"^\d{4,5}\s+\p{L}[^\d]*$"  # of a house: 10250 Constellation Blvd
_NUMBERED = r"\pL{2}\.?\s+\d{1,4}\s?\pL?$"  # ends in the number of a house
_BOX_INSIDE = rf"(?i)[,;/]\s*{pattern('box_behind')}\b"
_SHORT_WORD = 3
_NOTHING = r"^[0\s.-]*$|^99999$"
_BOXED = rf"(?i)^{pattern('box')}"
_CARED = rf"(?i)^{recipient()}"
_CARED_BESIDE = rf"(?i)^{recipient('care_beside')}"
_EXTRA_SEPARATOR = ", "


def clean_address(records: pl.DataFrame, places: Places, *, streets: Streets | None = None) -> pl.DataFrame:
    """Normalise and judge the address of every record.

    Args:
        records: columns of contracts.raw.RAW_RECORDS, and those of `enrichment/country_evidence`; missing ones count
            as empty.
        places: postcodes and towns.
        streets: a street directory, if there is one.

    Returns:
        contracts.clean.ADDRESS plus `repairs`, same height, same order.

    Example:
        >>> from reference.places import load_places
        >>> records = pl.DataFrame({
        ...     "address": ["Königstr. 1a, D-70173 Stuttgart", None], "street": [None, "Hauptstraße 5"],
        ...     "postcode": [None, "80331"], "city": [None, "Hamburg"],
        ... })
        >>> found = clean_address(records, load_places())
        >>> found.select("street", "house_number", "postcode", "city", "country", "address_status")
        shape: (2, 6)
        ┌─────────────┬──────────────┬──────────┬───────────┬─────────┬────────────────┐
        │ street      ┆ house_number ┆ postcode ┆ city      ┆ country ┆ address_status │
        │ ---         ┆ ---          ┆ ---      ┆ ---       ┆ ---     ┆ ---            │
        │ str         ┆ str          ┆ str      ┆ str       ┆ str     ┆ str            │
        ╞═════════════╪══════════════╪══════════╪═══════════╪═════════╪════════════════╡
        │ Königstraße ┆ 1a           ┆ 70173    ┆ Stuttgart ┆ DE      ┆ locality       │
        │ Hauptstraße ┆ 5            ┆ 80331    ┆ Hamburg   ┆ DE      ┆ conflict       │
        └─────────────┴──────────────┴──────────┴───────────┴─────────┴────────────────┘
    """
    raw, which = _distinct(records.select(given_or_null(records, _INPUTS)))
    frame = _tidied(raw)
    frame = _uncrossed(parted(_dissolved(frame), places, load_world_places()), places)
    frame = _judged(frame, _localities(places))
    frame = _with_streets(frame)
    frame = frame.with_columns(address_extra=_extras(frame))
    if streets is not None:
        frame = _lifted(frame, streets)
    swiss = pl.col("country").is_in(["CH", "LI"])
    spelt = pl.col("street").str.replace_all("straße", "strasse").str.replace_all("Straße", "Strasse")
    box = pl.col("po_box").str.replace_all(r"(\d) ", "$1")
    paired = pl.col("country").is_in(["AT", "DE"]) | pl.col("country").is_null()  # DIN 5008
    capital = pl.col("house_number").str.to_uppercase()
    frame = frame.with_columns(
        street=pl.when(swiss).then(spelt).otherwise("street"),
        po_box=pl.when(paired).then("po_box").otherwise(box),
        house_number=pl.when(pl.col("country").is_in(list(CAPITALS))).then(capital).otherwise("house_number"),
    )
    evidence = repairs(pl.concat([raw.rename(lambda n: f"raw_{n}"), frame], how="horizontal"), _entries())
    return frame.select(*_NAMES, evidence.alias(REPAIRS.name)).select(pl.all().gather(which))


def is_open(address: pl.DataFrame, evident: pl.DataFrame, places: Places) -> pl.Series:
    """Whether the country of an address is a guess: assumed for the source, and nothing at the place speaks for it.

    Args:
        address: the columns of contracts.clean.ADDRESS.
        evident: those of `enrichment/country_evidence`, same height.
        places: postcodes and towns; a town among the words of the city speaks for its country.
    """
    country = pl.col("country")
    unconfirmed = pl.col("address_reason").is_in(["city_unknown", "postcode_unknown", "postcode_format"])
    guessed = country.is_null() | ((pl.col("country_basis") == "default") & unconfirmed & pl.col("region").is_null())
    placed = pl.any_horizontal(pl.col("postcode", "city").is_not_null())
    seconded = pl.col("evident_country").is_not_null() & (pl.col("evident_country") == country).fill_null(True)
    frame = pl.concat([address, evident], how="horizontal")
    found = frame.select((guessed & placed & ~seconded).fill_null(False).alias("country_open")).to_series()
    rows = found.arg_true()
    cells = zip(frame["country"].gather(rows), frame["city"].gather(rows), strict=True)
    confirmed = [bool(home and city) and _names_town_of(home, city, places) for home, city in cells]
    return found.scatter(rows.filter(pl.Series(confirmed, dtype=pl.Boolean)), False) if any(confirmed) else found


def _names_town_of(country: str, city: str, places: Places) -> bool:
    """Whether a word of the city is a town of the country: `München-Schwabing`."""
    words = [word for word in re.split(r"[\s/,-]+", city) if len(word) > _SHORT_WORD]
    return any(country in places.named(head_words(word)) for word in words)


@keep_few
def _localities(places: Places) -> Localities:
    return Localities(places, load_world_places())


# ---------------------------------------------------------------------- reading


def _distinct(raw: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The rows to read, and for every row which of them it is: most leads say at most a country, and are read once."""
    rows = raw.with_row_index("_row")
    placed = pl.any_horizontal(pl.exclude("_row", *_COUNTRIES).is_not_null())
    first = pl.col("_row").min().over(placed, *_COUNTRIES)
    model = rows.select(pl.when(placed).then("_row").otherwise(first)).to_series()
    kept = model == rows["_row"]
    return raw.filter(kept), (kept.cum_sum() - 1).gather(model)


def _tidied(raw: pl.DataFrame) -> pl.DataFrame:
    """Text tidied, placeholders gone; line breaks of an address kept as `;`."""
    used = [name for name in _INPUTS if raw[name].null_count() < raw.height]
    read = {name: of_distinct(partial(_read, name))(raw[name]) for name in used}
    texts = raw.with_columns(cells["kept"].alias(name) for name, cells in read.items())
    if "city" not in read:
        return texts
    alone = ~read["postcode"]["said"] if "postcode" in read else pl.lit(True)
    return texts.with_columns(city=pl.when(~(read["city"]["town"] & alone)).then("city"))


def _read(name: str, cells: pl.Series) -> pl.DataFrame:
    """The text `kept` of a column's cells, whether anything was `said`, and whether it may be a `town` as well."""
    broken = cells.str.replace_all(_LINE_BREAK, _BREAKS[name]) if name in _BREAKS else cells
    text = pl.DataFrame({"text": broken}).select(tidy(pl.col("text"))).to_series()
    said = text.is_not_null()
    if name in ("default_country", "evident_country", "evident_basis"):
        return pl.DataFrame(
            {"kept": text if name == "evident_basis" else text.str.to_uppercase(), "said": said, "town": False}
        )
    town = text.str.contains(_EMPTY_TOWN) & (name == "city")
    empty = text.str.contains(PLACEHOLDER) & ~town
    if name == "country":
        empty &= text != "NO"  # Norway
    if name in {"postcode", "po_box_postcode"}:
        empty |= text.str.contains(_NOTHING)
    return pl.DataFrame({"text": text, "said": said, "town": town}).select(
        "said", "town", kept=pl.when(~empty).then("text")
    )


def _placeholder(field: str, column: str, postcode: str) -> pl.Expr:
    """Whether a cell says that there is no value. With a postcode, Leer and Ohne are towns."""
    says = pl.col(column).str.contains(PLACEHOLDER) & ((pl.col(column) != "NO") | (field != "country"))
    if field == "city":
        return says & ~(pl.col(column).str.contains(_EMPTY_TOWN) & pl.col(postcode).is_not_null())
    return says


def _dissolved(frame: pl.DataFrame) -> pl.DataFrame:
    """Composite cells taken apart; a column of its own outranks a part of a composite cell."""
    named = pl.col("postcode").str.contains(_WORD)
    frame = _take(frame, named, "postcode", parse_locality, ["postcode", "city", "country"], replaced=["postcode"])
    numbered = pl.col("city").str.contains(_POSTCODE_INSIDE) | pl.col("city").str.contains(r"[,/(]")
    frame = _take(frame, numbered, "city", parse_locality, ["city", "postcode", "country"], replaced=["city"])
    frame = _take(
        frame, pl.col("postcode_city").is_not_null(), "postcode_city", parse_locality, ["postcode", "city", "country"]
    )
    everything = [name for name in Parts._fields if name != "extra"]
    boxed = pl.col("po_box").str.contains(_LOCALITY_INSIDE)
    frame = _take(
        frame, boxed, "po_box", parse_address, ["po_box", "po_box_postcode", "postcode", "city"], replaced=["po_box"]
    )
    apart = pl.col("postcode").is_not_null() & pl.col("city").is_not_null()
    numbered = (
        apart & pl.col("street").str.contains(_LONG_NUMBER) & ~pl.col("street").str.starts_with(pl.col("postcode"))
    )
    run_in = pl.col("street").str.contains(_LOCALITY_INSIDE) & ~numbered.fill_null(False)
    run_in |= pl.col("street").str.contains(_BOX_INSIDE)
    frame = _take(frame, run_in, "street", parse_address, everything, replaced=["street"], extra="line_extra")
    frame = _take(frame, pl.col("address").is_not_null(), "address", parse_address, everything, extra="whole_extra")
    frame = _boxes(frame)
    return _cared(frame)


def _uncrossed(frame: pl.DataFrame, places: Places) -> pl.DataFrame:
    """Town and street in each other's place put right: `crossed` says where."""
    numbered = pl.col("city").str.contains(_NUMBERED) & ~pl.col("street").str.contains(r"\d")
    suspects = frame.filter(numbered).select("street", "city").unique()
    crossed = [
        pair for pair in suspects.iter_rows() if places.named(head_words(pair[0])) and not _is_town(pair[1], places)
    ]
    if not crossed:
        return frame.with_columns(crossed=pl.lit(False))
    pairs = pl.DataFrame(crossed, schema=["street", "city"], orient="row").with_columns(crossed=pl.lit(True))
    found = frame.join(pairs, on=["street", "city"], how="left", maintain_order="left")
    return found.with_columns(
        pl.col("crossed").fill_null(False),
        street=pl.when("crossed").then("city").otherwise("street"),
        city=pl.when("crossed").then("street").otherwise("city"),
    )


def _is_town(text: str, places: Places) -> bool:
    """Whether a text is a town with the number of its district or post office: `Wien 10`."""
    return bool(places.named(head_words(text.rsplit(" ", 1)[0])))


def _take(
    frame: pl.DataFrame,
    when: pl.Expr,
    source: str,
    parse: Callable[[str], Parts],
    fields: Sequence[str],
    *,
    replaced: Sequence[str] = (),
    extra: str | None = None,
) -> pl.DataFrame:
    """Fill `fields` from the parts of `source` where `when`; `replaced` fields are overwritten, others only filled."""
    if extra:
        frame = frame.with_columns(pl.lit(None, pl.String).alias(extra))
    rows = frame.select(when.fill_null(False).arg_true()).to_series()
    if rows.is_empty():
        return frame
    parts = of_distinct(partial(addresses, parse=parse))(frame[source].gather(rows))
    taken = frame.select(pl.col(fields).gather(rows)).with_columns(
        parts[name] if name in replaced else pl.col(name).fill_null(parts[name]) for name in fields
    )
    if extra:
        taken = taken.with_columns(parts["extra"].alias(extra))
    return frame.with_columns(frame[name].clone().scatter(rows, part) for name, part in taken.to_dict().items())


def _boxes(frame: pl.DataFrame) -> pl.DataFrame:
    """A box standing in the street's place moves to its own field; box numbers in pairs."""
    suspects = pl.col("street").str.contains(_BOXED)
    lines = frame.filter(suspects)["street"].unique().sort()
    boxes = [line for line in lines.to_list() if is_box(line)]
    boxed = pl.col("street").is_in(boxes)
    frame = frame.with_columns(
        po_box=pl.coalesce("po_box", pl.when(boxed).then("street")),
        street=pl.when(~boxed).then("street"),
    )
    frame = frame.with_columns(by_cell(box_number)(frame["po_box"]))
    no_street = pl.col("po_box").is_not_null() & pl.col("street").is_null()
    own = pl.when(no_street).then("postcode")
    return frame.with_columns(
        po_box_postcode=pl.coalesce("po_box_postcode", own), postcode=pl.coalesce("postcode", "po_box_postcode")
    )


def _cared(frame: pl.DataFrame) -> pl.DataFrame:
    """c/o and z.Hd. lines leave the street; a c/o from the attention column joins them."""
    lines = frame.filter(pl.col("street").str.contains(_CARED))["street"].unique().sort()
    found = {line: parts for line in lines.to_list() if (parts := care_of(line))}
    hit = pl.col("street").is_in(list(found))
    care = {line: parts[0] for line, parts in found.items()}
    rest = {line: parts[1] for line, parts in found.items()}
    frame = frame.with_columns(
        care=pl.col("street").replace_strict(care, default=None, return_dtype=pl.String),
        street=pl.when(hit)
        .then(pl.col("street").replace_strict(rest, default=None, return_dtype=pl.String))
        .otherwise("street"),
    )
    attention = pl.when(pl.col("attention").str.contains(_CARED_BESIDE)).then("attention")
    return frame.with_columns(care=pl.coalesce("care", attention))


# ---------------------------------------------------------------------- judging


def _with_streets(frame: pl.DataFrame) -> pl.DataFrame:
    """Street lines split; a house number in a column of its own outranks one in the line."""
    own = pl.lit(by_cell(house_number)(frame["house_number"]))
    own = pl.when(own.str.contains(r"\d|^\pL$")).then(own)  # `o. Nr.` is none
    split = _split(frame).rename({"street": "_street", "number": "_number", "extra": "street_extra"})
    frame = pl.concat([frame.with_columns(own_number=own), split], how="horizontal")
    # a letter alone goes with the number in the line
    lettered = pl.col("own_number").str.contains(r"^\pL$") & pl.col("_number").str.contains(r"^\d+$")
    both = pl.when(lettered).then(pl.col("_number") + pl.col("own_number").str.to_lowercase()).otherwise("own_number")
    frame = frame.with_columns(own_number=both)
    # `Straße 12` beside house number 4: the 12 belongs to the street
    other = (
        pl.col("own_number").is_not_null()
        & pl.col("_number").is_not_null()
        & (pl.col("own_number") != pl.col("_number"))
    )
    return frame.with_columns(
        raw_street_line="street",
        street=pl.when(other & ~pl.col("own_number").str.starts_with(pl.col("_number")))
        .then("street")
        .otherwise("_street"),
        house_number=pl.coalesce("own_number", "_number"),
    ).drop("own_number", "_street", "_number")


def _split(frame: pl.DataFrame) -> pl.DataFrame:
    """Street, number and extra of the street lines, each in the order of its country."""
    abroad = ~frame["country"].is_in(COUNTRIES) & frame["street"].is_not_null()
    found = streets(pl.select(pl.when(~abroad.fill_null(False)).then(frame["street"])).to_series())
    rows = abroad.fill_null(False).arg_true()
    if rows.is_empty():
        return found
    there = streets_abroad(frame["street"].gather(rows), frame["country"].gather(rows))
    return found.select(column.clone().scatter(rows, there[column.name]) for column in found)


def _judged(frame: pl.DataFrame, localities: Localities) -> pl.DataFrame:
    """The verdict on each distinct locality, on its rows."""
    frame = frame.with_columns(
        stated=countries(frame["country"]),
        home_country="default_country",
        default_country=pl.when(pl.col("evident_basis").ne_missing("several")).then(
            pl.coalesce("evident_country", "default_country")
        ),
    )
    keys = frame.select(KEYS)
    verdicts = judged(keys.unique(), localities)
    places = verdicts.select(*KEYS, at=pl.row_index())
    which = keys.join(places, on=KEYS, how="left", maintain_order="left", nulls_equal=True)["at"]
    joined = pl.concat([frame, verdicts.select(pl.exclude(KEYS).gather(which))], how="horizontal")
    given = pl.any_horizontal(pl.col("street", "po_box", "house_number").is_not_null())
    missing = pl.col("v_status") == "missing"
    # beside a street, the postcode of boxes may be a slip of the one suggested
    settled_box = pl.col("v_status").is_in(["locality", "corrected"]) & pl.col("street").is_null()
    status = pl.when(missing & given).then(pl.lit("unverifiable")).otherwise("v_status")
    reason = pl.when(missing & given).then(pl.lit("locality_missing")).otherwise("v_reason")
    foreign = pl.col("evident_country").is_not_null()
    foreign &= pl.col("evident_country").ne_missing(pl.col("home_country"))
    return joined.with_columns(
        raw_postcode_in="postcode",
        raw_city_in="city",
        postcode="v_postcode",
        city="v_city",
        region=pl.coalesce("v_region", "region"),
        country="v_country",
        country_basis=pl.when((pl.col("v_basis") == "default") & foreign).then("evident_basis").otherwise("v_basis"),
        address_status=status,
        address_reason=reason,
        address_suggestion=pl.when(~settled_box).then("v_suggestion"),
        po_box_postcode=pl.when(pl.col("po_box_postcode").eq_missing(pl.col("postcode")))
        .then("v_postcode")
        .otherwise("po_box_postcode"),
    )


def _extras(frame: pl.DataFrame) -> pl.Series:
    """Everything that is neither street nor locality, each part once, in reading order."""
    parts = ["address_extra", "care", "line_extra", "whole_extra", "street_extra", "v_district"]
    some = pl.any_horizontal(pl.col(*parts).is_not_null())
    rows = frame.with_row_index("_row").filter(some)
    joined = rows.select(
        "_row",
        text=pl.concat_list(*parts).list.drop_nulls().list.unique(maintain_order=True).list.join(_EXTRA_SEPARATOR),
    )
    extras = pl.Series("address_extra", [None], dtype=pl.String).new_from_index(0, frame.height)
    return extras.scatter(joined["_row"], joined["text"])


def _lifted(frame: pl.DataFrame, directory: Streets) -> pl.DataFrame:
    known = directory.known(frame.select("country", "postcode", "street", "house_number"))
    agreeing = pl.col("address_status").is_in(["locality", "corrected"]) & pl.col("_known").is_not_null()
    lifted = pl.when(agreeing).then("_known").otherwise("address_status")
    return frame.with_columns(known.alias("_known")).with_columns(address_status=lifted).drop("_known")


# ---------------------------------------------------------------------- evidence


_POSTCODE_RULES = {"postcode_leading_zero": "leading_zero", "postcode_misspelt": "near_postcode"}
"""The rule behind a reason to change a postcode; where none is named, another notation was read."""


def _entries() -> list[Entry]:
    col = pl.col
    judged = col("address_status").is_in(["conflict", "unverifiable"]) & col("address_reason").is_not_null()
    locality = pl.concat_str("raw_postcode_in", "raw_city_in", separator=" ", ignore_nulls=True)
    placeholders = [
        Entry(
            name,
            _placeholder(name, f"raw_{name}", "raw_postcode"),
            col(f"raw_{name}"),
            None,
            "address_placeholder",
            "placeholder",
        )
        for name in ("street", "postcode", "city", "address")
    ]
    recoded, renamed = col("v_postcode_reason"), col("v_city_reason")
    code_rule = recoded.replace_strict(_POSTCODE_RULES, default="postcode_notation", return_dtype=pl.String)
    respelt = ~col("raw_street_line").str.starts_with(col("street"))
    return [
        *placeholders,
        Entry("street", col("crossed"), col("raw_street"), col("street"), "street_city_crossed", "crossed"),
        Entry("city", col("crossed"), col("raw_city"), col("city"), "street_city_crossed", "crossed"),
        Entry("street", respelt, col("raw_street_line"), col("street"), "street_spelling", "street"),
        Entry("postcode", recoded.is_not_null(), col("raw_postcode_in"), col("postcode"), recoded, code_rule),
        Entry("city", renamed.is_not_null(), col("raw_city_in"), col("city"), renamed, "town_name"),
        Entry(
            "country",
            col("raw_country").is_not_null()
            & col("stated").is_null()
            & ~_placeholder("country", "raw_country", "raw_postcode"),
            col("raw_country"),
            None,
            "country_unreadable",
            "country",
        ),
        Entry("address_status", judged, locality, col("address_status"), col("address_reason"), "locality"),
    ]
