"""Header fit: which name belongs to which column when the header has more or fewer names than the rows have cells.

Belongs here: a delimiter too many or too few in the header, a name split or two run together, columns without a name,
and what the values of the rows say of each. Does not belong here: rows that are ragged themselves (`stream`), what a
column means among others (`sources.columns.mapping`).

Every way to lay the names over the columns is tried; those that the values bear out best stand. A column on which
they differ has no name then: its values are kept (`extra`), and none stands under a name that is not its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from reference.letters import SPELT_OUT, level
from reference.nicknames import groups
from sources.columns.headers import is_known, look_up
from sources.columns.values import Profile

MOST_LEFT_OUT = 5  # names too many
MOST_UNNAMED = 20  # columns
_EVEN = 0.9  # share of the rows that have one number of cells, and another than the header
_FEWEST_ROWS = 2
_TELLING = 2  # columns whose values bear out their names; one in a table of up to four columns
_FEW_COLUMNS = 4
_SPLITS = re.compile(r"[\s,;|/+&-]+|(?<=[^\W\d_])(?=[A-ZÄÖÜ])")

# What the values of a field look like, where they have a look of their own: (shapes, least share, at most if not).
_LOOKS = {
    "email": (("email", "mail_inside"), 0.6, 0.2),
    **dict.fromkeys(("phone", "phone_2", "mobile", "fax"), (("phone", "digits"), 0.6, 0.2)),
    "postcode": (("postcode",), 0.8, 0.2),
    "postcode_city": (("postcode_city",), 0.6, 0.2),
    **dict.fromkeys(("collected_at", "birth_date"), (("date",), 0.6, 0.0)),
    "salutation": (("salutation",), 0.6, 0.1),
    "ip_address": (("ip",), 0.6, 0.2),
    "vat_id": (("vat",), 0.6, 0.2),
    "website": (("link",), 0.6, -1.0),
    "house_number": (("house_number",), 0.8, 0.2),
    **dict.fromkeys(("consent_email", "consent_phone", "opt_out"), (("yes_no",), 0.6, -1.0)),
    "company": (("company",), 0.2, -1.0),
}
_PERSON = ("given_name", "family_name", "full_name")
_WORDS = (*_PERSON, "company", "city", "job_title", "department", "country", "region", "street", "academic_title")
# Looks that words never have.
_NO_WORDS = ("email", "phone", "postcode", "postcode_city", "date", "ip", "link", "integer", "yes_no")
_NO_PERSON = ("digit", "salutation", "company")
_OFTEN = 0.5
_KNOWN_GIVEN = 0.3


class Fit(NamedTuple):
    """The names of the columns as far as the values tell them, and what is to be said of it.

    `names` are None where the values contradict the header and do not tell what is right.
    """

    names: list[str] | None
    notice: str


def fit_header(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Fit | None:
    """Lay the names of a header over the columns of rows that have another number of cells.

    Args:
        names: of the header.
        rows: cells of the first rows below it, blank ones left out.

    Returns:
        None where the header stands: it is as wide as the rows, these are uneven, or nothing speaks against it.
    """
    width = _usual_width(names, rows)
    if width is None or not (len(names) - MOST_LEFT_OUT <= width <= len(names) + MOST_UNNAMED):
        return None
    even = [row for row in rows if len(row) == width]
    columns = [_Column(cells) for cells in zip(*even, strict=True)]
    if width > len(names) and not any(cell.strip() for row in even for cell in row[len(names) :]):
        return None  # only empty cells too many
    if width > len(names) and any(column.begins_blank for column in columns[1:]):
        return None  # an unquoted delimiter within a value, `Muster, Max`: the rows are at fault
    scores = {laid: bonus + sum(map(_Column.fit, columns, laid)) for laid, bonus in _ways(list(names), width)}
    best = [laid for laid, score in scores.items() if score == max(scores.values())]
    agreed = [found.pop() if len(found := set(said)) == 1 else "" for said in zip(*best, strict=True)]
    as_it_is = tuple(names[:width])
    if width < len(names) and tuple(agreed) == as_it_is:
        return None
    fits = [column.fit(name) for column, name in zip(columns, agreed, strict=True)]
    known = sum(1 for name in agreed if name and look_up(name).field is not None)
    if fits.count(1) >= (_TELLING if width > _FEW_COLUMNS else 1) and -1 not in fits and known >= _TELLING:
        return Fit(agreed, _told(len(names), width, agreed))
    padded = width < len(names) and -1 not in map(_Column.fit, columns, as_it_is)
    return None if padded or width > len(names) else Fit(None, _told(len(names), width, None))


def _usual_width(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """The number of cells that nearly all rows have, if it is another than that of the names."""
    if len(rows) < _FEWEST_ROWS:
        return None
    widths = Counter(map(len, rows))
    width, count = widths.most_common(1)[0]
    differs = width != len(names) and widths[len(names)] <= (1 - _EVEN) * len(rows)
    return width if differs and width > 1 and count >= _EVEN * len(rows) else None


def _ways(names: list[str], width: int) -> Iterator[tuple[tuple[str, ...], float]]:
    """Ways to lay the names over so many columns, each with what speaks for it in the names themselves."""
    count = abs(len(names) - width)
    if width > len(names):
        for place in range(len(names) + 1):
            yield (*names[:place], *[""] * count, *names[place:]), 0.0
        for place, name in enumerate(names) if count == 1 else ():
            for cut in _SPLITS.finditer(name):
                parts = [name[: cut.start()].strip(), name[cut.end() :].strip()]
                if all(part and look_up(part).field is not None for part in parts):
                    yield (*names[:place], *parts, *names[place + 1 :]), 1.0
        return
    for place in range(width + 1):
        left_out = names[place : place + count]
        yield (*names[:place], *names[place + count :]), 0.5 * (len(left_out) - sum(map(bool, left_out)))
    for place, (one, two) in enumerate(pairwise(names)) if count == 1 else ():
        if not (one and two) or (is_known(one) and is_known(two)):
            continue
        joined = next((name for name in (one + two, f"{one} {two}") if look_up(name).exact), None)
        if joined is not None:
            yield (*names[:place], joined, *names[place + 2 :]), 1.0


class _Column:
    """A column of the rows: how well a name fits its values."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._look = Profile(pl.Series(cells, dtype=pl.String))
        filled = [cell for cell in cells if cell.strip()]
        self.begins_blank = sum(cell.startswith(" ") for cell in filled) > _OFTEN * len(filled) > 0
        self._given = 0.0
        if filled:
            first = pl.Series("name", filled).str.strip_chars().str.split(" ").list.first().to_frame()
            self._given = sum(
                first.select(level(SPELT_OUT.column(pl.col("name")))).to_series().is_in(_given_names())
            ) / len(filled)

    def fit(self, name: str) -> int:
        """1 where the values bear the name out, -1 where they contradict it, else 0."""
        if not name or not self._look.filled:
            return 0
        field = look_up(name).field or ""
        if field in _WORDS and any(self._look.share(shape) >= _OFTEN for shape in _NO_WORDS):
            return -1
        if field in _PERSON and any(self._look.share(shape) >= _OFTEN for shape in _NO_PERSON):
            return -1
        if field == "given_name":
            return int(self._given >= _KNOWN_GIVEN)
        if field == "family_name":
            return -int(self._given >= _OFTEN)
        if field not in _LOOKS:
            return 0
        shapes, least, most = _LOOKS[field]
        share = max(map(self._look.share, shapes))
        return 1 if share >= least else -1 if share <= most else 0


@cache
def _given_names() -> pl.Series:
    return pl.Series(sorted(groups()), dtype=pl.String).implode()


def _told(names: int, width: int, agreed: Sequence[str] | None) -> str:
    said = f"The header has {names} names, the rows have {width} cells"
    if agreed is None:
        return f"{said}, and their values do not tell which name belongs to which"
    unnamed = [str(place + 1) for place, name in enumerate(agreed) if not name]
    return f"{said}: the names were laid over the columns by their values" + (
        f"; without a name: column {', '.join(unnamed)}" if unnamed else ""
    )
