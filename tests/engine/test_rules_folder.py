"""The rules folder of a home: read behind the fence, whole or not at all, once per process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.rule_tables import rule_tables
from engine.rules_folder import UnsoundRules, check, problems, read_folder

SOUND = "kind,words\nall,nie wieder zaubern\n"


def lay(home: Path, name: str, text: str = SOUND) -> Path:
    path = home / "rules" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_no_folder_is_no_rules(tmp_path: Path) -> None:
    assert read_folder(tmp_path) == ({}, {})
    check(tmp_path)


def test_what_is_no_file_is_refused_with_a_word(tmp_path: Path) -> None:
    real = lay(tmp_path / "elsewhere", "titles.csv")
    lay(tmp_path, "refusal_words.csv")
    (tmp_path / "rules" / "titles.csv").symlink_to(real)
    os.mkfifo(tmp_path / "rules" / "headers.csv")
    lay(tmp_path, "more/job_titles.csv")
    lay(tmp_path, ".refusal_words.csv.swp")
    found = read_folder(tmp_path)
    assert found.files.keys() == {"refusal_words.csv"}
    assert problems(found) == [
        "rules/headers.csv is neither a file nor a folder, and only files are read; put the file itself there",
        "rules/titles.csv is a symbolic link, and only files are read; put the file itself there",
        "rules/more/job_titles.csv is a folder, and only files are read; put the file itself there",
    ]


def test_the_folder_itself_is_no_link_and_no_file(tmp_path: Path) -> None:
    lay(tmp_path / "elsewhere", "titles.csv")
    (tmp_path / "rules").symlink_to(tmp_path / "elsewhere" / "rules")
    assert problems(read_folder(tmp_path)) == [
        "rules is a symbolic link, and only files are read; put the file itself there"
    ]
    (tmp_path / "rules").unlink()
    (tmp_path / "rules").write_text("", encoding="utf-8")
    assert problems(read_folder(tmp_path)) == ["rules is no folder; put the tables into one of that name"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("titels.csv", SOUND, "rules/titels.csv is read by nobody; `leads rules` lists the names, or delete it"),
        ("refusal_words.csv", "kind,words\n\nall,*\n", "rules/refusal_words.csv, row 3: words '*' would stand for"),
        ("gates.toml", "[merged_leads]\nslack = true\n", "rules/gates.toml, row 2: slack of [merged_leads] is no"),
    ],
)
def test_a_night_does_not_begin_by_half_of_the_rules(tmp_path: Path, name: str, text: str, told: str) -> None:
    lay(tmp_path, name, text)
    with pytest.raises(UnsoundRules) as error:
        check(tmp_path)
    assert str(error.value).startswith(told)


def test_a_process_has_the_rules_of_one_home_as_they_were_when_it_began(tmp_path: Path) -> None:
    lay(tmp_path, "refusal_words.csv")
    with pytest.raises(UnsoundRules, match="not what this process has read"):
        check(tmp_path)


def in_process_of(home: Path, code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env=os.environ | {"LEADS_HOME": str(home)}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


REFUSED = "import polars as pl; from enrichment.refusals import _WORDS; print('nie wieder zaubern' in _WORDS['all'])"


def test_a_line_counts_from_the_next_process_on_and_no_longer_than_it_stands(tmp_path: Path) -> None:
    assert in_process_of(tmp_path, REFUSED) == "False"
    line = lay(tmp_path, "refusal_words.csv")
    assert in_process_of(tmp_path, REFUSED) == "True"
    line.unlink()
    assert in_process_of(tmp_path, REFUSED) == "False"


@pytest.mark.parametrize(
    ("name", "text", "code", "usual", "own"),
    [
        (
            "thresholds.csv",
            "name,value\nmerge_at,0.95\n",
            "from matching.leads.decision.scoring import *; print(MERGE_AT, MERGE_DOUBTFUL_AT, REVIEW_AT)",
            "0.9 0.99 0.1",
            "0.95 0.99 0.1",
        ),
        (
            "gates.toml",
            "[merged_leads]\nslack = 0.5\n",
            "from publishing.gates.judging import gates; print(gates()['merged_leads'].slack, len(gates()))",
            "0.02 16",
            "0.5 16",
        ),
    ],
)
def test_thresholds_are_a_homes_to_set(tmp_path: Path, name: str, text: str, code: str, usual: str, own: str) -> None:
    assert in_process_of(tmp_path, code) == usual
    lay(tmp_path, name, text)
    assert in_process_of(tmp_path, code) == own


READER = "from sources.store.fingerprint import reader_version; print(reader_version())"


def test_files_are_read_again_for_rules_of_reading_alone(tmp_path: Path) -> None:
    before = in_process_of(tmp_path, READER)
    lay(tmp_path, "refusal_words.csv")
    assert in_process_of(tmp_path, READER) == before
    synonym = lay(tmp_path, "headers.csv", "field,name\nemail,Rundpost an\n")
    assert in_process_of(tmp_path, READER) != before
    synonym.unlink()
    assert in_process_of(tmp_path, READER) == before


def test_a_line_in_every_table_and_every_room_still_loads(tmp_path: Path) -> None:
    """Words that a home takes out are looked up when modules load; none of them may break there."""
    for table in rule_tables().values():
        if table.form == "table":
            with table.path.open(encoding="utf-8") as lines:
                header, first = [line for line in lines if not line.startswith("#")][:2]
            lay(tmp_path, table.file, f"{header}-{first}" if not first.startswith('"') else header)
        elif table.form != "settings":
            last = table.path.read_text(encoding="utf-8").split()[-1]
            lay(tmp_path, table.file, f"zauberwort\n-{last}\n")
    told = in_process_of(
        tmp_path,
        "import pipelines.definitions, enrichment.job.title as t, reference.countries as c, reference.mail as m, "
        "matching.accounts.linking.aliases as a; t.rules(); t.roles_by_level(); c.country_names(); a.aliases(); "
        "print('zauberwort' in m.freemail_domains())",
    )
    assert told == "True"
