"""The lists the generator draws from, as typed tables.

Belongs here: reading `samples/data`. Does not belong here: any drawing. Names, streets and titles are written by
hand for this project; towns carry real postcodes and dialling codes, people and contact data are invented.
"""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).parent / "data"


class Town(NamedTuple):
    country: str
    city: str
    area_code: str
    weight: int
    postcodes: tuple[str, ...]


class Given(NamedTuple):
    name: str
    gender: str
    origin: str
    weight: int
    short_forms: tuple[str, ...]


class Title(NamedTuple):
    role: str
    seniority: str
    department: str
    weight: int
    german: tuple[str, ...]
    english: tuple[str, ...]


class Network(NamedTuple):
    network: str
    country: str
    weight: int


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _lines(name: str) -> list[str]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@cache
def towns() -> tuple[Town, ...]:
    """Towns with area code (no leading zero, except Italy) and postcodes."""
    return tuple(
        Town(
            row["country"],
            row["city"],
            row["area_code"],
            int(row["weight"]),
            tuple(row["postcodes"].split("|") if row["country"] in {"GB", "NL"} else row["postcodes"].split()),
        )
        for row in _rows("towns.csv")
    )


@cache
def given_names() -> tuple[Given, ...]:
    """Given names with their short forms, more frequent ones heavier."""
    return tuple(
        Given(row["name"], row["gender"], row["origin"], int(row["weight"]), tuple(row["short_forms"].split()))
        for row in _rows("given_names.csv")
    )


@cache
def family_names() -> tuple[str, ...]:
    """Family names of the home market, most frequent first."""
    return tuple(_lines("family_names.txt"))


@cache
def family_names_abroad() -> dict[str, tuple[str, ...]]:
    """Family names by origin."""
    names: dict[str, list[str]] = {}
    for row in _rows("family_names_abroad.csv"):
        names.setdefault(row["origin"], []).append(row["name"])
    return {origin: tuple(values) for origin, values in names.items()}


@cache
def composed_names() -> dict[str, list[str]]:
    """First and last parts of composed family names, and particles."""
    return tomllib.loads((DATA / "composed_names.toml").read_text(encoding="utf-8"))


@cache
def companies() -> dict[str, Any]:
    """Building blocks of company names."""
    return tomllib.loads((DATA / "companies.toml").read_text(encoding="utf-8"))


@cache
def streets() -> tuple[str, ...]:
    """German street names, most frequent first."""
    return tuple(_lines("streets.txt"))


@cache
def job_titles() -> tuple[Title, ...]:
    """Job titles in German and English by buying role."""
    return tuple(
        Title(
            row["role"],
            row["seniority"],
            row["department"],
            int(row["weight"]),
            tuple(row["german"].split("|")),
            tuple(row["english"].split("|")),
        )
        for row in _rows("job_titles.csv")
    )


@cache
def networks() -> tuple[Network, ...]:
    """Address ranges of well-known access providers."""
    return tuple(Network(row["network"], row["country"], int(row["weight"])) for row in _rows("networks.csv"))


def answers() -> dict[str, list[tuple[str, int]]]:
    """What is entered beside contact data: (value, parts) by field."""
    return tomllib.loads((DATA / "answers.toml").read_text(encoding="utf-8"))


@cache
def user_agents() -> tuple[str, ...]:
    """Browser user agents, most frequent first."""
    return tuple(_lines("user_agents.txt"))
