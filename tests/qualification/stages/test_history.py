"""Stage history: who moves whom, the way back, deals reopened or cancelled, customers, merges, late rows."""

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from contracts.published import REDIRECTS
from contracts.qualified import STAGE_HISTORY
from qualification.rule_files import rule_file
from qualification.stages.crm_words import crm_words
from qualification.stages.history import stage_history, standing_stages
from qualification.stages.models import Model, stage_models
from qualification.stages.signals import customers, from_others, signals
from tests.qualification.rows import Row, feedback, leads, opportunities, redirected, touchpoints, utc

MODELS = {model.name: model for model in stage_models()}
TYPES = pl.DataFrame(rule_file("activity_types.csv").rows())
WORDS = crm_words()
SCORED = {
    "lead_id": pl.String,
    "signal": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "known_at": pl.Datetime("us", "UTC"),
    "why": pl.String,
}


def scored(*rows: Row) -> pl.DataFrame:
    made = [{"lead_id": "A", "why": "grade", "known_at": row["at"]} | dict(row) for row in rows]
    for row in made:
        row |= {name: utc(row[name]) for name in ("at", "known_at")}
    return pl.DataFrame(made, schema=SCORED) if made else pl.DataFrame(schema=SCORED)


def qualified(at: str, **more: Any) -> Row:
    return {"signal": "qualified", "at": at, **more}


def lost(at: str, **more: Any) -> Row:
    return {"signal": "disqualified", "at": at, "why": "decayed", **more}


def word(new_value: str, at: str, **more: Any) -> Row:
    return {"new_value": new_value, "at": at, **more}


class Home:
    """What is known on a night; each night follows the one before."""

    def __init__(self, model: str = "marketo") -> None:
        self.model: Model = MODELS[model]
        self.history = STAGE_HISTORY.empty()
        self.before: datetime | None = None
        self.redirects = REDIRECTS.empty()

    def night(
        self,
        as_of: str,
        *,
        people: tuple[Row, ...] = ({},),
        acts: tuple[Row, ...] = (),
        moves: tuple[Row, ...] = (),
        crm: tuple[Row, ...] = (),
        deals: tuple[Row, ...] = (),
        others: pl.DataFrame | None = None,
        redirects: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        known = leads(*people)
        given = signals(
            touchpoints(acts),
            known,
            feedback(*crm),
            opportunities(*deals),
            scored(*moves),
            activity_types=TYPES,
            words=WORDS,
            rules_version="1",
        )
        given = given if others is None else pl.concat([given, others])
        gone = REDIRECTS.empty() if redirects is None else redirects
        self.history = stage_history(
            given,
            [self.model],
            self.history,
            redirects=gone,
            redirects_before=self.redirects,
            leads=known,
            as_of=utc(as_of),
            before=self.before,
            rules_version="1",
        )
        self.before, self.redirects = utc(as_of), gone
        return self.history

    def way(self, lead: str = "A") -> list[tuple[str, int, str]]:
        """Stage, pass and day of each step of a lead, without rows of whom it was merged from."""
        own = self.history.filter(lead_id=lead).filter(pl.col("merged_from").is_null()).sort("pass", "entered_at")
        return [(row["stage"], row["pass"], f"{row['entered_at']:%m-%d}") for row in own.iter_rows(named=True)]


def test_rules_the_crm_and_an_order_move_a_lead_each_to_its_own_stages() -> None:
    home = Home()
    home.night(
        "2026-06-01 02:00",
        moves=({"signal": "behaviour >= 10", "at": "2026-02-01 09:00"}, qualified("2026-02-10 09:00")),
        crm=(
            word("Working", "2026-02-11 09:00"),
            word("SQL", "2026-02-15 09:00"),
            word("proposal", "2026-03-01 09:00"),
        ),
        deals=({"outcome": "won", "created_at": "2026-02-20 09:00", "closed_at": "2026-04-01 09:00"},),
    )
    assert home.way() == [
        ("lead", 1, "01-01"),
        ("engaged", 1, "02-01"),
        ("mql", 1, "02-10"),
        ("sales_review", 1, "02-11"),
        ("sql", 1, "02-15"),
        ("opportunity", 1, "02-20"),
        ("customer", 1, "04-01"),
    ]
    assert home.history.sort("entered_at")["by"].to_list() == [*["rule"] * 3, *["crm"] * 3, "order"]
    assert home.history.sort("entered_at")["left_at"].null_count() == 1


@pytest.mark.parametrize(
    ("crm", "moves"),
    [
        (word("marketingqualifiedlead", "2026-02-11 09:00"), ()),
        (word("customer", "2026-02-11 09:00"), ()),
        (word("Völlig unbekannt", "2026-02-11 09:00"), ()),
        (word("new", "2026-02-11 09:00"), ()),
        (word("mql", "2026-02-11 09:00"), ()),
    ],
    ids=["the CRM makes no MQL", "the CRM makes no customer", "an unknown word", "new", "a rule's stage by its name"],
)
def test_who_may_not_move_a_lead_does_not(crm: Row, moves: tuple[Row, ...]) -> None:
    home = Home()
    home.night("2026-06-01 02:00", crm=(crm,), moves=moves)
    assert home.way() == [("lead", 1, "01-01")]


@pytest.mark.parametrize(
    ("model", "word_of_crm", "stage", "ladder"),
    [
        ("marketo", "salesqualifiedlead", "sql", 5),
        ("sirius2012", "salesqualifiedlead", "tql", 5),
        ("sirius2012", "Angebot erstellt", "sql", 6),
        ("simple", "Qualified", "sql", 5),
        ("leadz", "Repeat Buyer", "sql", 5),
        ("pipeline", "Needs Analysis", "needs_assessment", 5),
        ("pipeline", "In Verhandlung", "negotiation", 6),
        ("sirius2012", "TQL", "tql", 5),
    ],
)
def test_one_word_leads_to_the_stage_of_each_model(model: str, word_of_crm: str, stage: str, ladder: int) -> None:
    home = Home(model)
    home.night("2026-06-01 02:00", crm=(word(word_of_crm, "2026-02-11 09:00"),))
    assert home.way()[-1][0] == stage
    assert home.history.sort("entered_at")["ladder"].to_list()[-1] == ladder


def test_a_deal_lost_reopened_and_won_is_one_order_and_keeps_its_loss() -> None:
    home = Home()
    home.night(
        "2026-06-01 02:00",
        acts=({"kind": "form_fill", "at": "2026-03-02 09:00"},),
        crm=(
            word("Qualification", "2026-03-10 09:00"),
            word("Closed Lost", "2026-04-01 09:00", reason="Preis"),
            word("Negotiation/Review", "2026-04-20 09:00"),
            word("Closed Won", "2026-05-15 09:00"),
        ),
        deals=({"outcome": "won", "created_at": "2026-03-10 09:00", "closed_at": "2026-05-15 00:00"},),
    )
    assert home.way()[1:] == [
        ("opportunity", 1, "03-10"),
        ("nurturing", 1, "04-01"),
        ("opportunity", 1, "04-20"),
        ("customer", 1, "05-15"),
    ]
    assert home.history.filter(stage="nurturing")["reason"].to_list() == ["Preis"]


def test_a_cancelled_order_closes_the_customer() -> None:
    deal = {"outcome": "won", "created_at": "2026-02-10 09:00", "closed_at": "2026-03-01 09:00"}
    taken_back = deal | {"outcome": "cancelled", "known_at": "2026-03-20 02:00"}
    followed, at_once = Home(), Home()
    followed.night("2026-03-02 02:00", deals=(deal,))
    followed.night("2026-03-20 02:00", deals=(taken_back,))
    at_once.night("2026-03-20 02:00", deals=(taken_back,))
    for home in (followed, at_once):
        assert home.way()[-2:] == [("customer", 1, "03-01"), ("nurturing", 1, "03-20")]
        assert home.history.filter(stage="nurturing")["reason"].to_list() == ["cancelled"]
        assert home.history.filter(stage="customer")["left_at"].to_list() == [utc("2026-03-20 02:00")]
    assert customers(opportunities(taken_back)).is_empty()


def test_a_cancellation_that_moves_the_closing_date_is_of_the_same_order() -> None:
    deal = {"outcome": "won", "created_at": "2026-02-10 09:00", "closed_at": "2026-03-01 09:00"}
    taken_back = deal | {"outcome": "cancelled", "closed_at": "2026-03-19 09:00", "known_at": "2026-03-20 02:00"}
    home = Home()
    home.night("2026-03-02 02:00", deals=(deal,))
    home.night("2026-03-20 02:00", deals=(taken_back,))
    home.night("2026-03-21 02:00", deals=(taken_back,))
    assert home.way()[-2:] == [("customer", 1, "03-01"), ("nurturing", 1, "03-20")]


def test_who_has_another_order_stays_a_customer_when_one_is_cancelled() -> None:
    home = Home()
    home.night(
        "2026-06-01 02:00",
        deals=(
            {"outcome": "won", "created_at": "2026-02-10 09:00", "closed_at": "2026-03-01 09:00"},
            {"outcome": "cancelled", "created_at": "2026-02-12 09:00", "closed_at": "2026-03-10 09:00"},
        ),
    )
    assert home.way()[-1] == ("customer", 1, "03-01")


def test_what_decays_is_recycled_and_may_qualify_again() -> None:
    home = Home()
    home.night(
        "2026-06-01 02:00",
        moves=(qualified("2026-02-01 09:00"), lost("2026-03-01 09:00"), qualified("2026-04-01 09:00")),
    )
    assert home.way()[1:] == [("mql", 1, "02-01"), ("nurturing", 1, "03-01"), ("mql", 1, "04-01")]
    assert home.history.filter(stage="nurturing")["reason"].to_list() == ["decayed"]


def test_who_is_with_sales_is_not_recycled_by_decay() -> None:
    at, evidence = utc("2026-02-02 02:00"), "handover H1"
    told = pl.DataFrame([{"lead_id": "A", "signal": "handed_over", "at": at, "evidence": evidence}])
    handed = from_others(told)
    for more in ({"others": handed}, {"crm": (word("Accepted", "2026-02-03 09:00"),)}):
        home = Home()
        home.night("2026-06-01 02:00", moves=(qualified("2026-02-01 09:00"), lost("2026-03-01 09:00")), **more)
        assert "nurturing" not in [stage for stage, _, _ in home.way()]


@pytest.mark.parametrize(
    ("model", "more", "way"),
    [
        ("marketo", {"moves": (qualified("2026-05-01 09:00"),)}, [("customer", 1, "03-01"), ("mql", 2, "05-01")]),
        (
            "marketo",
            {"crm": (word("Proposal", "2026-05-01 09:00"),)},
            [("customer", 1, "03-01"), ("opportunity", 2, "05-01")],
        ),
        ("marketo", {"crm": (word("Proposal", "2026-03-01 15:00"),)}, [("customer", 1, "03-01")]),
        ("marketo", {"acts": ({"kind": "sales_call", "at": "2026-05-01 09:00"},)}, [("customer", 1, "03-01")]),
        (
            "leadz",
            {"acts": ({"kind": "page_view", "at": "2026-05-01 09:00"},)},
            [("kunde", 1, "03-01"), ("prospect", 2, "05-01")],
        ),
    ],
    ids=[
        "qualifies again",
        "a new offer",
        "an offer of the same day",
        "a call to a customer",
        "leadz: the next touchpoint",
    ],
)
def test_customers_begin_anew(model: str, more: dict[str, Any], way: list[tuple[str, int, str]]) -> None:
    home = Home(model)
    deal = {"outcome": "won", "created_at": "2026-02-10 09:00", "closed_at": "2026-03-01 09:00"}
    home.night("2026-06-01 02:00", deals=(deal,), **more)
    assert home.way()[-len(way) :] == way


def test_a_second_order_is_a_second_pass_and_the_same_order_is_not() -> None:
    home = Home()
    first = {"outcome": "won", "created_at": "2026-02-10 09:00", "closed_at": "2026-03-01 09:00"}
    second = {"outcome": "won", "created_at": "2026-04-10 09:00", "closed_at": "2026-05-01 09:00"}
    home.night("2026-06-01 02:00", deals=(first, second), crm=(word("Closed Won", "2026-03-02 16:00"),))
    assert [step for step in home.way() if step[0] == "customer"] == [
        ("customer", 1, "03-01"),
        ("customer", 2, "05-01"),
    ]


TWO: tuple[Row, ...] = ({"lead_id": "A"}, {"lead_id": "B", "first_seen_at": utc("2026-01-05 00:00")})
OF_TWO: dict[str, Any] = {
    "moves": (qualified("2026-03-01 09:00"),),
    "crm": (word("SQL", "2026-02-20 09:00", lead_id="B"),),
}
MERGED: dict[str, Any] = {
    "moves": (qualified("2026-03-01 09:00", lead_id="B"),),
    "crm": (word("SQL", "2026-02-20 09:00", lead_id="B"),),
    "people": ({"lead_id": "B"},),
    "redirects": redirected("A", "B", "2026-03-10 01:00"),
}


def test_of_merged_leads_the_furthest_stage_counts_and_nobody_counts_twice() -> None:
    home = Home()
    home.night("2026-03-09 02:00", people=TWO, **OF_TWO)
    before = home.history
    home.night("2026-03-10 02:00", **MERGED)
    now = standing_stages(home.history, home.model, leads({"lead_id": "B"}))
    assert now.rows() == [("B", "sql", utc("2026-02-20 09:00"))]
    mql = home.history.filter(stage="mql").row(0, named=True)
    assert (mql["lead_id"], mql["merged_from"], mql["left_at"]) == ("B", "A", utc("2026-03-10 01:00"))
    assert home.history.height >= before.height
    assert home.history.filter(pl.col("left_at").is_null()).height == 1


def test_merged_and_parted_again_equals_never_merged() -> None:
    home, never = Home(), Home()
    home.night("2026-03-09 02:00", people=TWO, **OF_TWO)
    home.night("2026-03-10 02:00", **MERGED)
    home.night("2026-03-11 02:00", **MERGED)
    home.night("2026-03-12 02:00", people=TWO, **OF_TWO)
    for night in ("2026-03-09 02:00", "2026-03-10 02:00", "2026-03-11 02:00", "2026-03-12 02:00"):
        never.night(night, people=TWO, **OF_TWO)
    assert home.history.equals(never.history)


def test_a_quiet_night_changes_nothing() -> None:
    home = Home()
    first = home.night("2026-03-09 02:00", people=TWO, **OF_TWO)
    assert home.night("2026-03-10 02:00", people=TWO, **OF_TWO).equals(first)


def test_what_is_learned_late_is_added_and_marked() -> None:
    home = Home()
    home.night("2026-03-09 02:00", crm=(word("SQL", "2026-03-01 09:00"),))
    accepted = word("Accepted", "2026-02-01 09:00", known_at=utc("2026-03-10 02:00"))
    home.night("2026-03-10 02:00", crm=(word("SQL", "2026-03-01 09:00"), accepted))
    rows = home.history.sort("entered_at")
    assert rows["stage"].to_list() == ["lead", "sales_review", "sql"]
    assert rows["late"].to_list() == [False, True, False]
    assert rows["left_at"].to_list() == [utc("2026-02-01 09:00"), utc("2026-03-01 09:00"), None]


def test_changed_facts_take_effect_today_and_not_in_the_past() -> None:
    home = Home()
    home.night("2026-03-09 02:00", moves=({"signal": "behaviour >= 10", "at": "2026-02-01 09:00"},))
    now = (home_move := {"signal": "behaviour >= 10", "at": "2026-02-01 09:00"}, qualified("2026-02-05 09:00"))
    home.night("2026-03-10 02:00", moves=now)
    assert home.way()[-1] == ("mql", 1, "03-10")
    assert home.history.filter(stage="mql")["reason"].to_list() == ["rules_or_facts_changed"]
    steady = home.history
    assert home.night("2026-03-11 02:00", moves=now).equals(steady)
    home.night("2026-03-12 02:00", moves=(home_move,))
    assert home.way()[-1] == ("nurturing", 1, "03-12")
    assert home.history.filter(stage="nurturing")["reason"].to_list() == ["no_longer_qualified"]
    again = home.history
    assert home.night("2026-03-13 02:00", moves=(home_move,)).equals(again)


@pytest.mark.parametrize(
    ("lead", "acts", "stage"),
    [
        ({"consent_email": "granted"}, (), "lead"),
        ({"consent_email": "unknown"}, (), "(none)"),
        ({"consent_email": "unknown"}, ({"kind": "form_fill", "at": "2026-02-01 09:00"},), "lead"),
        ({"consent_email": "refused"}, ({"kind": "email_open", "at": "2026-02-01 09:00"},), "(none)"),
    ],
    ids=["consented", "neither", "interested", "opened a mail"],
)
def test_a_person_is_a_lead_of_marketo_by_consent_or_interest(lead: Row, acts: tuple[Row, ...], stage: str) -> None:
    home = Home()
    home.night("2026-06-01 02:00", people=(lead,), acts=acts)
    assert standing_stages(home.history, home.model, leads(lead))["stage"].to_list() == [stage]


def test_the_order_of_rows_does_not_matter() -> None:
    one, other = Home(), Home()
    crm = (
        word("SQL", "2026-02-20 09:00"),
        word("Closed Lost", "2026-02-20 09:00"),
        word("Proposal", "2026-03-01 09:00"),
    )
    one.night("2026-06-01 02:00", crm=crm)
    named = [{**row, "source_record_id": f"R{n:03}", "row": n} for n, row in enumerate(crm)]
    other.night("2026-06-01 02:00", crm=tuple(reversed(named)))
    assert one.history.equals(other.history)
