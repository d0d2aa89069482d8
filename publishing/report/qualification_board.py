"""The board of qualification: one page that says to sales and marketing what to do today.

Belongs here: the tables of `qualification.figures.board` in words, with the names they are looked up by. Does not
belong here: counting (`qualification.figures`), the words (`words`), masking (`masking`), markup (`templates/`).
Persons stand there by their initials and job title; owners as rules/people.csv calls them, without an address.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from contracts.reasons import reasons
from engine.swap import swap
from publishing.report.masking import initials, masked, names_of, without_contacts
from publishing.report.rendering import environment
from publishing.report.trends import HEIGHT, WIDTH, Trend
from publishing.report.words import Language, Words, wants_action
from qualification.figures.board import AGE_CLASSES, AGES, Board
from qualification.figures.figure import NONE

FILE = "qualification.html"
CALLS_SHOWN = 50
CAMPAIGNS_SHOWN = 25
_WHOLE_FROM = 100  # amounts from which cents say nothing
_LEAST = 0.1  # the smallest part of a lead or an order that is named
_FIGURES = ("cost_per_lead", "cost_per_order", "roi")
_GRADED = ("grade", "decayed", "kept")  # how `qualified_by` begins where it names a grade
_UNFIT = "trigger_needs_fit_"
_PARTS = ("mql", "opportunities", "orders")


class Call(NamedTuple):
    """A person somebody has to answer, and what is to be known for it."""

    lead_id: str
    person: str
    title: str
    account: str
    place: str
    owner: str
    team: str
    reach: str
    due: str
    overdue: bool
    window: str
    step: str
    why: str
    points: str
    attached: int


class Stage(NamedTuple):
    """A stage of the funnel: how many stood in it at the end of each month."""

    name: str
    line: Trend

    @property
    def now(self) -> int:
        return self.line.values[-1]

    @property
    def change(self) -> int:
        """Against the end of the month before."""
        return self.now - self.line.values[-2]


class Age(NamedTuple):
    """How many leads of a stage have stood in it for how long, by the classes of `AGES`."""

    stage: str
    leads: tuple[int, ...]
    days: float


class Campaign(NamedTuple):
    """What a campaign cost and brought; each figure as it is shown, or why there is none."""

    name: str
    budget: str
    basis: str
    parts: tuple[str, ...]
    revenue: str
    figures: tuple[tuple[str, str], ...]
    """Figure and reason, one of them empty."""

    @property
    def lacking(self) -> str:
        """Why there are no figures at all, where all lack for the same reason."""
        said = set(self.figures)
        return self.figures[0][1] if len(said) == 1 and not self.figures[0][0] else ""


class Kept(NamedTuple):
    """How an owner keeps the windows: met of those decided, and how many wait beyond one now."""

    owner: str
    met: int
    decided: int
    late: int


class Waiting(NamedTuple):
    """Why leads are with nobody, what helps, and since when the first waits."""

    queued: bool
    meaning: str
    remedy: str
    team: str
    leads: int
    since: str


def write_board(
    board: Board | None,
    leads: pl.DataFrame,
    accounts: pl.DataFrame,
    out: Path,
    *,
    timezone: str,
    as_of: datetime | None = None,
    language: Language = "en",
) -> Path:
    """Write the board of a night.

    Args:
        board: None where nothing is qualified yet.
        leads: lead_id, given_name, family_name, job_title, department, city of those the board speaks of.
        accounts: account_id, name, city.
        out: the HTML file, replaced as a whole.
        timezone: of business; all times on the page are in it.
        as_of: when it was counted, with its zone.
    """
    say = Words(language)
    told = _Told(say, ZoneInfo(timezone))
    shown = told.all(board, leads, accounts) if board else {}
    page = (
        environment(say)
        .get_template("qualification.html.j2")
        .render(
            board=shown,
            as_of=as_of and told.moment(as_of),
            zone=timezone,
            ages=told.ages(),
            line=(WIDTH, HEIGHT),
            figures=_FIGURES,
            parts=_PARTS,
        )
    )
    with swap(out) as new:
        new.write_text(page, encoding="utf-8")
    return out


class _Told:
    """The rows of the board in a language and a zone."""

    def __init__(self, say: Words, zone: ZoneInfo) -> None:
        self.say, self.zone = say, zone

    def all(self, board: Board, leads: pl.DataFrame, accounts: pl.DataFrame) -> dict[str, Any]:
        calls, campaigns = board.call_today, board.campaigns
        return {
            "to_call": calls.height,
            "overdue": calls.filter("overdue").height,
            "calls": list(self.calls(calls.head(CALLS_SHOWN), board.escalated, leads, accounts)),
            "more_calls": max(calls.height - CALLS_SHOWN, 0),
            "stages": list(self.stages(board.funnel)),
            "aging": list(self.aging(board.aging)),
            "campaigns": list(self.campaigns(campaigns.head(CAMPAIGNS_SHOWN))),
            "more_campaigns": max(campaigns.height - CAMPAIGNS_SHOWN, 0),
            "remedies": self.remedies(campaigns),
            "sla": list(self.kept(board.sla, calls)),
            "waiting": list(self.waiting(board.next_steps)),
            "bottleneck": board.bottleneck and self._bottleneck(*board.bottleneck),
        }

    def moment(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        return self.say("qualification.moment", date=self.say.date(local, "short_date"), time=f"{local:%H:%M}")

    def ages(self) -> list[str]:
        """The names of the classes of age, from the youngest."""
        between = [self.say("qualification.age.between", low=low, high=high) for low, high in pairwise(AGES)]
        first, last = (
            self.say("qualification.age.below", days=AGES[0]),
            self.say("qualification.age.above", days=AGES[-1]),
        )
        return [first, *between, last]

    def calls(
        self, calls: pl.DataFrame, escalated: pl.DataFrame, leads: pl.DataFrame, accounts: pl.DataFrame
    ) -> Iterator[Call]:
        persons = names_of(leads)
        people = leads.select("lead_id", "given_name", "family_name", "job_title", "department", lead_city="city")
        firms = accounts.select("account_id", account="name", account_city="city")
        steps = escalated.select("lead_id", "step").unique("lead_id", keep="first", maintain_order=True)
        rows = calls
        for other, key in ((people, "lead_id"), (firms, "account_id"), (steps, "lead_id")):
            rows = rows.join(other, on=key, how="left", maintain_order="left")
        for row in rows.iter_rows(named=True):
            yield Call(
                lead_id=row["lead_id"],
                person=self._initials(row["given_name"], row["family_name"]),
                title=masked("job_title", row["job_title"] or row["department"], persons),
                account=masked("company", row["account"], persons) or self.say("qualification.calls.no_account"),
                place=masked("city", row["account_city"] or row["lead_city"]),
                owner=_owner(row["owner"]),
                team=_plain(row["team"]),
                reach=self._word("reach", row["channel"]),
                due=self.moment(row["due_at"]) if row["due_at"] else self.say("qualification.calls.no_due"),
                overdue=bool(row["overdue"]),
                window=self._word("window", row["window"]),
                step=self._word("step", row["step"]),
                why=self.why(row["reason"]),
                points=self._points(row["fit"], row["behaviour"]),
                attached=row["attached"],
            )

    def why(self, qualified_by: str | None) -> str:
        """`qualified_by` of `contracts.qualified.LEAD_SCORES` in words."""
        if not qualified_by:
            return self.say("qualification.why.unknown")
        begin, _, rest = qualified_by.partition(" ")
        if begin == "trigger":
            return self.say("qualification.why.trigger", act=self._word("activity", rest))
        if (kind := begin.rstrip(",")) in _GRADED:
            return self.say(f"qualification.why.{kind}", grade=qualified_by.rpartition(" ")[2])
        if begin.startswith(_UNFIT):
            return self.say("qualification.why.trigger_needs_fit", grade=begin.removeprefix(_UNFIT))
        return self._word("why", qualified_by)

    def stages(self, funnel: pl.DataFrame) -> Iterator[Stage]:
        for (stage,), rows in funnel.group_by("stage", maintain_order=True):
            since = datetime.strptime(rows["month"][0], "%Y-%m")
            yield Stage(self._word("stage", str(stage)), Trend(str(stage), tuple(rows["leads"]), since))

    def aging(self, aging: pl.DataFrame) -> Iterator[Age]:
        for (stage,), rows in aging.group_by("stage", maintain_order=True):
            counts = dict(rows.select("age", "leads").iter_rows())
            leads = tuple(counts.get(age, 0) for age in AGE_CLASSES)
            yield Age(self._word("stage", str(stage)), leads, rows["days"][0])

    def campaigns(self, campaigns: pl.DataFrame) -> Iterator[Campaign]:
        for row in campaigns.iter_rows(named=True):
            named = row["campaign"] != NONE
            yield Campaign(
                name=without_contacts(row["campaign"]) if named else self.say("qualification.campaigns.unnamed"),
                budget=self._money(row["budget"], row["currency"]),
                basis=self._word("basis", row["basis"]),
                parts=tuple(self._parts(row[name]) for name in _PARTS),
                revenue=self._money(row["revenue"], row["currency"]),
                figures=tuple(
                    (self._figure(name, row[name], row["currency"]), self._missing(row[f"{name}_reason"]))
                    for name in _FIGURES
                ),
            )

    def remedies(self, campaigns: pl.DataFrame) -> list[str]:
        """What can be done about the figures that are missing, each sentence once."""
        codes = [code for name in _FIGURES for code in campaigns[f"{name}_reason"].drop_nulls().unique().sort()]
        wanted = [code for code in codes if code in reasons() and wants_action(code)]
        return [f"{self.say.meaning(code)}. {self.say.remedy(code)}." for code in dict.fromkeys(wanted)]

    def kept(self, sla: pl.DataFrame, calls: pl.DataFrame) -> Iterator[Kept]:
        """Who has been measured, then who only lets people wait."""
        late = dict(calls.filter("overdue").group_by(pl.col("owner").fill_null(NONE)).len().iter_rows())
        for owner, met, decided in sla.select("key", "met", "decided").iter_rows():
            count = late.pop(owner, 0)
            if owner != NONE or decided or count:
                yield Kept(self._kept_by(owner), int(met), int(decided), count)
        for owner in sorted(late, key=lambda owner: (-late[owner], owner)):
            yield Kept(self._kept_by(owner), 0, 0, late[owner])

    def waiting(self, steps: pl.DataFrame) -> Iterator[Waiting]:
        for row in steps.iter_rows(named=True):
            code = row["code"] or "no_code"
            known = code in reasons()
            yield Waiting(
                queued=row["status"] == "queued",
                meaning=self.say.meaning(code) if known else self.say.word("qualification.waiting.codes", code),
                remedy=self.say.remedy(code) if known else "",
                team=_plain(row["team"]),
                leads=row["leads"],
                since=self.say.date(row["oldest"].astimezone(self.zone)) if row["oldest"] else "",
            )

    def _bottleneck(self, stage: str, times: float) -> str:
        return self.say(
            "qualification.bottleneck.is", stage=self._word("stage", stage), times=self.say.number(times, 1)
        )

    def _word(self, section: str, name: str | None) -> str:
        return self.say.word(f"qualification.{section}", name) if name else ""

    def _initials(self, given: str | None, family: str | None) -> str:
        named = any(name and name.strip() for name in (given, family))
        return initials(given, family) if named else self.say("qualification.calls.no_name")

    def _points(self, fit: float | None, behaviour: float | None) -> str:
        if fit is None or behaviour is None:
            return ""
        return self.say("qualification.calls.points", fit=round(fit), behaviour=round(behaviour))

    def _money(self, amount: float | None, currency: str | None) -> str:
        if amount is None:
            return ""
        cents = 2 if abs(amount) < _WHOLE_FROM and amount != round(amount) else 0
        return f"{self.say.number(amount, cents)} {currency or ''}".strip()

    def _parts(self, count: float) -> str:
        """Parts of conversions: a campaign may be owed half a lead."""
        if 0 < count < _LEAST:
            return self.say("qualification.campaigns.little", least=self.say.number(_LEAST, 1))
        return self.say.number(count, 0 if count == round(count) else 1)

    def _figure(self, name: str, value: float | None, currency: str | None) -> str:
        if value is None:
            return ""
        return self.say.share(round(value, 2) + 0.0, 1) if name == "roi" else self._money(value, currency)

    def _missing(self, code: str | None) -> str:
        return self._word("missing", code)

    def _kept_by(self, owner: str) -> str:
        return self.say("qualification.calls.nobody") if owner == NONE else _owner(owner)


def _owner(name: str | None) -> str:
    """A colleague as the rules call them; of an address what stands before the @."""
    return without_contacts(name.partition("@")[0]) if name else ""


def _plain(name: str | None) -> str:
    return without_contacts(name.replace("_", " ")) if name else ""
