"""Versions: where the rules, data, settings and model of a home lie, for the record of a publication.

Belongs here: which files and choices count as what. Does not belong here: taking and comparing their versions
(`publishing.versions`).
"""

from __future__ import annotations

from assets.resources.choices import Choices
from assets.resources.home import PROJECT
from assets.resources.lake import Lake
from engine.rules_folder import check, read_folder
from publishing.versions import Versions, rules_of, rules_of_home, versions_of


def rules_tonight(lake: Lake) -> str:
    """A digest of the rules and word lists of this run, those of the home included."""
    return Versions({"rules": rules_of(PROJECT) | rules_of_home(read_folder(lake.where.root))}).digests["rules"]


def versions_tonight(lake: Lake, choices: Choices) -> Versions:
    """What this run is made with.

    Raises:
        UnsoundRules: the rules of the home were changed meanwhile.
    """
    home = lake.where
    check(home.root)
    return versions_of(
        PROJECT,
        home.root,
        reference=[*home.geoip.glob("*.mmdb"), home.streets, *home.register.rglob("*")],
        statements=[*home.match_overrides.glob("*.csv"), *home.suppression.rglob("*"), home.mail_evidence],
        settings=choices.of_rules,
        model=lake.path("match_model"),
    )
