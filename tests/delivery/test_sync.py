"""The wounds of sync tools, one by one: what they do to others does not happen here."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

import pytest

from delivery import state
from delivery.mapping import GUARDS, read_mapping
from delivery.record import Entity, Held
from delivery.state import PlanGone, State
from delivery.sync import PlanHeld
from tests.delivery.memory_target import Killed, no_fault
from tests.delivery.publications import account, lead
from tests.delivery.syncing import Syncing

ANNA = {"given_name": "Anna", "family_name": "Klein", "email": "anna@klein.example", "phone": "+497111234567"}


def letters(it: Syncing) -> list[str]:
    return it.state.letters()["key"].to_list()


def once(verb: str, fault: str, at: int = 1):
    """A fault at the `at`-th call of a verb."""
    seen = []

    def happens(called: str, keys: object) -> str | None:
        if called == verb:
            seen.append(keys)
        return fault if called == verb and len(seen) == at else None

    return happens


class TestGoingWell:
    def test_a_lead_arrives_with_its_account_and_the_second_sync_does_nothing(self, syncing: Syncing) -> None:
        syncing.night(
            leads=[lead("L1", **ANNA, account_id="A1", buying_role="buyer")], accounts=[account("A1", city="Ulm")]
        )
        assert syncing.sync().failed == 0
        firm = syncing.target.by_key("A1")
        assert syncing.values("A1") == {"name": "Firm A1", "city": "Ulm"}
        assert syncing.values("L1") == {
            "name": "Anna Klein",
            "email": "anna@klein.example",
            "phone": "+49 7111234567",
            "company": firm.id,
            "tags": ["buyer"],
            "stage": "new",
        }
        assert syncing.actions() == []

    def test_a_parent_made_in_the_same_night_is_referred_to(self, syncing: Syncing) -> None:
        accounts = [account("A1", parent_account_id="A2"), account("A2")]
        syncing.night(leads=[lead("L1", account_id="A1"), lead("L2", account_id="A2")], accounts=accounts)
        assert "update" not in syncing.plan().plan.counts, "it belongs to what is created"
        syncing.sync()
        assert syncing.values("A1")["parent"] == syncing.target.by_key("A2").id
        assert syncing.actions() == []

    def test_a_new_record_without_a_name_is_called_by_what_is_known(self, syncing: Syncing) -> None:
        nameless = {"family_name": None, "email": "info@klein.example"}
        syncing.night(leads=[lead("L1", **nameless), lead("L2", **nameless, account_name="Klein GmbH")]).sync()
        assert [syncing.values(key)["name"] for key in ("L1", "L2")] == ["info@klein.example", "Klein GmbH"]
        assert syncing.actions() == []

    def test_what_is_known_besides_is_written_over_no_name(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", **ANNA)]).sync()
        syncing.night(leads=[lead("L1", family_name=None, email=ANNA["email"], phone=ANNA["phone"])])
        assert syncing.actions() == []
        assert syncing.values("L1")["name"] == "Anna Klein"

    def test_nothing_is_written_before_it_was_shown(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1")]).plan()
        assert syncing.target.records["person"] == {}
        assert syncing.target.calls.keys() == {"find"}

    def test_who_may_not_be_contacted_is_not_made(self, syncing: Syncing) -> None:
        assert syncing.night(leads=[lead("L1", publishable=False)]).actions() == []
        assert syncing.plan().plan.staying == {Entity.ACCOUNT: 0, Entity.LEAD: 1}

    @pytest.mark.parametrize(
        ("reasons", "is_made"),
        [([], True), (["existing_customer"], True), (["existing_customer", "opted_out"], False), (["bot"], False)],
    )
    def test_a_kind_of_record_may_be_for_whom_another_is_not(
        self, syncing: Syncing, reasons: list[str], is_made: bool
    ) -> None:
        own = syncing.home / "sync" / "memory.toml"
        own.write_text(
            "[lead]\ndeliver = { publishable = true }\n"
            '[lead.to.person]\nwhen = { customer_no = "*" }\ndeliver = { block_reasons = "existing_customer" }\n'
            '[lead.to.person.fields]\nname = { from = "family_name" }\n'
            '[lead.to.company.fields]\nname = { from = "family_name" }\n'
        )
        syncing.mapping = read_mapping("memory", own.parent)
        said = {"block_reasons": reasons, "publishable": not reasons}
        syncing.night(leads=[lead("L1", customer_no="K1", **said), lead("L2", **said)]).sync()
        assert len(syncing.target.records["person"]) == is_made
        assert len(syncing.target.records["company"]) == (not reasons)

    def test_accounts_and_leads_may_be_records_of_one_kind(self, syncing: Syncing) -> None:
        own = syncing.home / "sync" / "memory.toml"
        own.write_text("""
            [account.to.person.fields]
            name = { from = "name", write = "overwrite" }
            [lead.to.person.fields]
            name = { from = "family_name", write = "overwrite" }
            company = { from = "account_id", to = "account" }
        """)
        syncing.mapping = read_mapping("memory", own.parent)
        syncing.night(leads=[lead("L1", account_id="A1")], accounts=[account("A1")])
        assert syncing.sync().failed == 0
        assert syncing.values("L1")["company"] == syncing.target.by_key("A1").id
        assert syncing.actions() == []


class TestWounds:
    def test_a_run_in_which_every_row_failed_is_no_success(self, syncing: Syncing) -> None:
        syncing.target.bad = {"L1", "L2"}
        applied = syncing.night(leads=[lead("L1"), lead("L2")]).sync()
        assert (applied.done, applied.failed) == (0, 2)
        assert letters(syncing) == ["L1", "L2"]

    def test_rows_that_failed_are_not_lost_behind_a_watermark(self, syncing: Syncing) -> None:
        syncing.target.bad = {"L1"}
        syncing.night(leads=[lead("L1"), lead("L2")]).sync()
        assert syncing.actions() == []  # it waits for its next try
        syncing.target.bad = set()
        assert syncing.sync(only=letters(syncing)).failed == 0
        assert syncing.values("L1")["name"] == "Name L1"
        assert letters(syncing) == []

    def test_two_people_of_one_mailbox_are_two_records(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", email="info@x.example"), lead("L2", email="info@x.example")]).sync()
        assert len(syncing.target.records["person"]) == 2

    def test_a_changed_address_makes_no_second_record(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", email="old@x.example")]).sync()
        syncing.night(leads=[lead("L1", email="new@x.example")]).sync()
        assert [it.values["email"] for it in syncing.target.records["person"].values()] == ["new@x.example"]

    def test_nulls_do_not_wipe(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", **ANNA, job_title="CEO")]).sync()
        syncing.night(leads=[lead("L1", family_name="Klein", given_name="Anna")]).sync()
        assert syncing.values("L1") | {"email": ANNA["email"], "function": "CEO"} == syncing.values("L1")

    def test_what_sales_typed_stays_and_what_we_own_is_ours_again(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", interest="pumps", job_title="CEO")]).sync()
        id_ = syncing.target.by_key("L1").id
        syncing.target.user_edits("person", id_, note="call on Monday", function="boss", owner="Max", stage="working")
        syncing.night(leads=[lead("L1", interest="valves", job_title="CEO")])
        planned = syncing.plan()
        assert [(it.event, it.field, it.theirs) for it in planned.plan.events] == [
            ("edited", "function", "boss"),
            ("told", "stage", "working"),
        ]
        syncing.apply()
        held = syncing.values("L1")
        assert (held["note"], held["owner"], held["function"]) == ("call on Monday", "Max", "CEO")
        assert held["stage"] == "working", "a lifecycle never goes back"

    def test_what_a_target_gives_a_record_we_made_is_no_news_and_what_a_user_makes_of_it_is(
        self, syncing: Syncing
    ) -> None:
        syncing.target.defaults = {"outcome": "open"}
        syncing.target.records["person"]["90"] = Held("90", "L2", {"name": "Name L2", "outcome": "won"})
        syncing.night(leads=[lead("L1"), lead("L2"), lead("L3")]).sync()
        syncing.target.user_edits("person", syncing.target.by_key("L3").id, outcome="lost")  # before anything else
        syncing.plan()
        told = syncing.state.table("events").filter(event="told").select("key", "field", "theirs")
        assert set(told.iter_rows()) == {("L2", "outcome", "won"), ("L3", "outcome", "lost")}

    def test_a_value_the_target_reformats_is_no_change_and_no_edit(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", **ANNA)]).sync()
        planned = syncing.plan()
        assert (planned.plan.steps, planned.plan.events) == ([], [])

    def test_a_value_that_is_still_ours_follows_us(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", interest="pumps")]).sync()
        syncing.night(leads=[lead("L1", interest="valves")]).sync()
        assert syncing.values("L1")["note"] == "valves"

    def test_a_field_is_left_where_another_says_so(self, syncing: Syncing) -> None:
        own = syncing.home / "sync" / "memory.toml"
        own.write_text(own.read_text().replace('"phone", write = "overwrite" }', '"phone", unless = "owner" }'))
        syncing.mapping = read_mapping("memory", own.parent)
        syncing.night(leads=[lead(key, **ANNA) for key in ("L1", "L2")]).sync()
        syncing.target.user_edits("person", syncing.target.by_key("L1").id, owner="Olga")
        syncing.night(leads=[lead(key, **{**ANNA, "phone": "+497119"}) for key in ("L1", "L2")]).sync()
        assert [syncing.values(key)["phone"] for key in ("L1", "L2")] == ["+49 7111234567", "+49 7119"]
        assert syncing.actions() == []

    def test_a_key_the_target_reformats_costs_nobody_their_record(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1"), lead("L2")]).sync()
        people = syncing.target.records["person"]
        for id_, it in people.items():
            people[id_] = replace(it, key=(it.key or "").lower())
        assert syncing.actions() == []
        assert not any(it.archived for it in people.values())

    def test_tags_of_users_stay_beside_ours(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", buying_role="buyer")]).sync()
        syncing.target.user_edits("person", syncing.target.by_key("L1").id, tags=["buyer", "fair 2026"])
        syncing.night(leads=[lead("L1", buying_role="decider")]).sync()
        assert syncing.values("L1")["tags"] == ["decider", "fair 2026"]

    def test_a_mass_of_removals_is_held_until_a_person_allows_it(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead(f"L{n}") for n in range(4)]).sync()
        syncing.night(gone=[f"L{n}" for n in range(4)]).plan()
        with pytest.raises(PlanHeld, match="archive: 4 of 4 known records, more than 50%"):
            syncing.apply()
        assert not any(it.archived for it in syncing.target.records["person"].values())
        assert syncing.sync(allowed=["archive"]).done == 4

    def test_another_database_is_not_taken_for_a_mass_of_deletions(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead(f"L{n}") for n in range(4)]).sync()
        syncing.target.records["person"] = {}
        syncing.plan()
        with pytest.raises(PlanHeld, match="missing: 4"):
            syncing.apply()
        assert {it.standing for it in syncing.state.bindings().values()} == {"ours"}

    @pytest.mark.parametrize("verb", ["create", "update"])
    def test_an_answer_lost_after_the_write_doubles_nothing(self, syncing: Syncing, verb: str) -> None:
        syncing.night(leads=[lead("L1")]).sync() if verb == "update" else None
        syncing.target.fault = once(verb, "lost")
        assert syncing.night(leads=[lead("L1", **ANNA), lead("L2")]).sync().failed == 0
        assert len(syncing.target.records["person"]) == 2
        assert syncing.actions() == []

    def test_one_bad_row_stops_one_row(self, syncing: Syncing) -> None:
        syncing.target.bad, syncing.target.refuses_batches = {"L3"}, True
        applied = syncing.night(leads=[lead(f"L{n}") for n in range(6)]).sync()
        assert (applied.done, applied.failed) == (5, 1)
        assert letters(syncing) == ["L3"]

    def test_what_is_locked_goes_through_later(self, syncing: Syncing) -> None:
        syncing.target.fault = once("create", "later")
        assert syncing.night(leads=[lead("L1")]).sync().failed == 0

    def test_a_success_that_wrote_nothing_is_found_out(self, syncing: Syncing, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(syncing.target, "_formatted", lambda kind, values: {**values, "name": "something else"})
        applied = syncing.night(leads=[lead("L1")]).sync()
        assert (applied.done, applied.failed) == (0, 1)
        assert syncing.state.letters()["reason"].to_list() == ["other than written: name"]

    @pytest.mark.parametrize("at", [1, 2])
    def test_a_killed_run_goes_on_without_doubles(self, syncing: Syncing, at: int) -> None:
        syncing.target.fault = once("create", "killed", at)
        syncing.night(leads=[lead(f"L{n}") for n in range(8)]).plan()
        with pytest.raises(Killed):
            syncing.apply()
        assert syncing.apply().failed == 0
        assert sorted(it.key or "" for it in syncing.target.records["person"].values()) == [f"L{n}" for n in range(8)]

    def test_a_lost_state_is_found_again_by_the_keys_there(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", **ANNA), lead("L2")]).sync()
        syncing.state.unbind(["L1", "L2"])
        assert syncing.actions() == []
        assert syncing.state.bindings().keys() == {"L1", "L2"}


class TestUsers:
    def test_a_deleted_record_is_not_made_again(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1"), lead("L2")]).sync()
        syncing.target.user_deletes("person", syncing.target.by_key("L1").id)
        planned = syncing.plan()
        assert [(it.event, it.key) for it in planned.plan.events] == [("deleted", "L1")]
        assert planned.plan.steps == []
        assert syncing.plan().plan.events == [], "told once"

    def test_an_archived_record_is_left_alone_until_it_is_back(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", job_title="CEO")]).sync()
        id_ = syncing.target.by_key("L1").id
        syncing.target.user_archives("person", id_)
        syncing.night(leads=[lead("L1", job_title="CFO")])
        assert syncing.actions() == []

    def test_two_records_that_a_user_merged_are_one_and_do_not_overwrite_each_other(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", job_title="CEO"), lead("L2", job_title="CFO")]).sync()
        one, two = (syncing.target.by_key(key).id for key in ("L1", "L2"))
        syncing.target.user_merges("person", one, two)
        planned = syncing.plan()
        assert [(it.event, it.key) for it in planned.plan.events] == [("shared", "L2")]
        assert planned.plan.steps == []
        assert syncing.values("L1")["function"] == "CEO"

    def test_a_record_merged_into_a_foreign_one_goes_on_there(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", job_title="CEO")]).sync()
        foreign = syncing.target.user_creates("person", name="A. Klein", owner="Max")
        syncing.target.user_merges("person", foreign, syncing.target.by_key("L1").id)
        assert syncing.sync().failed == 0
        held = syncing.target.records["person"][foreign].values
        assert (held["name"], held["owner"]) == ("Name L1", "Max")

    def test_merges_of_merges_are_followed_to_their_end(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", job_title="CEO")]).sync()
        one, two = (syncing.target.user_creates("person", name="A. Klein") for _ in range(2))
        syncing.target.user_merges("person", one, syncing.target.by_key("L1").id)
        syncing.target.user_merges("person", two, one)
        planned = syncing.plan()
        assert next((it.event, it.key, it.id) for it in planned.plan.events) == ("merged", "L1", two)
        assert syncing.apply().failed == 0
        assert syncing.target.records["person"][two].values["name"] == "Name L1"

    def test_a_row_changed_between_plan_and_apply_is_not_overwritten(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", job_title="CEO")]).sync()
        syncing.night(leads=[lead("L1", job_title="CFO")]).plan()
        syncing.target.user_edits("person", syncing.target.by_key("L1").id, function="typed just now")
        syncing.apply()
        assert syncing.values("L1")["function"] == "typed just now"


class TestIds:
    def test_two_of_ours_that_became_one_are_merged_there(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1"), lead("L2")]).sync()
        winner = syncing.target.by_key("L1").id
        assert syncing.night(leads=[lead("L1")], became={"L2": "L1"}).sync().failed == 0
        assert list(syncing.target.records["person"]) == [winner]
        assert syncing.actions() == []

    def test_a_record_goes_on_under_a_new_id(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", job_title="CEO")]).sync()
        id_ = syncing.target.by_key("L1").id
        assert syncing.night(leads=[lead("L9", job_title="CFO")], became={"L1": "L9"}).sync().failed == 0
        assert syncing.target.by_key("L9").id == id_
        assert syncing.values("L9")["function"] == "CFO"
        assert syncing.actions() == []

    def test_who_was_merged_by_mistake_is_two_again_after_the_split(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1"), lead("L2")]).sync()
        syncing.night(leads=[lead("L2")], became={"L1": "L2"}).sync()
        syncing.night(leads=[lead("L1"), lead("L2")]).sync(allowed=GUARDS)
        assert sorted(str(it.key) for it in syncing.target.records["person"].values()) == ["L1", "L2"]
        assert syncing.actions() == []

    def test_a_record_goes_back_to_the_id_it_came_from_where_a_publication_was_undone(self, syncing: Syncing) -> None:
        first, second = {"leads": [lead("L1")]}, {"leads": [lead("L2")], "became": {"L1": "L2"}}
        for night, key in ((first, "L1"), (second, "L2"), (first, "L1"), (second, "L2")):
            syncing.night(**night).sync(allowed=GUARDS)
            assert [it.key for it in syncing.target.records["person"].values()] == [key]
        assert syncing.actions() == []

    def test_a_record_the_list_left_out_is_not_taken_for_deleted(
        self, syncing: Syncing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        syncing.night(leads=[lead("L1"), lead("L2")]).sync()
        find = syncing.target.find
        monkeypatch.setattr(
            syncing.target, "find", lambda *of: (it for it in find(*of) if len(of) > 2 or it.key != "L1")
        )
        assert syncing.plan().plan.events == []
        monkeypatch.undo()
        assert syncing.actions() == []

    def test_a_row_of_any_action_that_failed_is_a_letter_until_it_is_done(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1"), lead("L2")]).sync()
        syncing.target.bad = {syncing.target.by_key("L1").id}
        syncing.night(leads=[lead("L2", job_title="CEO")], erased=["L1"]).sync(allowed=GUARDS)
        assert syncing.state.letters().select("key", "action", "reason").rows() == [("L1", "erase", "wrong")]
        syncing.target.bad = set()
        syncing.sync(allowed=GUARDS)
        assert syncing.state.letters().is_empty()

    def test_a_failure_dated_by_a_clock_that_was_ahead_waits_no_longer_than_any(
        self, syncing: Syncing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class NextYear(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + timedelta(days=365)

        syncing.target.bad = {"L1"}
        monkeypatch.setattr(state, "datetime", NextYear)
        syncing.night(leads=[lead("L1")]).sync()
        monkeypatch.undo()
        assert syncing.actions() == [("create", "L1")]

    def test_who_is_gone_is_archived_and_who_is_erased_is_deleted(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1"), lead("L2"), lead("L3")]).sync()
        assert syncing.night(leads=[lead("L3")], gone=["L1"], erased=["L2"]).sync().failed == 0
        assert syncing.target.by_key("L1").archived
        assert [it.key for it in syncing.target.records["person"].values()] == ["L1", "L3"]
        assert syncing.actions() == []
        assert "L2" not in syncing.state.bindings()

    def test_an_erased_person_within_the_record_of_another_is_told(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1"), lead("L2")]).sync()
        syncing.target.user_merges("person", *(syncing.target.by_key(key).id for key in ("L1", "L2")))
        syncing.sync()
        planned = syncing.night(leads=[lead("L1")], erased=["L2"]).plan()
        assert [(it.event, it.key) for it in planned.plan.events] == [("mixed", "L2")]
        assert planned.plan.steps == []

    def test_objections_go_first_and_once(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", **ANNA)]).sync()
        objects = lead("L1", **ANNA, consent_email="refused", email_permission="objected", publishable=False)
        syncing.night(leads=[objects, lead("L0")])
        assert syncing.actions()[0] == ("suppress", "L1")
        syncing.sync()
        assert [(it.channel, it.address) for it in syncing.target.suppressions] == [("email", ANNA["email"])]
        assert syncing.actions() == []

    def test_who_objects_is_not_made_where_the_target_was_not_told(self, syncing: Syncing) -> None:
        syncing.target.fault = lambda verb, keys: "later" if verb == "suppress" else None
        leads = [lead("L1", email="a@b.example", consent_email="refused"), lead("L2")]
        syncing.night(leads=leads).sync()
        assert [it.key for it in syncing.target.records["person"].values()] == ["L2"]
        assert set(letters(syncing)) == {"L1"}
        syncing.target.fault = no_fault
        syncing.sync(only=["L1"])
        assert syncing.actions() == []
        assert [it.address for it in syncing.target.suppressions] == ["a@b.example"]

    def test_who_is_forgotten_while_a_plan_is_carried_out_ends_it_and_is_quoted_nowhere(self, syncing: Syncing) -> None:
        def forgets(verb: str, keys: Sequence[str]) -> str:
            with closing(State(syncing.state.path.parent)) as another:
                another.erase(["L1"])
            return "later"

        syncing.target.fault = forgets
        syncing.night(leads=[lead("L1", **ANNA)]).plan()
        with pytest.raises(PlanGone, match="plan again"):
            syncing.apply()
        assert syncing.state.letters().is_empty()
        assert not set(syncing.state.table("log")["reason"]) - {""}

    def test_one_number_in_two_fields_is_told_once(self, syncing: Syncing) -> None:
        number = {"phone": ANNA["phone"], "mobile": ANNA["phone"]}
        syncing.night(leads=[lead("L1", **number, consent_phone="refused", call_permission="objected")]).sync()
        assert [(it.channel, it.address) for it in syncing.target.suppressions] == [("phone", ANNA["phone"])]

    def test_what_is_mapped_no_more_is_left_as_it_is(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", account_id="A1")], accounts=[account("A1")]).sync()
        own = syncing.home / "sync" / "memory.toml"
        own.write_text(own.read_text().split("[account.")[0] + "[lead" + own.read_text().split("[lead", 1)[1])
        syncing.mapping = read_mapping("memory", own.parent)
        assert syncing.night(leads=[lead("L1")], gone=["A1"]).actions() == []


class TestWhatHoldsAPlan:
    def test_an_older_plan_is_not_applied(self, syncing: Syncing) -> None:
        first = syncing.night(leads=[lead("L1")]).plan()
        syncing.night(leads=[lead("L1"), lead("L2")]).plan()
        with pytest.raises(PlanHeld, match="there is no plan"):
            syncing.apply(first.id)

    def test_a_plan_that_nobody_saw_is_applied_by_its_id_alone(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1")])
        of_a_job = syncing.plan(shown=False)
        with pytest.raises(PlanHeld, match="nobody has seen"):
            syncing.apply()
        assert syncing.apply(of_a_job.id).failed == 0

    def test_another_night_wants_another_plan(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1")]).plan()
        syncing.night(leads=[lead("L1")], run_id="next")
        with pytest.raises(PlanHeld, match="another night was published"):
            syncing.apply()

    def test_a_plan_is_applied_once(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1")]).sync()
        assert syncing.apply().failed == 0
        assert syncing.target.calls["create"] == 1

    def test_a_filled_target_wants_a_look_first(self, syncing: Syncing) -> None:
        syncing.target.user_creates("person", name="Somebody")
        syncing.night(leads=[lead("L1")]).plan()
        with pytest.raises(PlanHeld, match="--adopt"):
            syncing.apply(adopting=False)

    def test_a_choice_that_is_not_there_is_told_before_anything_is_sent(self, syncing: Syncing) -> None:
        syncing.night(leads=[lead("L1", language="fr")]).plan()
        with pytest.raises(PlanHeld, match=r"language: not among its choices there: 'fr' \(1\)"):
            syncing.apply()
        assert syncing.target.records["person"] == {}

    def test_or_is_left_out_where_the_mapping_says_so(self, syncing: Syncing) -> None:
        own = syncing.home / "sync" / "memory.toml"
        own.write_text(own.read_text().replace('"language" }', '"language", not_offered = "leave_out" }'))
        syncing.mapping = read_mapping("memory", own.parent)
        planned = syncing.night(leads=[lead("L1", language="fr"), lead("L2", language="de")]).plan()
        assert planned.plan.notes == ["lead.to.person.fields.language: not among its choices there: 'fr' (1); left out"]
        assert syncing.apply().failed == 0
        assert ("language" in syncing.values("L1"), syncing.values("L2")["language"]) == (False, "de")
