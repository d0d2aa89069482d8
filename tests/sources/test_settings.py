"""Settings of a source: the documented example works, and every mistake is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contracts.raw import FIELDS
from sources.problems import Unreadable
from sources.settings import SourceSettings, read_settings
from tests.sources.building import Home, csv_text

DOCS = Path(__file__).parents[2] / "docs" / "sources.md"


def example() -> str:
    match = re.search(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert match
    return match[1]


def test_the_documented_example_does_what_it_says(home: Home) -> None:
    home.state("partner", example())
    lines = ["Export der Käuferliste", "", "Satz;Kd;Wer;Post;Haus;Intern;Rest"]
    lines += ["7;K-1;Änne Groß;a@b.example;Öl AG;geheim;was bleibt"]
    home.put("a.txt", "\n".join(lines).encode("cp850"), "partner")
    home.put("ohne.txt", "x\n\nSatz;Kd;Wer;Haus\n8;K-2;Max Muster;Bau AG\n".encode("cp850"), "partner")
    home.run()
    (row,) = home.records().to_dicts()
    wanted = {
        "source_record_id": "7",
        "customer_no": "K-1",
        "full_name": "Änne Groß",
        "email": "a@b.example",
        "company": "Öl AG",
        "extra": '{"Rest":"was bleibt"}',
        "row": 4,
        "default_country": "AT",
        "date_order": "dmy",
        "timezone": "Europe/Vienna",
        "consent_basis": "trade_fair",
        "encoding": "cp850",
    }
    assert {name: row[name] for name in wanted} == wanted
    assert home.rejects().select("file", "reason_code").rows() == [("offline/partner/ohne.txt", "required_missing")]


def test_without_settings_the_defaults_hold(home: Home) -> None:
    home.put("a.csv", csv_text())
    home.run()
    columns = ["default_country", "date_order", "timezone", "consent_basis"]
    assert set(home.records().select(columns).rows()) == {("DE", "dmy", "Europe/Berlin", None)}


def test_every_setting_and_field_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for name in SourceSettings.__dataclass_fields__:
        assert name in {"fingerprint", "truncate_ips"} or re.search(rf"^\[?{name}\b", example(), re.MULTILINE), name
    for column in FIELDS:
        assert f"| `{column.name}` | {column.description} |" in text, column.name


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("country = 'Austria'", "partner.toml: `country` must be an ISO code"),
        ("country = 5", "partner.toml: `country` must be a text"),
        ("date_order = 'ydm'", "partner.toml: `date_order` must be one of dmy, mdy, ymd"),
        ("timezone = 'Wien'", "partner.toml: `timezone` must be an IANA zone"),
        ("timezone = '../../etc'", "partner.toml: `timezone` must be an IANA zone"),
        ("encoding = 'ansi8'", "partner.toml: `encoding` is not known"),
        ("delimiter = ';;'", "partner.toml: `delimiter` must be a single character"),
        ("skip_rows = -1", "partner.toml: `skip_rows` must be a whole number"),
        ("skip_rows = true", "partner.toml: `skip_rows` must be a whole number"),
        ("required = ['mail']", "partner.toml: `required` must be a list of fields"),
        ("record_ids = 'unique'", "partner.toml: `record_ids` must be one of stable, per_file"),
        ("volatile = 'Stand'", "partner.toml: `volatile` must be a list of headers"),
        ("snapshot = 'yes'", "partner.toml: `snapshot` must be true or false"),
        ("colums = 1", "partner.toml: `colums` is not a setting; use one of"),
        ("[columns]\n'Kd' = 'kunde'", 'partner.toml: [columns] "Kd" names no field'),
        ("columns = 3", "partner.toml: [columns] must be a table"),
        ("country = ", "partner.toml is not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_remedy(home: Home, settings: str, message: str) -> None:
    home.state("partner", settings)
    with pytest.raises(Unreadable, match=re.escape(message)):
        read_settings(home.settings, "partner")


def test_a_mistake_holds_back_its_own_source_until_it_is_corrected(home: Home) -> None:
    home.state("partner", "country = 'Austria'")
    home.put("a.csv", csv_text(), "partner")
    home.put("a.csv", csv_text(), "messe")
    home.run()
    assert home.records()["source"].unique().to_list() == ["messe"]
    assert home.rejects().select("source", "reason_code").rows() == [("partner", "bad_override")]
    home.state("partner", "country = 'AT'")
    home.run()
    assert home.rejects().height == 0
    assert sorted(home.records()["source"].unique()) == ["messe", "partner"]


def test_new_settings_read_the_files_anew(home: Home) -> None:
    home.put("a.csv", "Firma;Kto;E-Mail\nX;K-1;a@b.example\n", "partner")
    home.run()
    assert home.records()["customer_no"].to_list() == [None]
    home.state("partner", '[columns]\n"Kto" = "customer_no"\n')
    home.run()
    assert home.records()["customer_no"].to_list() == ["K-1"]
