"""Looking into a finished night: what waits for review, how good the matching was.

Belongs here: reading the lake for a person at the terminal, and telling it. Does not belong here: judging
(`matching.leads.evaluate`), a single lead (`pipelines.explaining`). What is told shows personal data to the person who
asked for it; nothing of it is logged.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from assets.resources.home import Home
from assets.resources.lake import Lake
from engine.escaping import for_terminal
from engine.fence import NotAFile, read_regular
from engine.table_file import read_table
from matching.decisions.log import key_of
from matching.decisions.review_file import SHOWN
from matching.leads.evaluate import Estimate, Evaluation, as_markdown, calibration_svg, estimate, evaluate
from pipelines.place import told_place

_KEYS = ["source", "source_record_id"]
_TRUTH = (*_KEYS, "person_id")
_PLACE = ("source", "source_record_id", "file", "sheet", "row")
_EXAMPLES = 2  # of a kind of error


def waiting(home: Home, top: int) -> dict[str, Any]:
    """The pairs a person should decide: the keys of `leads review --json`.

    Returns:
        `record_pairs` and `company_pairs`, how many wait; `records` and `companies`, the first `top` of each: their
        probability, reason, both sides, and for records how many pairs a yes would join.
    """
    lake = Lake(home=str(home.root))
    queue, doubts = lake.read("lead_review"), lake.read("account_review")
    first = queue.head(top)
    records = lake.scan("enriched_records").select(*_PLACE, *SHOWN).with_row_index("record")
    seen = records.filter(pl.col("record").is_in([*first["left"], *first["right"]])).collect()
    known = {row.pop("record"): row for row in seen.to_dicts()}
    names = lake.read("company_names", ["company"])["company"]
    return {
        "record_pairs": queue.height,
        "company_pairs": doubts.height,
        "records": [
            {name: pair[name] for name in ("probability", "reason", "joins")}
            | {side: known[pair[side]] for side in ("left", "right")}
            for pair in first.iter_rows(named=True)
        ],
        "companies": [
            {name: pair[name] for name in ("probability", "reason")}
            | {side: names[pair[side]] for side in ("left", "right")}
            for pair in doubts.head(top).iter_rows(named=True)
        ],
    }


def show_review(found: dict[str, Any], console: Console) -> None:
    """Print what `waiting` found, and how to decide it."""
    for pair in found["records"]:
        sides = pair["left"], pair["right"]
        _say(
            console, f"[bold]{pair['probability']:.3f}[/bold]  {for_terminal(pair['reason'])}; joins {pair['joins']:,}"
        )
        for row in sides:
            _say(console, "       " + for_terminal(" · ".join(str(row[name]) for name in SHOWN if row[name])))
        keys = " ".join(shlex.quote(key_of(row["source"], row["source_record_id"])) for row in sides)
        _say(console, f"       [dim]{for_terminal(f'leads decide must-link {keys} --because …')}[/dim]\n")
    for pair in found["companies"]:
        spellings = " ".join(shlex.quote(pair[side]) for side in ("left", "right"))
        _say(console, f"[bold]{pair['probability']:.3f}[/bold]  {for_terminal(pair['reason'])}")
        line = f"leads decide must-link --companies {spellings} --because …"
        _say(console, f"       [dim]{for_terminal(line)}[/dim]")
    _say(
        console,
        f"\n{told_waiting(found['record_pairs'], found['company_pairs'])} wait. Decide one by its line, "
        "with cannot-link where they are two, or set-parent (without --companies) where the second company owns the "
        "first; the next run obeys. Many at once: leads review --csv FILE",
    )


def told_waiting(records: int, companies: int) -> str:
    """How many pairs wait, in the one wording there is for it."""
    return f"{records + companies:,} pairs ({records:,} of records, {companies:,} of companies)"


def measured(home: Home, truth: Path) -> tuple[Evaluation, pl.DataFrame]:
    """The last matching beside a truth file.

    Args:
        truth: Parquet or a table as text with source, source_record_id, person_id (null where not known).

    Returns:
        The figures, and examples of errors: kind, and both records by source, id, file, sheet and row.

    Raises:
        ValueError: the truth is no table, lacks a column, or says nothing of any record here.
        OSError: it cannot be read.
    """
    lake = Lake(home=str(home.root))
    known = _read_truth(truth)
    records = lake.read("enriched_records", [*_PLACE])
    persons = records.join(known.unique(_KEYS), on=_KEYS, how="left", maintain_order="left")["person_id"]
    if persons.null_count() == len(persons):
        raise ValueError(
            f"{truth} says of none of the {records.height:,} records here who they are: its source and "
            "source_record_id have to be those of lead_crosswalk, and person_id be filled in"
        )
    found = evaluate(
        lake.read("lead_clusters").sort("record")["cluster"], persons, lake.read("match_decisions"), examples=_EXAMPLES
    )
    return found, _placed(found.examples, records)


def expected(home: Home) -> tuple[Estimate, pl.DataFrame, int]:
    """What the model expects of itself, pairs whose labels would teach most, and how many pairs wait for review."""
    lake = Lake(home=str(home.root))
    guess = estimate(lake.read("match_decisions"))
    records = lake.read("enriched_records", [*_PLACE])
    return guess, _placed(guess.to_label, records), lake.read("lead_review").height


def evaluation_as_json(found: Evaluation, examples: pl.DataFrame) -> dict[str, Any]:
    """The keys of `leads evaluate TRUTH --json`."""
    frames = {"errors": found.errors, "calibration": found.calibration, "examples": examples}
    rates = {name: asdict(getattr(found, name)) for name in ("pairs", "b_cubed", "clusters")}
    counts = ("records", "true_clusters", "found_clusters", "exact_clusters")
    return (
        {name: getattr(found, name) for name in counts}
        | {name: told | {"f1": getattr(found, name).f1} for name, told in rates.items()}
        | {name: frame.to_dicts() for name, frame in frames.items()}
    )


def estimate_as_json(guess: Estimate, to_label: pl.DataFrame, review: int) -> dict[str, Any]:
    """The keys of `leads evaluate --json`."""
    told = {name: getattr(guess, name) for name in ("merged_pairs", "precision", "recall")}
    return told | {"review_pairs": review, "to_label": to_label.to_dicts()}


def show_evaluation(found: Evaluation, examples: pl.DataFrame, plot: Path | None, console: Console) -> None:
    """Print precision and recall, calibration, and errors with examples that can be looked up.

    Args:
        plot: where the calibration plot goes, as SVG.

    Raises:
        OSError: the plot cannot be written.
    """
    console.print(Markdown(as_markdown(found)))
    for kind, left, right in examples.iter_rows():
        _say(
            console, f"{for_terminal(kind)}: {for_terminal(_told_record(left))} and {for_terminal(_told_record(right))}"
        )
    if plot:
        plot.write_text(calibration_svg(found.calibration), encoding="utf-8")
        _say(console, f"Calibration plot: {for_terminal(plot)}")


def show_estimate(guess: Estimate, to_label: pl.DataFrame, review: int, console: Console) -> None:
    """Print what the model expects of itself."""
    _say(
        console,
        f"Without truth, the model expects precision {guess.precision:.4f} and recall {guess.recall:.4f} among "
        f"the pairs it saw: {guess.merged_pairs:,} merged, {review:,} for review.\n"
        "Pairs whose labels would teach most:",
    )
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in to_label.columns:
        table.add_column(for_terminal(column), overflow="fold")
    for row in to_label.iter_rows():
        table.add_row(*map(for_terminal, map(_cell, row)))
    console.print(table)


def _told_record(record: dict[str, Any]) -> str:
    """A record as one can look it up: source, id, file, sheet and row as far as known."""
    place = told_place(record["file"], record["sheet"], record["row"])
    return f"{record['source']} {record['source_record_id']} in {place}"


def _read_truth(truth: Path) -> pl.DataFrame:
    try:
        if truth.suffix.lower() == ".parquet":
            known = pl.read_parquet(read_regular(truth), glob=False)
        else:
            known = read_table(truth, _TRUTH)
        if missing := [name for name in _TRUTH if name not in known.columns]:
            raise ValueError(f"{truth} lacks the columns {', '.join(missing)}")
        return known.select(pl.col(*_TRUTH).cast(pl.String))
    except NotAFile as error:
        raise ValueError(f"{truth} is {error.kind.value}; give a Parquet or CSV file") from error
    except (pl.exceptions.PolarsError, UnicodeError) as error:
        raise ValueError(f"{truth} cannot be read as a table: {str(error).splitlines()[0]}") from error


def _placed(pairs: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Pairs with their records in the place of their numbers, each a struct of `_PLACE`."""
    as_struct = records.select(record=pl.struct(records.columns))["record"]
    return pairs.with_columns(as_struct.gather(pairs[side]).alias(side) for side in ("left", "right"))


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return _told_record(value)
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False)
