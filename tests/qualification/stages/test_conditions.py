"""Conditions and stage models: read, checked, never run; a fault is named with its place and remedy."""

from pathlib import Path

import polars as pl
import pytest

from qualification.rule_files import SHIPPED, UnsoundRules
from qualification.stages.conditions import SIGNALS, Unreadable, condition, holds
from qualification.stages.crm_words import crm_words, spelt, unknown_words
from qualification.stages.models import MODELS, own_names, stage_model, stage_models
from tests.qualification.rows import feedback, utc


def told(*rows: tuple[str, int]) -> pl.DataFrame:
    """Signals of lead A, each on a day of March 2026."""
    made = [{"lead_id": "A", "signal": signal, "at": utc(f"2026-03-{day:02} 00:00")} for signal, day in rows]
    frame = pl.DataFrame(made).with_columns(known_at="at")
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in SIGNALS.items()
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("qualified", [5, 9]),
        ("identified or qualified", [1, 5, 9]),
        ("identified and interest", [3]),
        ("interest and qualified", [5, 9]),
        ("identified and (consented or interest)", [3]),
        ("identified and consented or interest", [3]),
        ("consented and identified", []),
        ("behaviour >= 10 or behaviour >= 25.0", [4, 7]),
    ],
)
def test_a_condition_holds_from_when_all_it_asks_for_has_come(text: str, days: list[int]) -> None:
    rows = told(("identified", 1), ("interest", 3), ("qualified", 5), ("qualified", 9), ("behaviour >= 10", 4))
    found = holds(condition(text), pl.concat([rows, told(("behaviour >= 25", 7))]))
    assert found["at"].dt.day().sort().to_list() == days


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it ends where a condition is meant to stand"),
        ("qualified and", "it ends where a condition"),
        ("(qualified", r"a `\(` is not closed"),
        ("qualified qualified", "`qualified` stands where `and`, `or` or the end"),
        ("behaviour > 10", "`>` has no meaning"),
        ("behaviour", "behind `behaviour` stands"),
        ("__import__('os')", "`'` has no meaning"),
        ("lead.email", r"`\.` has no meaning"),
    ],
)
def test_what_is_no_condition_is_refused(text: str, fault: str) -> None:
    with pytest.raises(Unreadable, match=fault):
        condition(text)


def test_the_five_models_are_sound_and_share_one_ladder() -> None:
    assert [model.name for model in stage_models()] == list(MODELS)
    assert all(stage.ladder in range(8) for model in stage_models() for stage in model.stages)


MARKETO = (SHIPPED / "stages/marketo.toml").read_text(encoding="utf-8")
FAULTS = {
    "unknown signal": ('enter = "qualified"', 'enter = "qualifies"', r"mql: `enter` names `qualifies`"),
    "unknown kind": ('enter = "qualified"', 'enter = "activity dance"', r"mql: `enter` names `activity dance`"),
    "unknown meaning": ("crm accepted or", "crm embraced or", r"sales_review: `enter` names `crm embraced`"),
    "rules move whom only the CRM may": (
        'enter = "order or crm won"',
        'enter = "qualified"',
        r"customer: .* rule gives, but",
    ),
    "the CRM moves whom only rules may": ('enter = "qualified"', 'enter = "crm accepted"', r"mql: .* crm gives, but"),
    "unknown mover": ('by = "order"', 'by = "boss"', r"customer: `by` is unknown: 'boss'"),
    "a rank twice": ("rank = 3\n", "rank = 2\n", r"two stages have the same name or rank"),
    "a ladder that falls": ("rank = 3\nequals = 3", "rank = 3\nequals = 1", r"`mql` ranks above `engaged` but"),
    "a step there is not": ("equals = 7", "equals = 8", r"customer: `equals` is 8"),
    "no condition": ('enter = "behaviour >= 10"\n', "", r"`engaged` has no `enter`"),
    "unknown key": ('owner = "capture"', 'colour = "red"', r"anonymous: unknown key `colour`"),
    "no way back": ("[recycle]", "[back]", r"`recycle` is missing"),
    "a way back to nowhere": ('stage = "nurturing"', 'stage = "limbo"', r"\[recycle\]: `stage` is unknown: 'limbo'"),
}


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS.values(), ids=FAULTS.keys())
def test_an_unsound_model_is_refused(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in MARKETO
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/marketo.toml").write_text(MARKETO.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UnsoundRules, match=rf"marketo\.toml: .*{fault}"):
        stage_model("marketo", tmp_path)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("salesqualifiedlead", "sales_qualified"),
        ("Closed - Not Converted", "rejected"),
        ("closedwon", "won"),
        ("CLOSED_LOST", "lost"),
        ("Proposition", "proposal"),
        ("in bearbeitung", "accepted"),
        ("Gewonnen", "won"),
        ("Zurückgestellt", "recycled"),
    ],
)
def test_words_of_crm_systems_have_a_meaning(word: str, meaning: str) -> None:
    assert crm_words()[spelt(word)] == meaning


def test_words_nobody_has_given_a_meaning_are_told() -> None:
    rows = feedback(
        {"new_value": "Prüfung Innendienst", "at": "2026-03-02 00:00"},
        {"new_value": "Gewonnen", "at": "2026-03-02 00:00"},
        {"new_value": "tql", "at": "2026-03-02 00:00"},
    )
    own = {name for model in stage_models() for name in own_names(model)}
    assert unknown_words(rows, crm_words(), own).rows() == [("crm", "Prüfung Innendienst", 1)]


@pytest.mark.parametrize(
    ("row", "fault"),
    [("triumph,Won", "'Won' means 'triumph'"), ("won,Gewonnen\nlost,GEWONNEN", "'GEWONNEN' has two meanings")],
    ids=["unknown meaning", "two meanings"],
)
def test_unsound_words_are_refused(tmp_path: Path, row: str, fault: str) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/crm_words.csv").write_text(f"meaning,word\n{row}\n", encoding="utf-8")
    with pytest.raises(UnsoundRules, match=fault):
        crm_words(tmp_path)
