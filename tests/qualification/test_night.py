"""A night of scores and stages: what holds whatever the touchpoints, words and deals are."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.published import ACCOUNTS, BUYING_CENTERS, REDIRECTS
from contracts.qualified import ACCOUNT_SCORES, LEAD_SCORES, SCORE_EXPLANATIONS, STAGE_HISTORY
from contracts.table import Table
from qualification.night import Known, Told, rules_of, told
from qualification.stages.conditions import SIGNALS
from tests.qualification.rows import Row, feedback, leads, opportunities, redirected, touchpoints, utc

RULES = rules_of(None, "marketo", "Europe/Berlin")
ONE = redirected("B", "A", "2026-03-03 01:00")
FIRST = utc("2026-03-02 02:00")
PEOPLE: tuple[Row, ...] = (
    {"lead_id": "A", "account_id": "X", "country": "DE", "seniority": "c_level", "buying_role": "decider"},
    {"lead_id": "B", "account_id": "X", "country": "DE", "seniority": "c_level", "consent_email": "unknown"},
    {"lead_id": "C", "account_id": "X", "country": "AT", "first_seen_at": utc("2026-02-01 00:00")},
)

MOMENTS = st.integers(0, 62 * 24).map(lambda hours: f"{datetime(2026, 1, 2) + timedelta(hours=hours):%Y-%m-%d %H:%M}")
ACTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            ["demo_request", "download", "unsubscribe", "newsletter_signup", "fair_talk", "sales_call"]
        ),
        "at": MOMENTS,
        "lead_id": st.sampled_from("ABC"),
        "content_id": st.sampled_from("cd"),
        "account_id": st.just("X"),
    }
)
WORDS = st.fixed_dictionaries(
    {
        "new_value": st.sampled_from(["Working", "SQL", "Angebot", "Closed Lost", "Gewonnen", "Ratlos"]),
        "at": MOMENTS,
        "lead_id": st.sampled_from("ABC"),
    }
)
DEALS = st.fixed_dictionaries(
    {
        "outcome": st.sampled_from(["won", "lost", "cancelled", "open"]),
        "created_at": st.just("2026-01-05 00:00"),
        "closed_at": MOMENTS,
        "lead_ids": st.sampled_from([["A"], ["B"], ["A", "C"]]),
    }
)
WORLD = st.tuples(st.lists(ACTS, max_size=12), st.lists(WORDS, max_size=5), st.lists(DEALS, max_size=2))
World = tuple[list[Row], list[Row], list[Row]]
QUICK = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


def numbered(world: World) -> World:
    """Each act with the id and place it keeps on every night and in any order."""
    acts, words, deals = world
    return (
        [row | {"touchpoint_id": f"T{n}"} for n, row in enumerate(acts)],
        [row | {"source_record_id": f"R{n}", "row": n} for n, row in enumerate(words)],
        [row | {"opportunity_id": f"O{n}"} for n, row in enumerate(deals)],
    )


def known(
    world: World, now: datetime, *, merged: bool = False, merged_before: bool = False, shuffled: int | None = None
) -> Known:
    """What has happened until `now`; `merged` makes B and A one."""
    lead = "A" if merged else "B"
    moved = [
        [{**row, "lead_id": lead if row["lead_id"] == "B" else row["lead_id"]} for row in rows] for rows in world[:2]
    ]
    acts, words = ([row for row in rows if utc(row["at"]) <= now] for rows in moved)
    deals = [
        {**row, "lead_ids": sorted({lead if who == "B" else who for who in row["lead_ids"]})}
        for row in world[2]
        if utc(row["closed_at"]) <= now
    ]
    people = [row for row in PEOPLE if not merged or row["lead_id"] != "B"]
    frames = [touchpoints(acts), feedback(*words), opportunities(*deals), leads(*people)]
    if shuffled is not None:
        frames = [frame.sample(fraction=1, shuffle=True, seed=shuffled) for frame in frames]
    roles = pl.DataFrame({"account_id": ["X"], "lead_id": ["A"], "role": ["decider"]})
    return Known(
        *frames,
        facts=pl.DataFrame(schema={"lead_id": pl.String}),
        accounts=ACCOUNTS.conform(pl.DataFrame({"account_id": ["X"]})),
        buying_centers=BUYING_CENTERS.conform(roles),
        redirects=ONE if merged else REDIRECTS.empty(),
        redirects_before=ONE if merged_before else REDIRECTS.empty(),
        others=pl.DataFrame(schema=SIGNALS),
    )


def nights(world: World, plan: Sequence[bool]) -> list[Told]:
    """A night a day from `FIRST` on; the plan says on which of them A and B are one."""
    found: list[Told] = []
    for number, merged in enumerate(plan):
        now = FIRST + timedelta(days=number)
        history = found[-1].stage_history if found else STAGE_HISTORY.empty()
        before = now - timedelta(days=1) if found else None
        given = known(world, now, merged=merged, merged_before=number > 0 and plan[number - 1])
        found.append(told(given, RULES, history, as_of=now, before=before))
    return found


def same(one: Told, other: Told) -> bool:
    """Whether two nights publish the same tables."""
    pairs = zip(one[:4], other[:4], strict=True)
    return all(mine.equals(theirs) for mine, theirs in pairs if isinstance(mine, pl.DataFrame))


def keeps(table: Table, frame: pl.DataFrame) -> None:
    assert frame.columns == table.names
    assert frame.height == frame.unique(list(table.key)).height
    for column in table.columns:
        assert column.nullable or frame[column.name].null_count() == 0, column.name


@QUICK
@given(WORLD.map(numbered))
def test_tables_keep_their_promises_and_cover_every_lead(world: World) -> None:
    night = nights(world, [False])[0]
    for table, frame in zip((LEAD_SCORES, SCORE_EXPLANATIONS, ACCOUNT_SCORES, STAGE_HISTORY), night, strict=False):
        assert isinstance(frame, pl.DataFrame)
        keeps(table, frame)
    assert night.lead_scores["lead_id"].to_list() == ["A", "B", "C"]
    assert night.account_scores["account_id"].to_list() == ["X"]
    assert set(night.stage_history["model"]) <= {model.name for model in RULES.models}


@QUICK
@given(WORLD.map(numbered), st.integers(0, 9))
def test_the_order_of_rows_does_not_matter(world: World, seed: int) -> None:
    one, other = (
        told(known(world, FIRST, shuffled=it), RULES, STAGE_HISTORY.empty(), as_of=FIRST, before=None)
        for it in (None, seed)
    )
    assert same(one, other)


@QUICK
@given(WORLD.map(numbered))
def test_a_history_followed_night_by_night_only_grows(world: World) -> None:
    followed = nights(world, [False] * 3)
    fixed = [name for name in STAGE_HISTORY.names if name != "left_at"]
    for before, after in pairwise(followed):
        kept = before.stage_history.select(fixed).join(after.stage_history.select(fixed), on=fixed, nulls_equal=True)
        assert kept.height == before.stage_history.height


@QUICK
@given(WORLD.map(numbered))
def test_merged_and_parted_again_equals_never_merged(world: World) -> None:
    """Merged on the second night, parted on the third."""
    parted = nights(world, [False, True, False])
    never = nights(world, [False] * 3)
    assert same(parted[-1], never[-1])


@QUICK
@given(WORLD.map(numbered))
def test_of_merged_leads_none_stands_twice(world: World) -> None:
    merged = nights(world, [False, True])[-1]
    assert merged.lead_scores["lead_id"].to_list() == ["A", "C"]
    own = merged.stage_history.filter(pl.col("left_at").is_null())
    assert own.height == own.unique(["lead_id", "model"]).height
    keeps(STAGE_HISTORY, merged.stage_history)


def test_the_first_night_tells_what_following_every_night_would_have() -> None:
    world = numbered(
        (
            [
                {"kind": "demo_request", "at": "2026-02-20 09:00", "lead_id": "A", "content_id": "c"},
                {"kind": "download", "at": "2026-03-03 09:00", "lead_id": "B", "content_id": "c"},
            ],
            [{"new_value": "SQL", "at": "2026-03-04 09:00", "lead_id": "A"}],
            [],
        )
    )
    now = FIRST + timedelta(days=5)
    at_once = told(known(world, now), RULES, STAGE_HISTORY.empty(), as_of=now, before=None)
    assert same(at_once, nights(world, [False] * 6)[-1])


def test_a_word_nobody_knows_is_told() -> None:
    world = numbered(([], [{"new_value": "Ratlos", "at": "2026-02-20 09:00", "lead_id": "A"}], []))
    assert nights(world, [False])[0].unknown_words.rows() == [("crm", "Ratlos", 1)]


def test_an_objection_ends_the_profile_and_the_qualification() -> None:
    world = numbered(([{"kind": "demo_request", "at": "2026-02-20 09:00", "lead_id": "A", "content_id": "c"}], [], []))
    before = told(known(world, FIRST), RULES, STAGE_HISTORY.empty(), as_of=FIRST, before=None)
    assert before.lead_scores.filter(lead_id="A")["stage"].item() == "mql"
    now = FIRST.astimezone(UTC) + timedelta(days=1)
    objected = known(world, now)
    objected = objected._replace(
        leads=objected.leads.with_columns(
            block_reasons=pl.when(pl.col("lead_id") == "A").then(pl.lit(["opted_out"])).otherwise("block_reasons")
        )
    )
    after = told(objected, RULES, before.stage_history, as_of=now, before=FIRST).lead_scores.filter(lead_id="A")
    assert after.select("behaviour", "qualified", "qualified_by", "stage").rows() == [
        (None, False, "objected", "nurturing")
    ]


def test_a_home_without_leads_has_empty_tables() -> None:
    nobody = known(([], [], []), FIRST)
    nobody = nobody._replace(leads=nobody.leads.clear(), accounts=nobody.accounts.clear())
    night = told(nobody, RULES, STAGE_HISTORY.empty(), as_of=FIRST, before=None)
    for table, frame in zip((LEAD_SCORES, SCORE_EXPLANATIONS, ACCOUNT_SCORES, STAGE_HISTORY), night, strict=False):
        assert isinstance(frame, pl.DataFrame)
        keeps(table, frame)
        assert frame.is_empty()
