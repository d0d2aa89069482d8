"""People's decisions are read exactly, and mistakes in the file are explained."""

from pathlib import Path

import polars as pl
import pytest

from matching.overrides import read_account_overrides, read_competitors, read_lead_overrides, record_pairs


def test_no_file_means_no_decisions(tmp_path: Path) -> None:
    assert read_lead_overrides(tmp_path).height == 0
    assert read_account_overrides(tmp_path).height == 0
    assert read_competitors(tmp_path) == frozenset()


def test_competitors_are_known_by_their_domains_however_written(tmp_path: Path) -> None:
    (tmp_path / "competitors.csv").write_text(
        "domain,who\nwettbewerb.de,anna\nhttps://www.Rivale.at/kontakt,anna\n@konkurrenz.ch,anna\n", encoding="utf-8"
    )
    assert read_competitors(tmp_path) == {"wettbewerb.de", "rivale.at", "konkurrenz.ch"}


def test_pairs_become_record_numbers_and_unknown_ids_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(
        "decision,left_source,left_id,right_source,right_id,who\n"
        "must_link,web,2,fair,1,anna\n"
        "cannot_link,web,1,web,2,anna\n"
        "must_link,web,1,web,gone,anna\n",
        encoding="utf-8",
    )
    keys = pl.DataFrame({"source": ["fair", "web", "web"], "source_record_id": ["1", "1", "2"]})
    overrides = read_lead_overrides(tmp_path)
    assert record_pairs(overrides, keys, "must_link").rows() == [(0, 2)]
    assert record_pairs(overrides, keys, "cannot_link").rows() == [(1, 2)]


@pytest.mark.parametrize(
    "raw",
    [
        "decision;left;right;who\nrename;Müller GmbH;Müller, Söhne GmbH;anna\n".encode(),
        '\ufeffDecision , Left, right\r\nRename, Müller GmbH ,"Müller, Söhne GmbH"\r\n'.encode(),
        "decision;left;right\r\nrename;Müller GmbH;Müller, Söhne GmbH\r\n".encode("cp1252"),
    ],
)
def test_a_file_is_read_as_excel_saves_it(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "accounts.csv").write_bytes(raw)
    assert read_account_overrides(tmp_path).rows() == [("rename", "Müller GmbH", "Müller, Söhne GmbH")]


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("decision,left\nrename,a\n", "column right is missing"),
        ("", "column decision, left, right is missing"),
        ("decision,left,right\nrename,a,b\nmerge,a,b\n", "row 3: 'merge' is not a decision"),
        (
            "decision,left,right\nrename,Müller, Söhne GmbH,b\n",
            "more cells than the header; quote values that hold ','",
        ),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, text: str, explanation: str) -> None:
    (tmp_path / "accounts.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=explanation):
        read_account_overrides(tmp_path)
