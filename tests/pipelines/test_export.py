"""`leads export`: every published table in every format, for its owner's eyes, and nothing overwritten unasked."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from contracts.published import ACCOUNTS, LEADS, PUBLISHED
from publishing.flat import flat
from publishing.publish import publish
from publishing.stamp import Stamp
from tests.conftest import Run
from tests.pipelines.publication import published
from tests.publishing.example import AT, tables


@pytest.mark.slow
@pytest.mark.parametrize("table", [table.name for table in PUBLISHED])
def test_every_table_is_whole_in_every_format(night: Path, leads: Run, tmp_path: Path, table: str) -> None:
    frame = flat(published(night)[table].lazy()).collect()
    for suffix in (".csv", ".xlsx", ".parquet"):
        to = tmp_path / f"x{suffix}"
        done = leads("export", table, "--to", to, "--home", night)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{frame.height:,} of {frame.height:,} rows" in done.stdout
        assert to.stat().st_mode & 0o777 == 0o600
    assert pl.read_parquet(tmp_path / "x.parquet").equals(frame)
    header, *rows = CalamineWorkbook.from_path(str(tmp_path / "x.xlsx")).get_sheet_by_name(table).to_python()
    assert header == frame.columns and (len(rows) == frame.height or frame.is_empty())
    assert pl.read_csv(tmp_path / "x.csv", infer_schema=False).shape == frame.shape


def test_a_condition_chooses_rows(night: Path, leads: Run, tmp_path: Path) -> None:
    done = leads(
        *("export", "leads", "--where", "publishable and country = 'DE'", "--to", tmp_path / "x.parquet"),
        *("--home", night),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = pl.read_parquet(tmp_path / "x.parquet")
    expected = published(night)["leads"].filter(pl.col("publishable"), pl.col("country") == "DE")
    assert found["lead_id"].to_list() == expected["lead_id"].to_list() and found.height


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lead", "--to", "new.csv"], "No table 'lead' is published; there are leads, accounts"),
        (["leads", "--to", "new.txt"], "its name has to end with .csv, .xlsx, .parquet"),
        (["leads", "--to", "none/new.csv"], "there is no folder"),
        (["leads", "--to", "old.csv"], "is there already; --force overwrites it"),
        (["leads", "--to", "new.xlsx", "--excel"], "--excel is about CSV files"),
        (["leads", "--to", "new.delta", "--where", "publishable"], "A Delta table is the whole table"),
        (["leads", "--to", "old.csv/x.delta"], "there is no folder"),
        (["leads", "--to", "new.csv", "--since", "x"], "leads export changes --since RUN"),
        (["changes", "--to", "new.csv"], "leads export changes --since RUN"),
        (["changes", "--to", "new.csv", "--since", "long-gone"], "is not kept any more; read the full tables of"),
        (["leads", "--to", "new.csv", "--where", "town = 'Ulm'"], "leads has no column town; it has lead_id"),
        (["leads", "--to", "old.csv", "--force", "--where", "town = 1"], "leads has no column town"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_nothing_changes(
    night: Path, leads: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "old.csv").write_text("mine", encoding="utf-8")
    place = arguments.index("--to") + 1
    arguments[place] = str(tmp_path / Path(arguments[place]))
    done = leads("export", *arguments, "--home", night)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stdout.replace("\n", " ")
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text(encoding="utf-8") == "mine"


def test_a_file_is_overwritten_where_that_is_said(night: Path, leads: Run, tmp_path: Path) -> None:
    to = tmp_path / "old.csv"
    to.write_text("mine", encoding="utf-8")
    to.chmod(0o644)
    assert leads("export", "accounts", "--to", to, "--excel", "--force", "--home", night).returncode == 0
    assert to.read_bytes().startswith(b"\xef\xbb\xbfaccount_id;name;")
    assert to.stat().st_mode & 0o777 == 0o600


@pytest.fixture
def two_nights(tmp_path: Path) -> Path:
    """A home that has published twice; hostile texts came with the second night."""
    home = tmp_path / "home"
    (home / "lake").mkdir(parents=True)
    for day in (1, 2):
        rows = tables("run", rows=2)
        if day == 2:
            rows["leads"] = Stamp("run-2", AT)(
                LEADS,
                rows["leads"].with_columns(note=pl.Series(["=cmd|'/C calc'!A0", "Grüße; 12,5"]), city=pl.lit("Ulm")),
            )
            named = rows["accounts"].with_columns(name=pl.lit("@SUM(A1) Müller & Söhne"), vat_id=pl.lit("DE123456789"))
            rows["accounts"] = Stamp("run-2", AT)(ACCOUNTS, named)
        publish(rows, home / "published", f"run-{day}", at=AT + timedelta(days=day))
    return home


def test_leads_and_accounts_for_an_import_by_hand_run_nothing(two_nights: Path, leads: Run, tmp_path: Path) -> None:
    """As Excel with German settings opens them: a byte order mark, semicolons, umlauts, and no formula."""
    for table, column, text in (
        ("leads", "note", "'=cmd|'/C calc'!A0"),
        ("accounts", "name", "'@SUM(A1) Müller & Söhne"),
    ):
        to = tmp_path / f"{table}.csv"
        assert leads("export", table, "--excel", "--to", to, "--home", two_nights).returncode == 0
        assert to.read_bytes().startswith(b"\xef\xbb\xbf")
        with to.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter=";"))
        assert text in [row[column] for row in rows]
        assert not [cell for row in rows for cell in row.values() if cell[:1] in "=@" and cell]


def test_changes_since_a_publication(two_nights: Path, leads: Run, tmp_path: Path) -> None:
    to = tmp_path / "changes.parquet"
    done = leads("export", "changes", "--since", "run-1", "--to", to, "--home", two_nights)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the next are those --since run-2" in done.stdout
    assert pl.read_parquet(to).select("kind", "entity", "changed_fields").rows() == [
        ("update", "account", "name; vat_id"),
        *[("update", "lead", "city; note")] * 2,
    ]


def test_a_delta_table_has_a_version_for_each_publication(two_nights: Path, leads: Run, tmp_path: Path) -> None:
    to = tmp_path / "leads.delta"
    for _ in range(2):
        done = leads("export", "leads", "--to", to, "--home", two_nights)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "2 of 2 rows of leads in " in done.stdout and "version 0" in done.stdout
    assert all(path.stat().st_mode & 0o077 == 0 for path in to.rglob("*"))
