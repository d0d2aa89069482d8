"""The published schema is the one pinned; who changes it is told which version that asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from contracts import statuses
from contracts.changes import PROMISED
from contracts.compatibility import Version
from contracts.published import SCHEMA_VERSION
from contracts.published_schema import PINNED, as_text, refusal, schema


def test_the_published_schema_is_the_one_pinned() -> None:
    pinned, now = PINNED.read_text(encoding="utf-8"), schema()
    if said := refusal(pinned, now, SCHEMA_VERSION):
        pytest.fail(said, pytrace=False)
    assert pinned == as_text(now, SCHEMA_VERSION), "run `python -m contracts.published_schema` and commit the file"


def test_a_new_column_and_a_lost_one_ask_for_their_version_and_say_what_to_do() -> None:
    now = json.loads(as_text(schema(), Version(1, 0)))["tables"]
    pinned = as_text(now, Version(1, 0))
    now["leads"]["columns"]["shoe_size"] = {"type": "Int64", "nullable": True}
    said = refusal(pinned, now, Version(1, 0)) or ""
    assert "compatible: leads.shoe_size is new" in said
    assert "set SCHEMA_VERSION = Version(1, 1) in contracts/published.py" in said
    assert "run `python -m contracts.published_schema`" in said
    assert refusal(pinned, now, Version(1, 1)) is None
    del now["leads"]["columns"]["email"]
    assert "breaking: leads.email is gone" in (refusal(pinned, now, Version(1, 1)) or "")
    assert "set SCHEMA_VERSION = Version(2, 0)" in (refusal(pinned, now, Version(1, 1)) or "")
    assert refusal(pinned, now, Version(2, 0)) is None


def test_the_file_is_json_with_a_line_per_column() -> None:
    text = as_text(schema(), SCHEMA_VERSION)
    assert json.loads(text) == {"version": str(SCHEMA_VERSION), "tables": schema()}
    assert text.count('"type"') == sum(len(table.columns) for table in PROMISED)
    assert max(line.count('"type"') for line in text.splitlines()) == 1


VOCABULARIES = {name: words for name, words in vars(statuses).items() if name.isupper()}


@pytest.mark.parametrize("name", VOCABULARIES)
def test_every_word_of_a_closed_vocabulary_has_its_meaning(name: str) -> None:
    words: Mapping[str, str] = VOCABULARIES[name]
    assert all(meaning[0].isupper() and not meaning.endswith(".") for meaning in words.values())
