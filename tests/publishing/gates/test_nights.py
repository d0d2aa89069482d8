"""Which nights the gates hold, and by which gate: bad nights each by the one named for it, honest nights by none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishing.gates.judging import ENOUGH, gates, judge, usual_range
from publishing.gates.measures import MEASURES, Measure
from publishing.gates.verdict import read_verdict
from publishing.publish import publish
from publishing.release import release
from tests.publishing.nights import AT, People, Tables, held_rows, home, people, tables, where

N, FROM = pl.col("number"), pl.col("source")


def few(change: pl.Expr, column: str, rows: pl.Expr) -> Callable[[People], People]:
    """Some of the people with another value."""
    return lambda night: night.with_columns(pl.when(rows).then(change).otherwise(pl.col(column)).alias(column))


def plus(*more: People) -> Callable[[People], People]:
    return lambda night: pl.concat([night, *more])


def swapped_columns(night: People) -> People:
    """A new file of the web form, a column short at the front: what follows stands one to the left."""
    late = people("web", 400, 60)
    late = late.with_columns(given_name="family_name", family_name="email", email=pl.lit(None, pl.String))
    return pl.concat([night, late.with_columns(email_status=pl.lit("missing"))])


BAD: dict[str, tuple[str, Callable[[People], People]]] = {
    "half of a source is missing": ("volume", lambda night: night.filter((FROM != "fair") | (N % 2 == 0))),
    "a source vanished": ("volume", lambda night: night.filter(FROM != "fair")),
    "every source lost a ninth": ("gone_leads", lambda night: night.filter(N % 9 != 0)),
    "all e-mails broken by a change of encoding": (
        "invalid_values",
        where("web", email="m?ller@@example", email_status="invalid"),
    ),
    "the e-mails of one new file broken": (
        "invalid_values",
        plus(people("web", 400, 60).with_columns(email=pl.lit("a@"), email_status=pl.lit("invalid"))),
    ),
    "postcodes beside the wrong towns": ("invalid_values", where("fair", address_status="conflict", city="Ulm")),
    "the column e-mail is mapped no longer": ("emptied_fields", where("web", email=None, email_status="missing")),
    "the column job title is gone from the newest file": (
        "schema_drift",
        plus(people("web", 400, 60).with_columns(job_title=pl.lit(None, pl.String))),
    ),
    "the column consent is mapped no longer": (
        "emptied_fields",
        few(pl.lit("unknown"), "consent_email", (FROM == "web") & (N % 10 != 0)),
    ),
    "the column consent is gone from the newest file": (
        "schema_drift",
        plus(people("web", 400, 60).with_columns(consent_email=pl.lit("unknown"))),
    ),
    "a new file with shifted columns": ("schema_drift", swapped_columns),
    "a rule wrote another town into each address": ("changed_leads", where("crm", city="Berlin")),
    "overrides link strangers pair by pair": (
        "merged_leads",
        few(N - 1, "into", (FROM == "web") & (N % 2 == 1) & (N < 80)),
    ),
    "a shared mailbox makes one person of many": (
        "swallowing_leads",
        few(pl.lit(0, pl.Int64), "into", (FROM == "web") & (N < 24)),
    ),
    "a rule merges companies pair by pair": (
        "merged_accounts",
        few(pl.col("account") - 1, "account", (FROM == "web") & (pl.col("account") % 2 == 1)),
    ),
    "one account swallows others": (
        "swallowing_accounts",
        few(pl.lit(0, pl.Int64), "account", (FROM == "web") & (N < 44)),
    ),
    "refusals of e-mail are lost": ("lost_opt_outs", where("web", consent_email="unknown")),
    "three refusals are lost": ("lost_opt_outs", few(pl.lit("unknown"), "consent_email", N.is_in([10, 20, 1_040]))),
    "yes and no are mixed up": ("renewed_consent", where("web", consent_email="granted", consent_phone="unknown")),
    "every person came a second time": ("new_leads", plus(people("web", 3_000, 2_600))),
}

HONEST: dict[str, Callable[[People], People]] = {
    "nothing changed": lambda night: night,
    "a fair list with a fifth of new leads": plus(people("fair", 1_400, 240)),
    "a known source doubles": plus(people("fair", 1_400, 400)),
    "a first delivery of a new source, five times the home": plus(people("partner", 10_000, 6_000)),
    "a new source without e-mails, titles and streets": plus(
        people("cards", 10_000, 300).with_columns(
            *(pl.lit(None, pl.String).alias(name) for name in ("email", "job_title", "street")),
            email_status=pl.lit("missing"),
        )
    ),
    "a new source of broken e-mails": plus(people("cards", 10_000, 300).with_columns(email_status=pl.lit("invalid"))),
    "corrections of every twentieth lead": few(pl.lit("Ulm"), "city", N % 20 == 0),
    "some duplicates found": few(N - 1, "into", (N % 2 == 1) & (N < 30)),
    "some people moved to another company": few(pl.col("account") + 1, "account", (N % 40 == 0) & (N % 4 == 0)),
    "two people erased, a few withdrawn": lambda night: night.filter(N % 40 != 3),
    "some opt out": few(pl.lit("refused"), "consent_email", N % 13 == 0),
    "some who refused consent again": few(pl.lit("confirmed"), "consent_email", N % 100 == 0),
}


def verdict_of(night: People, folder: Path, held: Tables | None = None) -> tuple[str, set[str]]:
    base = home()
    publish(tables(base, "run-1"), folder, "run-1", at=AT)
    done = publish(tables(night, "run-2", base, held), folder, "run-2", at=AT + timedelta(days=1))
    return done.state, {it.gate.name for it in done.verdict.tripped}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_night_is_held_by_the_gate_named_for_it(what: str, tmp_path: Path) -> None:
    gate, change = BAD[what]
    state, tripped = verdict_of(change(home()), tmp_path)
    assert state == "held"
    assert gate in tripped
    assert (tmp_path / "current").readlink() == Path("run-1")


@pytest.mark.parametrize("what", HONEST)
def test_an_honest_night_is_published(what: str, tmp_path: Path) -> None:
    state, tripped = verdict_of(HONEST[what](home()), tmp_path)
    assert tripped == set()
    assert state == ("unchanged" if what == "nothing changed" else "published")


def test_a_source_of_which_most_is_held_back(tmp_path: Path) -> None:
    late = pl.concat([home(), people("web", 400, 20)])
    assert verdict_of(late, tmp_path, held_rows("web", 80)) == ("held", {"quarantine"})


def test_a_known_share_held_back_is_no_alarm(tmp_path: Path) -> None:
    late = pl.concat([home(), people("web", 400, 200)])
    assert verdict_of(late, tmp_path, held_rows("web", 80)) == ("published", set())


def test_every_gate_is_named_by_a_bad_night() -> None:
    named = {gate for gate, _ in BAD.values()} | {"quarantine"}
    assert named | {"split_leads", "id_churn"} == set(gates()) == set(MEASURES)


def test_leads_that_fall_apart_are_held(tmp_path: Path) -> None:
    pairs = home().with_columns(into=pl.when((FROM == "web") & (N % 2 == 1)).then(N - 1).otherwise("into"))
    publish(tables(pairs, "run-1"), tmp_path, "run-1", at=AT)
    done = publish(tables(home(), "run-2", pairs), tmp_path, "run-2", at=AT)
    assert {it.gate.name for it in done.verdict.tripped} == {"split_leads"}


def test_ids_that_are_new_and_to_which_nothing_leads_are_held(tmp_path: Path) -> None:
    lost = home().with_columns(into=pl.when(N < 30).then(N + 5_000).otherwise("into"))
    publish(tables(home(), "run-1"), tmp_path, "run-1", at=AT)
    done = publish(tables(lost, "run-2"), tmp_path, "run-2", at=AT)
    assert {it.gate.name for it in done.verdict.tripped} == {"id_churn"}


def test_the_first_publication_trips_nothing(tmp_path: Path) -> None:
    broken = where("web", email_status="invalid")(home())
    done = publish(tables(broken, "run-1"), tmp_path, "run-1", at=AT)
    assert (done.state, done.verdict.findings) == ("published", ())


def test_what_is_said_names_leads_and_no_values(tmp_path: Path) -> None:
    verdict_of(where("web", email=None, email_status="missing")(home()), tmp_path)
    text = (tmp_path / "held" / ".written.jsonl").read_text(encoding="utf-8")
    assert "@" not in text and "family_name 1" not in text
    verdict = read_verdict(tmp_path / "held" / "run-2")
    assert verdict is not None
    (found,) = (it for it in verdict.tripped if it.subject == "web: email")
    assert (found.value, found.least, found.most, found.rows) == (1.0, 0.0, 0.2, 400)
    leads = pl.read_parquet(tmp_path / "current" / "leads.parquet")
    assert set(found.samples) <= set(leads["lead_id"]) and len(found.samples) == 5


# What is usual is learnt

shares = st.floats(0, 1)


@given(value=shares, nights=st.lists(shares, max_size=40), name=st.sampled_from(sorted(gates())), usual=shares)
def test_what_the_publication_before_held_is_always_usual(
    value: float, nights: list[float], name: str, usual: float
) -> None:
    gate = gates()[name]
    standing = usual if gate.usual is None else gate.usual
    found = judge([Measure(name, "x", standing, 10**6, usual)], {(name, "x"): nights})
    assert not found[0].tripped


@given(nights=st.lists(shares, max_size=40), name=st.sampled_from(sorted(gates())), usual=shares)
def test_learning_never_narrows_a_range(nights: list[float], name: str, usual: float) -> None:
    measure = Measure(name, "x", 0.5, 100, usual)
    least, most = usual_range(measure, gates()[name], nights)
    default = usual_range(measure, gates()[name], [])
    assert least <= default[0] and default[1] <= most


@pytest.mark.parametrize(
    ("nights", "most"),
    [
        ([], 0.02),
        ([0.04] * (ENOUGH - 1), 0.02),
        ([0.04] * ENOUGH, 0.06),
        ([0.04, 0.05, 0.04, 0.06, 0.04, 0.05, 0.04, 0.9], 0.075),  # a single bad night that was released
        ([0.0] * 20, 0.02),
    ],
)
def test_the_range_follows_what_is_usual_here(nights: list[float], most: float) -> None:
    measure = Measure("merged_leads", "leads", 0.05, 100)
    assert usual_range(measure, gates()["merged_leads"], nights) == (0.0, most)


def test_a_home_learns_from_the_nights_it_published(tmp_path: Path) -> None:
    """A list that corrects two thirds of a source each night trips; after a week of such nights it is usual here."""
    night, before, states = home(), None, []
    for number in range(ENOUGH + 3):
        moved = (FROM == "crm") & ((N + number) % 3 < 2)
        night = night.with_columns(city=pl.when(moved).then(pl.lit(f"Town {number}")).otherwise("city"))
        told, at = tables(night, f"run-{number}", before), AT + timedelta(days=number)
        state = publish(told, tmp_path, f"run-{number}", at=at).state
        if state == "held":
            release(tmp_path, f"run-{number}", who="anna", why="the new service corrects addresses", at=at)
        states.append(state)
        before = night
    assert states == ["published", *["held"] * ENOUGH, "published", "published"]
