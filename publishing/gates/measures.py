"""Measures: how far a night is from the publication before it, one function for each gate.

Belongs here: what is counted. Does not belong here: what is too much (`gates.toml`, `judging`), reading the tables
(`compared`). A function that finds nothing to count gives no measure, and its gate cannot trip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import polars as pl

from publishing.gates.compared import CHANNELS, FIELDS, TOLD, VERDICTS, Compared, Side

SAMPLES = 5


class Measure(NamedTuple):
    """One measure of a night.

    Attributes:
        gate: the gate it is held against.
        subject: what was measured: a source, a field of a source, a channel, leads or accounts.
        value: the measure, a share of 1.
        rows: how many leads, records, rows or accounts it is about.
        usual: what the publication before held, for gates that do not say themselves what is usual.
        samples: ids of some of the leads or accounts; no personal data.
    """

    gate: str
    subject: str
    value: float
    rows: int
    usual: float = 0.0
    samples: tuple[str, ...] = ()


class _Found(NamedTuple):
    """A measure whose samples are still hashes."""

    subject: str
    value: float
    rows: int
    usual: float = 0.0
    ids: pl.Series = pl.Series([], dtype=pl.UInt64)
    table: str = "leads"


def measure(night: Compared) -> list[Measure]:
    """All measures of a night, in the order of the gates."""
    found = [(gate, it) for gate, count in MEASURES.items() for it in count(night)]
    names: dict[int, str] = {}
    for table in ("leads", "accounts"):
        wanted = {number for _, it in found if it.table == table for number in it.ids.head(SAMPLES)}
        for side in (night.before, night.now):
            names |= side.names(table, wanted)
    return [
        Measure(gate, it.subject, it.value, it.rows, it.usual, tuple(names[number] for number in it.ids.head(SAMPLES)))
        for gate, it in found
    ]


def tally(night: Compared) -> dict[str, int]:
    """How many leads are new, changed, merged and gone."""
    merged = night.redirected.height
    return {
        "new": night.new.height,
        "changed": len(night.unlike),
        "merged": merged,
        "gone": night.lost.height - merged,
    }


def _volume(night: Compared) -> Iterator[_Found]:
    """Records of each source beside before; one that delivers nothing any more has none."""
    now = dict(_by_source(night.now.records).iter_rows())
    gone = night.before.records.join(night.now.records.select("record"), on="record", how="anti")
    for source, before in _by_source(night.before.records).iter_rows():
        ids = gone.filter(pl.col("source") == source)["id"].unique(maintain_order=True)
        yield _Found(source, now.get(source, 0) / before, max(before - now.get(source, 0), 0), ids=ids)


def _quarantine(night: Compared) -> Iterator[_Found]:
    """Of the rows a known source brought since, the share held back."""
    arrived = night.now.records.join(night.before.records.select("record"), on="record", how="anti")
    came = dict(_by_source(arrived).iter_rows())
    for source, known in _by_source(night.before.records).iter_rows():
        old = night.before.held.get(source, 0)
        more = night.now.held.get(source, 0) - old
        if more > 0:
            yield _Found(source, more / (more + came.get(source, 0)), more, usual=old / (old + known))


def _invalid_values(night: Compared) -> Iterator[_Found]:
    """Of the values given in a known source's new and changed leads, the share that is no good."""
    new_ids = pl.concat([night.new["id"], night.unlike])
    seen = night.now.leads.filter(pl.col("id").is_in(new_ids.implode()))
    fresh, usual = _per_source(night, night.now, seen), _per_source(night, night.before, night.before.leads)
    for field in VERDICTS:
        bad, given = pl.col(f"bad_{field}"), pl.col(f"given_{field}")
        yield from _of_fields(fresh, field, bad=bad, of=given, usual=usual)


def _schema_drift(night: Compared) -> Iterator[_Found]:
    """How many of a known source's new leads have the field."""
    fresh, usual = _per_source(night, night.now, night.new), _per_source(night, night.before, night.before.leads)
    for field in TOLD:
        for it in _of_fields(fresh, field, bad=~pl.col(f"filled_{field}"), of=pl.lit(True), usual=usual):
            yield it._replace(value=1 - it.value, usual=1 - it.usual)


def _emptied_fields(night: Compared) -> Iterator[_Found]:
    """Of a source's leads that had the field before, the share that has it no longer."""
    known = _per_source(night, night.before, night.both)
    for field in TOLD:
        yield from _of_fields(known, field, bad=~pl.col(f"filled_{field}"), of=pl.col(f"filled_{field}_before"))


def _changed_leads(night: Compared) -> Iterator[_Found]:
    """Of a source's leads, the share in which one of the fields holds another value than before."""
    old, now = (side.values(night.unlike) for side in (night.before, night.now))
    pairs = now.join(old, on="id", suffix="_before")
    altered = pairs.filter(pl.any_horizontal(pl.col(field) != pl.col(f"{field}_before") for field in FIELDS))["id"]
    known = _per_source(night, night.before, night.both)
    yield from _of_fields(known, "", bad=pl.col("id").is_in(altered.implode()), of=pl.lit(True))


def _new_leads(night: Compared) -> Iterator[_Found]:
    new = night.new.join(night.first_told, on="id", how="anti")["id"]
    yield from _share("leads", new, night.before.leads.height)


def _merged_leads(night: Compared) -> Iterator[_Found]:
    merged = night.redirected.join(night.first_told, left_on="new", right_on="id", how="anti")["old"]
    yield from _share("leads", merged, night.before.leads.height)


def _split_leads(night: Compared) -> Iterator[_Found]:
    """Leads whose records of before lie in several leads now."""
    parts = night.alive.group_by("id_before", maintain_order=True).agg(pl.col("id").n_unique())
    yield from _share("leads", parts.filter(pl.col("id") > 1)["id_before"], night.before.leads.height)


def _gone_leads(night: Compared) -> Iterator[_Found]:
    """Leads that are in use no longer, with all their records."""
    gone = _not_merged(night).join(night.alive, left_on="id", right_on="id_before", how="anti")["id"]
    yield from _share("leads", gone, night.before.leads.height)


def _id_churn(night: Compared) -> Iterator[_Found]:
    """Leads that are in use no longer and lead nowhere, although records of theirs are still here."""
    churned = _not_merged(night).join(night.alive, left_on="id", right_on="id_before", how="semi")["id"]
    yield from _share("leads", churned, night.before.leads.height)


def _not_merged(night: Compared) -> pl.DataFrame:
    return night.lost.join(night.redirected, left_on="id", right_on="old", how="anti")


def _lost_opt_outs(night: Compared) -> Iterator[_Found]:
    """Leads that refused, do so no longer without having consented, and may be handed to sales."""
    for channel, refused, now in _refusals(night):
        yield from _share(channel, now.filter(~pl.col("refuses") & ~pl.col("consents"))["id"], refused)


def _renewed_consent(night: Compared) -> Iterator[_Found]:
    """Leads that refused, have consented since, and may be handed to sales."""
    for channel, refused, now in _refusals(night):
        yield from _share(channel, now.filter(~pl.col("refuses") & pl.col("consents"))["id"], refused)


def _refusals(night: Compared) -> Iterator[tuple[str, int, pl.DataFrame]]:
    """Per channel, and for contact as such: how many refused before, and what those who may be sold to say now."""
    moved = night.before.leads.join(night.redirected, left_on="id", right_on="old", how="left")
    before = moved.with_columns(id_before="id", id=pl.coalesce("new", "id"))
    open_now = night.now.leads.filter("publishable")
    yes = [pl.col(f"consent_{channel}").is_in(["granted", "confirmed"]) for channel in CHANNELS]
    no = [pl.col(f"consent_{channel}") == "refused" for channel in CHANNELS]
    told = {channel: (says_no, says_no, says_yes) for channel, says_no, says_yes in zip(CHANNELS, no, yes, strict=True)}
    # Who refused all there was of them and has a second channel now may be called; the refusal of the first stands.
    told["contact"] = (pl.col("opted_out"), pl.any_horizontal("opted_out", *no), pl.any_horizontal(yes))
    for channel, (had, refuses, consents) in told.items():
        refused = before.filter(had).select("id", "id_before")
        # A refusal that went to another lead with the record that told of it is not gone.
        elsewhere = night.alive.join(night.now.leads.filter(refuses), on="id", how="semi")
        without = refused.join(elsewhere, on="id_before", how="anti").select("id").unique(maintain_order=True)
        now = open_now.join(without, on="id", how="semi").select("id", refuses=refuses, consents=consents)
        yield channel, refused.height, now


def _swallowing_leads(night: Compared) -> Iterator[_Found]:
    """The lead that took in most of those known before."""
    yield from _swallowing("leads", night.redirected.select("new", "old"), night.before.leads.height)


def _merged_accounts(night: Compared) -> Iterator[_Found]:
    merged = night.redirected_accounts["old"]
    yield from _share("accounts", merged, night.before.accounts.height, "accounts")


def _swallowing_accounts(night: Compared) -> Iterator[_Found]:
    """The account that took in most leads of other accounts."""
    had, has = pl.col("account_before"), pl.col("account")
    moved = night.both.filter(had != has).select(new="account", old="id")
    yield from _swallowing("accounts", moved, night.both["account_before"].count())


MEASURES: dict[str, Callable[[Compared], Iterator[_Found]]] = {
    "volume": _volume,
    "quarantine": _quarantine,
    "invalid_values": _invalid_values,
    "schema_drift": _schema_drift,
    "emptied_fields": _emptied_fields,
    "changed_leads": _changed_leads,
    "new_leads": _new_leads,
    "merged_leads": _merged_leads,
    "split_leads": _split_leads,
    "gone_leads": _gone_leads,
    "id_churn": _id_churn,
    "lost_opt_outs": _lost_opt_outs,
    "renewed_consent": _renewed_consent,
    "swallowing_leads": _swallowing_leads,
    "merged_accounts": _merged_accounts,
    "swallowing_accounts": _swallowing_accounts,
}


def _share(subject: str, ids: pl.Series, of: int, table: str = "leads") -> Iterator[_Found]:
    if of:
        yield _Found(subject, len(ids) / of, len(ids), ids=ids, table=table)


def _swallowing(table: str, moved: pl.DataFrame, of: int) -> Iterator[_Found]:
    """The one that took in most; the first sample is itself."""
    most = moved.group_by("new").len().sort("len", "new", descending=[True, False]).head(1)
    for new, rows in most.iter_rows():
        ids = pl.Series([new], dtype=pl.UInt64)
        yield _Found(table, rows / of, rows, ids=ids, table=table)


def _by_source(records: pl.DataFrame) -> pl.DataFrame:
    return records.group_by("source").len().sort("source")


def _per_source(night: Compared, side: Side, leads: pl.DataFrame) -> pl.DataFrame:
    """Leads of one side, once for each known source that has something to say of them; none of `first_told`."""
    known = night.before.records.select("source").unique()
    told = side.of_source.join(known, on="source", how="semi").join(night.first_told, on="id", how="anti")
    return told.join(leads, on="id", how="inner")


def _of_fields(
    leads: pl.DataFrame, field: str, *, bad: pl.Expr, of: pl.Expr, usual: pl.DataFrame | None = None
) -> Iterator[_Found]:
    """Per source the share of leads for which `bad` holds among those for which `of` does.

    With `usual`, the same leads before, a source of which nothing is known there is left out.
    """
    before = None if usual is None else {source: share for source, share, _ in _counted(usual, bad, of)}
    hit = leads.filter(bad & of).select("source", "id")
    for source, share, rows in _counted(leads, bad, of):
        if before is None or source in before:
            ids = hit.filter(pl.col("source") == source)["id"].head(SAMPLES)
            known = 0.0 if before is None else before[source]
            yield _Found(f"{source}: {field.removesuffix('_id')}" if field else source, share, rows, known, ids)


def _counted(leads: pl.DataFrame, bad: pl.Expr, of: pl.Expr) -> list[tuple[str, float, int]]:
    """Source, share and number of the bad ones among its leads."""
    counted = leads.filter(of).group_by("source").agg(share=bad.mean(), rows=bad.sum()).sort("source")
    return [(source, share, rows) for source, share, rows in counted.iter_rows()]
