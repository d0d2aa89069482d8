from pathlib import Path

import pytest

from qualification.rule_files import SHIPPED, UnsoundRules, check_names, rule_file


def test_a_home_without_a_file_of_its_own_uses_the_shipped_one(tmp_path: Path) -> None:
    assert rule_file("scoring.toml", tmp_path).path == SHIPPED / "scoring.toml"
    assert rule_file("scoring.toml").toml()["grades"]["fit"]["A"] == 60


def test_a_file_of_the_home_replaces_the_shipped_one_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "routing.csv").write_text("\ufeffpriority,country\n# a note\n5,FR\n", encoding="utf-8")
    assert rule_file("routing.csv", tmp_path).rows() == [{"priority": "5", "country": "FR"}]


@pytest.mark.parametrize("content", [b"version = ", b"\xff\xfe"], ids=["no toml", "no utf-8"])
def test_an_unsound_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sla.toml").write_bytes(content)
    with pytest.raises(UnsoundRules, match=r"sla\.toml"):
        rule_file("sla.toml", tmp_path).toml()


def test_a_file_of_no_rules_name_is_said(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "marketo.toml").write_text("", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    check_names(tmp_path)
    (tmp_path / "scorings.toml").write_text("", encoding="utf-8")
    with pytest.raises(UnsoundRules, match=r"scorings\.toml: there are no rules of that name.*scoring\.toml"):
        check_names(tmp_path)


def test_a_home_without_a_folder_has_no_names_to_check(tmp_path: Path) -> None:
    check_names(tmp_path / "none")
