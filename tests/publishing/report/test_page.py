"""The report page: one file, true figures, no personal data, fine in a real browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from contracts.clean import ENRICHED_RECORDS
from contracts.matched import MATCH_DECISIONS
from contracts.published import ACCOUNTS, BUYING_CENTERS, LEADS, PUBLISHED, QUARANTINE
from contracts.reasons import reasons
from publishing.funnel import held_files_and_rows
from publishing.gates.judging import Finding, gates
from publishing.gates.verdict import Verdict
from publishing.last_night import Night
from publishing.manifest import Manifest
from publishing.report import facts as report_facts
from publishing.report.boards import boards
from publishing.report.concepts import CLASSES
from publishing.report.page import write_report
from publishing.report.quality import quality
from publishing.report.steps import next_steps
from publishing.report.words import LANGUAGES, Language, Words
from tests.publishing import example

FUNNEL = {
    "run_id": "3f2c9a10-0000",
    "counts": {"files": 3, "records": 6, "quarantined": 1, "valid records": 5, "leads": 4, "accounts": 2},
    "seconds": {"clean_records": 1.25, "leads": 0.5},
    "peak_bytes": 512_000_000,
}
SECRETS = ("mustermann", "max.mustermann@firma.de", "4765", "erika.beispiel", "Sabine", "Schmidt")


def clean_records() -> pl.DataFrame:
    """Six records: sound, repaired, suspected, invalid, missing."""

    def repair(field: str, raw: str, value: str | None, reason: str) -> dict[str, str | None]:
        return {"field": field, "raw": raw, "value": value, "reason": reason, "rule": "example"}

    mailto = repair("email", "mailto:max.mustermann@firma.de", "max.mustermann@firma.de", "email_stray_characters")
    town = repair("city", "Muenchen", "München", "town_notation")
    damaged = repair("phone", "4,92064E+12", None, "excel_damage")
    person = repair("company", "Firma GmbH, z.Hd. Frau Schmidt", "Firma GmbH", "company_text_tidied")
    at = datetime(2026, 3, 1, tzinfo=UTC)
    rows = {
        "source": ["web", "web", "web", "fair", "fair", "fair"],
        "channel": ["online"] * 3 + ["offline"] * 3,
        "source_record_id": list("123456"),
        "email": [None, None, "einkauf@firma.de", "@firma", None, None],
        "phone": [None, None, None, None, "+49 30 1234", None],
        "city": ["Köln", "München", "Bonn", None, "Graz", None],
        "email_status": ["valid", "valid", "risky", "invalid", "missing", "missing"],
        "email_reason": [None, None, "typo_suspected", "email_syntax", None, None],
        "phone_status": ["valid", "missing", "missing", "invalid", "possible", "missing"],
        "address_status": ["locality", "corrected", "conflict", "missing", "unverifiable", "missing"],
        "repairs": [[], [mailto, town], [person], [damaged], [], []],
    }
    frame = pl.DataFrame(rows, schema_overrides={"repairs": ENRICHED_RECORDS.schema["repairs"]})
    filled = dict.fromkeys(("file", "file_hash", "content_hash"), pl.lit("x"))
    return ENRICHED_RECORDS.conform(frame.with_columns(received_at=pl.lit(at), observed_at=pl.lit(at), **filled))


def publication(folder: Path) -> Path:
    """Four leads at two accounts, one of them empty of roles."""
    tables = example.tables(rows=4)
    people = pl.DataFrame(
        {
            "given_name": ["Max", "Erika", "Sabine", None],
            "family_name": ["Mustermann", "Beispiel", "Schmidt", None],
            "job_title": ["Leiter Einkauf", "Geschäftsführerin", None, "Praktikant"],
            "department": [None, None, "Empfang", None],
            "seniority": ["manager", "c_level", "unknown", "trainee"],
            "source_count": [3, 1, 1, 1],
            "email": ["max.mustermann@firma.de", "erika.beispiel@firma.de", None, None],
            "publishable": [True, True, False, False],
        }
    )
    leads = tables["leads"].with_columns(people)
    account = tables["accounts"]["account_id"][0]
    spellings = [{"name": "Firma GmbH", "records": 4}, {"name": "FIRMA GMBH, z.Hd. Frau Schmidt", "records": 1}]
    tables["leads"] = LEADS.conform(leads)
    tables["accounts"] = ACCOUNTS.conform(
        tables["accounts"].with_columns(
            name=pl.lit("Firma <b>GmbH</b> & Co. KG"),
            city=pl.lit("München"),
            parent_account_id=pl.lit("P"),
            spelling_variants=pl.Series([spellings], dtype=ACCOUNTS.schema["spelling_variants"]),
        )
    )
    holding = tables["accounts"].with_columns(
        account_id=pl.lit("P"), name=pl.lit("Firma Holding AG"), lead_count=pl.lit(0, pl.UInt32), parent_account_id=None
    )
    tables["accounts"] = pl.concat([tables["accounts"], ACCOUNTS.conform(holding)])
    tables["buying_centers"] = BUYING_CENTERS.conform(
        pl.DataFrame(
            {
                "account_id": [account] * 5,
                "lead_id": [leads["lead_id"][i] for i in (0, 1, 1, 2, 3)],
                "role": ["buyer", "decider", "initiator", "gatekeeper", "unknown"],
                "role_confidence": [0.9, 0.95, 0.4, 0.8, 0.1],
                "role_evidence": ["title"] * 5,
            }
        )
    )
    tables["quarantine"] = QUARANTINE.conform(
        pl.DataFrame(
            {"source": ["fair"], "file": ["offline/fair/x.csv"], "reason_code": ["ragged_row"], "message": ["m"]}
        )
    )
    folder.mkdir()
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    clean_records().write_parquet(folder / "clean.parquet")
    pairs = pl.DataFrame(
        {"left": [0, 1, 2], "right": [1, 2, 3], "probability": [0.999, 0.62, 0.03], "bits": [9.0, 0.7, -5.0]}
    ).with_columns(outcome=pl.Series(["merged", "review", "apart"]), reason=pl.lit("same e-mail"))
    MATCH_DECISIONS.conform(pairs).write_parquet(folder / "pairs.parquet")
    return write_report(
        publication(folder / "published"),
        FUNNEL,
        folder / "index.html",
        clean=folder / "clean.parquet",
        decisions=folder / "pairs.parquet",
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium is installed on this machine")
    with sync_playwright() as driver:
        # A browser refuses to sandbox itself for the superuser.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


def opened(browser: Browser, file: Path, width: int = 1280) -> tuple[Page, list[str]]:
    """The page in a window of that width, and everything it complained of or asked the network for."""
    page, complaints = browser.new_page(viewport={"width": width, "height": 900}), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith("file:") else complaints.append(request.url))
    page.goto(file.as_uri())
    return page, complaints


def test_a_browser_shows_the_page_without_errors_or_requests(browser: Browser, page_file: Path) -> None:
    page, complaints = opened(browser, page_file)
    assert complaints == []
    assert page.title() == "Lead Refinery: 4 leads at 2 accounts"
    assert page.locator("h1").inner_text() == "6 records became 4 leads at 2 accounts."
    headings = page.locator("h2").all_inner_texts()
    shown = {"The night's funnel", "Quality of the fields", "What was repaired", "What came in", "Buying centers"}
    assert shown <= set(headings)


@pytest.mark.parametrize("width", [1280, 768, 390, 360])
def test_nothing_is_wider_than_the_window(browser: Browser, page_file: Path, width: int) -> None:
    page, _ = opened(browser, page_file, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = "[...document.querySelectorAll('main *')].every(e => e.getBoundingClientRect().right <= innerWidth)"
    assert page.evaluate(inside)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(browser: Browser, page_file: Path, scheme: str) -> None:
    """WCAG 2.2 AA: a contrast of 4.5 at least, measured on the colours the browser computed."""
    page, _ = opened(browser, page_file)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    low = page.evaluate(
        """() => {
          const parts = c => c.match(/[\\d.]+/g).map(Number);
          const light = c => { const [r, g, b] = parts(c).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }); return .2126 * r + .7152 * g + .0722 * b };
          const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (parts(c)[3] !== 0) return c } return 'rgb(255,255,255)' };
          const found = [];
          for (const e of document.querySelectorAll('main *, header *, footer *, nav *')) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
            const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
            if ((a + .05) / (b + .05) < 4.5) found.push(e.className + ': ' + e.textContent.trim().slice(0, 30));
          }
          return found;
        }"""  # noqa: E501
    )
    assert low == []


def test_links_lead_somewhere_and_regions_are_named(browser: Browser, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    targets = [link.get_attribute("href") or "" for link in page.locator("nav a, main a, a.skip").all()]
    assert (page_file.parent / "to_correct.csv").is_file()
    assert all(page.locator(target).count() == 1 for target in targets if target != "to_correct.csv")
    names = [section.get_attribute("aria-labelledby") for section in page.locator("section").all()]
    assert all(page.locator(f"#{name}").count() == 1 for name in names)


def test_the_page_is_one_file(page_file: Path) -> None:
    html = page_file.read_text(encoding="utf-8")
    assert set(re.findall(r"""(?:src|href)=["'](?!#|data:)([^"']*)""", html)) == {"to_correct.csv"}
    assert "url(" not in html and "@import" not in html
    assert not list(page_file.parent.glob(".index.html*"))


def test_no_personal_data_is_on_the_page(page_file: Path) -> None:
    html = page_file.read_text(encoding="utf-8").lower()
    assert [secret for secret in SECRETS if secret.lower() in html] == []


def test_people_stand_under_their_likeliest_role_with_initials(browser: Browser, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    board = page.locator(".board").first
    assert board.locator("h4").inner_text() == "Firma <b>GmbH</b> & Co. KG"
    columns = board.locator(".role").all()
    roles = {column.locator("dt").inner_text().lower(): column.locator("dd").all_inner_texts() for column in columns}
    assert {role: people[0] for role, people in roles.items()} == {
        "initiator": "open",
        "user": "open",
        "influencer": "open",
        "buyer\n1": "M. M. Leiter Einkauf",
        "decider\n1": "E. B. Geschäftsführerin",
        "gatekeeper\n1": "S. S. Empfang",
    }
    assert roles["initiator"][1].startswith("Ask for")


def test_a_board_says_who_counts_and_where_the_account_belongs(browser: Browser, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    board = page.locator(".board").first
    assert board.locator(".coverage").inner_text() == "3 of 6 roles"
    facts = dict(zip(board.locator(".facts dt").all_inner_texts(), board.locator(".facts dd").all(), strict=True))
    assert facts["Most senior"].inner_text() == "E. B. Geschäftsführerin"
    assert facts["Also written"].locator("li").all_inner_texts() == ["Firma GmbH 4", "FIRMA GMBH, z.Hd. Frau S•••••• 1"]
    assert facts["Belongs to"].inner_text() == "Firma Holding AG"


def test_the_parent_names_its_subsidiaries() -> None:
    tables = example.tables(rows=1)
    child = tables["accounts"].with_columns(parent_account_id=pl.lit("P"), name=pl.lit("Firma Nord GmbH"))
    parent = tables["accounts"].with_columns(
        account_id=pl.lit("P"), name=pl.lit("Firma AG"), lead_count=pl.lit(0, pl.UInt32)
    )
    found = boards(pl.concat([child, parent]), tables["leads"], tables["buying_centers"])
    assert [(board.parent, board.subsidiaries) for board in found] == [("Firma AG", ()), ("", ("Firma Nord GmbH",))]


def test_quality_counts_a_repaired_sound_value_as_repaired_overall_and_by_source() -> None:
    overall, by_source = quality(clean_records().lazy())
    counted = {row.concept: dict(zip(CLASSES, row.counts, strict=True)) for row in overall}
    assert counted["email"] == {"valid": 1, "repaired": 1, "suspected": 1, "invalid": 1, "missing": 2}
    assert counted["phone"] == {"valid": 1, "repaired": 0, "suspected": 1, "invalid": 1, "missing": 3}
    assert counted["address"] == {"valid": 1, "repaired": 1, "suspected": 2, "invalid": 0, "missing": 2}
    usable = {row.source: {it.concept: (it.usable, it.given) for it in row.fields} for row in by_source}
    assert usable["web"]["email"] == (2, 3) and usable["fair"]["email"] == (0, 1)
    for at, concept in enumerate(overall):
        parts = [row.fields[at].counts for row in by_source]
        assert tuple(map(sum, zip(*parts, strict=True))) == concept.counts


def test_repairs_are_shown_masked() -> None:
    repaired = report_facts.repairs(clean_records().lazy(), most=9)
    assert {(row.field, row.before, row.after) for row in repaired} == {
        ("email", "mailto:m••.m•••••••••@f••••.de", "m••.m•••••••••@f••••.de"),
        ("city", "Muenchen", "München"),
        ("company", "Firma GmbH, z.Hd. Frau S••••••", "Firma GmbH"),
    }


def test_sources_count_reachable_and_shared_records() -> None:
    crosswalk = example.tables(rows=3)["lead_crosswalk"]
    twice = crosswalk.with_columns(lead_id=pl.lit(crosswalk["lead_id"][0]))
    rows = report_facts.sources(clean_records().lazy(), twice, QUARANTINE.empty(), {"web": 2})
    assert [(row.source, row.records, row.reachable, row.shared, row.rows, row.files, row.before) for row in rows] == [
        ("fair", 3, 1, 0, 0, 0, 0),
        ("web", 3, 3, 3, 0, 0, 2),
    ]


def test_a_held_back_file_is_no_row_and_its_source_came_in() -> None:
    held = QUARANTINE.conform(
        pl.DataFrame(
            {
                "source": ["agency", "agency", "fair"],
                "file": ["offline/agency/a.csv", "offline/agency/b.xlsx", "offline/fair/x.csv"],
                "row": [None, None, 7],
                "reason_code": ["empty_file", "password_protected", "ragged_row"],
                "message": ["m"] * 3,
            }
        )
    )
    assert held_files_and_rows(held) == (2, 1)
    rows = report_facts.sources(clean_records().lazy(), example.tables(rows=1)["lead_crosswalk"], held)
    assert [(row.source, row.channel, row.records, row.rows, row.files) for row in rows] == [
        ("fair", "offline", 3, 1, 0),
        ("web", "online", 3, 0, 0),
        ("agency", "offline", 0, 0, 2),
    ]


def test_what_can_be_corrected_stands_first_and_says_where() -> None:
    held = QUARANTINE.conform(
        pl.DataFrame(
            {
                "source": ["fair"] * 3,
                "file": ["offline/fair/b.csv", "offline/fair/a.xlsx", "offline/fair/b.csv"],
                "sheet": [None, "Tag 1", None],
                "row": [9, 12, 3],
                "reason_code": ["total_row", "ragged_row", "total_row"],
                "message": ["m"] * 3,
            }
        )
    )
    assert [(row.code, row.count, row.place, row.wants_action) for row in report_facts.held_back(held)] == [
        ("ragged_row", 1, ("offline/fair/a.xlsx", "Tag 1", 12), True),
        ("total_row", 2, ("offline/fair/b.csv", "", 3), False),
    ]


def test_roles_are_counted_over_accounts_with_contacts() -> None:
    accounts = ACCOUNTS.conform(
        pl.DataFrame(
            {
                "account_id": ["A", "B", "C"],
                "name": ["Alpha AG", "Beta GmbH", "Gamma KG"],
                "lead_count": [2, 5, 0],
                "roles_present": [["decider", "buyer"], ["buyer"], []],
            },
            schema_overrides={"roles_present": pl.List(pl.String)},
        )
    )
    found = {row.role: row for row in report_facts.roles_known(accounts)}
    assert found["decider"] == ("decider", 1, 2, "Beta GmbH", 5)
    assert found["buyer"] == ("buyer", 2, 2, "", 0)


def test_the_steps_name_what_frees_leads_and_how() -> None:
    say = Words("en")
    roles = [report_facts.RoleKnown("decider", 3, 10, "Alpha AG", 4)]
    blocked = [report_facts.ReasonCount("opted_out", 9), report_facts.ReasonCount("disposable_email", 5)]
    held = [report_facts.ReasonCount("rule_failed", 1), report_facts.ReasonCount("total_row", 7)]
    steps = next_steps(say, held, blocked, roles, to_correct=2, review=1_200)
    assert [(step.command or step.section, step.what) for step in steps] == [
        ("held", "Report a rule that broke: 1 record is held back until it is mended"),
        ("list", "Correct 2 values or rows at their sources; the list says where and how"),
        (
            "blocked",
            "5 leads stay because of one reason. The only channel is a throw-away mailbox. Wait for a lasting address",
        ),
        ("leads review", "Decide 1,200 pairs that may be one person or one company each"),
        ("gaps", "Find a decider for 7 accounts that have contacts but none who signs"),
    ]
    assert next_steps(say, [], [], []) == []
    notices = [f"overrides/leads.csv, row {row}: web/anna@firma.de waits." for row in range(2, 14)]
    first, *_, last = next_steps(say, [], [], [], notices=notices)
    assert first.what.startswith("Correct a decision. overrides/leads.csv, row 2: ")
    assert "anna@" not in first.what
    assert (last.what, last.command) == ("Correct 2 more decisions", "leads decisions")


def test_an_empty_publication_makes_a_page(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for table in PUBLISHED:
        table.empty().write_parquet(tmp_path / "empty" / f"{table.name}.parquet")
    page, complaints = opened(browser, write_report(tmp_path / "empty", {}, tmp_path / "index.html"))
    assert complaints == []
    assert page.locator("h1").inner_text() == "0 records became 0 leads at 0 accounts."


def test_the_same_tables_give_the_same_page(page_file: Path, tmp_path: Path) -> None:
    folder = page_file.parent
    again = write_report(
        folder / "published",
        FUNNEL,
        tmp_path / "again.html",
        clean=folder / "clean.parquet",
        decisions=folder / "pairs.parquet",
    )
    assert again.read_bytes() == page_file.read_bytes()


def test_the_page_is_in_german_too(browser: Browser, page_file: Path, tmp_path: Path) -> None:
    page, complaints = opened(browser, german(page_file, tmp_path))
    assert complaints == []
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.locator("h1").inner_text() == "6 Datensätze ergaben 4 Leads bei 2 Firmen."
    assert {"Was hereinkam", "Qualität der Felder", "Warum Leads zurückbleiben"} <= set(
        page.locator("h2").all_inner_texts()
    )
    assert (tmp_path / "to_correct.csv").read_text(encoding="utf-8-sig").startswith("Quelle;Datei;Blatt;Zeile;Feld;")


def german(page_file: Path, folder: Path) -> Path:
    there = page_file.parent
    return write_report(there / "published", FUNNEL, folder / "de.html", clean=there / "clean.parquet", language="de")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_orange_and_red_figure_leads_to_an_example_and_a_remedy(
    browser: Browser, page_file: Path, tmp_path: Path, language: Language
) -> None:
    page, _ = opened(browser, german(page_file, tmp_path) if language == "de" else page_file)
    marks = page.locator("a.mark").all()
    assert len(marks) >= 5
    for mark in marks:
        row = page.locator(f"tr{mark.get_attribute('href')}")
        assert row.locator(".remedy").inner_text() and row.locator("code.before").inner_text()
    coloured = "[...document.querySelectorAll('.suspected-text, .invalid-text')].every(e => e.matches('a.mark'))"
    assert page.evaluate(coloured)
    for row in page.locator("section[aria-labelledby=held] tbody tr").all():
        assert row.locator(".remedy").inner_text() and row.locator(".place").inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_prints_on_two_sheets_however_much_there_is(
    browser: Browser, tmp_path: Path, language: Language
) -> None:
    """More sources than fit, every reason there is, names of files and sources as long as they come."""
    many = pl.concat([clean_records()] * 40).with_columns(
        source=pl.format("a_source_with_a_rather_long_name_{}", pl.int_range(pl.len()) // 6),
        address_reason=pl.lit("postcode_misspelt"),
        source_record_id=pl.int_range(pl.len()).cast(pl.String),
    )
    many.write_parquet(tmp_path / "clean.parquet")
    folder = publication(tmp_path / "published")
    codes = list(reasons())
    pl.read_parquet(folder / "leads.parquet").with_columns(block_reasons=pl.lit(codes)).write_parquet(
        folder / "leads.parquet"
    )
    held = pl.DataFrame({"reason_code": codes}).with_columns(
        source=pl.lit("fair"), file=pl.lit(f"offline/fair/{'very_' * 20}long.csv"), message=pl.lit("m"), row=pl.lit(1)
    )
    QUARANTINE.conform(held).write_parquet(folder / "quarantine.parquet")
    out = tmp_path / "index.html"
    notices = [f"overrides/leads.csv, row {row}: {'nobody has this record ' * 5}" for row in range(20)]
    write_report(folder, FUNNEL, out, clean=tmp_path / "clean.parquet", notices=notices, language=language)
    page, _ = opened(browser, out)
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 2


def test_the_page_is_small(page_file: Path) -> None:
    assert page_file.stat().st_size < 60_000


@pytest.mark.parametrize(
    ("language", "held", "dry", "gate", "stands"),
    [
        ("en", "Held, not published.", "A dry run", "Records of a source", "at least 70 %"),
        ("de", "Zurückgehalten, nicht veröffentlicht.", "Ein Probelauf", "Datensätze einer Quelle", "mindestens 70 %"),
    ],
)
def test_a_held_night_says_why_and_how_to_publish_it(
    browser: Browser, page_file: Path, tmp_path: Path, language: Language, held: str, dry: str, gate: str, stands: str
) -> None:
    folder = tmp_path / "held" / "run-9"
    folder.parent.mkdir()
    shutil.copytree(page_file.parent / "published", folder)
    finding = Finding(gates()["volume"], "web_form", value=0.4, least=0.7, most=1.3, rows=60, tripped=True)
    manifest = Manifest("run-9", datetime(2026, 3, 1, tzinfo=UTC), {})
    for verdict, said in ((Verdict("run-8", (finding,)), held), (Verdict("run-8", dry=True), dry)):
        night = Night("run-9", "held", folder, manifest, verdict)
        page, _ = opened(browser, write_report(folder, FUNNEL, tmp_path / "x.html", night=night, language=language))
        banner = page.locator(".banner").inner_text()
        assert said in banner and "leads release run-9 --because WHY" in banner
        assert (gate in banner and stands in banner and "web form: 40 %" in banner) is bool(verdict.findings)
