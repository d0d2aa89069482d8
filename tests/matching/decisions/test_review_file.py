"""A review goes out for Excel and comes back decided, whatever Excel made of the file."""

from __future__ import annotations

import csv
import io
import random
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.clean import ENRICHED_RECORDS
from contracts.matched import ACCOUNT_REVIEW, LEAD_REVIEW
from matching.decisions.dropped import take_dropped
from matching.decisions.log import read_decisions, record_decisions
from matching.decisions.review_file import SHOWN, Taken, read_review, review_rows, write_review
from tests.matching.decisions.said import AT, keys, lines, must, names, revoke

# Ids that a spreadsheet takes for dates, numbers and formulas.
RECORDS = keys("web/00123", "may/12", "web/=1+1", "fair/a;b", "3/5")
COMPANIES = names("Müller GmbH", "=HYPERLINK(1)", "Schmidt, Söhne; Co.")


@pytest.fixture
def written(tmp_path: Path) -> list[dict[str, str]]:
    """The rows that went out: records 0 and 1, 2 and 3; companies 0 and 1."""
    clean = ENRICHED_RECORDS.conform(RECORDS.with_columns(given_name=pl.lit("Ünal"), phone=pl.lit("+497119876543")))
    records = clean.select("source", "source_record_id", *SHOWN).with_row_index("record")
    pairs = {"left": [0, 2], "right": [1, 3], "probability": [0.999, 0.5], "reason": ["same e-mail", "same name"]}
    companies = {"left": [0], "right": [1], "probability": [0.5], "reason": ["same name"]}
    write_review(
        review_rows(
            LEAD_REVIEW.conform(pl.DataFrame(pairs)),
            records,
            ACCOUNT_REVIEW.conform(pl.DataFrame(companies)),
            COMPANIES,
        ),
        tmp_path / "review.csv",
    )
    with (tmp_path / "review.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def text(rows: list[dict[str, str]], separator: str = ";") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=separator, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def taken(raw: bytes, log: pl.DataFrame | None = None) -> Taken:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "back.csv"
        path.write_bytes(raw)
        return read_review(path, lines() if log is None else log, RECORDS, COMPANIES)


def test_both_sides_can_be_read_and_nothing_is_a_formula(written: list[dict[str, str]]) -> None:
    assert [row["about"] for row in written] == ["lead", "lead", "account"]
    assert (
        written[0]
        | {
            **{"decision": "", "because": "", "until": "", "probability": "99 %", "reason": "same e-mail"},
            **{"left": "web/00123", "right": "may/12", "left_given_name": "Ünal", "right_phone": "+497119876543"},
        }
        == written[0]
    )
    assert written[2]["right"] == "'=HYPERLINK(1)"
    assert list(written[0])[:8] == ["decision", "because", "until", "about", "probability", "reason", "left", "right"]


def shorn(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name: row[name] for name in ("right", "left", "until", "decision", "because")} for row in rows]


@pytest.mark.parametrize(
    "saved",
    [
        lambda rows: text(rows).encode("utf-8-sig"),
        lambda rows: text(rows).encode(),
        lambda rows: text(rows).encode("cp1252"),
        lambda rows: text(rows, ",").encode(),
        lambda rows: text(rows, "\t").encode("utf-16"),
        lambda rows: text(rows).replace("\r\n", "\n").encode(),
        lambda rows: text(rows).rstrip().encode(),
        lambda rows: (text(rows) + ";;;;\r\n\r\n").encode(),
        lambda rows: text(shorn(rows)).encode(),  # columns deleted and put in another order
        lambda rows: text(rows[::-1]).encode(),
        lambda rows: text([row | {"Notiz": "ä"} for row in rows]).encode("cp1252"),
        lambda rows: text(rows).replace("decision;because", "Decision ; BECAUSE", 1).encode(),
    ],
)
def test_it_comes_back_as_excel_saves_it(written: list[dict[str, str]], saved) -> None:  # type: ignore[no-untyped-def]
    written[0] |= {"decision": "Must-Link", "because": "Zwillinge; beide", "until": "31.12.2026"}
    written[1] |= {"decision": " cannot link "}
    written[2] |= {"decision": "SET_PARENT"}
    found = taken(saved(written))
    assert found.problems == []
    said = {(it.about, it.decision, it.left, it.right, it.because, it.until) for it in found.decisions}
    assert said == {
        ("lead", "must_link", ("web/00123",), ("may/12",), "Zwillinge; beide", date(2026, 12, 31)),
        ("lead", "cannot_link", ("web/=1+1",), ("fair/a;b",), "", None),
        ("account", "set_parent", ("Müller GmbH",), ("=HYPERLINK(1)",), "", None),
    }


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"decision": "maybe"}, "`decision` is none of its words; use must_link, cannot_link, or leave the cell empty"),
        ({"decision": "set_parent"}, "use must_link, cannot_link"),  # of companies only
        ({"decision": "must_link", "left": "123"}, "`left` names no record or company of the last night"),
        ({"decision": "must_link", "right": "12. Mai"}, "`right` names no record or company of the last night"),
        ({"decision": "must_link", "right": ""}, "`right` names no record"),
        ({"decision": "must_link", "right": "web/00123"}, "`left` and `right` are the same"),
        ({"decision": "must_link", "right": "Müller GmbH"}, "the pair names no record or company"),
        ({"decision": "must_link", "until": "3/4/2026"}, "`until` is no date; write it as 2026-12-31"),
    ],
)
def test_a_bad_row_is_named_and_the_others_count(
    written: list[dict[str, str]], change: dict[str, str], problem: str
) -> None:
    written[0] |= change
    written[1] |= {"decision": "must_link"}
    found = taken(text(written).encode())
    assert [it.left for it in found.decisions] == [("web/=1+1",)]
    (told,) = found.problems
    assert told.startswith("back.csv, row 2: ")
    assert problem in told


@pytest.mark.parametrize(
    ("raw", "explanation"),
    [
        (b"left;right\n1;2\n", "column decision is missing"),
        (b"", "column decision, left, right is missing"),
        (b"decision;left;right\nmust_link;a;b;c;d\n", "row 2: 5 cells, more than the header's 3"),
    ],
)
def test_a_file_that_is_none_is_explained(raw: bytes, explanation: str) -> None:
    with pytest.raises(ValueError, match=explanation):
        taken(raw)


def test_what_was_decided_before_is_not_decided_again_even_if_it_was_revoked(written: list[dict[str, str]]) -> None:
    written[0] |= {"decision": "must_link"}
    found = taken(text(written).encode(), lines(must("may/12", "web/00123"), revoke(1)))
    assert (found.decisions, found.known, found.problems) == ([], 1, [])


ROW = st.fixed_dictionaries(
    {
        "decision": st.sampled_from(["", "must_link", "cannot_link", "maybe"]),
        "left": st.sampled_from(["web/00123", "may/12", "3/5", "nobody"]),
        "right": st.sampled_from(["web/00123", "may/12", "3/5"]),
    }
)


@given(st.lists(ROW, min_size=1, max_size=6), st.randoms())
@settings(max_examples=25)
def test_reading_twice_or_in_parts_or_in_another_order_adds_nothing(
    rows: list[dict[str, str]], shuffle: random.Random
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)

        def take(some: list[dict[str, str]]) -> int:
            path = folder / "back.csv"
            path.write_text(text(some), encoding="utf-8")
            found = read_review(path, read_decisions(folder), RECORDS, COMPANIES)
            return len(record_decisions(folder, found.decisions, "anna", AT))

        first = take(rows)
        again = rows.copy()
        shuffle.shuffle(again)
        assert take(rows) == take(again) == take(again[:1]) == 0
        assert read_decisions(folder).height == first


# Files that are dropped into overrides/decided


def drop(folder: Path, name: str, content: str) -> None:
    (folder / "decided").mkdir(exist_ok=True)
    (folder / "decided" / name).write_text(content, encoding="utf-8")


def test_files_that_are_dropped_are_taken_once_and_may_stay(tmp_path: Path) -> None:
    assert take_dropped(tmp_path, RECORDS, COMPANIES, AT) == []
    drop(tmp_path, "a.csv", "decision;left;right;who\nmust_link;web/00123;may/12;bernd\n")
    drop(tmp_path, "b.CSV", "decision;left;right\ncannot_link;web/00123;3/5\nmaybe;may/12;3/5\n")
    drop(tmp_path, "~$a.csv", "open in Excel")
    for _ in range(2):
        (problem,) = take_dropped(tmp_path, RECORDS, COMPANIES, AT)
        assert problem.startswith("overrides/decided/b.CSV, row 3: `decision` is none of its words")
        found = read_decisions(tmp_path)
        assert found.select("decision", "left", "right").rows() == [
            ("must_link", "web/00123", "may/12"),
            ("cannot_link", "web/00123", "3/5"),
        ]
        assert found["who"][0] == "bernd"


def test_a_file_that_cannot_be_read_costs_no_night(tmp_path: Path) -> None:
    drop(tmp_path, "a.csv", "no;header\n")
    drop(tmp_path, "b.xlsx", "PK")
    drop(tmp_path, "c.csv", "decision;left;right\nmust_link;web/00123;may/12\n")
    (tmp_path / "decided" / "d.csv").symlink_to("nowhere")
    problems = take_dropped(tmp_path, RECORDS, COMPANIES, AT)
    assert [problem.split(" in ")[0] for problem in problems] == ["a.csv", "b.xlsx", "d.csv"]
    assert read_decisions(tmp_path).height == 1
