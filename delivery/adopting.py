"""Adopting: which records of a filled target are ours already.

Belongs here: the target's records read as records of one more source, and what our own matching says of them beside
golden leads and accounts. Does not belong here: how two records are compared (`matching.leads`).

Nobody is adopted for an e-mail address alone: mailboxes are shared. What is not sure is left for a person, in
`<home>/sync/<target>/review.csv`: `adopt` or `new` in its column `decision` is obeyed by the next plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from contracts.raw import FIELDS, RAW_RECORDS
from delivery.holdings import ID, THEIR_KEY, Holdings
from delivery.mapping import Mapped, Route, TargetMapping
from delivery.plan import Adoption
from delivery.record import Entity
from delivery.wishes import KEY
from engine.escaping import for_csv
from engine.swap import swap
from engine.table_file import read_table
from enrichment.clean_records import ContextSource, clean_batch
from enrichment.company.clean import company_key
from enrichment.company.domain import own_domains
from matching.leads.judgement import judge_pairs

REVIEW = "review.csv"
_RAW = frozenset(column.name for column in FIELDS)
_PLACE = "__place"
_COLUMNS = ("key", "kind", "id", "decision")
_SAID = ("adopt", "new")


class UnsoundReview(ValueError):  # noqa: N818 - says what was found
    """A review that cannot be used; says in which row, and what to write."""


@dataclass(frozen=True, slots=True)
class Adopting:
    """Finds what is ours already. `said` is what people decided, by our key, and kind and id of the record."""

    mapping: TargetMapping
    said: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    def __call__(
        self, entity: Entity, rows: pl.DataFrame, holdings: Holdings, bound: frozenset[tuple[str, str]]
    ) -> Adoption:
        """The records of nobody's that are one of these rows, surely or perhaps."""
        free = self._free(entity, holdings, bound)
        if rows.is_empty() or free.is_empty():
            return Adoption()
        found = (_same_people if entity is Entity.LEAD else _same_companies)(rows, free)
        return self._decided(found)

    def _free(self, entity: Entity, holdings: Holdings, bound: frozenset[tuple[str, str]]) -> pl.DataFrame:
        """Records that bear no key of ours, as raw records: kind, id, then fields by our names."""
        parts = []
        for route in self.mapping.entities[entity].to:
            taken = [id_ for kind, id_ in bound if kind == route.kind]
            held = holdings.kinds[route.kind].filter(pl.col(THEIR_KEY).is_null(), ~pl.col(ID).is_in(taken))
            parts.append(held.select(pl.lit(route.kind).alias("kind"), ID, *self._raw(route, holdings)))
        return pl.concat(parts, how="diagonal") if parts else pl.DataFrame()

    def _raw(self, route: Route, holdings: Holdings) -> list[pl.Expr]:
        """The fields of a record by the names a delivered file would have them under."""
        columns: dict[str, pl.Expr] = {}
        for it in route.fields:
            name = _raw_name(it)
            if it.to is Entity.ACCOUNT and it.columns == ("account_id",):
                names = self._names(holdings)
                columns["company"] = pl.col(it.name).replace_strict(names, default=None, return_dtype=pl.String)
            elif name is not None and name not in columns:
                columns[name] = pl.col(it.name)
        return [text.alias(name) for name, text in columns.items()]

    def _names(self, holdings: Holdings) -> dict[str, str | None]:
        """Names of companies there, by their id."""
        routes = self.mapping.entities[Entity.ACCOUNT].to if Entity.ACCOUNT in self.mapping.entities else ()
        named = [(route.kind, it.name) for route in routes for it in route.fields if it.columns == ("name",)]
        return dict(row for kind, name in named for row in holdings.kinds[kind].select(ID, name).iter_rows())

    def _decided(self, found: pl.DataFrame) -> Adoption:
        """What is sure and single on both sides, and what a person has to decide or has decided.

        Args:
            found: `__key`, kind, `__id`, sure, why.
        """
        said = [self.said.get(pair, "") for pair in found.select(KEY, "kind", ID).iter_rows()]
        found = found.with_columns(pl.Series("said", said, pl.String)).filter(pl.col("said") != "new")
        yes = found.filter(pl.col("said") == "adopt")
        open_ = found.filter(~pl.col(KEY).is_in(yes[KEY].implode())).join(yes, on=["kind", ID], how="anti")
        single = (pl.len().over(KEY) == 1) & (pl.len().over("kind", ID) == 1)
        sure = pl.concat([yes, open_.filter(pl.col("sure") & single)])
        doubtful = open_.filter(~(pl.col("sure") & single)).sort("sure", descending=True).unique(KEY, keep="first")
        return Adoption(_by_key(sure), _by_key(doubtful))


def read_said(folder: Path) -> dict[tuple[str, str, str], str]:
    """What people decided in the review of a target, by our key, kind and id of the record, however Excel saved it.

    Raises:
        UnsoundReview: a line says neither `adopt` nor `new`, or contradicts another; it is named.
    """
    try:
        rows = read_table(folder / REVIEW, _COLUMNS).with_row_index("row", offset=2).drop_nulls("decision")
    except ValueError as error:
        raise UnsoundReview(str(error)) from error
    said: dict[tuple[str, str, str], str] = {}
    adopted: set[tuple[str, ...]] = set()
    for row, key, kind, id_, word in rows.select(
        "row", "key", "kind", "id", pl.col("decision").str.to_lowercase()
    ).rows():
        if word not in _SAID:
            raise UnsoundReview(f"{REVIEW}, row {row}: decision is {word!r}; write adopt, new, or leave it empty")
        if word == "adopt" and adopted & (sides := {(key,), (kind, id_)}):
            raise UnsoundReview(
                f"{REVIEW}, row {row}: {key} or the record {id_} is adopted in a row above; one record is one of ours"
            )
        adopted |= sides if word == "adopt" else set()
        said[key, kind, id_] = word
    return said


def write_review(
    folder: Path, adoption: Mapping[str, tuple[str, str, str]], said: Mapping[tuple[str, str, str], str]
) -> Path:
    """Put what a person has to decide into the review, below what was decided before."""
    before = [(key, kind, id_, word, "decided") for (key, kind, id_), word in said.items()]
    rows = before + [(key, kind, id_, "", why) for key, (kind, id_, why) in sorted(adoption.items())]
    frame = pl.DataFrame(rows, schema=[*_COLUMNS, "why"], orient="row").cast(pl.String)
    with swap(folder / REVIEW, private=True) as new:
        for_csv(frame).write_csv(new, separator=";", include_bom=True, line_terminator="\r\n")
    return folder / REVIEW


def _raw_name(it: Mapped) -> str | None:
    """The raw field that a field of theirs is like."""
    if "family_name" in it.columns and len(it.columns) > 1:
        return "full_name"
    first = {"account_name": "company", "name": "company"}.get(it.columns[0], it.columns[0]) if it.columns else None
    return first if first in _RAW and it.words is None else None


def _same_people(rows: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a golden lead and a record that are one person, or may be, as our matching has it."""
    golden = rows.select(
        KEY,
        *(name for name in rows.columns if name in _RAW),
        company=pl.col("account_name"),
        email_2=pl.col("other_emails").list.get(0, null_on_oob=True),
        phone_2=pl.col("other_phones").list.get(0, null_on_oob=True),
    )
    both = pl.concat([golden, free], how="diagonal").with_row_index(_PLACE)
    required = ("source", "channel", "source_record_id", "file", "file_hash", "content_hash")
    raw = RAW_RECORDS.conform(both.select(_fields(both)).with_columns(pl.lit("").alias(name) for name in required))
    judged = judge_pairs(clean_batch(raw, ContextSource().open())).decisions
    ours = pl.min_horizontal("left", "right") < golden.height
    across = judged.filter(ours, pl.max_horizontal("left", "right") >= golden.height, pl.col("outcome") != "apart")
    sides = both.select(_PLACE, KEY, "kind", ID)
    return (
        across.select(
            one=pl.min_horizontal("left", "right"),
            two=pl.max_horizontal("left", "right"),
            sure=pl.col("outcome") == "merged",
            why="reason",
        )
        .join(sides.select(_PLACE, KEY), left_on="one", right_on=_PLACE)
        .join(sides.select(_PLACE, "kind", ID), left_on="two", right_on=_PLACE)
        .select(KEY, "kind", ID, "sure", "why")
    )


def _same_companies(rows: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    """Pairs of an account and a record of one name: sure where number, domain or place agree.

    None where they differ in place or number, and agree in nothing but the name.
    """
    ours = _company(rows.select(KEY, "postcode", "city", "website", "vat_id", company="name"))
    theirs = _company(free)
    pairs = ours.join(theirs, on="same", suffix=" there")
    agree = [pl.col(name).is_not_null() & (pl.col(name) == pl.col(f"{name} there")) for name in _EVIDENCE]
    differ = [pl.col(name) != pl.col(f"{name} there") for name in ("postcode", "city", "vat_id")]
    said = [pl.when(same).then(pl.lit(name)) for name, same in zip(_EVIDENCE, agree, strict=True)]
    return (
        pairs.with_columns(
            sure=pl.any_horizontal(agree).fill_null(False),
            why=pl.concat_str([pl.lit("name"), *said], separator=", ", ignore_nulls=True),
        )
        .filter(pl.col("sure") | ~pl.any_horizontal(differ).fill_null(False))
        .select(KEY, "kind", ID, "sure", "why")
    )


_EVIDENCE = ("vat_id", "domain", "postcode", "city")


def _company(frame: pl.DataFrame) -> pl.DataFrame:
    """Companies with what is compared of them."""
    missing = [
        pl.lit(None, pl.String).alias(name)
        for name in ("postcode", "city", "website", "vat_id")
        if name not in frame.columns
    ]
    frame = frame.with_columns(missing)
    return frame.with_columns(
        same=company_key(frame["company"]),
        domain=own_domains(frame["website"].fill_null("")),
        city=pl.col("city").str.to_lowercase(),
        vat_id=pl.col("vat_id").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", ""),
    ).drop_nulls("same")


def _fields(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name in _RAW]


def _by_key(found: pl.DataFrame) -> dict[str, tuple[str, str, str]]:
    return {key: (kind, id_, why) for key, kind, id_, why in found.select(KEY, "kind", ID, "why").iter_rows()}
