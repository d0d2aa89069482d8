"""Looking into a finished night: why a lead is as it is, what waits for review, how good the matching was.

Belongs here: reading the lake and the publication for a person at the terminal. Does not belong here: judging
(`matching.explain`, `matching.evaluate`). What is printed shows personal data to the person who asked for it;
nothing of it is logged.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from enrichment.erasure import erase
from matching.evaluate import as_markdown, calibration_svg, estimate, evaluate
from matching.explain import as_text, explain_cluster
from matching.learning import learn
from matching.records import prepare
from pipelines.home import Home
from pipelines.lake import Lake
from sources.catalogue import load_files

# Raw columns that may hold a value in which it is not the only one, in the order they are looked at.
_NAME = ("full_name", "attention", "company_addition")
_PLACE = ("postcode_city", "address")
_COMPOSITES = {
    **dict.fromkeys(("salutation", "academic_title", "given_name", "family_name"), _NAME),
    **dict.fromkeys(("postcode", "city", "country"), _PLACE),
    **dict.fromkeys(("street", "house_number"), ("street", "address")),
    "department": ("company_addition", "company"),
    "phone": ("phone_2", "phone_3", "mobile"),
    "mobile": ("mobile_2", "phone", "phone_2"),
    "email": ("email_2", "email_3"),
    **dict.fromkeys(("ip_country", "ip_city", "ip_network"), ("ip_address",)),
}


class UnknownLead(LookupError):  # noqa: N818 - a plain answer to a question, not a fault
    """No lead, past or present, has this id."""


def explain_lead(home: Home, lead_id: str, console: Console) -> None:
    """Print where each value of a lead comes from, why its records are one person, and who nearly joined.

    Raises:
        UnknownLead: no published lead has or had this id.
    """
    current = home.published / "current"
    lead_id = _follow(current, lead_id)
    provenance = pl.read_parquet(current / "field_provenance.parquet").filter(pl.col("lead_id") == lead_id)
    lake = Lake(home=str(home.root))
    enriched, members = _members(home, lead_id)
    places = enriched.select("source", "source_record_id", "file", "sheet", "row")

    console.print(f"[bold]{lead_id}[/bold]: {members.height} source records")
    _print(console, places[members["record"].to_list()].with_columns(members["match_probability", "match_reason"]))
    origin = provenance.join(
        places.unique(["source", "source_record_id"]),
        on=["source", "source_record_id"],
        how="left",
        maintain_order="left",
    )
    headers = {(file, sheet): json.loads(columns or "{}") for file, sheet, columns in _columns(home).iter_rows()}
    above = [
        _header(headers.get((file, sheet), {}), field)
        for field, file, sheet in origin["field", "file", "sheet"].iter_rows()
    ]
    origin = origin.with_columns(pl.Series("column", above, dtype=pl.String), pl.col("observed_at").dt.date())
    _print(console, origin["field", "value", "rule", "file", "row", "column", "observed_at"])

    records, pairs = prepare(enriched), lake.read("candidate_pairs")
    together, near = explain_cluster(
        enriched,
        records,
        learn(records, pairs),
        decisions=lake.read("match_decisions"),
        clusters=lake.read("lead_clusters", ["record", "cluster"]),
        cluster=members["cluster"][0],
    )
    for title, waterfalls in (("Why they are one person", together), ("Near misses", near)):
        if waterfalls:
            console.print(f"\n[bold]{title}[/bold]")
        for waterfall in waterfalls:
            console.print(f"records {waterfall.left} and {waterfall.right}", style="dim")
            console.print(as_text(waterfall), highlight=False, markup=False)


def forget_lead(home: Home, lead_id: str, console: Console) -> None:
    """Set tombstones for the person of a lead, and say where their records were received.

    Raises:
        UnknownLead: no published lead has or had this id.
    """
    enriched, members = _members(home, _follow(home.published / "current", lead_id))
    records = enriched[members["record"].to_list()]
    tombstones = erase(records, home.match_overrides)
    if not tombstones:
        console.print("No new tombstone: the person was erased before, or nothing in these records is theirs alone.")
        return
    console.print(
        f"{records.height} records, {tombstones} new tombstones in {home.match_overrides / 'erased.csv'}. "
        "The next run leaves the person out. Delete them at their sources, and in these files where you keep them:",
        soft_wrap=True,
    )
    _print(console, records.select("file", "sheet", "row"))


def show_review(home: Home, top: int, console: Console) -> None:
    """Print the pairs of records and of accounts a person should decide, and how to decide them."""
    lake = Lake(home=str(home.root))
    keys = lake.read("enriched_records", ["source", "source_record_id"]).with_row_index("record")
    queue = lake.read("lead_review")
    shown = queue.head(top)
    for side in ("left", "right"):
        named = keys.select(
            pl.col("record").alias(side),
            pl.concat_str("source", pl.lit(" / "), "source_record_id").alias(f"{side} record"),
        )
        shown = shown.join(named, on=side, how="left", maintain_order="left")
    _print(console, shown.select("left record", "right record", "probability", "reason", "joins"))
    console.print(
        f"{queue.height:,} pairs wait. Decide one by a line in {home.match_overrides / 'leads.csv'}:\n"
        "decision,left_source,left_id,right_source,right_id\n"
        "must_link or cannot_link, then the two records; the next run obeys.\n",
        soft_wrap=True,
    )
    names, doubts = lake.read("company_names", ["company"])["company"], lake.read("account_review")
    first = doubts.head(top)
    _print(
        console,
        first.select(*(names.gather(first[side]).alias(side) for side in ("left", "right")), "probability", "reason"),
    )
    console.print(
        f"{doubts.height:,} pairs of companies wait. Decide one by a line in {home.match_overrides / 'accounts.csv'}:\n"
        "decision,left,right\n"
        "must_link, cannot_link or set_parent, then the two companies as they are written here; the next run obeys.",
        soft_wrap=True,
    )


def show_evaluation(home: Home, truth: Path | None, plot: Path | None, console: Console) -> None:
    """Print precision and recall of the last matching: against a truth file, else as the model expects.

    Args:
        truth: Parquet or CSV with source, source_record_id, person_id (null where not known).
        plot: where the calibration plot goes, as SVG.

    Raises:
        ValueError: the truth file lacks a column.
    """
    lake = Lake(home=str(home.root))
    decisions = lake.read("match_decisions")
    if truth is None:
        guess = estimate(decisions)
        console.print(
            f"Without truth, the model expects precision {guess.precision:.4f} and recall {guess.recall:.4f} among "
            f"the pairs it saw: {guess.merged_pairs:,} merged, {guess.review_pairs:,} for review.\n"
            "Pairs whose labels would teach most (record numbers of enriched_records):"
        )
        _print(console, guess.to_label)
        return
    known = pl.read_parquet(truth) if truth.suffix == ".parquet" else pl.read_csv(truth, infer_schema=False)
    missing = {"source", "source_record_id", "person_id"} - set(known.columns)
    if missing:
        raise ValueError(f"{truth} lacks the columns {', '.join(sorted(missing))}")
    keys = lake.read("enriched_records", ["source", "source_record_id"])
    persons = keys.join(
        known.select("source", "source_record_id", "person_id").unique(["source", "source_record_id"]),
        on=["source", "source_record_id"],
        how="left",
        maintain_order="left",
    )["person_id"]
    found = evaluate(lake.read("lead_clusters").sort("record")["cluster"], persons, decisions)
    console.print(Markdown(as_markdown(found)))
    if plot:
        plot.write_text(calibration_svg(found.calibration), encoding="utf-8")
        console.print(f"Calibration plot: {plot}")


def _members(home: Home, lead_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All enriched records, and the rows of lead_clusters of this lead."""
    lake = Lake(home=str(home.root))
    members = lake.read("lead_clusters").filter(pl.col("lead_id") == lead_id)
    if members.is_empty():
        raise UnknownLead(f"no lead has the id {lead_id}; ids are in {home.published / 'current' / 'leads.parquet'}")
    return lake.read("enriched_records"), members


def _columns(home: Home) -> pl.DataFrame:
    return load_files(home.raw_store).select("file", "sheet", "columns")


def _header(headers: dict[str, str], field: str) -> str | None:
    """The header over the cell a value was read from; the composite column's where it had none of its own."""
    return next((headers[name] for name in (field, *_COMPOSITES.get(field, ())) if name in headers), None)


def _follow(current: Path, lead_id: str) -> str:
    redirects = pl.read_parquet(current / "redirects.parquet").filter(pl.col("old_id") == lead_id)
    return str(redirects["new_id"][0]) if redirects.height else lead_id


def _print(console: Console, frame: pl.DataFrame) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in frame.columns:
        table.add_column(column, overflow="fold")
    for row in frame.iter_rows():
        table.add_row(
            *("" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value) for value in row)
        )
    console.print(table)
