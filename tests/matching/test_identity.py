"""Identity: what happens to ids when people are merged, split, put back, and when input is shuffled.

In the small histories below a run is written as groups of record names: `ab c` is two people, records a and b
being one of them. Records are older in alphabetical order, so the founding record of `ab` is a.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.matched import RETIRED
from matching.identity import assign_ids, mint

START = datetime(2025, 1, 1, tzinfo=UTC)


class History:
    """Runs one after the other, each fed with what the one before published."""

    def __init__(self, entity: str = "lead") -> None:
        self.entity = entity
        self.crosswalk: pl.DataFrame | None = None
        self.retired: pl.DataFrame | None = None
        self.runs = 0

    def run(self, groups: str | list[str], shuffle: int | None = None) -> dict[str, str]:
        """Ids per group after this run."""
        groups = groups.split() if isinstance(groups, str) else groups
        names = sorted("".join(groups))
        record = {name: place for place, name in enumerate(names)}
        clusters = pl.DataFrame(
            [(record[name], min(record[n] for n in group)) for group in groups for name in group],
            schema={"record": pl.UInt32, "cluster": pl.UInt32},
            orient="row",
        )
        keys = pl.DataFrame(
            [(record[n], "web", n, START + timedelta(days=ord(n))) for n in names],
            schema={
                "record": pl.UInt32,
                "source": pl.String,
                "source_record_id": pl.String,
                "observed_at": pl.Datetime("us", "UTC"),
            },
            orient="row",
        )
        self.runs += 1
        previous = self.crosswalk
        if shuffle is not None:
            clusters = clusters.sample(fraction=1.0, shuffle=True, seed=shuffle)
            keys = keys.sample(fraction=1.0, shuffle=True, seed=shuffle + 1)
            previous = None if previous is None else previous.sample(fraction=1.0, shuffle=True, seed=shuffle + 2)
        ids, self.retired = assign_ids(
            clusters, keys, previous, self.entity, retired=self.retired, at=START + timedelta(days=1000 + self.runs)
        )
        self.crosswalk = (
            clusters.join(keys, on="record")
            .join(ids, on="cluster")
            .select("source", "source_record_id", "id")
            .sort("source_record_id")
        )
        by_name: dict[str, str] = dict(self.crosswalk.select("source_record_id", "id").iter_rows())
        return {group: by_name[group[0]] for group in groups}

    def trail(self) -> dict[str, str | None]:
        """Retired id to the id in use now, or to None: a tombstone."""
        assert self.retired is not None
        return dict(self.retired.select("old_id", "new_id").iter_rows())


def test_ids_are_opaque_and_the_same_everywhere() -> None:
    ids = History().run("ab c")
    assert ids == {"ab": "L3ZWULZ6GZBB332XB", "c": "LX7Y255VH2ATUDGJQ"}


def test_leads_and_accounts_founded_by_the_same_record_have_different_ids() -> None:
    lead, account = History("lead").run("a")["a"], History("account").run("a")["a"]
    assert lead[0] == "L"
    assert account[0] == "A"
    assert lead[1:] != account[1:]


def test_the_same_input_again_changes_nothing() -> None:
    history = History()
    assert history.run("ab c de") == history.run("ab c de")
    assert history.trail() == {}


def test_a_new_record_joins_without_changing_the_id() -> None:
    history = History()
    first = history.run("bc e")
    second = history.run("abc de")  # a and d are older evidence that arrived later
    assert second == {"abc": first["bc"], "de": first["e"]}


def test_a_record_linking_two_people_keeps_the_older_id_and_redirects_the_other() -> None:
    history = History()
    first = history.run("ab cd")
    second = history.run("abcde")
    assert second == {"abcde": first["ab"]}
    assert history.trail() == {first["cd"]: first["ab"]}


def test_redirects_are_flattened_over_several_merges() -> None:
    history = History()
    first = history.run("a b c")
    history.run("a bc")
    history.run("abc")
    assert history.trail() == {first["b"]: first["a"], first["c"]: first["a"]}


def test_a_redirect_keeps_the_date_it_was_made() -> None:
    history = History()
    history.run("a b")
    history.run("ab")
    made = history.retired
    history.run("ab")
    assert made is not None
    assert made.equals(history.retired)


def test_split_the_part_with_the_founding_record_keeps_the_id() -> None:
    history = History()
    first = history.run("abcd")
    second = history.run("ad bc")
    assert second["ad"] == first["abcd"]
    assert second["bc"] not in first.values()


def test_split_after_the_founding_record_is_gone_keeps_the_id_with_the_earliest() -> None:
    history = History()
    first = history.run("abc")
    assert history.run("bc") == {"bc": first["abc"]}
    second = history.run("b c")
    assert second["b"] == first["abc"]
    assert second["c"] != first["abc"]


def test_a_merge_undone_gives_both_their_own_ids_back() -> None:
    history = History()
    first = history.run("ab cd")
    history.run("abcd")
    for _ in range(3):
        history.run("abcd")
    assert history.run("ab cd") == first
    assert history.trail() == {}


def test_a_merge_undone_without_its_founding_record_gives_a_new_id_and_keeps_the_redirect() -> None:
    history = History()
    first = history.run("a bc")
    history.run("abc")
    undone = history.run("ab c")
    assert undone["ab"] == first["a"]
    assert undone["c"] not in first.values()
    assert history.trail() == {first["bc"]: first["a"]}


def test_a_founding_record_that_returns_never_takes_an_id_in_use() -> None:
    history = History()
    first = history.run("ab")
    history.run("b")  # the founding record a is gone for a night; b carries the id on
    again = history.run("a b")
    assert again["b"] == first["ab"]
    assert again["a"] != first["ab"]
    assert history.run("a b") == again


def test_a_trail_ends_in_tombstones_when_the_person_is_gone() -> None:
    history = History()
    first = history.run("a b c")
    history.run("ab c")
    history.run("c")
    assert history.trail() == {first["a"]: None, first["b"]: None}


def test_a_tombstone_keeps_the_date_it_was_set() -> None:
    history = History()
    history.run("a b")
    history.run("b")
    set_ = history.retired
    history.run("b")
    history.run("b c")
    assert set_ is not None
    assert set_.equals(history.retired)


def test_a_person_who_returns_with_the_founding_record_has_the_old_id_and_no_tombstone() -> None:
    history = History()
    first = history.run("ab c")
    history.run("c")
    assert history.run("ab c") == first
    assert history.trail() == {}


def test_a_person_who_returns_without_the_founding_record_is_another() -> None:
    history = History()
    first = history.run("ab c")
    history.run("c")
    second = history.run("b c")
    assert second["b"] != first["ab"]
    assert history.trail() == {first["ab"]: None}


def test_merged_ids_that_were_gone_follow_their_founding_records_when_these_return() -> None:
    history = History()
    first = history.run("a b d")
    history.run("ab d")
    history.run("d")
    assert history.run("abd") == {"abd": first["d"]}
    assert history.trail() == {first["a"]: first["d"], first["b"]: first["d"]}


def test_redirects_of_the_other_entity_are_left_alone() -> None:
    other = RETIRED.conform(pl.DataFrame({"entity": ["account"], "old_id": ["A1"], "new_id": ["A2"], "at": [START]}))
    history = History()
    history.retired = other
    history.run("a")
    assert history.trail() == {}


def test_records_without_a_cluster_get_no_id() -> None:
    keys = pl.DataFrame(
        {"record": [0, 1], "source": ["w", "w"], "source_record_id": ["a", "b"], "observed_at": [START, START]},
        schema_overrides={"record": pl.UInt32, "observed_at": pl.Datetime("us", "UTC")},
    )
    clusters = pl.DataFrame({"record": [1], "cluster": [1]}, schema={"record": pl.UInt32, "cluster": pl.UInt32})
    ids, _ = assign_ids(clusters, keys, None, "account")
    assert ids["cluster"].to_list() == [1]


def test_the_time_is_needed_once_there_was_a_publication() -> None:
    history = History()
    history.run("a")
    assert history.crosswalk is not None
    clusters = pl.DataFrame({"record": [0], "cluster": [0]}, schema={"record": pl.UInt32, "cluster": pl.UInt32})
    keys = pl.DataFrame(
        {"record": [0], "source": ["web"], "source_record_id": ["a"], "observed_at": [START]},
        schema_overrides={"record": pl.UInt32},
    )
    with pytest.raises(ValueError, match="time of the run"):
        assign_ids(clusters, keys, history.crosswalk, "lead")


def test_another_attempt_gives_another_id() -> None:
    key = pl.DataFrame({"source": ["web"], "source_record_id": ["a"]})
    assert len({mint("lead", key, attempt)[0] for attempt in range(3)}) == 3


@st.composite
def groupings(draw: st.DrawFn) -> list[str]:
    groups: dict[int, str] = {}
    for name in "abcdefg":
        where = draw(st.integers(-1, 4))  # -1: not delivered this night
        if where >= 0:
            groups[where] = groups.get(where, "") + name
    return list(groups.values()) or ["a"]


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(groupings(), min_size=2, max_size=12), st.integers(0, 1_000_000))
def test_invariants_over_any_history(nights: list[list[str]], seed: int) -> None:
    history, shuffled = History(), History()
    earlier: dict[str, str] = {}  # record -> id of the night before
    retired: dict[str, str | None] = {}
    ever: set[str] = set()
    for groups in nights:
        ids = history.run(groups)
        assert shuffled.run(groups, shuffle=seed) == ids  # order never matters
        live = set(ids.values())
        assert len(live) == len(groups)  # one id per person

        trail = history.trail()
        assert set(trail.values()) <= {None, *live}  # flat: one step ends at an id in use, or at none
        assert not set(trail) & live  # and nothing retired is in use
        assert ever <= live | set(trail)  # no id ever published is forgotten
        ever |= live

        before = set(earlier.values())
        present = {name for group in groups for name in group}
        for old in before - live:  # nobody's id vanishes while records of theirs are there
            if any(earlier[name] == old for name in present & set(earlier)):
                assert trail[old] in live
            else:
                assert trail[old] is None or _founder(old) in present
        for group, new in ids.items():
            members = {earlier[name] for name in group if name in earlier}
            if new in before:
                assert new in members  # an id never jumps to other records
            if new in retired:
                assert _founder(new) in group  # a retired id returns to its founding record only
        for group, new in ids.items():
            if all(earlier.get(name) is not None for name in group) and len({earlier[n] for n in group}) == 1:
                (old,) = {earlier[name] for name in group}
                whole = {name for name in earlier if earlier[name] == old} & present
                if whole == set(group):
                    assert new == old  # a person nobody touched keeps the id
        retired = trail
        earlier = {name: new for group, new in ids.items() for name in group}


def _founder(lead_id: str) -> str | None:
    """The record an id was minted from at the first attempt."""
    return _FOUNDERS.get(lead_id)


_KEYS = pl.DataFrame({"source": ["web"] * 7, "source_record_id": list("abcdefg")})
_FOUNDERS = dict(zip(mint("lead", _KEYS), "abcdefg", strict=True))
