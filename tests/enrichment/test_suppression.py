"""Suppression: what a cell of a list is, what it closes, and that a broken list is never taken for an empty one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.suppression import Suppression, _suppression, read_suppression
from sources.lists import BrokenList

EVA = "eva.klein@firma.de"


def digest(kind: str, text: str) -> str:
    return hashlib.new(kind, text.encode()).hexdigest()


def of(*cells: str) -> Suppression:
    return _suppression(pl.Series([list(cells)], dtype=pl.List(pl.String)))


CLOSES_THE_ADDRESS = [
    EVA,
    "Eva.Klein@Firma.DE ",
    "mailto:eva.klein@firma.de",
    "Eva Klein <eva.klein@firma.de>",
    "udo@firma.de; eva.klein@firma.de",
    "eva.klein+newsletter@firma.de",
    *(digest(kind, EVA) for kind in ("md5", "sha1", "sha256")),
    digest("sha256", EVA).upper(),
    f"sha256:{digest('sha256', EVA)}",
]


@pytest.mark.parametrize("cell", CLOSES_THE_ADDRESS)
@pytest.mark.parametrize("written", [EVA, "Eva.Klein@firma.de", "eva.klein+fair@firma.de"])
def test_an_address_is_closed_however_it_is_written(cell: str, written: str) -> None:
    lists = of("2024-05-01", cell, "Abmeldung")
    assert lists.has_address(pl.Series([written, "udo.klein@firma.de", None])).to_list() == [True, False, False]
    assert lists.numbers.is_empty() and lists.domains.is_empty()


@pytest.mark.parametrize("cell", ["firma.de", "@firma.de", "*@firma.de", "https://www.firma.de/kontakt", "FIRMA.de"])
def test_a_domain_is_closed_with_those_below_it(cell: str) -> None:
    found = of("2024-05-01", cell).has_domain(pl.Series([EVA, "eva@mail.firma.de", "eva@andere-firma.de", None]))
    assert found.to_list() == [True, True, False, False]


def test_a_domain_beside_an_address_closes_nothing_more() -> None:
    assert of("udo@gmail.com", "gmail.com", "2024-05-01").domains.is_empty()


def test_letters_of_a_domain_are_read_from_their_code() -> None:
    assert of("eva@xn--mller-kva.de").has_address(pl.Series(["eva@m\u00fcller.de"])).to_list() == [True]


@pytest.mark.parametrize("cell", ["+49 711 12345-67", "0049711/1234567", "0711 1234567", "(0711) 1234567"])
def test_a_number_is_closed_however_it_is_written(cell: str) -> None:
    assert of(cell, "01.05.2024").has_number(pl.Series(["+497111234567", "+49711765432", None])).to_list() == [
        *(True, False, False)
    ]


@pytest.mark.parametrize("written", ["+497111234567", "497111234567", "00497111234567", "07111234567"])
@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_a_number_is_closed_by_its_hash(kind: str, written: str) -> None:
    found = of(digest(kind, written)).has_number(pl.Series(["+497111234567", "+49711765432", "+99912", None]))
    assert found.to_list() == [True, False, False, False]


@pytest.mark.parametrize("cell", ["2024-05-01", "01.05.2024 14:05", "Abmeldung", "ja", "z.B.", "Datum"])
def test_other_cells_are_nothing(cell: str) -> None:
    found = of(cell)
    assert not any(len(values) for values in (found.mailboxes, found.numbers, found.domains, found.hashes))


@pytest.mark.slow
@given(st.emails(domains=st.just("firma.de")))
def test_whatever_is_listed_is_found_plain_or_hashed(mail: str) -> None:
    mail = mail.lower()
    for cell in (mail, *(digest(kind, mail) for kind in ("md5", "sha1", "sha256"))):
        if not any(sign in mail.split("@")[0] for sign in "'/{|}`#$%&*!=?^~"):  # no record holds such an address
            assert of(cell).has_address(pl.Series([mail])).to_list() == [True]


def test_all_files_of_the_folder_count_whatever_their_format(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "robinson.csv").write_text(f"Datum;Adresse\n2024-05-01;{EVA}\n")
    (tmp_path / "no_header.txt").write_text("udo@firma.de\nina@firma.de\n")
    (tmp_path / "hashes.txt").write_text("".join(f"{digest('md5', name)}\n" for name in "abc"))
    pl.DataFrame({"Telefon": ["+49 171 1234567"]}).write_parquet(tmp_path / "calls.parquet")
    (tmp_path / ".hidden").write_text("not@read.de\n")
    found = read_suppression(tmp_path)
    assert sorted(found.mailboxes) == [EVA, "ina@firma.de", "udo@firma.de"]
    assert found.numbers.to_list() == ["+491711234567"]
    assert sorted(found.hashes) == sorted(digest("md5", name) for name in "abc")


def test_a_row_that_does_not_fit_its_header_counts(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"mail;date\nudo@firma.de;2024-05-01\n{EVA};2024-05-01;zu;viel;davon\n" * 3)
    assert EVA in read_suppression(tmp_path).mailboxes


def test_no_folder_is_no_list(tmp_path: Path) -> None:
    assert read_suppression(tmp_path / "suppression").mailboxes.is_empty()


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7 ...", b"PK\x03\x04 cut short", b"\0\0\0\0", b"Name;Datum\nKlein;2024-05-01\n"],
    ids=["empty", "a document", "damaged", "zeros", "nothing to suppress in it"],
)
def test_a_broken_list_is_named_and_stops(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "good.csv").write_text("mail\nudo@firma.de\n")
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(BrokenList, match=r"list\.csv"):
        read_suppression(tmp_path)


def test_a_link_is_named_and_stops(tmp_path: Path) -> None:
    (tmp_path / "list.csv").symlink_to("/etc/hostname")
    with pytest.raises(BrokenList, match=r"list\.csv is a symbolic link"):
        read_suppression(tmp_path)
    (tmp_path / "away").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BrokenList, match="leads nowhere"):
        read_suppression(tmp_path / "away")


@pytest.mark.slow
@pytest.mark.parametrize("written", [str, lambda mail: digest("sha256", mail)], ids=["addresses", "hashes"])
def test_a_million_lines_cost_little(tmp_path: Path, written: Callable[[str], str]) -> None:
    """Measured 8 s and 4 s on a busy machine of two cores; the bound is for what grows faster than the list."""
    mails = [f"person{n}@firma{n % 5000}.de" for n in range(1_000_000)]
    (tmp_path / "list.csv").write_text("\n".join(map(written, mails)) + "\n")
    began = time.process_time()
    found = read_suppression(tmp_path).has_address(pl.Series([*mails[::5], "nobody@firma1.de"]))
    assert found.sum() == 200_000 and not found[-1]
    assert time.process_time() - began < 60
