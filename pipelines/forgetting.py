"""Forgetting: a person leaves the home, wherever it keeps them, and what is out of its reach is told.

Belongs here: the order of the work and what is said of it. Does not belong here: by what a person is known
(`enrichment/traces`), taking records out of the store (`enrichment/erased_store`) and of publications
(`publishing/erasing`). The tombstones come first: whatever stops the rest, the person does not come back, and giving
the command again ends it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl
from rich.console import Console

from assets.resources.home import Home
from assets.resources.lake import Lake, only_run
from contracts.clean import MAIL_DOMAINS
from contracts.published import LEAD_CROSSWALK, LEADS, REDIRECTS
from contracts.raw import RAW_RECORDS
from delivery.state import forget_everywhere
from engine.escaping import for_terminal
from engine.fence import walk
from engine.journal import Damaged
from engine.swap import sweep
from engine.temporary import own_temporary_folder
from enrichment.clean_records import ContextSource, clean_batch
from enrichment.erased_store import CONCEALED, conceal, take_out, take_out_acts
from enrichment.erasure import are_erased, erase, speak_of_erased
from enrichment.tombstones import Erasures, read_erasures
from enrichment.traces import COLUMNS, contexts, direct_lines, stems
from matching.decisions.log import FILE as LOG
from matching.decisions.log import erase_decisions
from pipelines.finding import NobodyMeant, lead_meant
from pipelines.place import told_place
from publishing.erasing import erase_published
from publishing.feed.erasures import FILE as ERASURES
from publishing.feed.erasures import tell_consumers, told_ids
from publishing.previous import current_folder
from publishing.qualified import erase_qualified
from publishing.repair import differing
from publishing.report.to_correct import FILE as TO_CORRECT
from sources.lead_files import CHANNELS, FOLDERS
from sources.store.channel_records import both_channels, load_contents
from sources.store.removal import PLACE
from sources.store.soundness import set_unsound_aside, settle

_KEY = ["source", "source_record_id"]
_OURS = (
    "lake",
    "published",
    "qualified",
    "report",
    "dagster",
    "sync",
)  # below the home: what the night makes, and this clears
_DIGITS = 6  # of a number, by which others beside it are looked for
_SHOWN = 20  # delivered rows named


@dataclass
class Forgotten:
    """What was erased where, and what is left outside."""

    leads: list[str] = field(default_factory=list)
    records: int = 0
    rows: pl.DataFrame = field(default_factory=lambda: RAW_RECORDS.empty().select(PLACE))
    tombstones: int = 0
    decisions: int = 0
    texts: int = 0
    publications: list[str] = field(default_factory=list)
    tables: int = 0
    told: int = 0
    synced: int = 0
    elsewhere: list[Path] = field(default_factory=list)


def forget(home: Home, who: Sequence[str], console: Console, agreed: Callable[[], bool]) -> None:
    """Show what would be erased of people and, where that is agreed to, erase it and print what became of them.

    Args:
        home: whose files are searched; no night may be running.
        who: e-mail addresses, else whom `pipelines.finding.lead_meant` finds by them.
        console: where it is told.
        agreed: asked once, after everything was shown; no night is kept from running meanwhile.

    Raises:
        NobodyMeant, SeveralMeant: an id, record or name is no lead's or of several, or an address is a team's or none.
        HomeInUse: a night is running.
        ValueError: `overrides/erased.csv` cannot be trusted.
        Damaged, BrokenPublication: what is stored is not what was written.
    """
    with _alone(home):
        people = _people(home, who)
        for given in who:
            _foretell(home, given, people.get(given), console)
    if not people or not agreed():
        return
    with _alone(home):
        for given, person in _people(home, list(people)).items():
            _tell(_forget(home, _stored(home), person), home, given, console)


def _people(home: Home, who: Sequence[str]) -> dict[str, _Person]:
    """Who is meant by what was given, without those that were erased before."""
    current = current_folder(home.published)
    if current is not None and (wrong := differing(current)):
        raise Damaged(f"{', '.join(wrong)} in {current} is not what was written; `leads run` mends it")
    settle(set_unsound_aside(home.raw_store, CHANNELS))
    before = told_ids(home.published)
    return {one: _person(one.strip(), current, _stored(home)) for one in who if one.strip() not in before}


@dataclass
class _Person:
    """Whom the command means: clean records, the ids they had, and what to look for in other files."""

    clean: pl.DataFrame
    lead_ids: list[str]


def _stored(home: Home) -> pl.LazyFrame:
    """All records in the store as it is now: each person who leaves rewrites files of it."""
    return both_channels(*(load_contents(home.raw_store, channel) for channel in CHANNELS))


def _forget(home: Home, raw: pl.LazyFrame, person: _Person) -> Forgotten:
    lines = direct_lines(person.clean, _beside(raw, person.clean))
    done = Forgotten(tombstones=erase(person.clean, home.match_overrides, lines))
    erasures = read_erasures(home.match_overrides)
    keys = pl.concat([person.clean.select(_KEY), _further(home, erasures)]).unique(maintain_order=True)
    theirs = raw.select(_KEY).join(keys.lazy(), on=_KEY, how="semi").unique().collect()
    done.records = theirs.height
    done.rows = take_out(home.raw_store, raw, theirs).sort(PLACE)
    done.texts = conceal(home.raw_store, FOLDERS, erasures) + take_out_acts(home.raw_store, erasures)
    speaks = partial(speak_of_erased, erasures=erasures)
    done.publications, leads = erase_published(home.published, keys, person.lead_ids, speaks, CONCEALED)
    done.leads = sorted({*person.lead_ids, *leads.filter("whole")["lead_id"]})
    erase_qualified(home.qualified, done.leads)
    done.told = tell_consumers(home.published, done.leads)
    done.decisions = erase_decisions(home.match_overrides, keys)
    done.synced = forget_everywhere(home.sync, done.leads)
    done.tables = _clear(home, person.clean)
    done.elsewhere = _elsewhere(home, person.clean)
    return done


def _person(given: str, current: Path | None, raw: pl.LazyFrame) -> _Person:
    crosswalk = _published(current, LEAD_CROSSWALK.name, LEAD_CROSSWALK.empty()).select(*_KEY, "lead_id")
    redirects = _published(current, REDIRECTS.name, REDIRECTS.empty())
    if "@" in given:
        records = _by_mail(given, raw)
        ids = records.select(_KEY).join(crosswalk, on=_KEY)["lead_id"].unique().to_list()
        leads = _published(current, LEADS.name, LEADS.empty())
        ids += leads.filter(pl.col("email") == given.lower())["lead_id"].to_list()
    else:
        if current is None:
            raise NobodyMeant(f"nothing is published yet, so nobody is known as {given}; give an e-mail address")
        records, ids = RAW_RECORDS.empty(), [lead_meant(current, given)]
    keys = pl.concat([records.select(_KEY), crosswalk.filter(pl.col("lead_id").is_in(ids)).select(_KEY)]).unique()
    rows = raw.join(keys.lazy(), on=_KEY, how="semi", maintain_order="left").collect()
    clean = _cleaned(rows)
    if "@" in given:
        clean = pl.concat([clean, _address(given)])
    past = redirects.filter(pl.col("new_id").is_in(ids))["old_id"].to_list()
    return _Person(clean, sorted({*ids, *past}))


def _by_mail(mail: str, raw: pl.LazyFrame) -> pl.DataFrame:
    """Raw records of whose addresses one is this mailbox, however it is written."""
    mine = {place for place in contexts(_address(mail))["context"] if place.startswith(("mail:", "box:"))}
    if not mine:
        raise NobodyMeant(
            f"{mail} is no address of one person: a team's, or no address at all; give the id of the lead"
        )
    local = mail.lower().partition("@")[0].partition("+")[0]
    columns = [name for name in raw.collect_schema().names() if name.startswith("email") or name in ("note", "extra")]
    likely = raw.filter(pl.any_horizontal(pl.col(columns).str.to_lowercase().str.contains(local[:3], literal=True)))
    rows = likely.collect()
    found = contexts(_cleaned(rows)).filter(pl.col("context").is_in(mine))["record"].unique().sort()
    return rows[found]


def _beside(raw: pl.LazyFrame, person: pl.DataFrame) -> pl.DataFrame:
    """Clean records of others that may have a number beside one of the person's."""
    wanted = [stem[-_DIGITS:] for stem in stems(pl.concat([person["phone"], person["mobile"]])).drop_nulls().unique()]
    columns = [name for name in raw.collect_schema().names() if name.startswith(("phone", "mobile"))]
    digits = pl.concat_str(columns, separator="/", ignore_nulls=True).str.replace_all(r"[^\d/]", "")
    likely = raw.filter(digits.str.contains_any(wanted)) if wanted else raw.clear()
    return _cleaned(likely.join(person.lazy(), on=_KEY, how="anti").collect())


def _further(home: Home, erasures: Erasures) -> pl.DataFrame:
    """Records the next night would hold back for their traces, as far as the last one's tables are there to tell."""
    lake = Lake(home=str(home.root))
    try:
        records = lake.read("clean_records", [*_KEY, *COLUMNS])
    except (FileNotFoundError, Damaged):
        return RAW_RECORDS.empty().select(_KEY)
    return records.filter(are_erased(records, erasures)).select(_KEY)


def _clear(home: Home, person: pl.DataFrame) -> int:
    """Remove the tables and pages of the last night, which the next one makes anew; how many tables.

    The answers of the name service are kept from night to night: only the person's domains leave.
    """
    lake = Lake(home=str(home.root))
    kept = MAIL_DOMAINS.name
    tables = [path for path in home.lake.glob("*.parquet") if path != lake.path(kept)]
    for path in tables:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if lake.path(kept).exists():
        subjects = [text for name in ("email", "email_domain") for text in person[name].drop_nulls()]
        answers = pl.read_parquet(lake.path(kept), glob=False)
        lake.write(kept, answers.filter(~pl.col("subject").is_in(subjects)))
    for path in home.raw_store.rglob("*.damaged"):
        path.unlink()
    for page in (home.report / name for name in ("index.html", "qualification.html", TO_CORRECT, "funnel.json")):
        page.unlink(missing_ok=True)
    if home.as_of.exists():
        shutil.rmtree(home.as_of)
    return len(tables)


def _elsewhere(home: Home, person: pl.DataFrame) -> list[Path]:
    """Files of the home that are other people's to change and hold an address of the person."""
    mails = [mail.lower() for mail in person["email"].drop_nulls().unique()]
    found = []
    for place, status in walk(home.root, (), lambda name: True):
        path = home.root.joinpath(*place.steps)
        if status is None or place.steps[0] in _OURS or not path.is_file():
            continue
        if path.suffix == ".parquet":
            text = str(pl.read_parquet(path, glob=False).select(pl.col(pl.String)).rows()).lower()
        else:
            text = path.read_bytes().decode("utf-8", "replace").lower()
        if any(mail in text for mail in mails):
            found.append(path)
    return found


def _published(current: Path | None, name: str, empty: pl.DataFrame) -> pl.DataFrame:
    return pl.read_parquet(current / f"{name}.parquet", glob=False) if current else empty


def _cleaned(rows: pl.DataFrame) -> pl.DataFrame:
    return clean_batch(rows, ContextSource().open())


def _address(mail: str) -> pl.DataFrame:
    """An address as a clean record that says nothing else."""
    required = ("source", "channel", "source_record_id", "file", "file_hash", "content_hash")
    return _cleaned(RAW_RECORDS.conform(pl.DataFrame([dict.fromkeys(required, "") | {"email": mail}])))


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Hold the home as a night does, and clear away what killed ones left."""
    with only_run(home), own_temporary_folder():
        for folder in (home.lake, home.published, home.report):
            sweep(folder)
        yield


def _foretell(home: Home, given: str, person: _Person | None, console: Console) -> None:
    """Say what would be erased."""

    def say(text: str, style: str | None = None) -> None:
        console.print(text, soft_wrap=True, highlight=False, style=style)

    say(for_terminal(given), style="bold")
    if person is None:
        say(f"  was erased before, as {ERASURES} says; nothing is left to do")
        return
    places = person.clean.filter(pl.col("file") != "").select(PLACE).unique().sort(PLACE)
    if places.is_empty() and not person.lead_ids:
        say("  Nobody here bears this. There is nothing to erase; whoever comes with it will be held back.")
        return
    ids = f", known as {', '.join(person.lead_ids)}" if person.lead_ids else ""
    say(f"  will be erased: {_count(places.height, 'record')}{for_terminal(ids)}, delivered in")
    for place in _listed(places):
        say(f"    {for_terminal(place)}")
    say(
        f"  from the store, all publications and the last night's tables in {for_terminal(home.root)}, and\n"
        "  whatever else there is recognised as theirs. Nobody can take it back, and no later list brings them again."
    )


def _tell(done: Forgotten, home: Home, given: str, console: Console) -> None:
    """Say what was erased, and what is left to do."""

    def say(text: str, style: str | None = None) -> None:
        console.print(text, soft_wrap=True, highlight=False, style=style)

    known = bool(done.records or done.leads)
    say(f"{for_terminal(given)}: {'erased' if known else 'nobody here; held back from now on'}", style="bold")
    tombstones = home.match_overrides / "erased.csv"
    held = f"{done.tombstones:,} new" if done.tombstones else "all set before"
    say(f"  tombstones    {held}, in {for_terminal(tombstones)}: no later list brings them back")
    texts = f"; {_count(done.texts, 'text')} of others that named the person blanked" if done.texts else ""
    rows = f"{_count(done.rows.height, 'row')} of {_count(done.records, 'record')} removed"
    written = f"{_count(len(done.publications), 'publication')} written anew without {_count(len(done.leads), 'lead')}"
    erased = {
        "store": f"{rows}{texts}" if known or texts else "",
        "publications": written if done.publications else "none held the person" if known else "",
        "lake, report": f"{_count(done.tables, 'table')} and the page removed; the next night makes them anew",
        "past days": "removed; `leads run --as-of` makes them anew" if known else "",
        "decisions": f"{_count(done.decisions, 'line')} emptied in {home.match_overrides / LOG}"
        if done.decisions
        else "",
        "sync": f"{_count(done.synced, 'row')} of targets; the next sync erases their records there"
        if done.synced
        else "",
        "consumers": f"told by {_count(done.told, 'line')} in {home.published / ERASURES}" if done.told else "",
    }
    for place, what in erased.items():
        if what:
            say(f"  {place:13} {for_terminal(what)}")
    if not (known or done.elsewhere):
        say("Nothing is left for you to do here.")
        return
    say("Left for you to do; this command does not reach:")
    for place in _listed(done.rows):
        say(f"  inbox         {for_terminal(place)}")
    if done.rows.height:
        say("                delete the rows, and tell who delivers them; until then they are held back every night")
    for path in done.elsewhere:
        if not path.is_relative_to(home.inbox):
            say(f"  file          {for_terminal(path)} holds the address: delete the line")
    say(
        "  CRM, exports  who reads published/erasures.csv deletes the ids; what was exported by hand is yours to delete"
    )
    say("  backups       of this home, and of the inbox: by their own retention")


def _listed(places: pl.DataFrame) -> list[str]:
    """File, sheet and row of the first ones, and how many more there are."""
    rows = [told_place(*row) for row in places.select(PLACE).head(_SHOWN).iter_rows()]
    more = places.height - len(rows)
    return [*rows, *([f"and {_count(more, 'more row')}"] if more else [])]


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}" if number == 1 else f"{number:,} {of}s"
