"""The sample inbox: known truth, stated dirt, equal bytes for equal arguments."""

from __future__ import annotations

import hashlib
from pathlib import Path

import phonenumbers
import polars as pl
import pytest
from email_validator import validate_email
from stdnum.de import vat

from enrichment.collected_at import clean_collected_at
from samples.generate import SampleSummary, vat_id, write_sample
from samples.layouts import SOURCES
from samples.proportions import DIRT, FILL
from samples.proportions import SOURCES as SHARES
from sources.inbox import read_inbox
from sources.store.channel_records import load_records

LEADS = 12_000
STATED_IN = {
    "family_name": ["family_name", "full_name"],
    "email": ["email"],
    "company": ["company"],
    "birth_date": ["birth_date"],
}
"""Where a reader finds what a true field states."""
NOT_STATED = ["junk", "two_persons", "department_as_name", "company_private"]
"""Dirt that fills a cell without stating its true value."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    return write_sample(tmp_path_factory.mktemp("sample"), LEADS, 7)


@pytest.fixture(scope="module")
def truth(sample: SampleSummary) -> pl.DataFrame:
    return pl.read_parquet(sample.truth)


def fingerprints(home: Path) -> dict[str, tuple[str, float]]:
    """Content and time of every inbox file; content alone of the truth."""
    inbox = home / "inbox"
    found = {
        path.relative_to(home).as_posix(): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime)
        for path in inbox.rglob("*")
        if path.is_file()
    }
    return {**found, "truth.parquet": (hashlib.sha256((home / "truth.parquet").read_bytes()).hexdigest(), 0.0)}


def test_equal_arguments_give_equal_bytes_and_file_times(tmp_path: Path) -> None:
    write_sample(tmp_path / "a", 700, 3)
    write_sample(tmp_path / "b", 700, 3)
    write_sample(tmp_path / "c", 700, 4)
    assert fingerprints(tmp_path / "a") == fingerprints(tmp_path / "b")
    assert fingerprints(tmp_path / "a") != fingerprints(tmp_path / "c")


@pytest.mark.parametrize("leads", [1, 2, 13, 200])
def test_any_number_of_leads_is_written(tmp_path: Path, leads: int) -> None:
    seen: list[int] = []
    summary = write_sample(tmp_path, leads, 0, seen.append)
    assert pl.read_parquet(summary.truth).height == leads == sum(seen)


def test_no_leads_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        write_sample(tmp_path, 0, 0)


def test_every_source_is_there_in_its_share(truth: pl.DataFrame) -> None:
    counts = dict(truth["source"].value_counts().rows())
    assert set(counts) == set(SOURCES) == set(SHARES) == set(FILL)
    for source, share in SHARES.items():
        assert counts[source] / LEADS == pytest.approx(share, abs=0.02), source


def test_every_kind_of_dirt_is_there(truth: pl.DataFrame) -> None:
    assert set(truth["distortions"].explode().drop_nulls()) == set(DIRT)


def test_record_ids_are_unique_within_their_source(truth: pl.DataFrame) -> None:
    assert not truth.select("source", "source_record_id").is_duplicated().any()


def test_people_return_in_other_sources(truth: pl.DataFrame) -> None:
    people = truth.drop_nulls("person_id").group_by("person_id").agg(pl.col("source").n_unique(), pl.len())
    assert 0.3 < (people["len"] > 1).mean() < 0.6
    assert (people["source"] > 3).any()


def test_a_mailbox_or_mobile_has_one_owner(truth: pl.DataFrame) -> None:
    own = truth.filter(~pl.col("distortions").list.contains("email_shared")).drop_nulls(["person_id", "email"])
    assert own.group_by("email").agg(pl.col("person_id").n_unique())["person_id"].max() == 1
    owners = truth.drop_nulls(["person_id", "mobile"]).group_by("mobile").agg(pl.col("person_id").n_unique())
    assert (owners["person_id"] > 1).mean() < 0.01


def test_namesakes_and_colleagues_abound(truth: pl.DataFrame) -> None:
    names = truth.drop_nulls(["person_id", "given_name"]).group_by("given_name", "family_name")
    assert (names.agg(pl.col("person_id").n_unique())["person_id"] > 1).mean() > 0.05
    assert (
        truth.drop_nulls("account_id").group_by("account_id").agg(pl.col("person_id").n_unique())["person_id"].max()
        >= 20
    )


def test_look_alike_companies_are_different_accounts(truth: pl.DataFrame) -> None:
    firms = truth.drop_nulls("company").select("account_id", "company").unique()
    assert firms.group_by("account_id").len()["len"].max() == 1
    assert firms.group_by("company").len()["len"].max() > 1
    assert truth["parent_account_id"].drop_nulls().len() > 0


def test_true_phones_are_valid_numbers_of_the_right_kind(truth: pl.DataFrame) -> None:
    landlines = [phonenumbers.parse(each) for each in truth["phone"].drop_nulls().unique()]
    assert sum(map(phonenumbers.is_valid_number, landlines)) / len(landlines) > 0.999
    mobiles = [phonenumbers.parse(each) for each in truth["mobile"].drop_nulls().unique()]
    kinds = {phonenumbers.number_type(each) for each in mobiles}
    assert kinds == {phonenumbers.PhoneNumberType.MOBILE}


def test_true_mails_are_valid(truth: pl.DataFrame) -> None:
    for address in truth["email"].drop_nulls().unique().sort().gather_every(11):
        assert validate_email(address, check_deliverability=False).normalized == address


def test_vat_numbers_have_a_right_check_digit() -> None:
    assert all(vat.is_valid(vat_id(number)) for number in range(0, 3_000_000, 9973))


def read_with_truth(folder: Path) -> pl.DataFrame:
    """Records as the reader finds them, beside their truth (columns with `true_` in front)."""
    summary = write_sample(folder / "home", 1500, 5)
    report = read_inbox(folder / "home" / "inbox", folder / "store", folder / "settings", settle=0)
    assert set(report.files["status"]) == {"loaded", "already_loaded"}
    read = pl.concat([load_records(folder / "store", channel).collect() for channel in ("online", "offline")])
    truth = pl.read_parquet(summary.truth)
    keys = ["source", "source_record_id"]
    renamed = truth.rename({name: f"true_{name}" for name in truth.columns if name not in keys})
    assert read.select(keys).sort(keys).equals(truth.select(keys).sort(keys))
    return read.join(renamed, on=keys)


def test_the_reader_finds_exactly_the_records_of_the_truth_and_what_they_state(tmp_path: Path) -> None:
    records = read_with_truth(tmp_path)
    sound = records.filter(pl.col("true_distortions").list.set_intersection(NOT_STATED).list.len() == 0)
    for field, cells in STATED_IN.items():
        present = pl.any_horizontal(pl.col(cell).is_not_null() for cell in cells)
        differ = sound.filter(present != pl.col(f"true_{field}").is_not_null())
        assert differ.select("source", "source_record_id", *cells, f"true_{field}").rows() == [], field


def test_times_are_written_in_the_clock_of_their_source(tmp_path: Path) -> None:
    """Text and date cells without a zone are Berlin's time; sources that write days only are left out."""
    records = read_with_truth(tmp_path).filter(~pl.col("source").is_in(["event_guests", "field_sales", "partner_list"]))
    found = clean_collected_at(records).select(at=pl.col("collected_at").dt.truncate("1m"))
    true = records.select("source", true=pl.col("true_collected_at").dt.truncate("1m"))
    right = (
        pl.concat([found, true], how="horizontal")
        .drop_nulls()
        .group_by("source")
        .agg((pl.col("at") == pl.col("true")).mean())
    )
    assert right.filter(pl.col("at") < 0.95).is_empty(), right
