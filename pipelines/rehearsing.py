"""Rehearsing: changed rule files replayed on what a home knows, before they count.

Belongs here: which files make the two sets, what the home knows, whom a hold would keep from sales. Does not belong
here: replaying (`qualification.rehearsal`), printing (`pipelines.commands.rehearse`). Nothing is written but a folder
that is gone afterwards.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl

from assets.qualified import known as known_of
from assets.resources.home import Home
from assets.resources.lake import Lake
from contracts.qualified import HANDOVERS, LEAD_SCORES, STAGE_HISTORY
from qualification.handover.handovers import Tables, handovers
from qualification.night import Known
from qualification.qualify import RuleSet, rule_set, with_facts
from qualification.rehearsal.rules_diff import HELD, RulesDiff, Tried, rules_diff
from qualification.rule_files import UnsoundRules, shipped_names
from qualification.scoring.people import people
from qualification.stages.signals import customers

REPLAYED = ("scoring.toml", "handover.toml", "routing.csv", "people.csv", "sla.toml", "holidays.csv")
_SHOWN = ("csv", "toml")


class Rehearsed(NamedTuple):
    """What changed rules would have done, and what of them was not tried."""

    diff: RulesDiff
    old: str
    """Version of the scoring rules that count."""
    new: str
    as_of: datetime
    changed: list[str]
    """Files of the folder that are replayed."""
    not_replayed: list[str]
    """Files of the folder that decide nothing that is replayed."""


def rehearse(home: Home, folder: Path, days: int) -> Rehearsed:
    """Changed rules beside those of the home, on the tables of its last night.

    Holds are those of that night, on leads of which sales has none yet: what an owner did, accepted or let lie under
    the rules that counted says nothing of others.

    Args:
        folder: changed rule files, named as in `qualification/rules`; what it lacks is the home's own.
        days: length of the period that ends with that night.

    Raises:
        FileNotFoundError: the home has no qualified tables.
        UnsoundRules: a file of the home or of the folder is unsound, or the folder has none; names it and the remedy.
    """
    lake, own = Lake(home=str(home.root)), home.qualification_rules
    files = _changed(folder)
    old, new = rule_set(own), _laid_over(own, folder, files)
    known = known_of(lake)
    scores = lake.read("lead_scores")
    as_of: datetime | None = scores["as_of"].max()  # type: ignore[assignment]
    if as_of is None:
        raise FileNotFoundError(f"{home.root} has no qualified leads to try rules on; leads run --home {home.root}")
    orders = customers(known.opportunities)
    found = rules_diff(
        known.touchpoints,
        people(known.leads, known.facts, orders),
        *(_tried(rules, known, scores, as_of) for rules in (old, new)),
        as_of=as_of,
        zone=new.night.zone,
        customers=orders,
        days=days,
    )
    replayed, rest = ([name for name in files if (name in REPLAYED) == here] for here in (True, False))
    return Rehearsed(found, old.night.scoring.version, new.night.scoring.version, as_of, replayed, rest)


def _changed(folder: Path) -> list[str]:
    """The rule files of the folder, by their names below it."""
    known = shipped_names()
    files = [path for path in (*folder.glob("*"), *folder.glob("stages/*")) if path.suffix[1:] in _SHOWN]
    there = sorted(path.relative_to(folder).as_posix() for path in files if not path.is_dir())
    if odd := [name for name in there if name not in known]:
        raise UnsoundRules(f"{folder / odd[0]} is read by nobody; name it as one of {', '.join(known)}")
    if not there:
        raise UnsoundRules(f"{folder} holds no rule file; put a changed one there, such as scoring.toml")
    return there


def _laid_over(own: Path, folder: Path, files: list[str]) -> RuleSet:
    """The home's rules with the files of the folder in their place."""
    with TemporaryDirectory() as name:
        whole = Path(name)
        if own.is_dir():
            shutil.copytree(own, whole, dirs_exist_ok=True, symlinks=True)
        for file in files:
            (whole / file).parent.mkdir(exist_ok=True)
            (whole / file).unlink(missing_ok=True)
            shutil.copyfile(folder / file, whole / file, follow_symlinks=False)
        try:
            return rule_set(whole)
        except UnsoundRules as error:  # the home's own files were sound, so it is one of the folder
            raise UnsoundRules(str(error).replace(name, str(folder))) from None


def _tried(rules: RuleSet, known: Known, scores: pl.DataFrame, as_of: datetime) -> Tried:
    leads = with_facts(known)

    def held(qualified: pl.DataFrame) -> pl.DataFrame:
        asked = scores.join(qualified, on="lead_id").with_columns(qualified=True, stage_since="at", qualified_by="why")
        tables = Tables(
            leads,
            known.accounts,
            known.redirects,
            asked.select(LEAD_SCORES.names),
            STAGE_HISTORY.empty(),
            known.touchpoints,
            known.opportunities,
            HANDOVERS.empty(),
        )
        given = handovers(tables, rules.handover, rules.model, as_of)
        return given.filter(status="held").select(*HELD)

    return Tried(rules.night.scoring, held)
