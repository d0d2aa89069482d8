"""Delta export: a published table as a Delta table of a lake, a version for each publication.

Belongs here: writing a version. Does not belong here: choosing rows (`publishing.condition`). Lists and structs stay
what they are, unsigned numbers become signed ones, for the format has no other. A version is seen whole or not at all;
those before stay to be read, so who was erased is in them until they are vacuumed.
Source: Delta Lake protocol. deltalake is part of the extra `crm`.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from contracts.table import Dtype
from engine.disk import remedy

_OF = "lead_refinery"  # key in the information of a commit


class NoDelta(Exception):  # noqa: N818 - an answer: something else is needed first
    """There can be no such table; the message says why."""


def write_delta(frame: pl.DataFrame, folder: Path, publication: str) -> int:
    """Let the Delta table in `folder` be this one, as a new version; returns its number.

    Args:
        frame: the rows, nested as they are.
        folder: of the Delta table; made where there is none.
        publication: what the rows are of. Where the last version is of the same, nothing is written.

    Raises:
        NoDelta: deltalake is not installed, the folder holds something else, or it cannot be written.
    """
    try:
        from deltalake import CommitProperties, DeltaTable, write_deltalake
        from deltalake.exceptions import DeltaError
    except ModuleNotFoundError:
        raise NoDelta("deltalake is not installed: pip install 'lead-refinery[crm]'") from None
    try:
        if is_there := DeltaTable.is_deltatable(str(folder)):
            table = DeltaTable(folder)
            if table.history(1)[0].get(_OF) == publication:
                return int(table.version())
        elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise NoDelta(f"{folder} is there and is no Delta table; name another folder")
        write_deltalake(
            folder,
            frame.select(pl.col(name).cast(_signed(dtype)) for name, dtype in frame.schema.items()),
            mode="overwrite",
            schema_mode="overwrite" if is_there else None,
            commit_properties=CommitProperties(custom_metadata={_OF: publication}),
        )
        return int(DeltaTable(folder).version())
    except (DeltaError, OSError) as error:
        raise NoDelta("; ".join(filter(None, [f"not written to {folder}: {error}", remedy(error)]))) from error


def _signed(dtype: Dtype) -> Dtype:
    if isinstance(dtype, pl.List):
        return pl.List(_signed(dtype.inner))
    if isinstance(dtype, pl.Struct):
        return pl.Struct({field.name: _signed(field.dtype) for field in dtype.fields})
    return pl.Int64 if dtype.is_unsigned_integer() else dtype
