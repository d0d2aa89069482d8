"""Competitors are known by their domains, however written."""

from pathlib import Path

from matching.competitors import read_competitors


def test_no_file_means_no_competitors(tmp_path: Path) -> None:
    assert read_competitors(tmp_path) == frozenset()


def test_competitors_are_known_by_their_domains_however_written(tmp_path: Path) -> None:
    (tmp_path / "competitors.csv").write_text(
        "domain,who\nwettbewerb.de,anna\nhttps://www.Rivale.at/kontakt,anna\n@konkurrenz.ch,anna\n", encoding="utf-8"
    )
    assert read_competitors(tmp_path) == {"wettbewerb.de", "rivale.at", "konkurrenz.ch"}
