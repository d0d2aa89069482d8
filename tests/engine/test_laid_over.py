"""A home's lines over a shipped table: what they add, replace and take out, and what is refused with a remedy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.laid_over import Laid, laid_over, laid_settings
from engine.rule_tables import ENTRY, RuleTable, rule_tables, shipped_rows

TABLES = {table.file: table for table in rule_tables().values() if table.form != "settings"}
WORDS = RuleTable("w.csv", "", "table", (), ("words",), ("kind",), (), (), (), "")
KINDS = ({"kind": "yes", "words": "ja|oui"}, {"kind": "no", "words": "nein"}, {"kind": "no", "words": "non|no"})
KEYED = RuleTable("k.csv", "", "table", ("alias",), (), ("code",), (), ("pattern",), (), "")
ALIASES = ({"alias": "BRD", "code": "DE", "pattern": "brd"}, {"alias": "A", "code": "AT", "pattern": ""})
LIST = RuleTable("l.txt", "", "lines", (ENTRY,), (), (), (), (), (), "")
ENTRIES = ({ENTRY: "gmx.de*"}, {ENTRY: "web.de"})


def laid(file: str, text: str) -> Laid:
    table = TABLES[file]
    return laid_over(table, shipped_rows(table.path, table.form), text.encode())


@pytest.mark.parametrize(
    ("text", "states", "rows"),
    [
        ("kind,words\nyes,si|da\n", ["adds"], [("yes", "si|da"), ("yes", "ja|oui"), ("no", "nein"), ("no", "non|no")]),
        ("kind;words\r\n-yes;OUI\r\n", ["takes out"], [("yes", "ja"), ("no", "nein"), ("no", "non|no")]),
        ("kind,words\n-no,nein\n", ["takes out"], [("yes", "ja|oui"), ("no", "non|no")]),
        ("kind,words\n-no,no|nein\n", ["takes out"], [("yes", "ja|oui"), ("no", "non")]),
        ("words,kind\n-da,yes\n", ["unused"], [("yes", "ja|oui"), ("no", "nein"), ("no", "non|no")]),
        ("# ours, by hand\nkind,words\n\nno,nein\n", ["unused"], [("yes", "ja|oui"), ("no", "nein"), ("no", "non|no")]),
        ("kind,words\n", [], [("yes", "ja|oui"), ("no", "nein"), ("no", "non|no")]),
        ("", [], [("yes", "ja|oui"), ("no", "nein"), ("no", "non|no")]),
    ],
)
def test_words_are_added_and_taken_out(text: str, states: list[str], rows: list[tuple[str, str]]) -> None:
    found = laid_over(WORDS, KINDS, text.encode())
    assert [line.state for line in found.lines] == states
    assert [tuple(row.values()) for row in found.rows] == rows


def test_a_line_takes_the_place_of_the_shipped_one_of_its_key_and_keeps_the_columns_it_leaves_out() -> None:
    found = laid_over(KEYED, ALIASES, b"alias,code\nbrd,AT\n-A,\n")
    assert [line.state for line in found.lines] == ["unsound", "unsound"], "no country is left without an alias"
    found = laid_over(KEYED, (*ALIASES, {"alias": "D", "code": "DE", "pattern": ""}), b"alias,code\nbrd,AT\n-A,\n")
    assert [line.state for line in found.lines] == ["replaces", "takes out"]
    assert found.rows == (
        {"alias": "brd", "code": "AT", "pattern": "brd"},
        {"alias": "D", "code": "DE", "pattern": ""},
    )


def test_a_list_has_no_header() -> None:
    found = laid_over(LIST, ENTRIES, b"# ours\nfirma-mail.de\n- WEB.de\n")
    assert [(line.number, line.state) for line in found.lines] == [(2, "adds"), (3, "takes out")]
    assert [row[ENTRY] for row in found.rows] == ["firma-mail.de", "gmx.de*"]


@pytest.mark.parametrize(
    ("table", "text", "why"),
    [
        ("titles.csv", "title,pattern,place\nDr.,dr(,front\n", "pattern is no regular expression"),
        ("titles.csv", "title,pattern,place\nDr.,(dr)?,front\n", "matches where nothing stands"),
        ("titles.csv", "title,pattern,place\nDr.,dr,vorne\n", "place 'vorne' is not known; use one of front, back"),
        ("titles.csv", "title,pattern,place\nDr.,dr\n", "2 cells where the header has 3"),
        ("titles.csv", "titel,pattern,place\nDr.,dr,front\n", "column 'titel' is not known; the header is title,"),
        ("titles.csv", "title,place\nDr.,front\n", "column pattern is missing"),
        ("title_blocks.csv", "code,where,pattern\nstudent,both,\\p{X\n", "pattern is no regular expression"),
        ("refusal_words.csv", "kind,words\nall,keine Post|*\n", "'*' would stand for anything"),
        ("refusal_words.csv", "kind,words\nall,?nein\n", "'?nein' would stand for anything or for nothing"),
        ("refusal_words.csv", "kind,words\nalle,keine Post\n", "kind 'alle' is not known; use one of whole_all,"),
        ("refusal_words.csv", "kind,words\nall,\n", "words is empty"),
        ("header_words.csv", "kind,words\nqualifier,größe\n", "with umlauts spelt out"),
        ("header_words.csv", "kind,words\nqualifier,Privat\n", "write 'privat'"),
        ("no_value_words.csv", "words,said_in\nnö,name firma\n", "said_in 'firma' is not known"),
        ("job_titles.csv", "pattern,priority\nzauberer,hoch\n", "priority 'hoch' is no number"),
        ("job_titles.csv", "pattern,priority\nzauberer,50\n", "nothing stands in seniority, department, role"),
        ("thresholds.csv", "name,value\nmerge_at,90\n", "value 90 is not between 0.5 and 1"),
        ("thresholds.csv", "name,value\nmerge,0.9\n", "name 'merge' is not known"),
        ("headers.csv", "field,name\nemail,Rundmail an\nemail,Rundmail an\n", "the same line stands above"),
        ("headers.csv", "field,name\nemail,Rundmail an\nphone,rundmail AN\n", "stands above already"),
        ("headers.csv", "field,name\nmail,Rundmail an\n", "field 'mail' is not known"),
        ("country_aliases.csv", "alias,code\nHolstein,SH1\n", "code 'SH1' is not known"),
        ("freemail_domains.txt", "*\n", "would stand for anything"),
        ("freemail_domains.txt", "-\n", "behind - stands nothing"),
        ("survivorship.csv", "rule,preferred\nopt_out_wins,crm\n", "rule 'opt_out_wins' is not known"),
        ("salutations.csv", "salutation,alone\n-Herr,\n", "it would leave nothing of"),
    ],
)
def test_what_cannot_be_used_has_no_effect_and_is_told_with_its_remedy(table: str, text: str, why: str) -> None:
    found = laid(table, text)
    assert found.lines[-1].state == "unsound"
    assert why in found.lines[-1].why
    sound = [line for line in found.lines if line.state != "unsound"]
    assert len(found.rows) == len(shipped_rows(TABLES[table].path, TABLES[table].form)) + len(sound)


def test_the_row_is_told_as_an_editor_counts_it() -> None:
    found = laid("refusal_words.csv", '# ours\nkind,words\n\n"all","nie wieder"\nalle,weg\n')
    assert [(line.number, line.state) for line in found.lines] == [(4, "adds"), (5, "unsound")]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.file)
def test_every_shipped_line_may_be_said_again_by_a_home(table: RuleTable) -> None:
    """So the checks ask of a home what the shipped tables hold themselves, and a copy of a line changes nothing."""
    shipped = shipped_rows(table.path, table.form)
    if table.form != "table":
        found = laid_over(table, shipped, "\n".join(row[ENTRY] for row in shipped).encode())
        assert found.rows == shipped
        return
    assert {*table.key, *table.lists, *table.closed, *table.tokens, *table.patterns} <= shipped[0].keys()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.file)
@given(text=st.text())
def test_nothing_shipped_is_lost_but_by_a_line_that_says_so(table: RuleTable, text: str) -> None:
    shipped = shipped_rows(table.path, table.form)[:40]
    header = ",".join(shipped[0]) + "\n" if table.form == "table" else ""
    found = laid_over(table, shipped, (header + text).encode("utf-8", "replace"))
    states = {line.state for line in found.lines}
    if not states & {"replaces", "takes out", "adds"}:
        assert found.rows == shipped
    if not states & {"replaces", "takes out"} and not set(table.key) & set(table.lists):
        assert found.rows[len(found.rows) - len(shipped) :] == shipped


@given(words=st.sets(st.from_regex(r"[a-z]{2,9}", fullmatch=True), max_size=9))
def test_words_added_stand_in_any_order_and_are_gone_with_their_lines(words: set[str]) -> None:
    new = sorted(words - {"ja", "oui"})
    text = "kind,words\n" + "".join(f"yes,{word}\n" for word in new)
    back = "kind,words\n" + "".join(f"yes,{word}\n" for word in reversed(new))
    once, twice = (laid_over(WORDS, KINDS, said.encode()) for said in (text, back))
    assert sorted(map(str, once.rows)) == sorted(map(str, twice.rows))
    assert once.rows[len(new) :] == KINDS == laid_over(WORDS, KINDS, b"kind,words\n").rows


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[merged_lead]\nslack = 0.1\n", "'merged_lead' is not known"),
        ("[merged_leads]\nslak = 0.1\n", "'slak' is not known in [merged_leads]"),
        ("[merged_leads]\nslack = 'viel'\n", "slack of [merged_leads] is no number"),
        ("[merged_leads]\nslack = -1\n", "is no number from 0 on"),
        ("[merged_leads]\nrows = 1.5\n", "is no whole number"),
        ("[merged_leads]\ntitle = 'x'\n", "is not for a home to say"),
        ("[merged_leads\n", "it is no TOML"),
        ("slack = 1\n", "'slack' is not known"),
    ],
)
def test_settings_are_checked_by_the_shipped_ones(text: str, why: str) -> None:
    shipped = {"merged_leads": {"title": "Merged", "slack": 0.02, "rows": 50}}
    found, (line,) = laid_settings(shipped, text.encode())
    assert found == shipped
    assert (line.state, why in line.why) == ("unsound", True), line.why


def test_settings_take_the_place_of_the_shipped_ones() -> None:
    shipped = {"merged_leads": {"slack": 0.02, "rows": 50}, "lost": {"slack": 0.1}}
    found, lines = laid_settings(shipped, b"[merged_leads]\nslack = 0.2\n")
    assert found == {"merged_leads": {"slack": 0.2, "rows": 50}, "lost": {"slack": 0.1}}
    assert [(line.number, line.state) for line in lines] == [(2, "replaces")]
