"""The rules of a home in a night: each kind takes effect, and is gone with its line."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.resources.home import Home
from pipelines.home_first import asked_for

MESSE = """Vorname,Nachname,Akademischer Titel,E-Mail,Firma,Position,Land,Telefon,Bemerkung,PLZ,Ort,Fax,Rundpost an
Anna,Klein,Dipl.-Zauberer,anna.klein@dorfpost.net,Klein Pumpen Zaubmbh,Oberzauberer,Germanien,,,50667,Köln,,
Bernd,Groß,,zauberei@gross-ventile.de,Groß Ventile GmbH,Einkäufer,DE,,nie wieder zaubern,50667,Köln,,
Carla,Wolf,,,nixda,Einkäuferin,DE,0221 4710811,,50667,Köln,,carla.wolf@wolf-rohre.de
Dirk,Hahn,,dirk.hahn@hahn-guss.de,Hahn Guss GmbH,Einkäufer,DE,,,50667,Köln,0221 4710850,
"""
CRM = """Vorname,Nachname,E-Mail,Firma,Fax,Datum
Dirk,Hahn,dirk.hahn@hahn-guss.de,Hahn Guss GmbH,0221 4710851,2024-01-01
"""
RULES = {
    "headers.csv": "field,name\nemail,Rundpost an\n",
    "titles.csv": "title,pattern,place\nDipl.-Zauberer,dipl\\.?-zauberer,front\n",
    "legal_forms.csv": "form,at_end,uses\nZaubmbH,ZaubmbH,plain\n",
    "job_titles.csv": "pattern,seniority,department,role,priority\n*zauberer*,c_level,management,decider,60\n",
    "role_mailboxes.txt": "zauberei\n",
    "freemail_domains.txt": "dorfpost.net\n",
    "refusal_words.csv": "kind,words\nall,nie wieder zaubern\n",
    "no_value_words.csv": "words,said_in\nnixda,company\n",
    "country_aliases.csv": "alias,code\nGermanien,DE\n",
    "survivorship.csv": "rule,preferred\nnewest_fax_current_employer,crm\n",
}


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


def leads_of(home: Path) -> pl.DataFrame:
    return pl.read_parquet(Home(home).published / "current" / "leads.parquet", glob=False).sort("family_name")


if __name__ == "__main__":
    pass
