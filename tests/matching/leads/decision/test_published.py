"""A merge once published is undone by evidence against it, never by a statistic that moved."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.leads.clustering import BY_HAND, cluster
from matching.leads.decision.published import leads_before
from matching.leads.judgement import judge_pairs
from tests.matching.inboxes import drawn, people

KEY = ["source", "source_record_id"]


def night(records: pl.DataFrame, before: pl.DataFrame | None = None, why: str = "same name") -> pl.DataFrame:
    """The records in order with the `lead` each is in, after the publication `before`."""
    ordered = records.drop("lead", strict=False).sort(KEY)
    known = None
    if before is not None:
        published = before.select(*KEY, id=pl.concat_str(pl.lit("L"), "lead"), match_reason=pl.lit(why))
        known = leads_before(ordered.select(KEY), published)
    found = cluster(judge_pairs(ordered, known).decisions, ordered.height, before=known)
    return ordered.with_columns(lead=found.clusters["cluster"])


def together(records: pl.DataFrame, others: pl.DataFrame) -> list[list[str]]:
    """Of each lead with several of `others`' records, their ids."""
    mine = records.join(others, on=KEY, how="semi")
    grouped = (
        mine.group_by("lead").agg(pl.col("source_record_id").sort()).filter(pl.col("source_record_id").list.len() > 1)
    )
    return sorted(grouped["source_record_id"].to_list())


def strangers(number: int, seed: int) -> pl.DataFrame:
    """People of other towns, firms and mailboxes, called as half the inbox is."""
    draw = np.random.default_rng(seed)
    given = draw.choice(["Anna", "Bernd", "Clara", "Sabine", "Hans", "Thomas"], number)
    family = draw.choice(["Ahlersa", "Brandlb", "Ahlersb", "Müller", "Vogt", "Krause"], number)
    return pl.DataFrame(
        {
            "source": "zz_more",
            "source_record_id": [f"z{k:05d}" for k in range(number)],
            "given_name": given,
            "family_name": family,
            "company_key": [f"neu {k}" for k in range(number)],
            "postcode": [str(60_000 + k) for k in range(number)],
            "city": [f"neustadt {k}" for k in range(number)],
        }
    )


@settings(max_examples=8, deadline=None)
@given(records=st.integers(20, 160), seed=st.integers(0, 99), more=st.integers(0, 1_200))
def test_rows_of_others_split_no_lead(records: int, seed: int, more: int) -> None:
    first = night(drawn(records, seed))
    second = night(pl.concat([first, strangers(more, seed)], how="diagonal"), before=first)
    now, before = together(second, first), together(first, first)
    assert all(any(set(lead) <= set(kept) for kept in now) for lead in before)


def test_without_the_publication_they_would() -> None:
    first = night(drawn(160, 4))
    grown = pl.concat([first, strangers(1_200, 1)], how="diagonal")
    assert together(night(grown), first) != together(first, first) == together(night(grown, before=first), first)


@settings(max_examples=8, deadline=None)
@given(records=st.integers(1, 120), seed=st.integers(0, 99))
def test_the_same_records_again_are_the_same_leads(records: int, seed: int) -> None:
    first = night(drawn(records, seed))
    assert night(first, before=first).equals(first)


def test_without_a_publication_the_order_of_the_input_makes_no_difference() -> None:
    leads = drawn(120, 3)
    assert night(leads.sample(fraction=1, shuffle=True, seed=1)).equals(night(leads))


BOTH = {"given_name": "Karla", "family_name": "Vogt", "company_key": "vogt metallbau", "postcode": "70173"}
AGAINST: dict[str, dict[str, str | None]] = {
    "another given name": {"given_name": "Herbert"},
    "another family name": {"family_name": "Sommer"},
    "names lost": {"given_name": None, "family_name": None},
    "another birth date": {"birth_date": "1979-07-11"},
    "another mailbox and another mobile": {
        "email": "karla.vogt@anders.de",
        "email_kind": "company",
        "email_domain": "anders.de",
        "mobile": "+491709999999",
    },
    "a numbered mailbox": {
        "email": "karla.vogt2@vogt-metallbau.de",
        "email_kind": "company",
        "email_domain": "vogt-metallbau.de",
    },
    "another firm and town": {"company_key": "sonne", "postcode": "20095", "city": "Hamburg"},
}
KARLA = BOTH | {
    "birth_date": "1950-03-01",
    "email": "karla.vogt@vogt-metallbau.de",
    "email_kind": "company",
    "email_domain": "vogt-metallbau.de",
    "mobile": "+491701234567",
}


def two(change: dict[str, str | None]) -> pl.DataFrame:
    rows = [
        {"source": "a", "source_record_id": "1"} | KARLA,
        {"source": "a", "source_record_id": "2"} | BOTH | change,
    ]
    return pl.concat([pl.DataFrame(rows, infer_schema_length=None), strangers(40, 2)], how="diagonal")


@pytest.mark.parametrize("case", AGAINST)
def test_evidence_against_it_undoes_a_merge(case: str) -> None:
    first = night(two({}))
    assert together(first, first) == [["1", "2"]]
    assert together(night(two(AGAINST[case]), before=first), first) == []


@pytest.mark.parametrize("change", [{"city": "Stuttgart"}, {"company_key": "vogt metallbau gmbh"}, {"postcode": None}])
def test_a_change_that_says_nothing_against_it_does_not(change: dict[str, str | None]) -> None:
    first = night(two({}))
    assert together(night(two(change), before=first), first) == [["1", "2"]]


def test_what_a_person_linked_holds_as_long_as_the_person_says_so() -> None:
    apart = night(two(AGAINST["another firm and town"]))
    linked = apart.with_columns(lead=pl.when(pl.col("source") == "a").then(0).otherwise(pl.col("lead") + 1))
    assert together(night(apart, before=linked, why=BY_HAND), apart) == []


def test_the_edge_cases_stay_as_they_are_decided() -> None:
    inbox = people().with_row_index("n").with_columns(source=pl.lit("x"), source_record_id=pl.format("{}", "n"))
    first = night(inbox)
    assert together(night(first, before=first), first) == together(first, first)
