"""Looking into a finished night: why a lead is as it is, what waits for review, how good the matching was.

Belongs here: reading the lake and the publication for a person at the terminal. Does not belong here: judging
(`matching.leads.decision.explain`, `matching.leads.evaluate`). What is printed shows personal data to the person who
asked for it; nothing of it is logged.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from assets.resources.home import Home
from assets.resources.lake import Lake
from engine.escaping import for_terminal
from engine.fence import read_regular
from matching.leads.decision.explain import as_text, explain_cluster
from matching.leads.evaluate import as_markdown, calibration_svg, estimate, evaluate
from matching.leads.model.learning import learn
from matching.leads.records.match_records import prepare
from publishing.manifest import BrokenPublication
from publishing.previous import current_folder
from publishing.repair import differing
from sources.store.catalogue import load_files

# What a person needs to see of two records to tell whether they are one person.
_SHOWN = ("given_name", "family_name", "company", "job_title", "email", "phone", "mobile", "postcode", "city")
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
    current = _whole_publication(home)
    lead_id = _follow(current, lead_id)
    provenance = pl.read_parquet(current / "field_provenance.parquet", glob=False).filter(pl.col("lead_id") == lead_id)
    lake = Lake(home=str(home.root))
    enriched, members = _members(home, lead_id)
    places = enriched.select("source", "source_record_id", "file", "sheet", "row")

    console.print(f"[bold]{for_terminal(lead_id)}[/bold]: {members.height} source records")
    rows = members.join(places.with_row_index("record"), on="record", how="left", maintain_order="left")
    for row in rows.iter_rows(named=True):
        _say(
            console,
            f"{row['match_probability']:.3f}  {for_terminal(_record(row))} [dim]in {for_terminal(_place(row))}[/dim]",
        )
        _say(console, f"       {for_terminal(row['match_reason'])}")
    console.print("\n[bold]Where each value comes from[/bold]")
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
    for row in origin.iter_rows(named=True):
        _say(console, f"{row['field']:16}{for_terminal(row['value'])}")
        origin_of = (row["rule"], _place(row), row["column"], str(row["observed_at"]))
        _say(console, f"{'':16}[dim]{for_terminal(' · '.join(part for part in origin_of if part))}[/dim]")

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
            sides = (_record(places.row(record, named=True)) for record in (waterfall.left, waterfall.right))
            console.print(for_terminal(" and ".join(sides)), style="dim", highlight=False)
            for line in as_text(waterfall).splitlines():
                console.print(for_terminal(line), highlight=False)


def show_review(home: Home, top: int, console: Console) -> None:
    """Print the pairs of records and of accounts a person should decide, and how to decide them."""
    lake = Lake(home=str(home.root))
    queue, doubts = lake.read("lead_review"), lake.read("account_review")
    first = queue.head(top)
    records = lake.scan("enriched_records").select("source", "source_record_id", *_SHOWN).with_row_index("record")
    seen = records.filter(pl.col("record").is_in([*first["left"], *first["right"]])).collect()
    known = {row["record"]: row for row in seen.iter_rows(named=True)}
    for pair in first.iter_rows(named=True):
        sides = [known[pair[side]] for side in ("left", "right")]
        ids = [row[key] for row in sides for key in ("source", "source_record_id")]
        _say(
            console, f"[bold]{pair['probability']:.3f}[/bold]  {for_terminal(pair['reason'])}; joins {pair['joins']:,}"
        )
        for row in sides:
            _say(console, "       " + for_terminal(" · ".join(str(row[name]) for name in _SHOWN if row[name])))
        _say(console, f"       [dim]{for_terminal(_line('must_link', *ids))}[/dim]\n")
    _say(
        console,
        f"{queue.height:,} pairs of records wait. Decide one by the line under it in "
        f"{for_terminal(home.match_overrides / 'leads.csv')},\nwith cannot_link where they are two persons; "
        "the next run obeys. The first line of that file is\ndecision,left_source,left_id,right_source,right_id\n",
    )
    names = lake.read("company_names", ["company"])["company"]
    for pair in doubts.head(top).iter_rows(named=True):
        line = _line("must_link", *(names[pair[side]] for side in ("left", "right")))
        _say(
            console,
            f"[bold]{pair['probability']:.3f}[/bold]  {for_terminal(pair['reason'])}\n       {for_terminal(line)}",
        )
    _say(
        console,
        f"\n{doubts.height:,} pairs of companies wait. Decide one by the line under it in "
        f"{for_terminal(home.match_overrides / 'accounts.csv')},\nwith cannot_link where they are two companies, "
        "or set_parent where the second owns the first; the next run obeys.\n"
        "The first line of that file is\ndecision,left,right",
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
    content = read_regular(truth)
    known = (
        pl.read_parquet(content, glob=False)
        if truth.suffix == ".parquet"
        else pl.read_csv(content, infer_schema=False, glob=False)
    )
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
        console.print(f"Calibration plot: {for_terminal(plot)}")


def _members(home: Home, lead_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All enriched records, and the rows of lead_clusters of this lead."""
    lake = Lake(home=str(home.root))
    members = lake.read("lead_clusters").filter(pl.col("lead_id") == lead_id)
    if members.is_empty():
        raise UnknownLead(f"no lead has the id {lead_id}; ids are in {home.published / 'current' / 'leads.parquet'}")
    return lake.read("enriched_records"), members


def _whole_publication(home: Home) -> Path:
    """The current publication, after making sure that it is what was written.

    Raises:
        FileNotFoundError: nothing was published yet.
        BrokenPublication: it is damaged.
    """
    folder = current_folder(home.published)
    if folder is None:
        raise FileNotFoundError(f"{home.published} holds no publication; leads run --home {home.root}")
    if wrong := differing(folder):
        raise BrokenPublication(f"{', '.join(wrong)} in {folder} is not what was written; `leads run` mends it")
    return folder


def _columns(home: Home) -> pl.DataFrame:
    return load_files(home.raw_store).select("file", "sheet", "columns")


def _header(headers: dict[str, str], field: str) -> str | None:
    """The header over the cell a value was read from; the composite column's where it had none of its own."""
    return next((headers[name] for name in (field, *_COMPOSITES.get(field, ())) if name in headers), None)


def _follow(current: Path, lead_id: str) -> str:
    """The id in use for a lead id of today or before.

    Raises:
        UnknownLead: its person is gone.
    """
    trail = {}
    for table, column in (("redirects", "new_id"), ("tombstones", "at")):
        rows = pl.scan_parquet(current / f"{table}.parquet", glob=False).filter(pl.col("old_id") == lead_id)
        trail[table] = rows.collect()[column].to_list()
    if trail["tombstones"]:
        raise UnknownLead(f"{lead_id} is gone since {trail['tombstones'][0]:%Y-%m-%d}: no record of the person is left")
    return next(iter(trail["redirects"]), lead_id)


def _record(row: Mapping[str, Any]) -> str:
    return f"{row['source']} {row['source_record_id']}"


def _place(row: Mapping[str, Any]) -> str:
    """File, sheet and row, as far as known."""
    return ", ".join(str(part) for part in (row["file"], row["sheet"], row["row"] and f"row {row['row']:,}") if part)


def _line(*cells: str) -> str:
    """One line of an overrides file, quoted where a cell needs it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False)


def _print(console: Console, frame: pl.DataFrame) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in frame.columns:
        table.add_column(for_terminal(column), overflow="fold")
    for row in frame.iter_rows():
        table.add_row(
            *("" if cell is None else for_terminal(f"{cell:.3f}" if isinstance(cell, float) else cell) for cell in row)
        )
    console.print(table)
