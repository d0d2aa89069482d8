"""The board of qualification: what to do today, in words, and nobody's name, address or number."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from contracts.published import ACCOUNTS, LEADS
from contracts.qualified import LEAD_SCORES
from publishing.report.page import write_report
from publishing.report.qualification_board import CALLS_SHOWN, FILE, write_board
from publishing.report.words import LANGUAGES, Language
from qualification.figures.board import Board, board
from qualification.figures.kpis import kpis
from qualification.handover.rules import handover_rules
from qualification.handover.sla import STEPS
from qualification.rule_files import SHIPPED
from tests.publishing import example
from tests.qualification.figures.test_board import handover
from tests.qualification.figures.test_kpis import BASIS, NOW, Told
from tests.qualification.homes import frame

RULES = handover_rules()
MARKUP = "<script>alert(1)</script>"
PEOPLE: list[dict[str, Any]] = [
    {"lead_id": "l1", "given_name": "Max", "family_name": "Mustermann", "job_title": "Einkäufer", "city": "Köln"},
    {"lead_id": "l2", "given_name": "Erika", "family_name": "Beispiel", "job_title": f"z.Hd. Max Mustermann {MARKUP}"},
    {"lead_id": "l3", "given_name": None, "family_name": None},
]
FIRMS: list[dict[str, Any]] = [
    {"account_id": "a", "name": f"Müller & Söhne GmbH {MARKUP}", "city": "Bonn"},
    {"account_id": "b", "name": "Erika Beispiel", "city": "0171 2345678"},
]
Page = Callable[..., str]


def told() -> Told:
    """Three to call, one that waits, two campaigns and a funnel."""
    found = (
        Told().lead("l1", ("lead", "2026-09-05"), ("mql", "2026-11-20"), account="a").lead("l2", ("lead", "2026-08-05"))
    )
    found.touch("l1", "2026-11-02").cost("100.00").cost(planned="50.00", campaign_id=f"Herbst {MARKUP}")
    found.touch("l1", "2026-10-30", campaign="frei max@firma.de").cost("9.99", campaign_id="Messe 0171 2345678")
    found.rows["handovers"] = [
        handover(1, account_id="a", due_at=NOW - timedelta(hours=2), sla="breached", window="hot", channel="phone"),
        handover(2, account_id="b", due_at=NOW + timedelta(hours=2), sla="running", owner="petra.vogt@firma.de"),
        handover(3, due_at=None, owner=None, sla="running", status="queued", hold_code="queue_full", window="hot"),
        handover(4, status="held", hold_code="a_hold.of_this_home", window=None),
        handover(5, status="queued", hold_code=None, window=None, team="smb"),
    ]
    return found


SCORES: list[dict[str, Any]] = [
    {"as_of": NOW, "stage_since": NOW, "fit_grade": "A", "stage": "mql", "fit": 40.0, "behaviour": 20.0} | row
    for row in (
        {"lead_id": "l1", "qualified_by": "trigger demo_request"},
        {"lead_id": "l2", "qualified_by": "kept below the threshold, grade B3"},
        {"lead_id": "l3", "qualified_by": None},
    )
]


def made(found: Told, scores: list[dict[str, Any]] = SCORES) -> Board:
    measured = found.measured()
    return board(measured, frame(LEAD_SCORES, scores), kpis(measured, BASIS), BASIS, RULES)


@pytest.fixture(scope="module")
def shown() -> Board:
    return made(told())


@pytest.fixture
def page(tmp_path: Path) -> Page:
    def written(board: Board | None, language: Language = "en") -> str:
        people, firms = frame(LEADS, PEOPLE), frame(ACCOUNTS, FIRMS)
        out = tmp_path / FILE
        write_board(board, people, firms, out, timezone="Europe/Berlin", as_of=NOW, language=language)
        return out.read_text(encoding="utf-8")

    return written


def read(html: str) -> str:
    """What a reader sees, in one line."""
    seen = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", seen)))


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            [
                "3 people wait for an answer. 1 of them too long already.",
                "30 November, 23:00 time is up twice: goes to others · request M. M. Einkäufer l1",
                "Asked for: demo or an offer fit 40, behaviour 20 jan.huber by phone",
                "Grade B3, just below the threshold and still kept",
                "no time set request name unknown l3 account unknown",
                "Waits. No owner of the team or of those it falls back on has room",
                "a hold.of this home",
                "No reason given smb 1",
                "no qualified lead yet",
                "unknown",
                "cost unknown",
                "jan.huber 0 % 0 1 1",
                "petra.vogt nothing decided yet",
            ],
        ),
        (
            "de",
            [
                "3 Personen warten auf eine Antwort. 1 davon schon zu lange.",
                "30. November, 23:00 Uhr Frist zweimal vorbei: geht an andere · Anfrage",
                "Wunsch: Vorführung oder Angebot",
                "Qualifiziert (MQL)",
                "noch kein qualifizierter Lead",
                "petra.vogt noch nichts entschieden",
            ],
        ),
    ],
)
def test_the_page_says_what_to_do_and_why(shown: Board, page: Page, language: Language, sentences: list[str]) -> None:
    text = read(page(shown, language))
    assert [sentence for sentence in sentences if sentence not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_named_and_nothing_from_outside_acts(shown: Board, page: Page, language: Language) -> None:
    html = page(shown, language)
    assert [secret for secret in ("Mustermann", "Erika", "max@", "petra.vogt@", "2345678") if secret in html] == []
    assert "<script" not in html
    assert "Müller & Söhne GmbH <script>" in read(html).replace("< ", "<")
    assert re.findall(r"(?:src|href)=\"(?!#|index\.html|data:,)", html) == []


def test_a_figure_that_is_missing_says_why_and_is_never_a_bare_dash(shown: Board, page: Page) -> None:
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page(shown).partition('aria-labelledby="campaigns"')[2], re.DOTALL)
    assert cells
    assert [cell for cell in cells if read(cell).strip() in ("–", "-", "None", "null", "nan")] == []


@pytest.mark.parametrize(
    ("language", "says"), [("en", "No lead has a score yet."), ("de", "Noch ist kein Lead bewertet.")]
)
def test_a_home_without_scores_gets_a_sentence_and_no_table(page: Page, language: Language, says: str) -> None:
    html = page(None, language)
    assert says in read(html)
    assert "<table" not in html and "<nav" not in html


def test_a_home_without_activity_says_so_in_each_section(page: Page) -> None:
    html = page(made(Told(), []))
    assert "<table" not in html
    for sentence in (
        "This page knows more when mailings, visits,",
        "Nobody waits for an answer.",
        "No qualified lead waits.",
        "No lead stands in any stage.",
        "No campaign is known yet.",
        "No lead with a time to answer was handed over yet.",
    ):
        assert sentence in read(html)


def test_a_long_list_is_cut_and_says_how_much_is_left(page: Page) -> None:
    found = Told()
    found.rows["handovers"] = [handover(number, due_at=NOW) for number in range(CALLS_SHOWN + 7)]
    assert "and 7 more" in read(page(made(found, [])))


def test_the_same_board_gives_the_same_page(shown: Board, page: Page) -> None:
    assert page(shown) == page(shown)


def test_the_report_links_to_the_board_where_there_is_one(tmp_path: Path, page: Page) -> None:
    for name, table in example.tables(rows=1).items():
        table.write_parquet(tmp_path / f"{name}.parquet")
    linked = [
        f'href="{FILE}"' in write_report(tmp_path, {}, tmp_path / "index.html", board=there).read_text(encoding="utf-8")
        for there in (True, False)
    ]
    assert linked == [True, False]
    assert 'href="index.html"' in page(None)


def _shipped() -> dict[str, set[str]]:
    """What the shipped rules name, by the section of the texts that has words for it."""
    stages = [tomllib.loads(path.read_text(encoding="utf-8"))["stage"] for path in SHIPPED.glob("stages/*.toml")]
    lines = (SHIPPED / "activity_types.csv").read_text(encoding="utf-8").splitlines()[1:]
    return {
        "stage": {stage["name"] for model in stages for stage in model},
        "activity": {line.partition(",")[0] for line in lines},
        "window": {window.name for window in RULES.sla.windows},
        "step": set(STEPS),
    }


@pytest.mark.parametrize("section", _shipped())
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_the_shipped_rules_name_has_words(language: Language, section: str) -> None:
    path = Path(__file__).parents[3] / "publishing" / "report" / "texts" / f"{language}.toml"
    texts = tomllib.loads(path.read_text(encoding="utf-8"))
    assert _shipped()[section] - texts["qualification"][section].keys() == set()


@pytest.mark.parametrize(
    ("qualified_by", "says"),
    [
        ("grade A1", "Grade A1"),
        ("decayed, grade B2", "Grade B2, quiet for some time"),
        ("trigger_needs_fit_C", "Asked, but the fit does not reach C"),
        ("trigger a_kind_of_this_home", "Asked for: a kind of this home"),
        ("objected", "objected"),
        ("words of_a later version", "words of a later version"),
    ],
)
def test_why_a_lead_is_qualified_is_said_in_words(page: Page, qualified_by: str, says: str) -> None:
    found = Told()
    found.rows["handovers"] = [handover(1, due_at=NOW)]
    assert f" {says} fit 40" in read(page(made(found, [SCORES[0] | {"qualified_by": qualified_by}])))
