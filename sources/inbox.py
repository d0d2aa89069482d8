"""The inbox: reading every new lead file into the store, and the report of it.

Belongs here: the order of the work, the counts of a run. Does not belong here: which files there are (`lead_files`),
taking one (`intake`), spreading sources over processes (`apart`), where the results lie (`store`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contracts.raw import FILES
from engine.swap import sweep
from sources.apart import read_apart
from sources.intake import Intake
from sources.lead_files import CHANNELS, lead_files
from sources.store.networks import cut_store
from sources.store.old_keys import keep_old_keys
from sources.store.soundness import set_unsound_aside
from sources.store.soundness import settle as settle_store

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
    truncate_ips: bool = False,
) -> FilesReport:
    """Read every new file of the inbox into the store. A file that fails never stops the others.

    Args:
        inbox: folder with `online/<source>/...` and `offline/<source>/...`; need not exist.
        store: root of the store; created where missing.
        settings: folder of `<source>.toml` settings; need not exist.
        channels: which channels to read.
        settle: seconds within which a file without an end may still be growing.
        truncate_ips: keep networks (/24, /48) in place of IP addresses, of what the store holds already too.

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
    keep_old_keys(store, channels)
    if truncate_ips:
        cut_store(store)
    intake = Intake(store, settings, settle, truncate_ips=truncate_ips)
    files = (file for channel in channels for file in lead_files(inbox, channel))
    read_apart(intake, intake.to_read(files))
    read_apart(intake, intake.second_look())
    intake.leave_the_rest(channels)
    return FilesReport(pl.concat([FILES.empty(), *intake.taken.files]), settle_store(unsound))
