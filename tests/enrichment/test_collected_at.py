"""Times of collection: every notation to UTC, ambiguity and nonsense flagged."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from contracts.clean import REPAIRS
from contracts.reasons import reasons
from contracts.table import TIMESTAMP
from enrichment.collected_at import clean_collected_at, is_date
from tests.enrichment.cases import load_columns

CASES = load_columns("collected_at")
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)


def records(texts: list[str | None], **columns: str | None) -> pl.DataFrame:
    frame = pl.DataFrame({"collected_at": texts}, schema={"collected_at": pl.String})
    return frame.with_columns(pl.lit(RECEIVED).alias("received_at"), *(pl.lit(v).alias(k) for k, v in columns.items()))


def test_cases() -> None:
    given_records = CASES.select("date_order", "timezone", collected_at="raw", received_at=pl.lit(RECEIVED))
    found = clean_collected_at(given_records)
    expected = pl.coalesce(
        CASES["collected_at"].str.to_datetime(form, strict=False, time_unit="us") for form in ("%Y-%m-%d %H:%M:%S%.f",)
    ).dt.replace_time_zone("UTC")
    judged = CASES.select("about", "raw", "reason").with_columns(
        expected=pl.select(expected).to_series(),
        found=found["collected_at"],
        found_reason=found["collected_at_reason"],
    )
    wrong = judged.filter(
        pl.col("expected").ne_missing(pl.col("found")) | pl.col("reason").ne_missing(pl.col("found_reason"))
    )
    assert wrong.to_dicts() == []


def test_columns_are_those_of_the_contract() -> None:
    found = clean_collected_at(records(["31.12.2025", None]))
    assert found.schema == pl.Schema(
        {
            "collected_at": TIMESTAMP,
            "collected_at_reason": pl.String,
            "observed_at": TIMESTAMP,
            "birth_date": pl.String,
            REPAIRS.name: REPAIRS.dtype,
        }
    )
    assert clean_collected_at(pl.DataFrame({"file": ["a"]}))["collected_at"].to_list() == [None]
    told = clean_collected_at(records(CASES["raw"].to_list()))["repairs"].explode().struct.field("reason").drop_nulls()
    assert set(told) <= set(reasons())


def test_evidence_dates_from_collection_else_from_receipt() -> None:
    found = clean_collected_at(records(["31.12.2025 14:05", "quatsch", None, "01.01.2099"]))
    assert found["observed_at"].to_list() == [datetime(2025, 12, 31, 13, 5, tzinfo=UTC), RECEIVED, RECEIVED, RECEIVED]


def test_birth_dates() -> None:
    texts = ["3.4.1985", "03.04.85", "1985-04-03", "3. April 1985", "31142", "4/3/1985", "k.A.", "1.1.2030", "1.1.1850"]
    frame = records([None] * len(texts)).with_columns(pl.Series("birth_date", texts))
    found = clean_collected_at(frame)
    assert found["birth_date"].to_list() == [
        "1985-04-03",
        "1985-04-03",
        "1985-04-03",
        "1985-04-03",
        "1985-04-05",
        "1985-03-04",
        None,
        None,
        None,
    ]
    # The day as written, whatever zone a machine put beside it.
    frame = records([None]).with_columns(birth_date=pl.lit("1985-04-03T00:00:00+02:00"))
    assert clean_collected_at(frame)["birth_date"].to_list() == ["1985-04-03"]
    # A two-digit year lies in the past.
    frame = records([None]).with_columns(birth_date=pl.lit("3.4.48"))
    assert clean_collected_at(frame)["birth_date"].to_list() == ["1948-04-03"]


def test_is_date() -> None:
    assert is_date("12.03.2024") and is_date("2024-03-12T10:00:00Z")
    assert not is_date("1") and not is_date("ja") and not is_date("Version 3")


MOMENTS = st.datetimes(datetime(1991, 1, 1), datetime(2026, 10, 1)).map(lambda moment: moment.replace(microsecond=0))
FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S+0000",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%dT%H:%M:%S.%f+00:00",
    "%Y%m%dT%H%M%SZ",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y, %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d %b %Y %H:%M:%S",
)


@given(st.lists(MOMENTS, min_size=1, max_size=10), st.sampled_from(FORMS))
def test_what_is_written_is_read(moments: list[datetime], form: str) -> None:
    found = clean_collected_at(records([moment.strftime(form) for moment in moments], timezone="UTC"))
    assert found["collected_at"].to_list() == [moment.replace(tzinfo=UTC) for moment in moments]


@given(st.lists(MOMENTS, min_size=1, max_size=10))
def test_clean_of_clean_is_clean(moments: list[datetime]) -> None:
    once = clean_collected_at(records([f"{moment:%d.%m.%Y %H:%M}" for moment in moments]))
    again = clean_collected_at(records(once["collected_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list()))
    assert again["collected_at"].equals(once["collected_at"])


@given(
    st.lists(st.text(max_size=30), max_size=10),
    st.lists(st.from_regex(r"[0-9.,/: T+-]{1,25}", fullmatch=True), max_size=10),
)
def test_any_text_gets_a_time_or_a_reason(words: list[str], numbers: list[str]) -> None:
    texts = [*words, *numbers]
    found = clean_collected_at(records(list(texts)))
    assert found.height == len(texts) and found["observed_at"].null_count() == 0
