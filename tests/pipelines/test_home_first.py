"""The home first: rules of a home take effect in a night, each kind of them, and are gone with their lines."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.home_first import asked_for
from tests.conftest import Run

INBOX = {
    "messe": """Vorname,Nachname,Akad. Titel,E-Mail,Firma,Position,Abteilung,Land,Telefon,Notiz,PLZ,Ort,Fax,Rundpost an
Anna,Klein,Dipl.-Zauberer,anna.klein@dorfpost.net,Klein Pumpen Zaubmbh,Oberzauberer,,Germanien,,,50667,Köln,,
Bernd,Groß,,zauberei@gross-ventile.de,Groß Ventile GmbH,Einkäufer,Hexenküche,DE,,nie wieder zaubern,50667,Köln,,
Carla,Wolf,,,nixda,Zauberlehrling,,DE,0221 4710811,,50667,Köln,,carla.wolf@wolf-rohre.de
Dirk,Hahn,,dirk.hahn@hahn-guss.de,Hahn Guss GmbH,Einkäufer,,DE,,,50667,Köln,0221 4710850,
Emil,Vogt,,emil.vogt@zauberbude.de,Zauberbude,Einkäufer,,DE,,,50667,Köln,,
""",
    "crm": """Vorname,Nachname,E-Mail,Firma,Fax,Datum
Dirk,Hahn,dirk.hahn@hahn-guss.de,Hahn Guss GmbH,0221 4710851,2024-01-01
""",
}
RULES = {
    "headers.csv": "field,name\nemail,Rundpost an\n",
    "titles.csv": "title,pattern,place\nDipl.-Zauberer,dipl\\.?-zauberer,front\n",
    "legal_forms.csv": "form,at_end,uses\nZaubmbH,ZaubmbH,plain\n",
    "job_titles.csv": "pattern,seniority,department,role,priority\n*zauberer*,c_level,management,decider,60\n",
    "departments.csv": "department,spellings\nMagie,Hexenküche\n",
    "role_mailboxes.txt": "zauberei\n",
    "freemail_domains.txt": "# of the village\ndorfpost.net\n",
    "refusal_words.csv": "kind;words\nall;nie wieder zaubern\n",
    "no_value_words.csv": "words,said_in\nnixda,company\n",
    "country_aliases.csv": "alias,code\nGermanien,DE\n",
    "company_aliases.csv": "alias,company,legal_form,kind,alone\nZauberbude,Groß Ventile,GmbH,short,yes\n",
    "title_blocks.csv": "code,where,pattern\nstudent,job_title,zauberlehrling\n",
    "survivorship.csv": "rule,preferred\nnewest_fax_current_employer,crm\n",
}
CHANGES = ("run_id", "updated_at")


@pytest.mark.parametrize(
    ("arguments", "home"),
    [
        ("leads run", None),
        ("leads run --home a", "a"),
        ("leads decide revoke 3 --home=a --because x", "a"),
        ("leads run --home a --home b", "b"),
        ("leads run --homes a", None),
        ("leads run --home", ""),
    ],
)
def test_the_home_is_known_before_the_command_is(arguments: str, home: str | None) -> None:
    assert asked_for(arguments.split()) == home


def tonight(leads: Run, home: Path) -> tuple[pl.DataFrame, dict[str, dict[str, object]], dict[str, dict[str, object]]]:
    """The published leads; and by family name each lead and its record of the fair."""
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout
    published = pl.read_parquet(home / "published" / "current" / "leads.parquet", glob=False).sort("lead_id")
    records = pl.read_parquet(home / "lake" / "enriched_records.parquet", glob=False).filter(source="messe")
    by_name = [{str(row["family_name"]): row for row in table.iter_rows(named=True)} for table in (published, records)]
    return published.drop(CHANGES), by_name[0], by_name[1]


@pytest.mark.slow
def test_a_line_of_each_kind_takes_effect_in_a_night_and_is_gone_with_it(leads: Run, tmp_path: Path) -> None:
    for source, text in INBOX.items():
        (tmp_path / "inbox" / "offline" / source).mkdir(parents=True)
        (tmp_path / "inbox" / "offline" / source / "leads.csv").write_text(text, encoding="utf-8")
    without, lead, record = tonight(leads, tmp_path)

    def state() -> dict[str, object]:
        return {
            "headers.csv": lead["Wolf"]["email"],
            "titles.csv": record["Klein"]["academic_title"],
            "legal_forms.csv": record["Klein"]["legal_form"],
            "job_titles.csv": lead["Klein"]["seniority"],
            "departments.csv": record["Groß"]["department"],
            "role_mailboxes.txt": record["Groß"]["email_kind"],
            "freemail_domains.txt": record["Klein"]["email_kind"],
            "refusal_words.csv": record["Groß"]["opt_out"],
            "no_value_words.csv": record["Wolf"]["company"],
            "country_aliases.csv": record["Klein"]["country_basis"],
            "company_aliases.csv": lead["Vogt"]["account_id"] == lead["Groß"]["account_id"],
            "title_blocks.csv": "student" in str(lead["Wolf"]["block_reasons"]),
            "survivorship.csv": lead["Hahn"]["fax"],
        }

    shipped = state()
    (tmp_path / "rules").mkdir()
    for name, text in RULES.items():
        (tmp_path / "rules" / name).write_text(text, encoding="utf-8")
    _, lead, record = tonight(leads, tmp_path)
    own = state()
    assert {name for name in RULES if own[name] == shipped[name]} == set()
    assert own == {
        "headers.csv": "carla.wolf@wolf-rohre.de",
        "titles.csv": "Dipl.-Zauberer",
        "legal_forms.csv": "ZaubmbH",
        "job_titles.csv": "c_level",
        "departments.csv": "Magie",
        "role_mailboxes.txt": "role",
        "freemail_domains.txt": "freemail",
        "refusal_words.csv": True,
        "no_value_words.csv": None,
        "country_aliases.csv": "stated",
        "company_aliases.csv": True,
        "title_blocks.csv": True,
        "survivorship.csv": "+492214710851",
    }
    told = leads("diff", "--home", tmp_path)
    assert "rules/company_aliases.csv (new)" in told.stdout
    for name in RULES:
        (tmp_path / "rules" / name).unlink()
    again, _, _ = tonight(leads, tmp_path)
    assert again.equals(without)
