"""Numbering plans and area codes of the world as compact tables, from the metadata in the phonenumbers package.

Belongs here: compiling each calling code's patterns to a minimal digit automaton (tens of milliseconds a plan,
too long for every worker) and flattening the area codes to intervals. Does not belong here: judging a number
(`enrichment/phone/numbering`), reading the tables (`reference/phone_plans`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

from reference.phone_plans import KIND_NAMES, KINDS, LONGEST_AREA, MAX_NATIONAL, VERDICTS, Plan

# The area-code table of phonenumbers lists Austria's areas but not its largest.
_ALSO = {"431": "Wien"}


def build_plans(target: Path) -> int:
    """Write one row per calling code of the installed phonenumbers; returns the rows."""
    plans = [compiled(str(code)) for code in sorted(COUNTRY_CODE_TO_REGION_CODE)]
    schema = pl.Schema(
        {
            "code": pl.String(),
            "steps": pl.List(pl.UInt16),
            "labels": pl.List(pl.UInt16),
            "regions": pl.List(pl.String),
            "lengths": pl.List(pl.UInt8),
            "trunk_zero": pl.Boolean(),
            "plain_prefix": pl.Boolean(),
        }
    )
    pl.DataFrame(plans, schema=schema, orient="row").write_parquet(target, compression="zstd", compression_level=19)
    return len(plans)


def build_areas(target: Path) -> int:
    """Write first, size and place of every interval of numbers with an area code; returns the rows."""
    from phonenumbers.geodata import GEOCODE_DATA  # large, so only when needed

    names = {prefix: place.get("de") or place.get("en", "") for prefix, place in GEOCODE_DATA.items()}
    rows = list(intervals(names | _ALSO))
    table = pa.table(
        {
            "first": pa.array([first for first, _, _ in rows], pa.int64()),
            "size": pa.array([size for _, size, _ in rows], pa.uint8()),
            "place": pa.array([place for _, _, place in rows], pa.string()),
        }
    )
    pq.write_table(
        table,
        target,
        compression="zstd",
        compression_level=19,
        use_dictionary=["size", "place"],
        column_encoding={"first": "DELTA_BINARY_PACKED"},
    )
    return len(rows)


def intervals(names: Mapping[str, str]) -> Iterator[tuple[int, int, str | None]]:
    """Where each area begins: (first number, digits of its prefix, place), the longest prefix winning.

    A number counts in base 11, its digits from 1 to 10 and 0 behind its end, so that a number shorter than
    a prefix lies before it.
    """
    starts: dict[int, str] = {}
    enclosing: list[tuple[int, str]] = []
    for prefix in [*sorted(names), ""]:
        first = _in_base_11(prefix) if prefix else 11**LONGEST_AREA
        while enclosing and enclosing[-1][0] <= first:
            end, _ = enclosing.pop()
            starts[end] = enclosing[-1][1] if enclosing else ""
        starts[first] = prefix
        enclosing.append((first + 11 ** (LONGEST_AREA - len(prefix)), prefix))
    told: tuple[int, str | None] | None = None
    for first, prefix in sorted(starts.items()):
        facts = (len(prefix), names.get(prefix))
        if facts != told:
            yield first, *facts
        told = facts


def _in_base_11(prefix: str) -> int:
    number = 0
    for digit in prefix:
        number = number * 11 + int(digit) + 1
    return int(number * 11 ** (LONGEST_AREA - len(prefix)))


def compiled(code: str) -> Plan:
    """The plan of one calling code."""
    metadata = _metadata(code)
    nfa = _Nfa()
    tests = [_Test(nfa, region) for region in metadata]
    steps: list[list[int]] = []
    labels: list[int] = []
    known: dict[tuple[int, tuple[int, ...]], int] = {}
    seen: dict[tuple[int, int], int] = {}

    def state(depth: int, active: int) -> int:
        if (depth, active) in seen:
            return seen[depth, active]
        label = _label(tests, depth, active)
        children = tuple(
            state(depth + 1, following) if (following := nfa.move(active, digit)) and depth < MAX_NATIONAL else -1
            for digit in range(10)
        )
        key = (label, children)
        if key not in known:
            known[key] = len(steps)
            steps.append(list(children))
            labels.append(label)
        seen[depth, active] = known[key]
        return known[key]

    first = state(0, nfa.start)
    dead = len(steps)
    order = [first, *(index for index in range(dead) if index != first), dead]
    place = {old: new for new, old in enumerate(order)} | {-1: dead}
    steps.append([dead] * 10)
    labels.append(0)
    return Plan(
        code,
        [place[to] for old in order for to in steps[old]],
        [labels[old] for old in order],
        [str(region.id) for region in metadata],
        [_length_verdict(_general(metadata[0]), length) for length in range(MAX_NATIONAL + 2)],
        _trunk_zero(metadata[0]),
        metadata[0].national_prefix_for_parsing is None or _trunk_zero(metadata[0]),
    )


def _trunk_zero(metadata: PhoneMetadata) -> bool:
    if metadata.national_prefix_for_parsing != "0" or metadata.national_prefix_transform_rule:
        return False
    nfa = _Nfa()
    nfa.add(_general(metadata).national_number_pattern or "")
    return not nfa.move(nfa.start, 0)


def _metadata(code: str) -> list[PhoneMetadata]:
    return [
        found
        for region in COUNTRY_CODE_TO_REGION_CODE[int(code)]
        if (found := PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)) is not None
    ]


def _general(metadata: PhoneMetadata) -> PhoneNumberDesc:
    assert metadata.general_desc is not None, "every region describes its numbers"
    return metadata.general_desc


def _length_verdict(general: PhoneNumberDesc, length: int) -> int:
    possible = general.possible_length
    if length in possible:
        name = "possible"
    elif length in general.possible_length_local_only:
        name = "local_only"
    elif length < min(possible):
        name = "too_short"
    elif length > max(possible):
        name = "too_long"
    else:
        name = "wrong_length"
    return VERDICTS.index(name)


class _Nfa:
    """Thompson's construction for the metadata's patterns; a set of states is the bits of an int.

    Only states that read a digit or accept are kept in a set; the others are passed through.
    """

    def __init__(self) -> None:
        self.edges: list[list[tuple[int, int]]] = []  # per state: (bit mask of digits, to)
        self.empty: list[list[int]] = []
        self.start = 0
        self._ends = 0
        self._reached: list[dict[int, int]] = []  # per digit: from the bit of a state to the states reached
        self._reading: list[int] = []  # per digit: the states that read it

    def add(self, pattern: str, *, prefix: bool = False) -> int:
        """Add a pattern that must match the whole number (or its beginning); its accepting state's bit."""
        begin, end = self._alternatives(_Reader(pattern))
        if prefix:
            self.edges[end].append(((1 << 10) - 1, end))
        self._ends |= 1 << end
        self.start |= self._closure(begin)
        self._reached = []
        return 1 << end

    def move(self, active: int, digit: int) -> int:
        """The states reached from `active` by one digit."""
        if not self._reached:
            self._prepare()
        reached, table = 0, self._reached[digit]
        active &= self._reading[digit]
        while active:
            low = active & -active
            reached |= table[low]
            active ^= low
        return reached

    def _prepare(self) -> None:
        closures: dict[int, int] = {}
        self._reached = [{} for _ in range(10)]
        for state, edges in enumerate(self.edges):
            for digits, to in edges:
                if to not in closures:
                    closures[to] = self._closure(to)
                for digit, table in enumerate(self._reached):
                    if digits >> digit & 1:
                        table[1 << state] = table.get(1 << state, 0) | closures[to]
        self._reading = [sum(table) for table in self._reached]

    def _closure(self, state: int) -> int:
        found, seen, todo = 0, {state}, [state]
        while todo:
            at = todo.pop()
            if self.edges[at] or self._ends >> at & 1:
                found |= 1 << at
            for to in self.empty[at]:
                if to not in seen:
                    seen.add(to)
                    todo.append(to)
        return found

    def _state(self) -> int:
        self.edges.append([])
        self.empty.append([])
        return len(self.edges) - 1

    def _alternatives(self, text: _Reader) -> tuple[int, int]:
        begin, end = self._state(), self._state()
        while True:
            first, last = self._sequence(text)
            self.empty[begin].append(first)
            self.empty[last].append(end)
            if text.peek() != "|":
                return begin, end
            text.take()

    def _sequence(self, text: _Reader) -> tuple[int, int]:
        begin = end = self._state()
        while text.peek() not in ("", "|", ")"):
            at = text.at
            first, last = self._atom(text)
            after = text.at
            least, most = text.repeat()
            done = text.at
            for index in range(most):
                if index:  # each repetition is a copy of its own, read again from the same place
                    text.at = at
                    first, last = self._atom(text)
                if index >= least:
                    self.empty[first].append(last)
                self.empty[end].append(first)
                end = last
            assert text.at in (after, done)
            text.at = done
        return begin, end

    def _atom(self, text: _Reader) -> tuple[int, int]:
        if text.peek() == "(":
            text.take()
            if text.peek() == "?":
                text.take(2)
            begin, end = self._alternatives(text)
            text.take()
            return begin, end
        begin, end = self._state(), self._state()
        self.edges[begin].append((text.digits(), end))
        return begin, end


class _Reader:
    """Reads the subset of regular expressions the metadata uses: digits, classes, groups, counts."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self, count: int = 1) -> str:
        self.at += count
        return self.pattern[self.at - count : self.at]

    def digits(self) -> int:
        character = self.take()
        if character == "\\":
            assert self.take() == "d", self.pattern
            return (1 << 10) - 1
        if character != "[":
            return 1 << int(character)
        mask = 0
        while (character := self.take()) != "]":
            if character == "\\":
                assert self.take() == "d", self.pattern
                mask |= (1 << 10) - 1
                continue
            last = character
            if self.peek() == "-":
                self.take()
                last = self.take()
            for digit in range(int(character), int(last) + 1):
                mask |= 1 << digit
        return mask

    def repeat(self) -> tuple[int, int]:
        if self.peek() == "?":
            self.take()
            return 0, 1
        if self.peek() != "{":
            return 1, 1
        close = self.pattern.index("}", self.at)
        least, _, most = self.pattern[self.at + 1 : close].partition(",")
        self.at = close + 1
        return int(least), int(most or least)


class _Test:
    """One region's patterns: where each accepts and for which lengths."""

    def __init__(self, nfa: _Nfa, metadata: PhoneMetadata) -> None:
        self.general = self._desc(nfa, metadata.general_desc)
        self.kinds = [self._desc(nfa, getattr(metadata, name)) for name, _ in KINDS]
        self.fixed_line = self._desc(nfa, metadata.fixed_line)
        self.mobile = self._desc(nfa, metadata.mobile)
        self.same = bool(metadata.same_mobile_and_fixed_line_pattern)
        self.leading = nfa.add(metadata.leading_digits, prefix=True) if metadata.leading_digits else None

    @staticmethod
    def _desc(nfa: _Nfa, desc: PhoneNumberDesc | None) -> tuple[int, frozenset[int]]:
        if desc is None or not desc.national_number_pattern:
            return 0, frozenset()
        return nfa.add(desc.national_number_pattern), frozenset(desc.possible_length)

    def kind(self, length: int, active: int) -> int | None:
        """Index into KIND_NAMES, as libphonenumber's number_type."""

        def matches(desc: tuple[int, frozenset[int]]) -> bool:
            return bool(desc[0] & active) and (not desc[1] or length in desc[1])

        if not matches(self.general):
            return None
        for index, desc in enumerate(self.kinds):
            if matches(desc):
                return index
        if matches(self.fixed_line):
            both = self.same or matches(self.mobile)
            return KIND_NAMES.index("fixed_line_or_mobile" if both else "fixed_line")
        if not self.same and matches(self.mobile):
            return KIND_NAMES.index("mobile")
        return None


def _label(tests: list[_Test], length: int, active: int) -> int:
    for index, test in enumerate(tests):
        kind = test.kind(length, active)
        by_lead = len(tests) > 1 and test.leading is not None
        if by_lead and not (test.leading or 0) & active:
            continue
        if kind is not None:
            return 1 + index * len(KIND_NAMES) + kind
        if by_lead:
            return 0
    return 0
