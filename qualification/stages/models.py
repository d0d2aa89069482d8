"""Stage models: `rules/stages/*.toml` as checked values.

Belongs here: what a file may say, and that it says it soundly. Does not belong here: moving leads (`walk`), the
language of conditions (`conditions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from qualification.rule_files import rule_file
from qualification.rule_keys import TOP, Section
from qualification.stages.conditions import PLAIN, Condition, Unreadable, atoms, condition
from qualification.stages.crm_words import MEANINGS, spelt

MODELS = ("leadz", "marketo", "pipeline", "simple", "sirius2012")

QUALIFIED, CUSTOMER = 3, 7  # of the common ladder
LADDER = range(8)
_BY_ORDER = ("crm won", "crm customer")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `enter` is null for a stage that only leads back."""

    name: str
    rank: int
    ladder: int
    by: str
    enter: Condition | None


@dataclass(frozen=True, slots=True)
class Model:
    """One stage model; its stages by rank."""

    name: str
    stages: tuple[Stage, ...]
    recycle: int
    """Place of the stage leads are led back to."""
    when: Condition
    again: int | None
    """Place of the stage at which customers begin anew at their next touchpoint."""

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The scores its conditions name."""
        named = [signal for stage in self.stages if stage.enter for signal in atoms(stage.enter)]
        return tuple(sorted(float(signal.split()[-1]) for signal in named if signal.startswith("behaviour ")))


def stage_models(home: Path | None = None) -> tuple[Model, ...]:
    """The five models of the folder `home`, else the shipped ones, by name.

    Raises:
        UnsoundRules: names the file, the stage and the remedy.
    """
    return tuple(stage_model(name, home) for name in MODELS)


def stage_model(name: str, home: Path | None = None) -> Model:
    """One model.

    Raises:
        UnsoundRules: names the file, the stage and the remedy.
    """
    file = rule_file(f"stages/{name}.toml", home)
    kinds = {row["kind"] for row in rule_file("activity_types.csv", home).rows()}
    top = Section(file.path, TOP, file.toml())
    top.text("model", words=(name,))
    stages = sorted((_stage(given, kinds) for given in top.sections("stage", "name")), key=lambda stage: stage.rank)
    names = [stage.name for stage in stages]
    if len({stage.rank for stage in stages}) < len(stages) or len(set(names)) < len(names):
        top.refuse("two stages have the same name or rank; give each its own")
    for lower, higher in pairwise(stages):
        if lower.rank >= 0 and higher.ladder < lower.ladder:
            top.refuse(f"`{higher.name}` ranks above `{lower.name}` but `equals` less; correct one of them")
    recycle = top.section("recycle")
    back = recycle.text("stage", words=names)
    when = _condition(recycle, "when", kinds, ("rule", "crm"))
    recycle.close()
    for stage in stages:
        if stage.enter is None and stage.name != back:
            top.refuse(f"`{stage.name}` has no `enter`; add one, for only the stage of [recycle] may lack it")
    again = top.optional_text("again", words=names)
    top.close()
    return Model(name, tuple(stages), names.index(back), when, None if again is None else names.index(again))


def _stage(given: Section, kinds: set[str]) -> Stage:
    by = given.text("by", words=("rule", "crm", "order"))
    rank, ladder = given.whole("rank", least=-1), given.whole("equals")
    if ladder not in LADDER:
        given.refuse(f"`equals` is {ladder}; write a step of the common ladder, {LADDER[0]} to {LADDER[-1]}")
    enter = _condition(given, "enter", kinds, (by,)) if given.has("enter") else None
    given.optional_text("owner")
    stage = Stage(given.text("name"), rank, ladder, by, enter)
    given.close()
    return stage


def _condition(given: Section, key: str, kinds: set[str], by: tuple[str, ...]) -> Condition:
    text = given.text(key)
    try:
        found = condition(text)
    except Unreadable as fault:
        given.refuse(f"`{key}`: {fault}")
    for signal in atoms(found):
        who = _who(signal, kinds)
        if who is None:
            given.refuse(f"`{key}` names `{signal}`, which no signal is called; README.md beside the file lists them")
        if who not in by and not (by == ("order",) and signal in _BY_ORDER):
            given.refuse(f"`{key}` names `{signal}`, which {who} gives, but `by` is {by[0]}; change one of them")
    return found


def _who(signal: str, kinds: set[str]) -> str | None:
    kind, _, rest = signal.partition(" ")
    if kind == "behaviour":
        return "rule"
    if kind == "activity":
        return "rule" if rest in kinds else None
    if kind == "crm":
        return "crm" if rest in MEANINGS else None
    return PLAIN.get(signal)


def own_names(model: Model) -> dict[str, str]:
    """The stages the CRM may move a lead to by their own name: name as CRM words are compared, and name."""
    return {spelt(stage.name): stage.name for stage in model.stages if stage.by == "crm"}
