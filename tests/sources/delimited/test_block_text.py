"""Blocks of text as bytes: what the passes over them find is what a plain look finds."""

import re

from hypothesis import given
from hypothesis import strategies as st

from sources.delimited.block_text import BlockText
from sources.mojibake import MARKS

TEXTS = st.text(st.sampled_from([*'aÃÂÄÖüß¼€œ\ufeff\ufffdжя";\t\n\r']), max_size=40)


@given(TEXTS, st.data())
def test_line_ends_and_quotes_are_found(text: str, data: st.DataObject) -> None:
    whole = text.encode()
    stop = data.draw(st.integers(0, len(whole)))
    block, seen = BlockText.of(whole, '"').until(stop), whole[:stop]
    assert block.line_ends == len(re.findall(rb"\r\n|\n|\r", seen))
    assert block.ends.tolist() == [place for place, byte in enumerate(seen) if byte == ord("\n")]
    assert block.quotes.tolist() == [place for place, byte in enumerate(seen) if byte == ord('"')]
    assert block.lone_returns == len(re.findall(rb"\r(?!\n)", seen))


@given(TEXTS)
def test_no_mark_of_lost_text_begins_at_another_place(text: str) -> None:
    places = set(BlockText.of(text.encode(), '"').doubtful().tolist())
    marks = {len(text[: match.start()].encode()) for match in re.finditer(f"(?=({MARKS}))", text)}
    assert marks <= places


@given(st.binary(max_size=12))
def test_utf8_is_told_as_python_tells_it(data: bytes) -> None:
    try:
        data.decode()
        strict = True
    except UnicodeDecodeError:
        strict = False
    assert BlockText.of(data, '"').is_utf8() == strict
