"""A sample inbox with known truth: `write_sample`.

Belongs here: putting the parts together, file by file, so that memory is bounded by the people and one file.
Does not belong here: any single value. Nothing in a sample belongs to a real person: names are drawn, numbers are
random, and mail domains are made up from made-up companies. Do not write to any of them.

Rows that cannot be a lead (ragged rows, repeated headers, totals) are extra lines and left out of the truth.
Readable records that belong to no single person (junk, departments, two persons in a cell) are in the truth
with `person_id` null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from samples import files, lists, notation
from samples.companies import make_companies
from samples.dirt import dirty
from samples.draw import Draw, Mask, table
from samples.layouts import SOURCES, Page, Source
from samples.people import make_people
from samples.plan import make_plan, people_for
from samples.proportions import BIG_FILE_ROWS, FILL, PEOPLE_PER_COMPANY, REPEATED
from samples.sheet import TRUE_FIELDS, Sheet, World, true_records

HOME_MARKET = ("DE", "AT", "CH", "LI")
CARRIED_BY = {
    "phone": ("phone", "phone_stem", "phone_extension"),
    "company": ("company", "legal_form"),
    "job_title": ("job_title", "role", "seniority"),
}
"""True fields that a written field states, where they differ from the field itself."""


class SampleSummary(NamedTuple):
    """What was written."""

    home: Path
    leads: int
    people: int
    companies: int
    files: int
    bytes: int
    truth: Path


def write_sample(home: Path, leads: int, seed: int, progress: Callable[[int], None] | None = None) -> SampleSummary:
    """Write `home/inbox/{online,offline}/<source>/<file>` and `home/truth.parquet`; equal arguments give equal bytes.

    Args:
        home: the folder to write below; made where missing, files of the same name are replaced.
        leads: number of source records (rows) over all sources.
        seed: any integer from 0.
        progress: called with the number of records after each file.

    Returns:
        Counts and the path of the truth: one row per record, sorted by source and file, with `source`,
        `source_record_id`, `file`, the fields of `sheet.TRUE_FIELDS` (the true clean value where the record states
        one, else null), `collected_at` (UTC) and `distortions` (codes of `proportions.DIRT`).

    Raises:
        ValueError: `leads` is less than 1.
    """
    if leads < 1:
        raise ValueError("a sample needs at least one lead")
    count = people_for(leads)
    companies = make_companies(int(count / PEOPLE_PER_COMPANY) + 20, Draw(seed, leads, "companies"))
    people, employments = make_people(count, companies, Draw(seed, leads, "people"))
    world = World(companies, people, employments)
    plan = make_plan(leads, employments, count, Draw(seed, leads, "plan"))
    truths: list[pl.DataFrame] = []
    written = size = 0
    for source, part, rows in _parts(plan):
        page = _page(source, part, rows, world, (seed, leads, source.name, part))
        content = source.write(page)
        path = _path(home, source, page)
        size += files.put(path, content, page.at[-1] + timedelta(hours=4))
        written += 1
        truths.append(_truth(page, path.relative_to(home / "inbox").as_posix()))
        if source.name in REPEATED and part == 0:
            size += files.put(*_again(path, content, REPEATED[source.name], source), page.at[-1] + timedelta(days=2))
            written += 1
        if progress is not None:
            progress(rows.height)
    truth = home / "truth.parquet"
    every = pl.concat(truths)
    every.write_parquet(truth)
    return SampleSummary(home, leads, plan["person"].n_unique(), every["account_id"].n_unique(), written, size, truth)


def _parts(plan: pl.DataFrame) -> Iterator[tuple[Source, int, pl.DataFrame]]:
    for (name,), rows in plan.group_by("source", maintain_order=True):
        source = SOURCES[str(name)]
        parts = min(rows.height, max(source.files, -(-rows.height // BIG_FILE_ROWS)))
        edges = np.linspace(0, rows.height, parts + 1).astype(int).tolist()
        for part, (start, end) in enumerate(pairwise(edges)):
            yield source, part, rows[start:end].with_row_index("position", offset=start)


def _path(home: Path, source: Source, page: Page) -> Path:
    extension = source.extensions[page.part % len(source.extensions)]
    name = f"{source.name}_{page.part + 1:02d}_{page.at[-1]:%Y-%m-%d}.{extension}"
    return home / "inbox" / source.channel / source.name / name


def _again(path: Path, content: bytes, how: str, source: Source) -> tuple[Path, bytes]:
    """The same delivery once more: a copy, or the same lines in another order."""
    if how == "copied":
        return path.with_name(f"Kopie von {path.name}"), content
    first, header, *lines = content.decode(source.encoding).split("\r\n")[:-1]
    text = "\r\n".join([first, header, *reversed(lines), ""])
    return path.with_name(f"{path.stem}_sortiert{path.suffix}"), text.encode(source.encoding)


def _page(source: Source, part: int, rows: pl.DataFrame, world: World, purpose: tuple[int | str, ...]) -> Page:
    sheet = Sheet(true_records(rows, world), purpose)
    _write_values(sheet, source, rows)
    dirty(sheet, one_name=source.one_name, postcodes_as_numbers=source.postcodes_as_numbers)
    _fit(sheet, source.encoding)
    number = 1 if source.prefix else 100_001
    ids = np.array([f"{source.prefix}{number + at:06d}" for at in rows["position"].to_list()], dtype=object)
    return Page(sheet, ids, rows["at"].to_list(), part, source)


def _write_values(sheet: Sheet, source: Source, rows: pl.DataFrame) -> None:
    """Fill `raw` with the true values in the source's notations, as often as it carries them."""
    fill, truth, raw, size = FILL[source.name], sheet.truth, sheet.raw, sheet.size
    country = sheet.true("country")
    home = np.isin(country.astype(str), HOME_MARKET)
    # Where the country cell stays empty, people from elsewhere write their numbers with the country code.
    stated: Mask = sheet.draw("country filled").mask(size, fill.get("country", 0.0))
    abroad: Mask = ~home | (~stated & (country != "DE"))
    english = source.english & ~(home & sheet.draw("german title").mask(size, 0.5))
    for field in (
        "salutation",
        "academic_title",
        "given_name",
        "family_name",
        "birth_date",
        "email",
        "company",
        "department",
        "street",
        "house_number",
        "postcode",
        "city",
    ):
        if field in fill:
            raw[field] = truth[field].copy()
    if "job_title" in fill:
        employed = np.array(sheet.records["employed"].to_list(), dtype=bool)
        truth["job_title"] = np.where(english & employed, sheet.true("title_english"), truth["job_title"])
        raw["job_title"] = truth["job_title"].copy()
    if "phone" in fill:
        extension = sheet.true("phone_extension")
        raw["phone"] = np.array(
            notation.phone_numbers(
                sheet.true("dial"),
                sheet.true("area_code"),
                sheet.true("trunk"),
                extension,
                abroad=abroad,
                draw=sheet.draw("phone"),
            ),
            dtype=object,
        )
    if "fax" in fill:
        raw["fax"] = np.array(
            [f"0{area} {trunk}-99" for area, trunk in zip(sheet.true("area_code"), sheet.true("trunk"), strict=True)],
            dtype=object,
        )
        raw["fax"][country != "DE"] = None
    if "phone" in fill:
        numbers = notation.mobile_numbers(
            sheet.true("mobile_dial"),
            sheet.true("mobile_prefix"),
            sheet.true("mobile_digits"),
            abroad | (sheet.true("mobile_dial") != sheet.true("dial")),
            sheet.draw("mobile"),
        )
        raw["mobile" if "mobile" in fill else "_mobile"] = np.array(numbers, dtype=object)
    if "country" in fill:
        raw["country"] = np.array(
            notation.countries(country, source.country_styles, sheet.draw("country")), dtype=object
        )
    _write_context(sheet, source, rows)
    for field, share in fill.items():
        if share < 1.0 and field in raw:
            missing = np.flatnonzero(~sheet.draw(f"{field} filled").mask(size, share))
            sheet.empty(missing, field, *CARRIED_BY.get(field, ()))
            if field == "street":
                sheet.empty(missing, "house_number")
    known = set(fill) | {"person_id", "account_id", "parent_account_id"}
    for field in fill:
        known |= set(CARRIED_BY.get(field, ()))
    if source.one_name:
        known |= {"salutation", "academic_title"}
    elif "given_name" in fill:
        known |= {"academic_title"}
    everyone = np.arange(size)
    sheet.unstate(everyone, *(field for field in TRUE_FIELDS if field not in known))


def _write_context(sheet: Sheet, source: Source, rows: pl.DataFrame) -> None:
    """Time, consent, network, device and the other things a source adds."""
    fill, raw, size = FILL[source.name], sheet.raw, sheet.size
    answers = lists.answers()
    consent = "offline" if source.channel == "offline" or source.name == "newsletter" else "online"
    answers["consent_email"] = answers[f"consent_{consent}"]
    agents = lists.user_agents()
    answers["user_agent"] = [(agent, len(agents) - at) for at, agent in enumerate(agents)]
    for field in fill.keys() & answers.keys():
        values, weights = zip(*answers[field], strict=True)
        raw[field] = sheet.draw(field).take(size, values, weights)
        raw[field][raw[field] == ""] = None
    raw["collected_at"] = np.array(notation.times(rows["at"], source.time), dtype=object)
    if source.time in {"iso_local", "german"}:
        moment = {"iso_local": "2025-10-26 02:30:00", "german": "26.10.2025 02:30"}[source.time]
        sheet.change("time_ambiguous", "collected_at", lambda _, __: moment)
    sheet.change("time_missing", "collected_at", lambda _, __: None)
    if "consent_doi_at" in fill:
        raw["consent_doi_at"] = np.array(notation.times(rows["at"].dt.offset_by("17m"), source.time), dtype=object)
    if "opt_out" in fill:
        raw["opt_out"] = np.full(size, None, dtype=object)
        objected = sheet.chosen("opt_out", np.ones(size, dtype=bool))
        raw["opt_out"][objected] = sheet.draw("opt_out/how").take(len(objected), ("ja", "x", "X", "1", "Widerspruch"))
        sheet.mark("opt_out", objected)
    if "customer_no" in fill:
        accounts = sheet.true("account_id")
        raw["customer_no"] = np.array([f"K{each[1:]}" if each else None for each in accounts], dtype=object)
    if "company_addition" in fill:
        lines = ("z.Hd. Frau Schmidt, Einkauf", "z.Hd. Herrn Weber", "Werk Nord", "Abt. Technik", "Niederlassung Süd")
        raw["company_addition"] = sheet.draw("company_addition").take(size, lines, (2, 1, 2, 3, 2))
    if "ip_address" in fill:
        raw["ip_address"] = notation.addresses_in(sheet.true("country"), sheet.draw("ip"))
    if "vat_id" in fill:
        german = sheet.true("country") == "DE"
        raw["vat_id"] = np.array(
            [
                vat_id(int(account[1:])) if account and ours else None
                for account, ours in zip(sheet.true("account_id"), german, strict=True)
            ],
            dtype=object,
        )


def vat_id(number: int) -> str:
    """A German VAT number with its check digit (ISO 7064, MOD 11,10) for company `number`."""
    digits = f"{100_000_00 + number * 7919 % 89_999_999:08d}"
    product = 10
    for digit in digits:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return f"DE{digits}{(11 - product) % 10}"


def _fit(sheet: Sheet, encoding: str) -> None:
    """What the file's encoding cannot hold becomes question marks, as careless exports do."""
    if encoding.startswith("utf"):
        return
    lost = set()
    for column in sheet.raw.values():
        for row, value in enumerate(column):
            if value is not None and not value.isascii():
                fitted = value.encode(encoding, "replace").decode(encoding)
                if fitted != value:
                    column[row] = fitted
                    lost.add(row)
    sheet.mark("letters_lost", np.array(sorted(lost), dtype=np.int64))


def _truth(page: Page, file: str) -> pl.DataFrame:
    columns: dict[str, Any] = {
        "source": [page.source.name] * page.sheet.size,
        "source_record_id": page.ids,
        "file": [file] * page.sheet.size,
        **page.sheet.truth,
    }
    frame = table(columns)
    at = pl.Series("collected_at", page.at, dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")
    return frame.with_columns(at, page.sheet.distortions())
