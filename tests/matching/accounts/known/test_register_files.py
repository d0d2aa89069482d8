"""Register files: every shape registers hand out, read row by row, and a word on each row that cannot be."""

from __future__ import annotations

import bz2
import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.accounts.known import register_files
from matching.accounts.known.register_columns import NO_ROWS, BrokenRegister
from matching.accounts.known.register_entries import check_register
from matching.accounts.known.register_files import register_rows

PLAIN = (
    'Firma;Rechtsform;Registernummer;PLZ;Ort\n"Adler; Söhne";GmbH;HRB 12;70173;Stuttgart\nBär;AG;HRB 7;80331;München\n'
)
OFFENE_REGISTER = {
    "all_attributes": {
        "_registerArt": "HRB",
        "_registerNummer": "150148",
        "native_company_number": "Hamburg HRB 150148",
        "registered_office": "Hamburg",
        "registrar": "Hamburg",
    },
    "company_number": "K1101R_HRB150148",
    "current_status": "currently registered",
    "jurisdiction_code": "de",
    "name": "olly UG (haftungsbeschränkt)",
    "officers": [{"name": "Ada Muster", "position": "Geschäftsführer", "type": "person"}],
    "registered_address": "Waidmannstraße 1, 22769 Hamburg.",
}
LINES = "\n".join(map(json.dumps, [OFFENE_REGISTER, {"name": "Bär AG", "company_number": "X"}])) + "\n"


def read(folder: Path) -> pl.DataFrame:
    return pl.concat([NO_ROWS, *register_rows(folder, lambda told: pl.repeat(True, told.height, eager=True))])


def put(home: Path, name: str, content: str | bytes) -> Path:
    folder = home / "register"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def zipped(home: Path, text: str) -> Path:
    folder = home / "register"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "companies.zip", "w") as archive:
        archive.writestr("companies.csv", text)
    return folder


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda home: put(home, "companies.csv", PLAIN), id="UTF-8"),
        pytest.param(lambda home: put(home, "companies.csv", PLAIN.encode("utf-8-sig")), id="UTF-8 with a mark"),
        pytest.param(lambda home: put(home, "companies.csv", PLAIN.encode("cp1252")), id="Windows"),
        pytest.param(lambda home: put(home, "companies.txt", PLAIN.encode("utf-16")), id="UTF-16"),
        pytest.param(lambda home: put(home, "companies.csv", PLAIN.replace("\n", "\r\n")), id="lines of Windows"),
        pytest.param(lambda home: put(home, "companies.csv.gz", gzip.compress(PLAIN.encode())), id="gzip"),
        pytest.param(lambda home: put(home, "companies.csv.bz2", bz2.compress(PLAIN.encode())), id="bzip2"),
        pytest.param(lambda home: zipped(home, PLAIN), id="ZIP"),
    ],
)
def test_a_table_is_read_however_it_is_saved(write: Callable[[Path], Path], tmp_path: Path) -> None:
    found = read(write(tmp_path)).select("row", "name", "legal_form", "register_no", "postcode", "city")
    assert found.rows() == [
        (2, "Adler; Söhne", "GmbH", "HRB 12", "70173", "Stuttgart"),
        (3, "Bär", "AG", "HRB 7", "80331", "München"),
    ]


@pytest.mark.parametrize(
    ("name", "packed"), [("de.jsonl", LINES.encode()), ("de.jsonl.bz2", bz2.compress(LINES.encode()))]
)
def test_lines_of_offene_register_are_read(name: str, packed: bytes, tmp_path: Path) -> None:
    found = read(put(tmp_path, name, packed)).select(
        "row", "name", "register_no", "address", "seat", "country", "status"
    )
    assert found.rows() == [
        (
            1,
            "olly UG (haftungsbeschränkt)",
            "Hamburg HRB 150148",
            "Waidmannstraße 1, 22769 Hamburg.",
            "Hamburg",
            "de",
            "currently registered",
        ),
        (2, "Bär AG", None, None, None, None, None),
    ]


def test_persons_of_a_register_are_not_read(tmp_path: Path) -> None:
    assert "Muster" not in str(read(put(tmp_path, "de.jsonl", LINES)).rows())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Nummer;Ort\nHRB 1;Köln\n", r"register/x\.csv, row 1: no column holds the name"),
        ("Firma;Umsatz\nAdler;1\n", r"register/x\.csv, row 1: nothing beside the name"),
        ("Firma;Ort\nAdler;Köln\n;Bonn\n", r"register/x\.csv, row 3, column Firma: is empty"),
        ("Firma;Ort\nAdler;Köln\nBär;Bonn;3\n", r"register/x\.csv, row 3: 3 values, and the header has 2 columns"),
        ('{"name":"A","city":"B"}\n{"name":"C"\n', r"register/x\.csv, row 2: is no JSON"),
        ('{"name":"A","city":"B"}\n{"city":"C"}\n', r"register/x\.csv, row 2, column name: is empty"),
        (gzip.compress(PLAIN.encode())[:-9], r"register/x\.csv cannot be read to its end"),
    ],
    ids=["no name", "name alone", "empty name", "too many values", "no JSON", "no name in JSON", "cut short"],
)
def test_what_cannot_be_used_is_said_with_its_place(content: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(BrokenRegister, match=said):
        check_register(put(tmp_path, "x.csv", content))


def test_no_folder_is_no_register(tmp_path: Path) -> None:
    assert read(tmp_path / "register").is_empty()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = put(tmp_path, "a.csv", PLAIN)
    (folder / "b.csv").symlink_to(folder / "a.csv")
    with pytest.raises(BrokenRegister, match=r"register/b\.csv is a symbolic link"):
        read(folder)


@given(st.lists(st.text(alphabet='aä";\n, ', max_size=6), min_size=1, max_size=8), st.integers(8, 64))
def test_where_blocks_end_decides_nothing(names: list[str], size: int) -> None:
    cells = [name.replace('"', '""') for name in names]
    text = "".join(f'"x{cell}";"{place}"\n' for place, cell in enumerate(cells)).encode()
    blocks = [*register_files._whole_rows("x", text[:size], _Small(text[size:], size))]
    assert b"".join(blocks) == text
    assert all(block.count(b'"') % 2 == 0 for block in blocks)


class _Small:
    """A file that gives no more than a few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self._content, self._size = content, size

    def read(self, _size: int, /) -> bytes:
        part, self._content = self._content[: self._size], self._content[self._size :]
        return part
