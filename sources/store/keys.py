"""Keys: by what name a record is known, given once, when the store first sees its content, and never moved.

Belongs here: what the files of a source in the store say of keys (the registry), giving keys to the rows of a new file.
Does not belong here: when two contents are one person's (`marks`), which version of a record is the current one
(`versions`).

The registry is the store itself: each row has its key in its own file, under the journal that vouches for the file, so
nothing that comes later can change it, and no second list can say otherwise. A row whose content came before has that
content's key. A row that brings new content under a known id is a new version of the record of the same person, and has
its key; where there is none it is a record of its own, `id~` and 8 digits of its content hash. Files are taken in the
order of `received_at` and hash, rows in that of the file. A file that is read anew gives each row the key it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from contracts.raw import RECORD_ID
from engine.row_hash import Halves
from sources.reading import ROW
from sources.store.marks import FIELDS, marks_of, same_person
from sources.store.row_file import GIVEN_ID, Mask, gives_ids, has_keys, put_keys, scan_rows
from sources.store.shelf import committed, records_of

_MOST_TWINS = 20  # contents of one id in one file; what more share is no id there, and no two are held together
_PLACE = pl.UInt32
_NO_KEY = pl.DataFrame(schema={"place": _PLACE, "key": pl.String})
_NO_TWIN = pl.DataFrame(schema={"place": _PLACE, "first": _PLACE})
_KNOWN_MARKS = {"id": pl.UInt64, "mark": pl.UInt64, "kind": pl.String, "key": pl.String}


def _ids_of(path: Path) -> Halves:
    """The ids that the source gave in a file, each once, as hashes of this process only."""
    if not gives_ids(path):
        return np.empty(0, np.uint64)
    ids = scan_rows([path]).select(pl.col(GIVEN_ID).drop_nulls().hash()).collect().to_series()
    return ids.unique().to_numpy()


def _given(path: Path) -> int:
    """How many rows of a file were given an id."""
    return int(scan_rows([path]).select(pl.col(GIVEN_ID).count()).collect().item())


def _held(paths: Sequence[Path], keys: pl.Series) -> pl.Series:
    rows = scan_rows(paths).filter(pl.col(RECORD_ID).is_in(keys.implode()))
    return rows.select(RECORD_ID).collect(engine="streaming").to_series()


class Registry:
    """The keys of a source, as its files in the store hold them.

    Args:
        store: root of the store.
        channel: online or offline.
        source: name of the source.
    """

    def __init__(self, store: Path, channel: str, source: str) -> None:
        paths = (records_of(files) for files in committed(store, channel, source))
        self._paths = [path for path in paths if path.exists()]
        self._channel = channel
        others = (records_of(files) for files in committed(store, source=source) if files.parents[1].name != channel)
        self._elsewhere = [path for path in others if path.exists()]
        self._ids = np.unique(np.concatenate([np.empty(0, np.uint64), *map(_ids_of, self._paths)]))
        self._keyed = [path for path in self._paths if has_keys(path)]
        self._asked = np.empty(0, np.uint64)
        self._marks = pl.DataFrame(schema=_KNOWN_MARKS)

    def add(self, path: Path) -> None:
        """Remember the keys of a file that was committed."""
        self._paths.append(path)
        self._keyed += [path] if has_keys(path) else []
        ids = _ids_of(path)
        self._ids = np.union1d(self._ids, ids)
        if again := np.intersect1d(ids, self._asked).tolist():
            self._take_marks([path], pl.Series(again, dtype=pl.UInt64))

    @property
    def says_otherwise(self) -> bool:
        """Whether a row may have another key than it says, even if nothing came before under its id."""
        return bool(self._keyed or self._elsewhere)

    def doubts(self, path: Path) -> bool:
        """Whether an id in a file came before, in this file or another."""
        ids = _ids_of(path)
        return len(ids) < _given(path) or bool(self.has(ids).any())

    def has(self, ids: Halves) -> Mask:
        """Which ids came before."""
        return np.isin(ids, self._ids)

    def marks(self, ids: Halves) -> pl.DataFrame:
        """The marks of the records under these ids: id, mark, kind, key (and of others that were asked for before)."""
        if len(new := np.setdiff1d(ids, self._asked)):
            self._asked = np.union1d(self._asked, new)
            self._take_marks(self._paths, pl.Series(new))
        return self._marks

    def of_contents(self, hashes: pl.Series) -> pl.DataFrame:
        """content_hash and key of contents that came before, where the key is not what the row says."""
        rows = scan_rows(self._keyed).select("content_hash", key=RECORD_ID, said=pl.coalesce(GIVEN_ID, "content_hash"))
        other = rows.filter(pl.col("key") != pl.col("said"), pl.col("content_hash").is_in(hashes.implode()))
        return other.select("content_hash", "key").collect().unique("content_hash", keep="any")

    def held(self, keys: pl.Series) -> pl.Series:
        """Those of the keys that a record has."""
        return _held(self._paths, keys)

    def of_channel(self, keys: pl.Series) -> pl.Series:
        """The keys, with the channel behind those that a record of the source has in another channel."""
        if not self._elsewhere:
            return keys
        taken = keys.is_in(_held(self._elsewhere, keys).implode())
        return pl.select(pl.when(taken).then(keys + f"~{self._channel}").otherwise(keys)).to_series()

    def _take_marks(self, paths: Sequence[Path], ids: pl.Series) -> None:
        rows = scan_rows([path for path in paths if gives_ids(path)])
        rows = rows.filter(pl.col(GIVEN_ID).hash().is_in(ids.implode()))
        read = rows.select(GIVEN_ID, *FIELDS, key=RECORD_ID).collect(engine="streaming").with_row_index("place")
        found = marks_of(read).join(read.select("place", "key"), on="place")
        self._marks = pl.concat([self._marks, found.select(*_KNOWN_MARKS)]).unique()


def give_keys(path: Path, before: Path, known: Registry, new: Mask, record_ids: str | None) -> None:
    """Write the keys of a file's rows into it, where they are not what the rows say.

    Args:
        path: the file of rows, each content once.
        before: the rows of the same lead file as they were read last; need not exist.
        known: the registry of the source.
        new: which rows bring content the store has not had.
        record_ids: `stable` or `per_file` where the settings state what an id means, else None.
    """
    by_ids = record_ids != "stable" and gives_ids(path)
    if not (before.exists() or known.says_otherwise or (by_ids and known.doubts(path))):
        return
    shown = scan_rows([path]).select(GIVEN_ID, "content_hash", "sheet", ROW).collect().with_row_index("place")
    named = shown.filter(pl.col(GIVEN_ID).is_null()) if record_ids == "stable" else shown
    keys = _as_before(named, before)
    rest = named.join(keys, on="place", how="anti")
    again = known.of_contents(rest["content_hash"])
    keys = pl.concat([keys, rest.join(again, on="content_hash").select("place", "key")])
    if by_ids:
        ids = shown[GIVEN_ID].hash().to_numpy()
        fresh = ~shown["place"].is_in(keys["place"].implode()) & shown[GIVEN_ID].is_not_null() & pl.Series(new)
        contested = shown.filter(fresh & (shown[GIVEN_ID].is_duplicated() | pl.Series(known.has(ids))))
        if contested.height:
            keys = pl.concat([keys, _of_contested(path, contested, known, ids, record_ids)])
    said = shown.select("place", said=pl.coalesce(GIVEN_ID, "content_hash"))
    plain = said.filter(pl.Series(new)).join(keys, on="place", how="anti")
    keys = pl.concat([keys, plain.select("place", key=known.of_channel(plain["said"]))])
    other = said.join(keys, on="place").filter(pl.col("key") != pl.col("said"))
    if other.height:
        put_keys(path, shown.join(other, on="place", how="left", maintain_order="left")["key"])


def _as_before(shown: pl.DataFrame, before: Path) -> pl.DataFrame:
    """place and key of the rows that the same lead file had when it was read last."""
    if not before.exists():
        return _NO_KEY
    had = scan_rows([before]).select("sheet", ROW, key=RECORD_ID).collect().unique(["sheet", ROW], keep="first")
    return shown.join(had, on=["sheet", ROW], nulls_equal=True).select("place", "key")


def _of_contested(path: Path, rows: pl.DataFrame, known: Registry, ids: Halves, record_ids: str | None) -> pl.DataFrame:
    """place and key of rows with new content under an id that came before, in this file or another."""
    versions, twins = _NO_KEY, _NO_TWIN
    if record_ids is None:
        values = scan_rows([path]).select(GIVEN_ID, *FIELDS).with_row_index("place")
        marks = marks_of(values.filter(pl.col("place").is_in(rows["place"].implode())).collect())
        versions = _versions(marks, known.marks(ids[rows["place"].to_numpy()]))
        twins = _twins(marks.join(versions, on="place", how="anti"))
    rows = rows.join(versions, on="place", how="left").join(twins, on="place", how="left")
    rows = rows.with_columns(first=pl.coalesce("first", "place"))
    firsts = rows.filter(pl.col("key").is_null(), pl.col("first") == pl.col("place")).sort("place")
    short = pl.concat_str(GIVEN_ID, pl.lit("~"), pl.col("content_hash").str.head(8))
    whole = pl.concat_str(GIVEN_ID, pl.lit("~"), "content_hash")
    plain = ~firsts[GIVEN_ID].is_in(known.held(firsts[GIVEN_ID]).implode()) & firsts[GIVEN_ID].is_first_distinct()
    made = pl.when(plain).then(GIVEN_ID).when(short.is_duplicated()).then(whole).otherwise(short)
    firsts = firsts.select("first", made=made)
    rows = rows.join(firsts.with_columns(made=known.of_channel(firsts["made"])), on="first", how="left")
    return rows.select("place", key=pl.coalesce("key", "made"))


def _versions(marks: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """place and key of rows that are versions of a record: of that with which they share most."""
    words = _words(known, "id", "key").rename({"names": "other_names"})
    shared = _shared(marks.join(known, on=["id", "mark", "kind"]), "id", "key")
    found = same_person(shared.join(_words(marks, "place"), on="place").join(words, on=["id", "key"]))
    return found.sort("place", -_MARKS, "key").unique("place", keep="first", maintain_order=True).select("place", "key")


def _twins(marks: pl.DataFrame) -> pl.DataFrame:
    """place and `first`, the first row in the file of the same record, of rows that are not that row."""
    marks = marks.filter(pl.col("place").n_unique().over(["id"]) <= _MOST_TWINS)
    others = marks.select("id", "mark", "kind", other="place")
    pairs = marks.join(others, on=["id", "mark", "kind"]).filter(pl.col("other") < pl.col("place"))
    words = _words(marks, "place")
    shared = _shared(pairs, "other").join(words, on="place")
    found = same_person(shared.join(words.rename({"place": "other", "names": "other_names"}), on="other"))
    first = found.sort("place", -_MARKS, "other").group_by("place", maintain_order=True).agg(pl.col("other").first())
    first = first.select("place", first="other")
    while (further := first.join(first, left_on="first", right_on="place", suffix="_of")).height:
        first = first.update(further.select("place", first="first_of"), on="place")
    return first


_MARKS = pl.sum_horizontal("name", "mail", "number", "company").cast(pl.Int64)


def _shared(pairs: pl.DataFrame, *other: str) -> pl.DataFrame:
    """How many marks of each kind a row shares with another one or a record."""
    return pairs.group_by("place", *other).agg(
        (pl.col("kind") == kind).sum().alias(kind) for kind in ("name", "mail", "number", "company")
    )


def _words(marks: pl.DataFrame, *of: str) -> pl.DataFrame:
    """How many words of a name each has."""
    return marks.group_by(*of).agg(names=(pl.col("kind") == "name").sum())
