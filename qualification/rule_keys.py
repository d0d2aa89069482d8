"""Rule keys: what one section of a rule file says, read key by key, so that nothing in it is misread or overlooked.

Belongs here: the type of a value, the words it may be, keys nobody knows. Does not belong here: what a key means (each
room beside). Every fault names the file, the place and the remedy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Never

from qualification.rule_files import UnsoundRules


class Section:
    """One table of a TOML file; whoever has read all it knows calls `close`, which refuses what is left."""

    def __init__(self, path: Path, place: str, given: Any) -> None:
        self.path, self.place = path, place
        if not isinstance(given, Mapping):
            self.refuse("is no table; write it as [name] with keys below it")
        self._given: dict[str, Any] = dict(given)
        self._known: list[str] = []

    def refuse(self, fault: str) -> Never:
        """Raise UnsoundRules at this place."""
        raise UnsoundRules(f"{self.path}: {self.place}: {fault}")

    def close(self) -> None:
        """Refuse keys nobody asked for."""
        if left := sorted(self._given.keys() - set(self._known)):
            self.refuse(f"unknown key `{left[0]}`; it may say {', '.join(sorted(set(self._known)))}")

    def has(self, key: str) -> bool:
        """Whether the section says `key`."""
        self._known.append(key)
        return key in self._given

    def value(self, key: str) -> Any:
        """What stands behind `key`, which must be there."""
        if not self.has(key):
            self.refuse(f"`{key}` is missing; add it")
        return self._given[key]

    def number(self, key: str, default: float | None = None, least: float | None = None) -> float:
        """A finite number, at least `least`; `default` where the key is absent."""
        if not self.has(key) and default is not None:
            return default
        value = self.value(key)
        if not _is_number(value):
            self.refuse(f"`{key}` is {value!r}; write a number")
        if least is not None and value < least:
            self.refuse(f"`{key}` is {value}; write a number from {least:g} on")
        return float(value)

    def whole(self, key: str, default: int | None = None, least: int = 0) -> int:
        """A whole number, at least `least`."""
        value = self.number(key, default, least)
        if value != int(value):
            self.refuse(f"`{key}` is {value:g}; write a whole number")
        return int(value)

    def text(self, key: str, default: str | None = None, words: Collection[str] | None = None) -> str:
        """A text; one of `words` where they are given."""
        if not self.has(key) and default is not None:
            return default
        value = self.value(key)
        if not isinstance(value, str) or not value.strip():
            self.refuse(f'`{key}` is {value!r}; write a text such as "..."')
        if words is not None and value not in words:
            self.refuse(f"`{key}` is unknown: {value!r}; write one of {', '.join(sorted(words))}")
        return value

    def optional_text(self, key: str, words: Collection[str] | None = None) -> str | None:
        """A text, or null where the key is absent."""
        return self.text(key, words=words) if self.has(key) else None

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._given[key] if self.has(key) else default
        if not isinstance(value, bool):
            self.refuse(f"`{key}` is {value!r}; write true or false")
        return value

    def day(self, key: str) -> date:
        """A day, written as a date or as the text YYYY-MM-DD."""
        value = self.value(key)
        try:
            found = date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            found = None
        if type(found) is not date:
            self.refuse(f'`{key}` is {value!r}; write a day such as "2026-12-31"')
        return found

    def texts(self, key: str, words: Collection[str] | None = None) -> tuple[str, ...]:
        """A list of texts, not empty."""
        value = self.value(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            self.refuse(f'`{key}` is {value!r}; write a list of texts such as ["a", "b"]')
        if words is not None and (odd := [item for item in value if item not in words]):
            self.refuse(f"`{key}` names {odd[0]!r}, which is unknown; write some of {', '.join(sorted(words))}")
        return tuple(value)

    def numbers(self, key: str, words: Collection[str] | None = None, least: float | None = None) -> dict[str, float]:
        """A table of numbers by word, such as `{ DE = 10 }`; its words are some of `words`."""
        value = self.value(key)
        if not isinstance(value, Mapping) or not value:
            self.refuse(f"`{key}` is {value!r}; write a table such as {{ a = 1, b = 2 }}")
        below = Section(self.path, f"{self.place} {key}", value)
        return below.all_numbers(words, least)

    def all_numbers(self, words: Collection[str] | None = None, least: float | None = None) -> dict[str, float]:
        """Every key of this section with its number; the keys are some of `words`."""
        for key in self._given:
            if words is not None and key not in words:
                self.refuse(f"`{key}` is unknown; write some of {', '.join(sorted(words))}")
        return {key: self.number(key, least=least) for key in self._given}

    def span(self, key: str) -> tuple[float, float]:
        """Two numbers, the lower first."""
        value = self.value(key)
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)) or value[0] > value[1]:
            self.refuse(f"`{key}` is {value!r}; write the lower and the upper bound, such as [-100, 100]")
        return float(value[0]), float(value[1])

    def section(self, key: str) -> Section:
        """The table `key`."""
        return Section(self.path, f"[{key}]" if self.place == TOP else f"{self.place} {key}", self.value(key))

    def sections(self, key: str, named_by: str) -> Iterator[Section]:
        """The tables [[key]], each called by what it says for `named_by`."""
        given = self._given[key] if self.has(key) else []
        if not isinstance(given, list):
            self.refuse(f"`{key}` is no list of tables; write each as [[{key}]]")
        for number, table in enumerate(given, 1):
            name = table.get(named_by, f"number {number}") if isinstance(table, Mapping) else f"number {number}"
            yield Section(self.path, f"[[{key}]] {name}", table)


TOP = "top of the file"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
