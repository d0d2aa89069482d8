"""The visitor's device and language, and the domain of their company.

Belongs here: user agents, languages as people and browsers write them. Does not belong here: IP addresses
(`enrichment/visit/ip`), mail domains' kinds (`reference/mail`). Sources: the uap-core patterns as compiled by
ua-parser, RFC 9110 (`Accept-Language`), BCP 47, Unicode CLDR for languages' names.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import polars as pl
from langcodes import Language, tag_is_valid
from ua_parser import Parser
from ua_parser.loaders import load_lazy_builtins
from ua_parser.regex import Resolver

from contracts.clean import REPAIRS
from contracts.table import given_or_null
from engine.caches import keep_cells, keep_words
from engine.word_lists import entries, in_text
from enrichment.cells.distinct import by_cell, parts_by_cell
from enrichment.cells.evidence import Entry, repairs
from enrichment.cells.no_value import LONGEST
from enrichment.cells.placeholders import is_placeholder
from enrichment.cells.word_lists import by_kind, rows
from reference.countries import folded, language_names

_WEIGHT = re.compile(r";\s*q\s*=\s*([0-9.]+)")
_ALTERNATIVES = re.compile(r"\s*[,/|+&]\s*|\s*;\s*(?!q\s*=)|\s+(?:und|and|et|o|ou)\s+")
_WORDS = by_kind("device_words.csv")
_BOT = re.compile(f"(?i){in_text(_WORDS['bot'])}")
_GERMAN = re.compile(r"^(?:gsw|nds|bar)|deutsch$|^(?:swiss|austrian|low)german$")
"""Varieties of German with names or codes of their own."""
_TABLET = re.compile(rf"(?i){in_text(_WORDS['tablet'])}|\bSM-[TX]\d|tab [as]\d")
_MOBILE = re.compile(rf"(?i){in_text(_WORDS['mobile'])}|android.*mobile")
_SHOWN = {name: row["shown"] for row in rows("device_names.csv") for name in entries(row["names"])}


class Device(NamedTuple):
    """Browser family and major version, operating system family, and desktop, mobile, tablet, bot or other."""

    browser: str | None
    operating_system: str | None
    device: str | None


def clean_device(records: pl.DataFrame) -> pl.DataFrame:
    """Read user agent and language of every record.

    Args:
        records: `user_agent` and `language` (raw) or `language_stated` (clean).

    Returns:
        language, browser, operating_system, device and `repairs`, same height, same order.

    Example:
        >>> agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
        >>> records = pl.DataFrame({"user_agent": [agent], "language": ["de-CH,de;q=0.9,en;q=0.8"]})
        >>> clean_device(records).select("language", "browser", "operating_system", "device")
        shape: (1, 4)
        ┌──────────┬─────────────┬──────────────────┬─────────┐
        │ language ┆ browser     ┆ operating_system ┆ device  │
        │ ---      ┆ ---         ┆ ---              ┆ ---     │
        │ str      ┆ str         ┆ str              ┆ str     │
        ╞══════════╪═════════════╪══════════════════╪═════════╡
        │ de       ┆ Firefox 128 ┆ Windows          ┆ desktop │
        └──────────┴─────────────┴──────────────────┴─────────┘
    """
    frame = records.select(given_or_null(records, ["user_agent", "language_stated", "language"]))
    frame = frame.select(agent="user_agent", stated=pl.coalesce("language_stated", "language"))
    device = parts_by_cell(read_agent, Device._fields)(frame["agent"])
    frame = frame.with_columns(language=by_cell(language_of)(frame["stated"]))
    unknown = frame.filter(pl.col("language").is_null())["stated"].drop_nulls().unique()
    unread = [text for text in unknown.to_list() if not is_placeholder(text)]
    entry = Entry("language", pl.col("stated").is_in(unread), pl.col("stated"), None, "language_unreadable", "language")
    return pl.concat([frame.select("language"), device], how="horizontal").with_columns(
        repairs(frame, [entry]).alias(REPAIRS.name)
    )


@keep_cells
def read_agent(agent: str) -> Device:
    """What a user agent says of itself; an unreadable one is `other`, an empty one nothing."""
    text = agent.strip()[:LONGEST]  # no browser says more of itself
    if is_placeholder(text):
        return Device(None, None, None)
    parsed = _parser().parse(text)
    family = parsed.user_agent.family if parsed.user_agent else None
    major = parsed.user_agent.major if parsed.user_agent else None
    system = parsed.os.family if parsed.os else None
    machine = parsed.device.family if parsed.device else None
    browser = _SHOWN.get(family, family) if family else None
    if browser and major:
        browser = f"{browser} {major}"
    if machine == "Spider" or _BOT.search(text):
        kind = "bot"
    elif _TABLET.search(text) or (system == "Android" and not _MOBILE.search(text)):
        kind = "tablet"
    elif _MOBILE.search(text) or system in {"iOS", "Android"}:
        kind = "mobile"
    elif system in _WORDS["desktop"] or (system or "").startswith("Windows"):
        kind = "desktop"
    else:
        kind = "other"
    return Device(browser, _SHOWN.get(system, system) if system else None, kind)


@keep_words
def language_of(text: str) -> str | None:
    """ISO 639-1 code of the preferred language: `de-CH,de;q=0.9,en;q=0.8`, `de_DE.UTF-8`, `deutsch`, `German`."""
    if len(text) > LONGEST or is_placeholder(text):
        return None
    best: tuple[float, int, str] | None = None
    for position, part in enumerate(_ALTERNATIVES.split(text.strip())):
        found = _WEIGHT.search(part)
        weight = _number(found[1]) if found else 1.0
        code = _code(_WEIGHT.sub("", part).strip())
        if code and weight > 0 and (best is None or (-weight, position) < best[:2]):
            best = (-weight, position, code)
    return best[2] if best else None


def _code(text: str) -> str | None:
    names = language_names()
    bare = re.sub(r"\s*\(.*?\)", "", text)
    key = folded(bare)
    if known := names.get(key):
        return known
    if _GERMAN.search(key):
        return "de"
    tag = text.split(".", 1)[0].split("@", 1)[0].replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag) or not tag_is_valid(tag):
        return None
    language = Language.get(tag).language
    return language if language and len(language) == 2 else None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


@cache
def _parser() -> Parser:
    return Parser(Resolver(load_lazy_builtins()))
