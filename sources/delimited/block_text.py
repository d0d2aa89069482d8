"""A block of text as bytes: where its lines end, where quotes and rare signs stand.

Belongs here: finding them in few passes over all bytes, which let go of the interpreter while they look, and what
follows from them. Does not belong here: cells (`block`), mending (`mojibake`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from sources.reading import Codes, Rows

Places = Rows

_LINE_FEED, _RETURN, _BLANK = 0x0A, 0x0D, 0x20
_RARE = 0xC4  # first bytes of signs from here on are rare in German, French and Spanish
_MARK = 0xEF  # first byte of the byte order mark and of a lost character
_LEAD = 0xC3
_PIECE = 1 << 18
_MOJIBAKE_LEAD = np.isin(np.arange(256), [0x82, 0x83, 0x84, 0x85, 0x90, 0xA2, 0xAF])  # Â Ã Ä Å Ð â ï after 0xC3
_MOJIBAKE_NEXT = np.isin(np.arange(256), [0xC2, 0xC5, 0xC6, 0xCB, 0xE2])  # first bytes of what may follow


@dataclass(frozen=True)
class BlockText:
    """Bytes in UTF-8, with the places of control signs, quotes and rare signs among them."""

    data: bytes
    codes: Codes
    controls: Places
    quotes: Places
    rare: Places

    @classmethod
    def of(cls, data: bytes, quote: str) -> BlockText:
        """Look for everything once; a quote that is no sign of one byte stands nowhere."""
        codes: Codes = np.frombuffer(data, np.uint8)
        quotes = places_of(codes, quote) if len(quote.encode()) == 1 else np.empty(0, np.int64)
        return cls(data, codes, _where(codes, np.less, _BLANK), quotes, _where(codes, np.greater_equal, _RARE))

    def until(self, stop: int) -> BlockText:
        """The bytes before a place."""
        if stop == len(self.data):
            return self
        found = (places[: np.searchsorted(places, stop)] for places in (self.controls, self.quotes, self.rare))
        return BlockText(self.data[:stop], self.codes[:stop], *found)

    @cached_property
    def ends(self) -> Places:
        """Where line feeds stand."""
        return self._controls(_LINE_FEED)

    @cached_property
    def returns(self) -> Places:
        """Where carriage returns stand."""
        return self._controls(_RETURN)

    @cached_property
    def lone_returns(self) -> int:
        """Carriage returns without a line feed behind them."""
        after = self.codes[np.minimum(self.returns + 1, len(self.codes) - 1)]
        return int(np.count_nonzero(after != _LINE_FEED))

    @property
    def line_ends(self) -> int:
        """Line ends of any kind."""
        return len(self.ends) + self.lone_returns

    @property
    def lines(self) -> int:
        """Lines that end in a line feed, and one that is not ended."""
        return len(self.ends) + int(len(self.codes) > 0 and self.codes[-1] != _LINE_FEED)

    def is_utf8(self) -> bool:
        """Whether all are strict UTF-8."""
        whole = pa.py_buffer(np.array([0, len(self.data)], np.int32))
        try:
            pa.StringArray.from_buffers(1, whole, pa.py_buffer(self.data)).validate(full=True)
        except pa.ArrowInvalid:
            return False
        return True

    def doubtful(self) -> Places:
        """Where one of `mojibake.MARKS` may begin, and surely none elsewhere.

        Every mark begins with a byte of 0xC3 or 0xEF, and mojibake goes on with the first byte of a sign that is
        rare in German.
        """
        marks: Places = self.rare[self.codes[self.rare] == _MARK]
        if b"\xc2" not in self.data and not _MOJIBAKE_NEXT[self.codes[self.rare]].any():
            return marks
        leads = np.flatnonzero(self.codes[:-2] == _LEAD)
        leads = leads[_MOJIBAKE_LEAD[self.codes[leads + 1]]]
        return np.concatenate((marks, leads[_MOJIBAKE_NEXT[self.codes[leads + 2]]]))

    def _controls(self, sign: int) -> Places:
        places: Places = self.controls[self._control_signs == sign]
        return places

    @cached_property
    def _control_signs(self) -> Codes:
        return self.codes[self.controls]


def places_of(codes: Codes, mark: str) -> Places:
    """Where a sign of one byte stands."""
    return _where(codes, np.equal, ord(mark))


def _where(codes: Codes, test: np.ufunc, value: int) -> Places:
    """Where a test holds, found in pieces that stay in the processor's cache."""
    starts = range(0, max(1, len(codes)), _PIECE)
    return np.concatenate([np.flatnonzero(test(codes[start : start + _PIECE], value)) + start for start in starts])
