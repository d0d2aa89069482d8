"""Words: both languages say everything, in words everybody knows, and nothing is said beside them."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from contracts import statuses
from contracts.clean import ENRICHED_RECORDS
from contracts.published import ACCOUNTS, LEADS
from contracts.reasons import reasons
from publishing.gates.judging import gates
from publishing.report.concepts import CONCEPTS
from publishing.report.words import LANGUAGES, Language, Words, own_reasons, wants_action
from publishing.versions import KINDS

ROOM = Path(__file__).parents[3] / "publishing"
ENGINEERS = (
    r"RFC|NAT|carrier.grade|loopback|proxy|proxies|IPv[46]|(?-i:MX)|DNS|TLD|top-level|name service|mmdb|byte|JSON|ISO|"
    r"IANA|VIES|run id|peak memory|schema|parquet|snapshot|mapp?ing|quarantine|quarantäne|override|regex|(?-i:null)|"
    r"hash|dialect|toml|config|parser|symbolic|\\[budget\\]|docs/|inbox|survivorship|provenance|UUID|cron|exception|traceback"
)
VOCABULARIES = {
    name.lower(): words for name, words in vars(statuses).items() if isinstance(words, dict) and name.isupper()
}


def texts(language: Language) -> dict[str, str]:
    """Every text by its key; those that go by a count once for each."""

    def walk(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
        for name, value in table.items():
            if isinstance(value, Mapping):
                yield from walk(value, f"{path}{name}.")
            else:
                yield f"{path}{name}", str(value)

    return dict(walk(tomllib.loads((ROOM / "report" / "texts" / f"{language}.toml").read_text(encoding="utf-8"))))


def test_both_languages_hold_the_same_texts_with_the_same_gaps() -> None:
    english, german = texts("en"), texts("de")
    assert english.keys() == german.keys()
    for key, text in english.items():
        gaps = [{gap for _, gap, _, _ in Formatter().parse(told) if gap} for told in (text, german[key])]
        assert gaps[0] - {"count"} == gaps[1] - {"count"}, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_for_engineers_only(language: Language) -> None:
    say = Words(language)
    told = texts(language) | {code: f"{say.meaning(code)}. {say.remedy(code)}" for code in reasons()}
    assert [key for key, text in told.items() if not text.strip()] == []
    assert {key: text for key, text in told.items() if re.search(rf"(?i)\b(?:{ENGINEERS})\b|`", text)} == {}


def test_every_reason_has_words_in_german_and_none_is_unknown() -> None:
    assert own_reasons("de").keys() == reasons().keys()
    assert own_reasons("en").keys() <= reasons().keys()


@pytest.mark.parametrize("code", reasons())
def test_a_reason_asks_for_action_in_both_languages_or_in_none(code: str) -> None:
    asks_for_nothing = (
        Words("de").remedy(code).startswith(("Nichts zu tun", "Nicht kontaktieren", "Nicht an den Vertrieb"))
    )
    assert asks_for_nothing is not wants_action(code), code


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_status_has_a_word(language: Language, vocabulary: str) -> None:
    section = {key for key in texts(language) if key.startswith(f"status.{vocabulary}.")}
    assert section == {f"status.{vocabulary}.{word}" for word in VOCABULARIES[vocabulary]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_flaw_of_every_field_has_a_sentence_and_a_remedy(language: Language) -> None:
    say = Words(language)
    for concept in CONCEPTS:
        assert say(f"concept.{concept.name}")
        for status in (*concept.suspected, *concept.invalid):
            assert say.meaning(f"{concept.name}.{status}") and say.remedy(f"{concept.name}.{status}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_gate_and_kind_has_a_name(language: Language) -> None:
    told = texts(language)
    columns = {name.removesuffix("_id") for table in (LEADS, ACCOUNTS, ENRICHED_RECORDS) for name in table.names}
    assert columns <= {key.removeprefix("field.") for key in told}
    assert {f"gate.{name}.{part}" for name in gates() for part in ("title", "look")} == {
        key for key in told if key.startswith("gate.")
    }
    assert {f"kind.{kind}" for kind in KINDS} <= told.keys()


def test_gates_are_called_on_the_page_as_they_are_in_the_terminal() -> None:
    assert {name: Words("en")(f"gate.{name}.title") for name in gates()} == {
        name: gate.title for name, gate in gates().items()
    }


@pytest.mark.parametrize(
    ("language", "number", "share", "signed", "day"),
    [
        ("en", "1,234.5", "< 1 %", "−1,200", "3 March 2026, 04:05 UTC"),
        ("de", "1.234,5", "< 1 %", "−1.200", "3. März 2026, 04:05 Uhr (UTC)"),
    ],
)
def test_numbers_and_dates_are_in_the_notation_of_the_language(
    language: Language, number: str, share: str, signed: str, day: str
) -> None:
    say = Words(language)
    at = datetime(2026, 3, 3, 4, 5, tzinfo=UTC)
    assert (say.number(1234.5, 1), say.share(1, 500), say.signed(-1200), say.date(at, "time")) == (
        number,
        share,
        signed,
        day,
    )
    assert [say.share(part, 200) for part in (0, 74, 199, 200)] == ["0 %", "37 %", "99 %", "100 %"]
    assert say.share(0, 0) == "0 %"


@pytest.mark.parametrize("page", ["report", "qualification"])
def test_no_text_stands_in_the_template(page: str) -> None:
    html = (ROOM / "templates" / f"{page}.html.j2").read_text(encoding="utf-8")
    bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", html, flags=re.DOTALL)
    shown = re.sub(r"<[^>]*>", "", bare)
    assert set(re.findall(r"[^\W\d_]{2,}", shown)) == {"Lead", "Refinery"}
    labels = re.findall(r"(?:aria-label|title|alt)=\"([^\"]*)\"", bare)
    assert [label for label in labels if label] == []
    literals = re.findall(r"\"([^\"]*)\"", " ".join(re.findall(r"\{[{%].*?[%}]\}", html)))
    assert [text for text in literals if re.search(r"[a-z]{2,} [a-z]{2,}", text) and not is_command(text)] == []


def is_command(text: str) -> bool:
    return text.startswith("leads ")


@pytest.mark.parametrize("path", sorted((ROOM / "report").glob("*.py")), ids=lambda path: path.name)
def test_no_text_stands_in_the_code(path: Path) -> None:
    """Sentences in the room are docstrings; what people read comes from the texts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    docs |= {id(node.msg) for node in ast.walk(tree) if isinstance(node, ast.Assert)}
    said = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]
    assert [text for text in said if re.search(r"[a-z]{2,} [a-z]{2,}", text) and not is_command(text)] == []
