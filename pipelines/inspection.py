"""Looking into a finished night: why a lead is as it is, what waits for review, how good the matching was.

Belongs here: reading the lake and the publication for a person at the terminal. Does not belong here: judging
(`matching.leads.decision.explain`, `matching.leads.evaluate`). What is printed shows personal data to the person who
asked for it; nothing of it is logged.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from assets.resources.home import PROJECT, Home
from assets.resources.lake import Lake
from engine.escaping import for_terminal
from engine.fence import read_regular
from engine.journal import digest_of
from matching.decisions.log import FILE, key_of
from matching.decisions.review_file import SHOWN
from matching.decisions.values import RULE
from matching.leads.decision.explain import as_text, explain_cluster
from matching.leads.evaluate import as_markdown, calibration_svg, estimate, evaluate
from matching.leads.model.stored import OtherRules, from_table
from matching.leads.records.match_records import prepare
from pipelines.contact import told_contact
from publishing.gates.wording import in_short
from publishing.manifest import BrokenPublication, read_manifest
from publishing.permission import read_rules
from publishing.previous import current_folder
from publishing.repair import differing
from publishing.versions import Versions, causes, read_versions, rules_of
from sources.store.catalogue import load_files

_JUDGING = ("matching/leads/", "matching/data/")  # rules that weigh a pair
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
    """Print what a lead may be used for, where its values come from, why its records are one, and who nearly joined.

    All of it is told of the publication that is current. Pairs are weighed on the tables of the last night: where those
    are others, their evidence speaks of other leads, and is left out.

    Raises:
        UnknownLead: no published lead has or had this id.
        ValueError: the home's `publishable.csv` has an error.
    """
    current = _whole_publication(home)
    asked, lead_id = lead_id, _follow(current, lead_id)
    provenance = pl.read_parquet(current / "field_provenance.parquet", glob=False).filter(pl.col("lead_id") == lead_id)
    lake = Lake(home=str(home.root))
    members = _members(current / "lead_crosswalk.parquet", lead_id)
    if members.is_empty():
        raise UnknownLead(f"no lead has the id {lead_id}; ids are in {current / 'leads.parquet'}")
    enriched = lake.read("enriched_records")
    places = enriched.select("source", "source_record_id", "file", "sheet", "row")

    if asked != lead_id:
        _say(console, f"{for_terminal(asked)} was merged into {for_terminal(lead_id)}")
    records = f"{members.height} source record" + "s" * (members.height != 1)
    _say(console, f"[bold]{for_terminal(lead_id)}[/bold]: {records}")
    rows = members.join(places, on=["source", "source_record_id"], how="left", maintain_order="left")
    for row in rows.iter_rows(named=True):
        _say(
            console,
            f"{row['match_probability']:.3f}  {for_terminal(_record(row))} [dim]in {for_terminal(_place(row))}[/dim]",
        )
        _say(console, f"       {for_terminal(row['match_reason'])}")
    console.print("\n[bold]What it may be used for[/bold]")
    own = enriched.join(members, on=["source", "source_record_id"], how="semi")
    for line in told_contact(current, lead_id, own, read_rules(home.publishable)):
        _say(console, for_terminal(line))
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
        by_hand = row["rule"].startswith(f"{RULE} ")
        places_of = (f"overrides/{FILE}",) if by_hand else (_place(row), row["column"])
        origin_of = (row["rule"], *places_of, str(row["observed_at"]))
        _say(console, f"{'':16}[dim]{for_terminal(' · '.join(part for part in origin_of if part))}[/dim]")

    if not _has_evidence(lake, current, members, console):
        return
    try:
        model = from_table(lake.read("match_model"))
    except OtherRules as error:
        _say(console, f"\n[yellow]No evidence in bits: {error}[/yellow]")
        return
    _tell_other_rules(current, console)
    clusters = lake.read("lead_clusters")
    together, near = explain_cluster(
        enriched,
        prepare(enriched),
        model,
        decisions=lake.read("match_decisions"),
        clusters=clusters.select("record", "cluster"),
        cluster=clusters.filter(pl.col("lead_id") == lead_id)["cluster"][0],
    )
    for title, waterfalls in (("Why they are one person", together), ("Near misses", near)):
        if waterfalls:
            console.print(f"\n[bold]{title}[/bold]")
        for waterfall in waterfalls:
            sides = (_record(places.row(record, named=True)) for record in (waterfall.left, waterfall.right))
            console.print(for_terminal(" and ".join(sides)), style="dim", highlight=False)
            for line in as_text(waterfall).splitlines():
                console.print(for_terminal(line), highlight=False)


def _has_evidence(lake: Lake, current: Path, members: pl.DataFrame, console: Console) -> bool:
    """Whether the lake decided of a lead as the publication has it; tells where it is of another night."""
    decided = lake.path("lead_crosswalk")
    if digest_of(decided) == read_manifest(current).tables["lead_crosswalk"].sha256:
        return True
    same = _members(decided, members["lead_id"][0]).equals(members)
    told = (
        "What follows is weighed on the tables of a later night, which is not published; of this lead it decided the "
        "same."
        if same
        else f"No evidence in bits: this is what {for_terminal(current.name)} says, which is published; a later night, "
        "which is not, decided otherwise. leads diff --candidate compares the two"
    )
    _say(console, f"\n[yellow]{told}[/yellow]")
    return same


def _tell_other_rules(current: Path, console: Console) -> None:
    """Say where the evidence is weighed by rules that are others than those that decided."""
    told, rules = read_versions(current), rules_of(PROJECT)
    changed = causes(told and Versions({"rules": told.parts.get("rules", rules)}), Versions({"rules": rules}))
    judging = [str(cause) for cause in changed if cause.name.startswith(_JUDGING)]
    if judging:
        _say(
            console,
            f"\n[yellow]{for_terminal(in_short(judging))} changed since: probabilities and outcomes are those decided, "
            "by the model that decided; bits are weighed by the rules of now.[/yellow]",
        )


def show_review(home: Home, top: int, console: Console) -> None:
    """Print the pairs of records and of accounts a person should decide, and how to decide them."""
    lake = Lake(home=str(home.root))
    queue, doubts = lake.read("lead_review"), lake.read("account_review")
    first = queue.head(top)
    records = lake.scan("enriched_records").select("source", "source_record_id", *SHOWN).with_row_index("record")
    seen = records.filter(pl.col("record").is_in([*first["left"], *first["right"]])).collect()
    known = {row["record"]: row for row in seen.iter_rows(named=True)}
    for pair in first.iter_rows(named=True):
        sides = [known[pair[side]] for side in ("left", "right")]
        _say(
            console, f"[bold]{pair['probability']:.3f}[/bold]  {for_terminal(pair['reason'])}; joins {pair['joins']:,}"
        )
        for row in sides:
            _say(console, "       " + for_terminal(" · ".join(str(row[name]) for name in SHOWN if row[name])))
        keys = (shlex.quote(key_of(row["source"], row["source_record_id"])) for row in sides)
        line = f"leads decide must-link {' '.join(keys)} --because …"
        _say(console, f"       [dim]{for_terminal(line)}[/dim]\n")
    names = lake.read("company_names", ["company"])["company"]
    for pair in doubts.head(top).iter_rows(named=True):
        spellings = (shlex.quote(names[pair[side]]) for side in ("left", "right"))
        line = f"leads decide must-link --companies {' '.join(spellings)} --because …"
        _say(console, f"[bold]{pair['probability']:.3f}[/bold]  {for_terminal(pair['reason'])}")
        _say(console, f"       [dim]{for_terminal(line)}[/dim]")
    _say(
        console,
        f"\n{queue.height:,} pairs of records and {doubts.height:,} of companies wait. Decide one by its line, "
        "with cannot-link where they are two, or set-parent (without --companies) where the second company owns the "
        "first; the next run obeys. Many at once: leads review --csv FILE",
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


def _members(crosswalk: Path, lead_id: str) -> pl.DataFrame:
    """The rows of a lead."""
    return pl.read_parquet(crosswalk, glob=False).filter(pl.col("lead_id") == lead_id)


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
