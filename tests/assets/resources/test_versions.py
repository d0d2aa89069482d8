"""What a home holds that decides values is known to its publications, as what it is."""

from pathlib import Path

import pytest

from assets.resources.choices import Choices
from assets.resources.lake import Lake
from assets.resources.versions import versions_tonight
from publishing.versions import Kind, causes


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sources/web.toml", "settings"),
        ("publishable.csv", "settings"),
        ("geoip/city.mmdb", "reference"),
        ("streets.parquet", "reference"),
        ("overrides/decisions.csv", "statements"),
        ("suppression/robinson.csv", "statements"),
        ("suppression/2026/robinson.xlsx", "statements"),
        ("mail_evidence.csv", "statements"),
    ],
)
def test_a_file_of_the_home_that_decides_values_is_named_as_a_cause(tmp_path: Path, name: str, kind: Kind) -> None:
    lake = Lake(home=str(tmp_path))
    before = versions_tonight(lake, Choices())
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("1", encoding="utf-8")
    found = causes(before, versions_tonight(lake, Choices()))
    assert [(cause.kind, str(cause)) for cause in found] == [(kind, f"{name} (new)")]
