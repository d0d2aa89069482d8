"""Agreement on buying roles: never with neither of two plausible readings, and the docs show the figures of today."""

from __future__ import annotations

from pathlib import Path

from benchmarks.buying_roles import agreement, as_markdown, labelled_titles

DOCS = Path(__file__).parents[2] / "docs" / "buying-centers.md"
DISPUTED = ["CTO", "Head of IT", "Technischer Leiter", "Systemadministrator", "Konstrukteur"]


def test_our_part_is_that_of_one_of_two_readings_in_every_group() -> None:
    shares = agreement(labelled_titles())
    assert shares["either"].to_list() == [1.0] * shares.height


def test_where_readings_differ_the_parts_of_both_are_named() -> None:
    shares = agreement(labelled_titles())
    disputed = shares.filter(shares["group"].is_in(DISPUTED))
    assert disputed.height == len(DISPUTED)
    assert (disputed["each_other"] <= 0.5).all()
    assert disputed["both"].to_list() == [1.0] * len(DISPUTED)


def test_the_docs_show_the_agreement_of_today() -> None:
    shown = DOCS.read_text(encoding="utf-8").partition("<!-- agreement -->\n")[2].partition("\n<!-- /agreement -->")[0]
    assert shown == as_markdown(agreement(labelled_titles()))
