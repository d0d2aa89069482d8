"""Sixty nights of one home: arrivals, corrections, withdrawals, opt-outs, erasures, decisions, a rollback, a new rule
and three bad nights, each by the commands a person would type.

Belongs here: what happens in which night, and what is measured of ids, time and disk. Does not belong here: how a
sample is made (`samples`) or one night is measured (`benchmarks.night`).

    python -m benchmarks.sixty_nights --leads 50000

Each bad night has to be held by the gate named for it, and no gate may hold any other night; exit code 1 where one of
these does not hold. The table goes to the other results (`benchmarks/results`).
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from publishing.last_night import last_night
from samples.generate import write_sample

PROJECT = Path(__file__).parent.parent
RESULT = Path(__file__).parent / "results" / "sixty_nights.md"
BEGIN = datetime(2026, 11, 1, 1, tzinfo=UTC)
CONTACTS, ARRIVALS, LISTED = 1_000, 40, 3  # of the CRM's nightly export; new leads a night; opt-outs of a list
PUBLISHED, HELD = 0, 4  # exit codes of `leads run`
HEADER = ("ID", "Vorname", "Nachname", "E-Mail", "Telefon", "Firma", "Position", "PLZ", "Ort", "Newsletter", "Datum")
PHONE = HEADER.index("Telefon")
FIELDS = ("given_name", "family_name", "email", "phone", "company", "job_title", "postcode", "city")

Row = list[str]
Act = Callable[["World"], str]


@dataclass
class Night:
    """One night as it went."""

    number: int
    acts: Sequence[Act] = ()
    what: list[str] = field(default_factory=list)
    exit: int = 0
    tripped: list[str] = field(default_factory=list)
    seconds: float = 0.0
    megabytes: float = 0.0
    leads: int = 0
    kept: float = 1.0  # share of yesterday's ids that are in use or lead to one
    lost: int = 0  # ids of yesterday that lead nowhere and have no tombstone

    @property
    def expected(self) -> str | None:
        """The gate that has to hold it."""
        return next((EXPECTED[act] for act in self.acts if act in EXPECTED), None)

    @property
    def as_it_should(self) -> bool:
        if self.expected:
            return self.exit == HELD and self.expected in self.tripped
        gone_back = rolled_back in self.acts
        return not self.tripped and not self.lost and self.exit == (HELD if gone_back else PUBLISHED)


@dataclass
class World:
    """A home, and what its sources deliver next."""

    home: Path
    people: Iterator[dict[str, Any]]
    code: Path = PROJECT
    contacts: dict[str, Row] = field(default_factory=dict)
    visitors: list[Row] = field(default_factory=list)
    night: int = 0

    def leads(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Type a command."""
        command = [sys.executable, "-m", "pipelines.cli", *arguments, "--home", str(self.home)]
        place = os.environ | {"PYTHONPATH": str(self.code)}
        return subprocess.run(command, cwd=self.code, env=place, capture_output=True, text=True, check=False)

    def typed(self, *arguments: str) -> str:
        """Type a command that has to succeed."""
        done = self.leads(*arguments)
        if done.returncode:
            raise SystemExit(f"night {self.night}: leads {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def rows(self, count: int) -> list[Row]:
        """New people, as a form writes them."""
        at = f"{BEGIN + timedelta(days=self.night):%d.%m.%Y}"
        people = [next(self.people) for _ in range(count)]
        return [
            [f"{self.night}-{nth}", *(person[name] or "" for name in FIELDS), "ja", at]
            for nth, person in enumerate(people)
        ]

    def deliver(self, channel: str, source: str, rows: Sequence[Row], header: Sequence[str] = HEADER) -> None:
        """Put a file into the inbox, dated tonight."""
        path = self.home / "inbox" / channel / source / f"{source}_{self.night:02d}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows([header, *rows])
        at = (BEGIN + timedelta(days=self.night)).timestamp()
        os.utime(path, (at, at))

    def export(self, share: float = 1.0) -> None:
        """The CRM's nightly export: everybody, and a column that changes each night."""
        kept = [*self.contacts.values()][: round(share * len(self.contacts))]
        rows = [[*row, f"{self.night + nth % 7} Tage"] for nth, row in enumerate(kept)]
        self.deliver("offline", "crm", rows, (*HEADER, "Letzte Aktivität"))

    def current(self) -> Path:
        return (self.home / "published" / "current").resolve()

    def published(self, table: str, *columns: str) -> pl.DataFrame:
        return pl.read_parquet(self.current() / f"{table}.parquet", columns=[*columns], glob=False)


# What happens in a night beside arrivals and the export; each returns what the table says of it.


def corrected(world: World) -> str:
    """Ten contacts have another number, one is new, one has left the CRM."""
    for nth, key in enumerate([*world.contacts][world.night * 10 :][:10]):
        world.contacts[key][PHONE] = f"+49 711 {world.night:02d}{nth:02d}55"
    world.contacts.pop([*world.contacts][-1])
    (row,) = world.rows(1)
    world.contacts[row[0]] = [f"KD-N{world.night:04d}", *row[1:]]
    return "10 corrections"


def opted_out(world: World) -> str:
    listed = world.visitors[-LISTED:]
    world.deliver("online", "abmeldungen", [[row[3], row[10]] for row in listed], ("E-Mail", "Abgemeldet am"))
    return f"{LISTED} opt-outs"


def withdrawn(world: World) -> str:
    world.typed("withdraw", "webform", "--file", f"webform_{world.night - 3:02d}.csv", "--because", "bought list")
    return "a file withdrawn"


def erased(world: World) -> str:
    while world.leads("forget", "--yes", world.visitors.pop(0)[3]).returncode:
        pass  # a team's address names nobody
    return "an erasure"


def decided(world: World) -> str:
    pair = world.published("leads", "lead_id").sample(2, seed=world.night)["lead_id"].to_list()
    world.typed("decide", "must-link", *pair, "--because", "they said so")
    return "a merge by hand"


def undone(world: World) -> str:
    numbers = [line.split()[0] for line in world.typed("decisions").splitlines() if "must_link" in line]
    world.typed("decide", "revoke", numbers[-1], "--because", "a slip")
    return "a merge undone"


def rolled_back(world: World) -> str:
    runs = sorted(path.parent.name for path in (world.home / "published").glob("[!.]*/manifest.json"))
    runs = [run for run in runs if run != "current" and run != world.current().name]
    world.typed("rollback", runs[-1], "--because", "sales saw odd names")
    return "rolled back by a publication"


def ended(world: World) -> str:
    world.typed("rollback", "--end", "--because", "looked at")
    return "rollback ended"


def new_rule(world: World) -> str:
    """The same code, but for one more nickname."""
    code = world.home.parent / "code"
    shutil.copytree(PROJECT, code, ignore=shutil.ignore_patterns(".git", ".venv*", "var", "__pycache__", ".*_cache"))
    (names,) = code.glob("**/nicknames.csv")
    names.write_text(names.read_text(encoding="utf-8") + "sander,alexander\n", encoding="utf-8")
    world.code = code
    return "a new nickname among the rules"


def half_a_source(world: World) -> str:
    world.export(share=0.6)
    return "**the CRM exports three fifths**"


def broken_addresses(world: World) -> str:
    rows = [[*row[:3], f"{row[3].replace('@', '')} at", *row[4:]] for row in world.rows(300)]
    world.deliver("online", "webform", [*rows])
    return "**a form without @ in its addresses**"


def merged_by_mistake(world: World) -> str:
    """Every lead beside the next one, as a macro that slipped by a row would write them."""
    keys = world.published("lead_crosswalk", "source", "source_record_id", "lead_id").unique("lead_id").sort("lead_id")
    rows = keys.select("source", "source_record_id").rows()[:4_000]
    lines = [["must_link", *one, *other] for one, other in zip(rows[::2], rows[1::2], strict=True)]
    with (world.home / "overrides" / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["decision", "left_source", "left_id", "right_source", "right_id"], *lines])
    return "**two thousand merges by a slipped macro**"


def taken_back(world: World) -> str:
    (world.home / "overrides" / "leads.csv").unlink()
    return "the macro's merges deleted"


def form_withdrawn(world: World) -> str:
    world.typed("withdraw", "webform", "--file", f"webform_{world.night - 1:02d}.csv", "--because", "broken form")
    return "the broken form withdrawn"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=50_000, help="source records of the first night")
    parser.add_argument("--nights", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nights-") as folder:
        nights = [*simulate(Path(folder), options.leads, options.nights)]
    RESULT.write_text(as_text(nights, options.leads), encoding="utf-8")
    print(f"written to {RESULT}")
    sys.exit(0 if all(night.as_it_should for night in nights) else 1)


def simulate(folder: Path, leads: int, count: int) -> Iterator[Night]:
    """All nights, each told on the terminal when it is over."""
    world = begin(folder, leads)
    calendar = calendar_of(count)
    for number in range(1, count + 1):
        world.night = number
        night = Night(number, calendar.get(number, []))
        night.what = [act(world) for act in night.acts]
        before = world.published("leads", "lead_id")["lead_id"] if number > 1 else pl.Series(dtype=pl.String)
        if number > 1:
            deliver_regularly(world, night.acts)
        started = time.perf_counter()
        done = world.leads("run")
        night.seconds, night.exit = time.perf_counter() - started, done.returncode
        measure(world, night, before)
        if not night.as_it_should:
            print(done.stdout[-3_000:], done.stderr[-2_000:])
        print(line(night), flush=True)
        yield night


def begin(folder: Path, leads: int) -> World:
    """A home with a sample in its inbox, and a CRM that holds some of its people."""
    home = folder / "home"
    write_sample(home, leads, seed=1)
    write_sample(folder / "others", 40_000, seed=2)
    others = pl.read_parquet(folder / "others" / "truth.parquet").drop_nulls(["person_id", *FIELDS])
    people = others.unique("person_id", keep="first", maintain_order=True).sample(fraction=1.0, shuffle=True, seed=1)
    world = World(home, people.iter_rows(named=True))
    for nth, row in enumerate(world.rows(CONTACTS)):
        world.contacts[f"KD-{nth:05d}"] = [f"KD-{nth:05d}", *row[1:]]
    (home / "sources").mkdir()
    (home / "sources" / "crm.toml").write_text("snapshot = true\n", encoding="utf-8")
    world.export()
    return world


def deliver_regularly(world: World, acts: Sequence[Act]) -> None:
    """What comes every night, but for what comes broken tonight."""
    if broken_addresses not in acts:
        arrived = world.rows(ARRIVALS)
        world.visitors += arrived
        world.deliver("online", "webform", arrived)
    if half_a_source not in acts:
        world.export()


EXPECTED: dict[Act, str] = {
    half_a_source: "volume",
    broken_addresses: "invalid_values",
    merged_by_mistake: "merged_leads",
}


def calendar_of(count: int) -> dict[int, list[Act]]:
    """What happens in which night."""
    days: dict[int, list[Act]] = {}
    regular: tuple[tuple[Act, int, int], ...] = (
        (corrected, 2, 1), (opted_out, 3, 3), (decided, 5, 10), (undone, 9, 10), (withdrawn, 6, 10), (erased, 7, 7),
    )  # fmt: skip
    for act, first, every in regular:
        for number in range(first, count + 1, every):
            days.setdefault(number, []).append(act)
    once: dict[int, Act] = {
        15: half_a_source, 25: broken_addresses, 26: form_withdrawn, 30: new_rule, 40: rolled_back, 41: ended,
        50: merged_by_mistake, 51: taken_back,
    }  # fmt: skip
    for number, act in once.items():
        days.setdefault(number, []).append(act)
    return days


def measure(world: World, night: Night, before: pl.Series) -> None:
    """Ids, disk and gates after a night."""
    night.megabytes = sum(path.lstat().st_size for path in world.home.rglob("*") if path.is_file()) / 1e6
    now = world.published("leads", "lead_id")["lead_id"]
    night.leads = len(now)
    redirects, tombstones = world.published("redirects", "old_id"), world.published("tombstones", "old_id")
    followed = before.is_in(now.implode()) | before.is_in(redirects["old_id"].implode())
    night.kept = int(followed.sum()) / len(before) if len(before) else 1.0
    night.lost = int((~followed & ~before.is_in(tombstones["old_id"].implode())).sum())
    night.tripped = gates_tripped(world) if night.exit == HELD else []


def gates_tripped(world: World) -> list[str]:
    """The gates that held the last night."""
    found = last_night(world.home / "published")
    return sorted({it.gate.name for it in found.verdict.tripped}) if found else []


def as_text(nights: Sequence[Night], leads: int) -> str:
    """The result as Markdown."""
    honest = [night for night in nights if not night.expected]
    seconds = sorted(night.seconds for night in nights[1:])
    grown = nights[-1].megabytes - nights[min(9, len(nights) - 1)].megabytes
    return "\n".join(
        [
            f"Sixty nights from {leads:,} source records (`python -m benchmarks.sixty_nights --leads {leads}`).",
            "",
            f"- bad nights held by the gate named for them: "
            f"{sum(night.as_it_should for night in nights if night.expected)} of {len(nights) - len(honest)}",
            f"- other nights held by a gate: {sum(night.exit == HELD and bool(night.tripped) for night in honest)}",
            f"- ids that lead nowhere without a tombstone: {sum(night.lost for night in nights)}",
            f"- a night takes {seconds[len(seconds) // 2]:.0f} s (median; {seconds[-1]:.0f} s at most)",
            f"- disk: {nights[-1].megabytes:,.0f} MB at the end, {grown / max(len(nights) - 10, 1):.1f} MB a night "
            "since the tenth",
            "",
            "| night | what happened | exit | held by | leads | ids kept | seconds | MB |",
            "| ---: | --- | ---: | --- | ---: | ---: | ---: | ---: |",
            *map(line, nights),
            "",
        ]
    )


def line(night: Night) -> str:
    cells = (
        night.number,
        ", ".join(night.what),
        night.exit,
        ", ".join(night.tripped),
        f"{night.leads:,}",
        f"{night.kept:.2%}",
        f"{night.seconds:.1f}",
        f"{night.megabytes:,.0f}",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
