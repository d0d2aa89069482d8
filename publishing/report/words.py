"""Words: what the report page says, in German or English, and how it writes numbers and dates.

Belongs here: finding a text, filling it in, notation. Does not belong here: the texts (`texts/en.toml`, `texts/de.toml`
and the reasons beside them), or what is said when (`page`, `steps`, `templates/`). English reasons are those of
`contracts/reasons` unless `texts/reasons_en.csv` says them more plainly.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from contracts import statuses
from contracts.published import ACCOUNTS, LEADS
from contracts.reasons import reasons
from engine.word_lists import WordLists
from publishing.gates.judging import Finding

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NO_ACTION = ("Nothing", "None", "Do not")  # how the English remedies begin that ask for nothing
_TEXTS = Path(__file__).parent / "texts"
_VOCABULARIES = {
    column.name: next(name.lower() for name, words in vars(statuses).items() if words is column.words)
    for table in (LEADS, ACCOUNTS)
    for column in table.columns
    if column.words is not None
}
"""The section of `status` for each column whose values are words of ours."""


class _Reason(NamedTuple):
    meaning: str
    remedy: str


class Words:
    """The words of one language.

    >>> say = Words("de")
    >>> say("count.leads", count=1200), say.share(1, 3), say.date(datetime(2026, 3, 1))
    ('1.200 Leads', '33 %', '1. März 2026')
    """

    def __init__(self, language: Language = "en") -> None:
        self.language = language
        self._texts, self._reasons = _texts(language), _reasons(language)
        self._notation = self._texts["notation"]

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`, numbers in it in the notation of the language.

        Args:
            key: section and name in the file of the language, e.g. `funnel.lead`.
            values: what stands in its braces; `count` chooses between `one` and `many` too.

        Raises:
            KeyError: there is no such text, or a value for it is missing.
        """
        text: Any = self._texts
        for name in key.split("."):
            text = text[name]
        if isinstance(text, Mapping):
            text = text["one" if values["count"] == 1 else "many"]
        shown = {name: self.number(value) if isinstance(value, int) else value for name, value in values.items()}
        return str(text).format(**shown)

    @property
    def separator(self) -> str:
        """What stands between the cells of a CSV file that spreadsheets of this language open."""
        return str(self._notation["separator"])

    def number(self, value: float, decimals: int = 0) -> str:
        """`1,234.5` or `1.234,5`."""
        swapped = {",": self._notation["thousands"], ".": self._notation["decimal"]}
        return "".join(swapped.get(sign, sign) for sign in f"{value:,.{decimals}f}")

    def signed(self, value: int) -> str:
        """A difference: +12, −3, and nothing where there is none."""
        return f"{'+' if value > 0 else '−'}{self.number(abs(value))}" if value else ""

    def share(self, part: float, whole: float) -> str:
        """A percentage people read: 0 %, < 1 %, 37 %, 99 %."""
        percent = 100 * part / whole if whole else 0
        if 0 < percent < 1:
            return str(self._notation["less_than_one"])
        return self._percent(min(percent, 99) if part < whole else percent)

    def date(self, at: datetime, style: Literal["date", "short_date", "time"] = "date") -> str:
        """A day with the name of its month; `time` adds hour and minute."""
        if style == "time":
            return str(self._notation["time"]).format(date=self.date(at), time=f"{at:%H:%M}")
        month = self._notation["months"][at.month - 1]
        return str(self._notation[style]).format(day=at.day, month=month, year=at.year)

    def meaning(self, code: str) -> str:
        """What a reason, or a status where no reason is known (`name.partial`), says in a sentence."""
        if code in self._reasons:
            return self._reasons[code].meaning
        concept, _, status = code.partition(".")
        said = self(f"status.{_SHARED.get(concept, concept)}.{status}") if status else code.replace("_", " ")
        return said[:1].upper() + said[1:]

    def remedy(self, code: str) -> str:
        """What to do about it."""
        if code in self._reasons:
            return self._reasons[code].remedy
        concept, _, status = code.partition(".")
        return self(f"remedy.{_SHARED.get(concept, concept)}.{status}") if status else ""

    def field(self, name: str) -> str:
        """What a column is called."""
        return str(self._texts["field"].get(name.removesuffix("_id"), name.replace("_", " ")))

    def word(self, section: str, name: str) -> str:
        """What something is called that a home may name itself; its name where there is no word of ours for it."""
        words: Any = self._texts
        for part in section.split("."):
            words = words[part]
        return str(words.get(name, name.replace("_", " ")))

    def value(self, column: str, text: str) -> str:
        """A value of a column of `leads` or `accounts`, where it is a word of ours."""
        words = self._texts["status"].get(_VOCABULARIES.get(column, ""), {})
        return str(words.get(text, text))

    def measured(self, finding: Finding) -> str:
        """`9.4 %`."""
        return self._exactly(finding.value)

    def usual(self, finding: Finding) -> str:
        """The end of the usual range at which it gets worse: `up to 5 %` or `at least 70 %`."""
        if finding.gate.worse == "less":
            return self("banner.at_least", value=self._exactly(finding.least))
        return self("banner.up_to", value=self._exactly(finding.most))

    def subject(self, finding: Finding) -> str:
        """What a gate measured: a source, a field of a source, a channel, leads or accounts."""
        source, colon, field = finding.subject.rpartition(": ")
        if colon:
            return f"{source.replace('_', ' ')}: {self.field(field)}"
        return str(self._texts["subject"].get(finding.subject, finding.subject.replace("_", " ")))

    def _percent(self, percent: float, decimals: int = 0) -> str:
        return str(self._notation["percent"]).format(number=self.number(percent, decimals))

    def _exactly(self, share: float) -> str:
        percent = 100 * share
        return self._percent(percent, 1 if 0 < percent < 10 and percent % 1 else 0)


_SHARED = {"mobile": "phone"}
"""Concepts with the statuses of another."""


@cache
def wants_action(code: str) -> bool:
    """Whether somebody can do something about a reason."""
    return not Words("en").remedy(code).startswith(NO_ACTION)


def own_reasons(language: Language) -> dict[str, _Reason]:
    """The reasons a language has words of its own for, by code."""
    rows = WordLists(_TEXTS).rows(f"reasons_{language}.csv")
    return {row["code"]: _Reason(row["meaning"], row["remedy"]) for row in rows}


@cache
def _texts(language: Language) -> dict[str, Any]:
    with (_TEXTS / f"{language}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _reasons(language: Language) -> dict[str, _Reason]:
    shared = {code: _Reason(reason.meaning, reason.remedy) for code, reason in reasons().items()}
    return shared | own_reasons(language)
