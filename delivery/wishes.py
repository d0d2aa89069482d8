"""Wishes: what each record should say, as the mapping has it, before anybody asks what it says now.

Belongs here: which rows are delivered, to which kind, with which values. Does not belong here: whether a value is
written (`delivery.ownership`), who stands for what there (`delivery.following`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from delivery.mapping import KEYS, Mapped, Route, Routes, TargetMapping
from delivery.plain import Form, plain
from delivery.publication import Publication
from delivery.record import Entity

KIND = "__kind"
KEY = "__key"
NEW = "__new "  # before the name of a field: what a new record says in it where it would say nothing


def delivered(mapping: TargetMapping, publication: Publication, known: Mapping[str, str]) -> dict[Entity, pl.DataFrame]:
    """The published rows that go to a target, each with its key and the kind of its record.

    Args:
        mapping: of the target.
        publication: what is published.
        known: kind of the record by our key, of what is there already; its kind stays.

    Returns:
        By entity, accounts first: the published columns, `__key` and `__kind`, which is null where no route fits.
        Accounts go with their leads, or where they are known.
    """
    found: dict[Entity, pl.DataFrame] = {}
    there = pl.DataFrame({KEY: list(known), "there": list(known.values())}, schema={KEY: pl.String, "there": pl.String})
    for entity in reversed([it for it in Entity if it in mapping.entities]):
        routes, rows = mapping.entities[entity], publication.rows[entity]
        rows = rows.with_columns(pl.col(KEYS[entity]).alias(KEY)).join(there, on=KEY, how="left", maintain_order="left")
        wanted = pl.coalesce(
            *(pl.when(_holds(it.when, rows.schema)).then(_holds(it.deliver, rows.schema)) for it in routes.to),
            _holds(routes.deliver, rows.schema),
        )
        if entity is Entity.ACCOUNT and Entity.LEAD in found:
            wanted &= pl.col(KEY).is_in(found[Entity.LEAD]["account_id"].unique().to_list())
        chosen = rows.filter(wanted | pl.col("there").is_not_null()).with_columns(
            pl.coalesce("there", _kind(routes, rows.schema)).alias(KIND)
        )
        # Rows of one account together, for some targets lock it.
        found[entity] = chosen.drop("there").sort("account_id", KEY, nulls_last=True)
    return dict(reversed(found.items()))


def wishes(rows: pl.DataFrame, route: Route) -> pl.DataFrame:
    """What the rows of a route should say: `__key`, then a column of texts for each field; null for nothing.

    Behind them a column `__new <field>` for each field that has another choice for new records.
    """
    other = (pl.coalesce(it.otherwise).cast(pl.String).alias(NEW + it.name) for it in route.fields if it.otherwise)
    return rows.filter(pl.col(KIND) == route.kind).select(KEY, *(_text(it, rows.schema) for it in route.fields), *other)


def _kind(routes: Routes, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The first kind whose condition holds; null where none does."""
    return pl.coalesce([pl.when(_holds(it.when, schema)).then(pl.lit(it.kind)) for it in routes.to])


def _holds(when: Mapping[str, Iterable[str]], schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """Whether each column has one of its texts, a list no other; `*` is any."""
    parts = []
    for column, texts in when.items():
        said, is_list = pl.col(column), isinstance(schema[column], pl.List)
        if "*" in texts:
            parts.append(said.list.len() > 0 if is_list else said.is_not_null())
        elif is_list:
            parts.append(said.list.eval(pl.element().cast(pl.String).is_in(sorted(texts))).list.all())
        else:
            parts.append(said.cast(pl.String).is_in(sorted(texts)))
    return pl.all_horizontal(parts).fill_null(False) if parts else pl.lit(True)


def _text(field: Mapped, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The text of a field's value, as `delivery.plain` writes it."""
    if not field.columns:
        return pl.lit(plain(field.value), dtype=pl.String).alias(field.name)
    parts = [_column(column, schema[column], field) for column in field.columns]
    said = parts[0] if len(parts) == 1 else pl.concat_str(parts, separator=field.join, ignore_nulls=True)
    said = said.replace("", None)
    if field.form is Form.TAGS:
        said = pl.when(said.is_not_null()).then(pl.concat_str([pl.lit('["'), said, pl.lit('"]')]))
    return said.alias(field.name)


def _column(name: str, dtype: pl.DataType, field: Mapped) -> pl.Expr:
    column = pl.col(name)
    words = None if field.words is None else {ours: plain(theirs) for ours, theirs in field.words.items()}
    if isinstance(dtype, pl.List):
        item = _spoken(pl.element().cast(pl.String), words)
        items = column.list.eval(item).list.drop_nulls().list.unique().list.sort()
        if field.form is not Form.TAGS:
            return items.list.join(", ")
        return pl.when(items.list.len() > 0).then(items.list.join('", "'))
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _spoken(column.cast(pl.String), words)


def _spoken(said: pl.Expr, words: Mapping[str, str | None] | None) -> pl.Expr:
    """Their word for ours; a word that has none is not said."""
    if words is None:
        return said
    return said.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.String)
