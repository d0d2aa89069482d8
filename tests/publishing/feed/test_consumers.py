"""Consumers of the feed in a real PostgreSQL: with writers at work they lose nothing, each at its own place."""

from __future__ import annotations

import random
import re
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from publishing.feed.consumers import Behind, begin, lags, passed, pending
from publishing.feed.postgres import load
from tests.publishing.feed.server import asked
from tests.publishing.feed.test_file import publish_day
from tests.test_house import ROOT

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)
WRITERS, EACH = 4, 60
INSERT = """
    insert into crm.changes (entity, kind, id, changed_fields, at, run_id)
    values ('lead', 'insert', %s, '{}', now(), 'run')
"""


@pytest.fixture
def loaded(tmp_path: Path, dsn: str) -> str:
    publish_day(tmp_path, 1)
    load(tmp_path, dsn, keep_days=90)
    return dsn


def test_a_row_that_is_committed_late_is_lost_by_its_number_alone(loaded: str) -> None:
    with closing(psycopg.connect(loaded)) as slow, psycopg.connect(loaded, autocommit=True) as quick:
        begin(quick, "crm")
        slow.execute(INSERT, ["late"])
        quick.execute(INSERT, ["early"])
        (naive,) = quick.execute("select max(seq) from crm.changes").fetchone() or ()
        assert pending(quick, "crm") == [], "the early one waits for the late one"
        slow.commit()
        assert quick.execute("select id from crm.changes where seq > %s", [naive]).fetchall() == [], "late is lost"
        assert [it.id for it in pending(quick, "crm")] == ["late", "early"]


def test_writers_and_readers_at_once_lose_nothing(loaded: str) -> None:
    read: dict[str, list[str]] = {"a": [], "b": [], "c": []}
    over = threading.Event()

    def write(writer: int) -> None:
        dice = random.Random(writer)
        with psycopg.connect(loaded) as connection:
            for number in range(EACH):
                connection.execute(INSERT, [f"{writer}-{number}"])
                time.sleep(dice.random() * 0.003)
                connection.commit() if dice.random() < 0.9 else connection.rollback()

    def consume(name: str) -> None:
        """Until long after the writers, for whoever still writes (another reader its place) lets all read late."""
        quiet = 0
        with psycopg.connect(loaded, autocommit=True) as connection:
            while quiet < 200:
                if told := pending(connection, name, limit=7):
                    read[name] += [it.id for it in told]
                    passed(connection, name, told[-1].cursor)
                else:
                    quiet = quiet + 1 if over.is_set() else 0
                    time.sleep(0.002)

    with psycopg.connect(loaded, autocommit=True) as connection:
        for name in read:
            begin(connection, name)
    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    readers = [threading.Thread(target=consume, args=(name,)) for name in read]
    for thread in (*writers, *readers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in readers:
        thread.join()
    committed = {row[0] for row in asked(loaded, "select id from crm.changes")}
    for ids in read.values():
        assert sorted(ids) == sorted(committed)


def test_a_consumer_is_told_again_until_it_says_that_it_is_done(loaded: str) -> None:
    with psycopg.connect(loaded, autocommit=True) as connection:
        begin(connection, "a")
        begin(connection, "b")
        for number in range(3):
            connection.execute(INSERT, [str(number)])
        first = pending(connection, "a", limit=2)
        assert pending(connection, "a", limit=2) == first
        passed(connection, "a", first[-1].cursor)
        assert [it.id for it in pending(connection, "a")] == ["2"]
        assert [it.id for it in pending(connection, "b")] == ["0", "1", "2"]
        assert [(it.name, it.changes, it.begun) for it in lags(connection)] == [("a", 1, True), ("b", 3, True)]


def test_transactions_are_read_in_the_order_of_their_numbers_not_of_their_digits(loaded: str) -> None:
    with psycopg.connect(loaded, autocommit=True) as connection:
        begin(connection, "crm")
        connection.execute("update crm.consumers set xid = '0'::xid8")
        for xid in ("100", "99", "9"):
            insert = INSERT.replace("(entity", "(xid, entity").replace("('lead'", "(%s::xid8, 'lead'")
            connection.execute(insert, [xid, xid])
        read = []
        while told := pending(connection, "crm", limit=1):
            passed(connection, "crm", told[-1].cursor)
            read += [it.id for it in told]
        assert read == ["9", "99", "100"]


def test_who_begins_in_the_transaction_that_reads_the_tables_misses_nothing_after_them(
    tmp_path: Path, loaded: str
) -> None:
    with closing(psycopg.connect(loaded)) as consumer:
        consumer.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        begin(consumer, "crm")
        publish_day(tmp_path, 2, city=["Ulm", None, None])
        load(tmp_path, loaded, keep_days=90)
        assert consumer.execute("select count(city) from crm.leads").fetchone() == (0,)
        consumer.commit()
        (told,) = pending(consumer, "crm")
    assert (told.kind, told.changed_fields, (told.payload or {})["city"]) == ("update", ["city"], "Ulm")
    assert told.at == AT + timedelta(days=2)


def test_old_changes_go_and_who_did_not_read_them_begins_again(tmp_path: Path, loaded: str) -> None:
    with psycopg.connect(loaded, autocommit=True) as connection:
        with pytest.raises(Behind, match="the consumer late is new"):
            pending(connection, "late")
        for name in ("late", "prompt"):
            begin(connection, name)
        for number in range(2):
            connection.execute(INSERT, [str(number)])
        passed(connection, "prompt", pending(connection, "prompt")[-1].cursor)
        connection.execute("update crm.changes set recorded_at = now() - interval '91 days'")
        connection.execute(INSERT, ["young"])
        load(tmp_path, loaded, keep_days=90)
        with pytest.raises(Behind, match="begin with the tables"):
            pending(connection, "late")
        assert [it.id for it in pending(connection, "prompt")] == ["young"]
        assert [it.begun for it in lags(connection)] == [False, True]
        begin(connection, "late")
        assert pending(connection, "late") == []


def test_a_database_restored_elsewhere_lets_its_consumers_begin_again(tmp_path: Path, loaded: str) -> None:
    """There transactions are counted anew, so that no cursor would ever be reached."""
    with psycopg.connect(loaded, autocommit=True) as connection:
        begin(connection, "crm")
        connection.execute(INSERT, ["x"])
        connection.execute("update crm.changes set xid = '99999999'::xid8")
        connection.execute("update crm.consumers set xid = '99999990'::xid8")
        load(tmp_path, loaded, keep_days=90)
        with pytest.raises(Behind):
            pending(connection, "crm")


def test_the_consumer_of_the_page_begins_with_the_tables_and_carries_out_what_follows(
    tmp_path: Path, loaded: str
) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "feed.md").read_text("utf-8"), re.DOTALL | re.M)
    names: dict[str, Any] = {}
    exec(block, names)
    held: dict[str, str] = {}

    def begin_with(connection: psycopg.Connection) -> None:
        held.update(connection.execute("select lead_id, city from crm.leads").fetchall())

    def carry_out(change: dict[str, Any]) -> None:
        held[change["id"]] = change["payload"]["city"]

    for day, cities in enumerate([["Ulm", None, None], ["Bonn", None, "Köln"]], start=2):
        names["consume"](loaded, "page", begin_with, carry_out)
        publish_day(tmp_path, day, city=cities)
        load(tmp_path, loaded, keep_days=90)
    names["consume"](loaded, "page", begin_with, carry_out)
    assert held == dict(asked(loaded, "select lead_id, city from crm.leads"))
    with psycopg.connect(loaded) as connection:
        assert pending(connection, "page") == []
