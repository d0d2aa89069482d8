"""Verifying a home: is what lies there what was written, and can what people wrote be read?

Belongs here: asking each room about its own files, and what to do about each answer. Does not belong here: holding
files against what is told of them (the rooms), mending (the night). Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from assets.resources.home import Home
from assets.resources.lake import damaged_tables
from enrichment.suppression import read_suppression
from enrichment.tombstones import read_erasures
from matching.accounts.known.register_entries import check_register
from matching.competitors import read_competitors
from matching.decisions.log import read_decisions
from pipelines.history import damaged_history
from publishing.current import CURRENT, current_name
from publishing.decisions import LOG
from publishing.permission import read_rules
from publishing.repair import damaged_journals, differing
from publishing.retention import HELD
from sources.lead_files import FOLDERS
from sources.problems import Unreadable
from sources.settings import read_settings
from sources.store.soundness import unsound_in
from sources.withdrawals import read_withdrawals

_RUN = "`leads run` makes it again"


class Damage(NamedTuple):
    """A damaged thing, as a sentence without its end, and its remedy."""

    what: str
    remedy: str


def verify(home: Home) -> list[Damage]:
    """All that is damaged in a home; nobody may be at work in it.

    Raises:
        OSError: something cannot be looked at.
    """
    return [*_store(home), *_lake(home), *_publications(home), *_history(home), *_written_by_people(home)]


def _store(home: Home) -> Iterator[Damage]:
    for unsound in unsound_in(home.raw_store, FOLDERS):
        remedy = "`leads run` reads it again where it still lies in the inbox; else deliver it again"
        yield Damage(f"What was read from {unsound} is not in the store as it was written", remedy)


def _lake(home: Home) -> Iterator[Damage]:
    for path in damaged_tables(home):
        yield Damage(f"{path} is not what was written", _RUN)


def _publications(home: Home) -> Iterator[Damage]:
    published, name = home.published, current_name(home.published)
    below = [path for place in (published, published / HELD) for path in sorted(place.glob("[!.]*"))]
    folders = [path for path in below if path.is_dir() and not path.is_symlink() and path != published / HELD]
    link = published / CURRENT
    if not link.is_dir() and (folders or link.is_symlink() or link.exists()):
        yield Damage(f"{link} leads to no publication", "`leads run` points it at the newest one that is whole")
    for folder in folders:
        if wrong := differing(folder):
            mended = "`leads run` mends it, or goes back to the newest one that is whole"
            remedy = mended if folder.name == name else "nobody can go back to it or release it; delete the folder"
            yield Damage(f"{', '.join(wrong)} in {folder} is not what was written", remedy)
    for path, numbers in damaged_journals(home.published).items():
        decided = "`leads run` leaves them out; look at `leads history` and decide again what does not hold"
        remedy = decided if path.name == LOG else "`leads run` leaves them out, which does no harm"
        yield Damage(f"Lines {', '.join(map(str, numbers))} of {path} are not what was written", remedy)


def _history(home: Home) -> Iterator[Damage]:
    for path in damaged_history(home):
        yield Damage(f"{path} cannot be read", "`leads run` sets it aside and begins a new one; no table rests on it")


def _written_by_people(home: Home) -> Iterator[Damage]:
    """What cannot be read; most readers say themselves what to do."""
    overrides = home.match_overrides
    readers: list[Callable[[], object]] = [
        partial(read_decisions, overrides),
        partial(read_withdrawals, overrides),
        partial(read_competitors, overrides),
        partial(read_suppression, home.suppression),
        partial(check_register, home.register),
        partial(read_rules, home.publishable),
        *(partial(read_settings, path.parent, path.stem) for path in sorted(home.source_settings.glob("*.toml"))),
    ]
    for read in readers:
        try:
            read()
        except (OSError, ValueError, Unreadable) as error:
            yield Damage(str(error), "correct it, or restore it from a backup")
    try:
        if read_erasures(overrides).torn:
            yield Damage(f"The last line of {overrides}/erased.csv breaks off", "`leads forget` again for that person")
    except ValueError as error:
        yield Damage(str(error), "until then no night runs")
