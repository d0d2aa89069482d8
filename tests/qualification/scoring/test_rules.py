"""Scoring rules: a file with a fault is refused, and the refusal says where it is and what to do."""

from pathlib import Path

import pytest

from qualification.rule_files import SHIPPED, UnsoundRules
from qualification.scoring.rules import scoring_rules

SHIPPED_TEXT = (SHIPPED / "scoring.toml").read_text(encoding="utf-8")

FAULTS = {
    "unknown key": ("max_per_day = 2", "max_per_week = 2", r"\[\[behaviour\]\] download: unknown key `max_per_week`"),
    "unknown key above": ('version = "', 'colour = "red"\nversion = "', r"top of the file: unknown key `colour`"),
    "unknown kind": ('kind = "download"', 'kind = "downlod"', r"downlod: `kind` is unknown"),
    "kind twice": ('kind = "form_fill"', 'kind = "download"', r"download: the kind has a rule already; remove"),
    "points as text": ("points = 8\n", 'points = "8"\n', r"form_fill: `points` is '8'; write a number"),
    "points not finite": ("points = 8\n", "points = inf\n", r"form_fill: `points` is inf; write a number"),
    "no points": ("points = 8\n", "\n", r"form_fill: `points` is missing; add it"),
    "trigger as text": ("trigger = true", 'trigger = "yes"', r"demo_request: `trigger` is 'yes'; write true or false"),
    "cap of none": ("max_per_day = 5", "max_per_day = 0", r"page_view: `max_per_day` is 0; write a number from 1 on"),
    "cap of a half": ("max_per_day = 5", "max_per_day = 1.5", r"`max_per_day` is 1.5; write a whole number"),
    "unknown per": ('per = "mailing_id"', 'per = "mail"', r"email_click: `per` is unknown: 'mail'"),
    "unknown until": ('until = "newsletter_signup"', 'until = "newsletter"', r"unsubscribe: `until` is unknown"),
    "unknown column": ('column = "industry"', 'column = "branch"', r"branch: `column` is unknown: 'branch'"),
    "unknown level": ("c_level = 20", "boss = 20", r"seniority map: `boss` is unknown; write some of"),
    "two operators": ("at_least = 10000", "at_least = 10000\nequals = 5", r"2 of the operators"),
    "size of a text": ('in = ["Maschinenbau", "Elektrotechnik", "Automotive"]', "at_least = 3", r"does not suit"),
    "negative half-life": ("default = 30", "default = -1", r"\[decay\]: `default` is -1; write a number from 0"),
    "no default half-life": ("default = 30\n", "\n", r"\[decay\]: `default` is missing"),
    "unknown group": ("fair = 40", "fairs = 40", r"\[groups\]: `fairs` is unknown"),
    "grades that rise": ("A = 60, B = 40", "A = 30, B = 40", r"\[grades\]: `fit` does not fall"),
    "scores without a grade": ("C = 20, D = -100", "C = 20, D = 0", r"\[grades\]: `fit` leaves the lowest"),
    "a gap in mql": ('mql = ["A1", "A2", "A3"', 'mql = ["A1", "A3"', r"`mql` names a grade of A but not the better"),
    "unknown grade": ('"B1", "B2", "C1"]', '"B1", "B2", "E1"]', r"`mql` names 'E1', which is unknown"),
    "days exchanged": ('valid_to = "2026-12-31"', 'valid_to = "2025-12-31"', r"Software: `valid_to` lies before"),
    "no day": (
        'valid_to = "2026-12-31"',
        'valid_to = "31.12.2026"',
        r"Software: `valid_to` is '31.12.2026'; write a day",
    ),
    "range exchanged": ("fit_range = [-100, 100]", "fit_range = [100, -100]", r"\[model\]: `fit_range`"),
    "weight above one": ("decider = 1.0", "decider = 2.0", r"\[account\]: the weight of decider is above 1"),
    "role forgotten": ("gatekeeper = 0.2, ", "", r"\[account\]: `weights` lacks gatekeeper"),
    "unknown formula": ('formula = "noisy_or"', 'formula = "sum"', r"\[account\]: `formula` is unknown"),
    "no behaviour table": ("[groups]", "[groups_of]", r"`groups` is missing; add it"),
}


@pytest.mark.parametrize(("old", "new", "told"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_named_with_its_file_place_and_remedy(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in SHIPPED_TEXT
    (tmp_path / "scoring.toml").write_text(SHIPPED_TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UnsoundRules, match=rf"scoring\.toml: .*{told}"):
        scoring_rules(tmp_path)


def test_the_version_tells_of_every_change(tmp_path: Path) -> None:
    (tmp_path / "scoring.toml").write_text(SHIPPED_TEXT + "\n# a note", encoding="utf-8")
    written, fingerprint = scoring_rules().version.split("+")
    assert written == "2026-12-01"
    assert scoring_rules(tmp_path).version.split("+")[1] != fingerprint


def test_the_half_life_of_a_kind_goes_before_that_of_its_channel() -> None:
    half_lives = {act.kind: act.half_life for act in scoring_rules().acts}
    assert (half_lives["unsubscribe"], half_lives["email_click"], half_lives["social_follow"]) == (0, 21, 30)
