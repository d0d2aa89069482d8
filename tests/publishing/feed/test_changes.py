"""The feed of changes: carried out on the state before, it gives the state now, whatever happened in between."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.changes import CHANGES
from contracts.published import ACCOUNTS, LEAD_CROSSWALK, LEADS, REDIRECTS
from publishing.feed.changes import ORDER, State, changes
from publishing.stamp import Stamp, mapped_hash

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)
Rows = dict[str, dict[str, Any]]
Held = dict[str, Rows]  # what a consumer holds, by entity and id


def state(
    leads: dict[str, dict[str, Any]],
    accounts: dict[str, str] | None = None,
    records: dict[str, str] | None = None,
    redirects: dict[str, str] | None = None,
) -> State:
    """Leads by id with their values, names of accounts by id, leads by record, new ids by old ones."""
    stamp = Stamp("run", AT)
    owners = records if records is not None else {f"r{lead}": lead for lead in leads}
    account = {lead: values.get("account_id") for lead, values in leads.items()}
    usual = {"first_seen_at": AT, "last_seen_at": AT, "source_count": 1, "other_emails": [], "block_reasons": []}
    found = pl.DataFrame([{"lead_id": lead, **usual, **values} for lead, values in leads.items()])
    trail = [
        {"entity": "lead" if old[0] == "L" else "account", "old_id": old, "new_id": new}
        for old, new in (redirects or {}).items()
    ]
    return {
        "leads": stamp(LEADS, LEADS.conform(found) if leads else LEADS.empty()).lazy(),
        "accounts": stamp(
            ACCOUNTS,
            ACCOUNTS.conform(pl.DataFrame({"account_id": [*(accounts or {})], "name": [*(accounts or {}).values()]})),
        ).lazy(),
        "lead_crosswalk": pl.LazyFrame(
            [("web", record, lead, account.get(lead)) for record, lead in owners.items()],
            schema=dict.fromkeys(LEAD_CROSSWALK.names[:4], pl.String),
            orient="row",
        ),
        "redirects": REDIRECTS.conform(
            pl.DataFrame(trail, schema=dict.fromkeys(("entity", "old_id", "new_id"), pl.String))
        ).lazy(),
    }


def told(before: State, now: State, erased: Collection[str] = ()) -> list[tuple[str, str, str]]:
    rows = changes(before, now, at=AT, run_id="run", erased=erased)
    assert rows.schema == CHANGES.schema
    return [
        *rows.select(
            "kind", "id", pl.coalesce("merged_into", "split_from", pl.col("changed_fields").list.join(" "))
        ).iter_rows()
    ]


ANNA = {"email": "anna@x.de", "account_id": "A1", "city": "Ulm"}


@pytest.mark.parametrize(
    ("before", "now", "erased", "expected"),
    [
        (state({"L1": ANNA}), state({"L1": ANNA}), (), []),
        (state({}), state({"L1": ANNA}, {"A1": "X"}), (), [("insert", "A1", ""), ("insert", "L1", "")]),
        (state({"L1": ANNA}), state({"L1": ANNA | {"city": "Bonn"}}), (), [("update", "L1", "city")]),
        (state({"L1": ANNA}), state({"L1": ANNA | {"city": None, "note": "x"}}), (), [("update", "L1", "city note")]),
        (state({"L1": ANNA}), state({"L1": ANNA | {"source_count": 9, "last_seen_at": AT.replace(day=9)}}), (), []),
        (state({"L1": ANNA}, {"A1": "X"}), state({}), (), [("delete", "L1", ""), ("delete", "A1", "")]),
        (state({"L1": ANNA}), state({}), ["L1"], [("erase", "L1", "")]),
        (state({}), state({}), ["L9"], [("erase", "L9", "")]),
        (state({"L1": ANNA}), state({"L1": ANNA}), ["L1"], [("erase", "L1", ""), ("insert", "L1", "")]),
        (
            state({"L1": ANNA, "L2": ANNA}, {"A1": "X", "A2": "Y"}),
            state({"L1": ANNA | {"city": "Bonn"}}, {"A1": "Z"}, redirects={"L2": "L1", "A2": "A1"}),
            (),
            [("merge", "A2", "A1"), ("update", "A1", "name"), ("merge", "L2", "L1"), ("update", "L1", "city")],
        ),
        (
            state({"L1": ANNA}, records={"a": "L1", "b": "L1"}),
            state({"L1": ANNA, "L2": ANNA}, records={"a": "L1", "b": "L2"}),
            (),
            [("split", "L2", "L1")],
        ),
        (  # renamed: nobody stays whom it was split from
            state({"L1": ANNA}, records={"a": "L1"}),
            state({"L2": ANNA}, records={"a": "L2"}, redirects={"L1": "L2"}),
            (),
            [("insert", "L2", ""), ("merge", "L1", "L2")],
        ),
    ],
)
def test_what_happened_in_order(
    before: State, now: State, erased: Collection[str], expected: list[tuple[str, str, str]]
) -> None:
    assert told(before, now, erased) == expected


def test_the_payload_is_the_row_with_all_its_columns() -> None:
    values = ANNA | {"note": 'He said "=1+1"\nä', "other_emails": ["b@x.de"], "first_seen_at": AT}
    (payload,) = changes(state({}), state({"L1": values}), at=AT, run_id="run")["payload"]
    row = json.loads(payload)
    assert list(row) == LEADS.names
    assert {name: row[name] for name in ("note", "other_emails", "first_seen_at", "street", "source_count")} == {
        "note": 'He said "=1+1"\nä',
        "other_emails": ["b@x.de"],
        "first_seen_at": "2026-03-01T02:00:00.000000Z",
        "street": None,
        "source_count": 1,
    }


def test_rows_that_are_gone_tell_nothing_of_the_person() -> None:
    rows = changes(
        state({"L1": ANNA, "L2": ANNA, "L3": ANNA}),
        state({"L3": ANNA}, redirects={"L2": "L3"}),
        at=AT,
        run_id="r",
        erased=["L1"],
    )
    assert rows["payload"].to_list() == [None, None]
    assert "anna" not in rows.write_json()


def test_an_older_state_without_a_column_has_null_there() -> None:
    before, now = state({"L1": ANNA}), state({"L1": ANNA | {"note": "x"}})
    older = {**before, "leads": before["leads"].drop("note", "interest")}
    assert told(older, now) == [("update", "L1", "note")]


def test_who_maps_some_columns_sees_no_change_of_others() -> None:
    rows = pl.DataFrame({"city": ["Ulm", "Bonn"], "note": ["a", "a"], "tags": [["x"], ["x"]]})
    of_note, of_city = mapped_hash(rows, ["note", "tags"]), mapped_hash(rows, ["city"])
    assert of_note[0] == of_note[1]
    assert of_city[0] != of_city[1]
    assert mapped_hash(rows, ["tags", "note"]).equals(of_note)


# Any history


def carried_out(held: Held, rows: pl.DataFrame) -> Held:
    """A consumer that does as the page says, one change after the other, and finds each as it has to be."""
    held = {entity: dict(ids) for entity, ids in held.items()}
    for row in rows.iter_rows(named=True):
        ids, kind = held[row["entity"]], row["kind"]
        if kind in ("insert", "split", "update"):
            ids[row["id"]] = json.loads(row["payload"])
        elif kind == "merge":
            assert row["merged_into"] in ids
            ids.pop(row["id"], None)
        else:
            ids.pop(row["id"], None)
    return held


def held_of(state: State) -> Held:
    """A state as a consumer holds it, without what moves."""
    tables = {"lead": LEADS, "account": ACCOUNTS}
    return {
        entity: {row[table.key[0]]: row for row in state[table.name].collect().iter_rows(named=True)}
        for entity, table in tables.items()
    }


def hashes(held: Held) -> dict[str, dict[str, str]]:
    return {entity: {key: row["content_hash"] for key, row in ids.items()} for entity, ids in held.items()}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[State, frozenset[str]]:
    """A state of a few records, who is who, and who was erased; ids follow their records as in a home."""
    owners = {f"r{number}": f"L{draw(st.integers(0, 5))}" for number in range(draw(st.integers(0, 6)))}
    alive = sorted({*owners.values()})
    leads = {
        lead: {
            "account_id": draw(st.sampled_from([None, "A0", "A1"])),
            "city": draw(st.sampled_from([None, "Ulm", "Bonn"])),
            "source_count": draw(st.integers(1, 3)),
        }
        for lead in alive
    }
    names = {f"A{number}": draw(st.sampled_from(["X", "Y"])) for number in range(draw(st.integers(0, 3)))}
    gone = [lead for lead in (f"L{number}" for number in range(6)) if lead not in alive]
    redirects = {lead: draw(st.sampled_from(alive)) for lead in gone if alive and draw(st.booleans())}
    erased = frozenset(lead for lead in gone if lead not in redirects and draw(st.booleans()))
    return state(leads, names, owners, redirects), erased


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(history=st.lists(worlds(), min_size=2, max_size=4), back=st.booleans())
def test_carried_out_on_the_state_before_it_gives_the_state_now(
    history: list[tuple[State, frozenset[str]]], back: bool
) -> None:
    """Over histories in which leads merge, split, go, are erased and come back, also by going back to the first."""
    known: frozenset[str] = frozenset()
    held = held_of(history[0][0])
    for (before, _), (now, erased) in zip(history, history[1:] + history[:1] * back, strict=False):
        rows = changes(before, now, at=AT, run_id="run", erased=erased - known)
        assert rows.equals(changes(before, now, at=AT, run_id="run", erased=sorted(erased - known)))
        shuffled = {
            name: frame.collect().sample(fraction=1, shuffle=True, seed=1).lazy() for name, frame in now.items()
        }
        assert rows.equals(changes(before, shuffled, at=AT, run_id="run", erased=erased - known))
        known |= erased
        held = carried_out(held, rows)
        assert hashes(held) == hashes(held_of(now))
        assert hashes(carried_out(held, rows)) == hashes(held), "told twice"
        assert not known & held["lead"].keys() - held_of(now)["lead"].keys()
        assert rows["seq"].to_list() == [*range(1, rows.height + 1)]
        steps = [ORDER.index(f"{entity} {kind}") for entity, kind in rows.select("entity", "kind").iter_rows()]
        assert steps == sorted(steps)
