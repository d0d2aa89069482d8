"""Numbering plans: what the digits of an international number say about it.

Belongs here: phonenumbers' own metadata, compiled per calling code to a minimal digit automaton and
run over whole columns; the area-code table; which plans have open lengths. Does not belong here:
reading what people write (`enrichment/phone_notation`) or choosing among numbers (`enrichment/phone`).
Source of the rules: ITU-T E.164 and Google's libphonenumber metadata as shipped with `phonenumbers`;
`benchmarks/differential.py` holds the automaton against the library.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

Digits = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]

MAX_NATIONAL = 17  # the longest national number the metadata knows
PAD = 10  # the symbol after the last digit: the automaton stays where it is

VERDICTS = ("valid", "possible", "local_only", "too_short", "too_long", "wrong_length", "unknown_code")

# The order in which libphonenumber asks (number_type): the first kind that matches wins.
KINDS = (
    ("premium_rate", "premium"),
    ("toll_free", "toll_free"),
    ("shared_cost", "shared_cost"),
    ("voip", "voip"),
    ("personal_number", "service"),
    ("pager", "service"),
    ("uan", "uan"),
    ("voicemail", "service"),
)
LAST_KINDS = ("fixed_line", "fixed_line_or_mobile", "mobile")
KIND_NAMES = (*(name for _, name in KINDS), *LAST_KINDS)

# Plans of open length, where the digits after the trunk number dial straight through to a desk.
DIRECT_DIAL = ("49", "43")

HOME = ("49", "43", "41", "423")  # plans whose area codes are compiled
_LONGEST_AREA = 11  # digits of the longest entry of the area-code table

# The area-code table of phonenumbers lists Austria's areas but not its largest.
_EXTRA_AREAS = {"431": "Wien"}


class Automaton(NamedTuple):
    """Minimal acyclic automaton over national digits: `step[state, symbol]`, `label[state]` (0 = not valid)."""

    step: Ints
    label: Ints
    regions: tuple[str, ...]
    lengths: tuple[int, ...]  # index into VERDICTS per number of digits, for numbers no pattern accepts


@cache
def calling_codes() -> frozenset[str]:
    """All calling codes, as text."""
    return frozenset(str(code) for code in COUNTRY_CODE_TO_REGION_CODE)


@cache
def calling_code(region: str) -> str | None:
    """Calling code of an ISO country, None where it has none."""
    code = phonenumbers.country_code_for_region(region)
    return str(code) if code else None


@cache
def plain_prefix(code: str) -> bool:
    """Whether nothing but a trunk 0, or nothing at all, comes off a national number of the plan."""
    return _metadata(code)[0].national_prefix_for_parsing is None or trunk_zero(code)


@cache
def trunk_zero(code: str) -> bool:
    """Whether the plan writes national numbers with a trunk 0 that is never part of the number itself."""
    metadata = _metadata(code)[0]
    if metadata.national_prefix_for_parsing != "0" or metadata.national_prefix_transform_rule:
        return False
    nfa = _Nfa()
    nfa.add(_general(metadata).national_number_pattern or "")
    return not nfa.move(nfa.start, 0)


def judge(digits: pl.Series) -> pl.DataFrame:
    """What the numbering plan says about international digits (calling code and national number, no plus).

    Args:
        digits: text of ASCII digits, no nulls.

    Returns:
        Columns `verdict` (one of VERDICTS), `kind` (one of KIND_NAMES, null unless valid), `region`
        (ISO country, null unless valid) and `code` (calling code, null where unknown).
    """
    matrix, length = _matrix(digits)
    code = _codes(matrix)
    verdict = np.full(len(digits), VERDICTS.index("unknown_code"), dtype=np.int32)
    kind = np.full(len(digits), len(KIND_NAMES), dtype=np.int32)
    region = np.full(len(digits), -1, dtype=np.int32)
    regions: list[str] = []
    for number in np.unique(code[code > 0]).tolist():
        rows = np.flatnonzero(code == number)
        skip = len(str(number))
        automaton = compiled(str(number))
        state = np.zeros(len(rows), dtype=np.int32)
        national = length[rows] - skip
        part = matrix[rows, skip : skip + MAX_NATIONAL + 1]
        for place in range(min(part.shape[1], int(national.max(initial=0)))):
            state = automaton.step[state, part[:, place]]
        label = automaton.label[state]
        found = label > 0
        by_length = np.array(automaton.lengths, dtype=np.int32)[np.clip(national, 0, MAX_NATIONAL + 1)]
        verdict[rows] = np.where(found, 0, by_length)
        kind[rows] = np.where(found, (label - 1) % len(KIND_NAMES), len(KIND_NAMES))
        region[rows] = np.where(found, len(regions) + (label - 1) // len(KIND_NAMES), -1)
        regions.extend(automaton.regions)
    return pl.DataFrame(
        {
            "verdict": _pick(VERDICTS, verdict),
            "kind": _pick((*KIND_NAMES, None), kind),
            "region": _pick((*regions, None), region % (len(regions) + 1)),
            "code": pl.Series(code).cast(pl.String).replace("0", None),
        }
    )


def area(digits: pl.Series) -> pl.DataFrame:
    """Area code and its place, German names where there are any.

    Args:
        digits: international digits without plus; nulls stay null.

    Returns:
        Columns `area_length` (digits of calling code plus area code) and `location`; null where the
        table knows no area.
    """
    matrix, _ = _matrix(digits.fill_null(""))
    code = _codes(matrix)
    size = np.zeros(len(digits), dtype=np.int32)
    place = np.full(len(digits), -1, dtype=np.int32)
    names: list[str] = []
    for home in HOME:
        table = _areas(home)
        rows = np.flatnonzero(code == int(home))
        state = np.zeros(len(rows), dtype=np.int32)
        for column in range(len(home), table.longest):
            state = table.step[state, matrix[rows, column]]
        size[rows] = table.size[state]
        place[rows] = np.where(table.place[state] < 0, -1, table.place[state] + len(names))
        names.extend(table.names)
    # Abroad the tables are large and the numbers few.
    for row in np.flatnonzero((code > 0) & ~np.isin(code, [int(home) for home in HOME])).tolist():
        prefix, name = _area_abroad(digits[row])
        if prefix:
            size[row], place[row] = prefix, len(names)
            names.append(name)
    return pl.DataFrame(
        {
            "area_length": pl.Series(size).replace(0, None),
            "location": _pick((*names, None), place % (len(names) + 1)),
        }
    )


@cache
def compiled(code: str) -> Automaton:
    """The automaton of one calling code."""
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
    step = np.array([[place[to] for to in steps[old]] + [place[old]] for old in order], dtype=np.int32)
    return Automaton(
        step,
        np.array([labels[old] for old in order], dtype=np.int32),
        tuple(region.id for region in metadata),
        tuple(_length_verdict(_general(metadata[0]), length) for length in range(MAX_NATIONAL + 2)),
    )


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


class _Areas(NamedTuple):
    """The area codes of one calling code as a trie; a state knows the longest area code on its way."""

    step: Ints
    size: Ints  # digits of calling code and area code, 0 where none
    place: Ints  # index into names, -1 where none
    names: tuple[str, ...]
    longest: int


@cache
def _geodata() -> dict[str, dict[str, str]]:
    from phonenumbers.geodata import GEOCODE_DATA  # large, so only when needed

    return GEOCODE_DATA


def _area_abroad(digits: str) -> tuple[int, str]:
    """Digits of the longest area code in the table and its place; 0 where there is none."""
    for size in range(min(len(digits), _LONGEST_AREA), 0, -1):
        if (place := _geodata().get(digits[:size])) is not None:
            return size, place.get("de") or place.get("en", "")
    return 0, ""


@cache
def _areas(code: str) -> _Areas:
    prefixes = {prefix: place for prefix, place in _geodata().items() if prefix.startswith(code)}
    found = {prefix: place.get("de") or place.get("en", "") for prefix, place in prefixes.items()}
    found |= {prefix: place for prefix, place in _EXTRA_AREAS.items() if prefix.startswith(code)}
    names = tuple(sorted(set(found.values())))
    number = {name: index for index, name in enumerate(names)}
    nodes = sorted({prefix[:end] for prefix in found for end in range(len(code), len(prefix) + 1)} | {code})
    nodes.sort(key=len)
    index = {node: at for at, node in enumerate(nodes)}
    best: list[str] = []
    for node in nodes:
        best.append(node if node in found else best[index[node[:-1]]] if len(node) > len(code) else "")
    ends = {prefix: len(nodes) + at for at, prefix in enumerate(sorted(set(best)))}
    step = np.empty((len(nodes) + len(ends), PAD + 1), dtype=np.int32)
    step[:] = np.arange(len(step))[:, None]
    for at, node in enumerate(nodes):
        step[at, :PAD] = [index.get(f"{node}{digit}", ends[best[at]]) for digit in range(10)]
    matched = [*best, *ends]
    return _Areas(
        step,
        np.array([len(prefix) for prefix in matched], dtype=np.int32),
        np.array([number[found[prefix]] if prefix else -1 for prefix in matched], dtype=np.int32),
        names,
        max(map(len, found), default=0),
    )


@cache
def _code_table() -> Ints:
    """The calling code that three leading digits begin with, 0 where none does."""
    table = np.zeros(1000, dtype=np.int32)
    for code in calling_codes():
        width = 10 ** (3 - len(code))
        table[int(code) * width : (int(code) + 1) * width] = int(code)
    return table


def _codes(matrix: Digits) -> Ints:
    head = np.where(matrix[:, :3] == PAD, 0, matrix[:, :3]).astype(np.int32)
    return _code_table()[head @ np.array([100, 10, 1], dtype=np.int32)]


def _matrix(digits: pl.Series) -> tuple[Digits, Ints]:
    """Digits as a matrix, one row per number, PAD after the last, and the lengths."""
    width = 3 + MAX_NATIONAL + 1
    length = digits.str.len_bytes().to_numpy().astype(np.int32)
    padded = digits.str.slice(0, width).str.pad_end(width, ":")  # the character after 9, so PAD
    buffer = "".join(padded.to_list()).encode("ascii") if len(padded) else b""
    return np.frombuffer(buffer, dtype=np.uint8).reshape(len(digits), width) - ord("0"), length


def _pick(names: tuple[str | None, ...], index: Ints) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(pl.Series(index.astype(np.uint32)))
