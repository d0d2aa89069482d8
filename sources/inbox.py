"""The inbox: reading every new lead file into the store, and the report of it.

Belongs here: the order of the work, spreading sources over processes, the counts of a run. Does not belong here: which
files there are (`lead_files`), taking one (`intake`), where the results lie (`store`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from contracts.raw import FILES
from engine.swap import sweep
from engine.workers import cores, in_processes
from sources.intake import Intake, Taken
from sources.lead_files import CHANNELS, LeadFile, lead_files
from sources.store.soundness import set_unsound_aside
from sources.store.soundness import settle as settle_store

SPREAD_BYTES = 16 << 20  # of files beside the largest source's: from here on several processes pay
SETTLE_SECONDS = 2.0  # a file younger than this whose end is missing gets a second look before it is judged


@dataclass(frozen=True)
class FilesReport:
    """What a run found in the inbox.

    `files` is contracts.raw.FILES for this run: `status` says loaded, already_loaded or quarantined now. `mended` names
    the lead files that were read again because the store did not hold what was written of them.
    """

    files: pl.DataFrame
    mended: Sequence[str] = ()

    def count(self, status: str) -> int:
        """Files (sheets, archive members) with this status."""
        return self.files.filter(pl.col("status") == status).height

    @property
    def records(self) -> int:
        """Records that are new to the store."""
        return int(self.files.filter(pl.col("status") == "loaded")["records"].sum())

    @property
    def rejected(self) -> int:
        """Rows held back in files read now."""
        return int(self.files.filter(pl.col("status") != "already_loaded")["rejected"].sum())


def read_inbox(
    inbox: Path,
    store: Path,
    settings: Path,
    channels: Sequence[str] = CHANNELS,
    *,
    settle: float = SETTLE_SECONDS,
) -> FilesReport:
    """Read every new file of the inbox into the store. A file that fails never stops the others.

    Args:
        inbox: folder with `online/<source>/...` and `offline/<source>/...`; need not exist.
        store: root of the store; created where missing.
        settings: folder of `<source>.toml` settings; need not exist.
        channels: which channels to read.
        settle: seconds within which a file without an end may still be growing.

    Returns:
        The report of this run; the store's own tables are `channel_records` and `catalogue`.

    Raises:
        Damaged: the store has lost records whose lead file does not lie in the inbox any more.
        OSError: the disk is full or fails.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from sources.store.channel_records import load_records
        >>> with TemporaryDirectory() as folder:
        ...     home = Path(folder)
        ...     file = home / "inbox" / "online" / "form" / "leads.csv"
        ...     file.parent.mkdir(parents=True)
        ...     export = pl.DataFrame({"Vorname": ["Anna"], "Nachname": ["Klein"], "E-Mail": ["anna@nord.de"]})
        ...     export.write_csv(file, separator=";")
        ...     report = read_inbox(home / "inbox", home / "store", home / "sources", settle=0)
        ...     records = load_records(home / "store", "online").collect()
        >>> report.files.select("file", "status", "records", "rejected")
        shape: (1, 4)
        ┌───────────────────────┬────────┬─────────┬──────────┐
        │ file                  ┆ status ┆ records ┆ rejected │
        │ ---                   ┆ ---    ┆ ---     ┆ ---      │
        │ str                   ┆ str    ┆ i64     ┆ i64      │
        ╞═══════════════════════╪════════╪═════════╪══════════╡
        │ online/form/leads.csv ┆ loaded ┆ 1       ┆ 0        │
        └───────────────────────┴────────┴─────────┴──────────┘
        >>> records.select("source", "row", "given_name", "family_name", "email")
        shape: (1, 5)
        ┌────────┬─────┬────────────┬─────────────┬──────────────┐
        │ source ┆ row ┆ given_name ┆ family_name ┆ email        │
        │ ---    ┆ --- ┆ ---        ┆ ---         ┆ ---          │
        │ str    ┆ i64 ┆ str        ┆ str         ┆ str          │
        ╞════════╪═════╪════════════╪═════════════╪══════════════╡
        │ form   ┆ 2   ┆ Anna       ┆ Klein       ┆ anna@nord.de │
        └────────┴─────┴────────────┴─────────────┴──────────────┘
    """
    sweep(store)
    unsound = set_unsound_aside(store, channels)
    intake = Intake(store, settings, settle)
    files = [file for channel in channels for file in lead_files(inbox, channel)]
    # Files of one source are read one after the other: which of two twins is the copy depends on it.
    by_source: dict[tuple[str, str], list[LeadFile]] = {}
    for file in files:
        by_source.setdefault((file.channel, file.source), []).append(file)
    sources = list(by_source.values())
    sizes = [sum(max(file.state.size, 0) for file in files) for files in sources]
    if cores() > 1 and sum(sizes) - max(sizes, default=0) >= SPREAD_BYTES:
        for taken in in_processes(partial(_take, store, settings, settle), sources, weights=sizes):
            intake.add(taken)
    else:
        for file in files:
            intake.take(file)
    intake.second_look()
    intake.leave_the_rest(channels)
    return FilesReport(pl.concat([FILES.empty(), *intake.taken.files]), settle_store(unsound))


def _take(store: Path, settings: Path, settle: float, files: Sequence[LeadFile]) -> Taken:
    """Take the files of one source, in a process of their own."""
    intake = Intake(store, settings, settle)
    for file in files:
        intake.take(file)
    return intake.taken
