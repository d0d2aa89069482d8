"""Suites: sound tables pass, each broken promise fails, and a crash is not a failure."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from contracts.clean import CLEAN_RECORDS
from contracts.published import CONSENTS, PUBLISHED, REDIRECTS
from contracts.reasons import reasons
from contracts.statuses import ROLE
from expectations import adapter
from expectations.adapter import Checked, columns_under_test, mask, validate
from expectations.asset_checks import asset_check_result, build_asset_checks, markdown
from expectations.data_docs import write_data_docs
from expectations.engine import SPACE
from expectations.promises import Expectation, in_words, of_table
from expectations.suites import SUITES, Suite
from expectations.validator import Validator
from publishing.stamp import Stamp
from tests.publishing.example import AT, tables

ROOT = Path(__file__).resolve().parents[2]
LATER = AT + timedelta(days=1)
STAMP = Stamp("run-1", AT)
ROWS = "number of rows"


def clean(rows: int = 4) -> pl.DataFrame:
    number = pl.Series(range(rows), dtype=pl.Int64)
    frame = pl.DataFrame({"source_record_id": number.cast(pl.String), "row": number}).with_columns(
        *(pl.lit("missing").alias(f"{name}_status") for name in ("phone", "mobile", "address", "company", "ip")),
        source=pl.lit("web"),
        channel=pl.lit("online"),
        file=pl.lit("online/web/a.csv"),
        file_hash=pl.lit("0"),
        content_hash=pl.lit("0"),
        received_at=pl.lit(AT),
        observed_at=pl.lit(AT),
        email="person" + number.cast(pl.String) + "@firma.de",
        email_status=pl.lit("valid"),
        name_status=pl.lit("missing"),
        repairs=pl.lit([], CLEAN_RECORDS.schema["repairs"]),
    )
    return CLEAN_RECORDS.conform(frame)


def sound() -> dict[str, pl.DataFrame]:
    return tables() | {"clean_records": clean()}


def set_to(column: str, value: object) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: table.with_columns(pl.lit(value).cast(table.schema[column]).alias(column))


def test_space_is_what_python_calls_so() -> None:
    signs = [chr(code) for code in range(sys.maxunicode + 1)]
    assert [sign for sign in signs if re.match(f"[{SPACE}]", sign)] == [s for s in signs if re.match(r"\s", s)]


def twice(table: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([table, table.head(1)])


def no_rows(table: pl.DataFrame) -> pl.DataFrame:
    return table.clear()


def foreign(country: str, postcode: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: table.with_columns(country=pl.lit(country), postcode=pl.lit(postcode))


def same(column: str, other: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda table: table.with_columns(pl.col(other).alias(column))


def to_itself(_: pl.DataFrame) -> pl.DataFrame:
    return STAMP(REDIRECTS, pl.DataFrame({"entity": "lead", "old_id": "L-1", "new_id": "L-1", "at": AT}))


# Table, what is wrong with it, how that comes, how bad it is, and the expectations that say so: no more and no fewer.
BREAKS: list[tuple[str, str, Callable[[pl.DataFrame], pl.DataFrame], str, set[str]]] = [
    ("clean_records", "no rows", no_rows, "critical", {ROWS}),
    ("clean_records", "key twice", twice, "critical", {"key(source, source_record_id)"}),
    ("clean_records", "unknown status", set_to("email_status", "fine"), "critical", {"email_status be_in_set"}),
    ("clean_records", "phone as written", set_to("phone", "0711 12345"), "critical", {"phone match_regex"}),
    ("clean_records", "mobile too long", set_to("mobile", "+4917112345678901234"), "critical", {"mobile match_regex"}),
    ("clean_records", "country by name", set_to("country", "Deutschland"), "critical", {"country be_in_set"}),
    ("clean_records", "country that does not exist", set_to("country", "UK"), "critical", {"country be_in_set"}),
    ("clean_records", "no statement on the name", set_to("name_status", None), "critical", {"name_status not_be_null"}),
    ("clean_records", "e-mail with capitals", set_to("email", "Eva@Firma.de"), "critical", {"email match_regex"}),
    (
        "clean_records",
        "no channel anywhere",
        set_to("email", None),
        "warning",
        {"email is there unless email_status is missing or invalid", "half the records have a channel"},
    ),
    ("clean_records", "short postcodes", foreign("DE", "1067"), "warning", {"postcodes have their country's length"}),
    ("leads", "no rows", no_rows, "critical", {ROWS}),
    (
        "leads",
        "id made of an e-mail",
        set_to("lead_id", "eva@firma.de"),
        "critical",
        {"key(lead_id)", "lead_id match_regex"},
    ),
    ("leads", "unknown role", set_to("buying_role", "boss"), "critical", {"buying_role be_in_set"}),
    (
        "leads",
        "publishable and blocked",
        set_to("publishable", True),
        "critical",
        {
            "publishable says that nothing blocks",
            "a publishable lead has a channel",
            "a publishable lead may be contacted",
        },
    ),
    (
        "leads",
        "mailed and called against an objection",
        lambda table: table.with_columns(
            may_email=True, may_call=True, consent_email=pl.lit("refused"), consent_phone=pl.lit("refused")
        ),
        "critical",
        {"nobody is mailed who objects", "nobody is called who objects"},
    ),
    (
        "consents",
        "a confirmation without double opt-in",
        lambda _: STAMP(
            CONSENTS,
            sound()["leads"].select(
                "lead_id",
                channel=pl.lit("email"),
                basis=pl.lit("stated"),
                status=pl.lit("granted"),
                confirmed_at="updated_at",
                source=pl.lit("web"),
                source_record_id=pl.lit("1"),
            ),
        ),
        "critical",
        {"what was confirmed has its proof"},
    ),
    (
        "leads",
        "number beside the verdict missing",
        set_to("phone", "+4971112345"),
        "critical",
        {"an invalid number is never shown"},
    ),
    ("leads", "no consent statement", set_to("consent_email", "yes"), "critical", {"consent_email be_in_set"}),
    (
        "leads",
        "channel nobody knows",
        set_to("channels", ["fax"]),
        "critical",
        {"every item of channels is one of offline, online"},
    ),
    ("leads", "no channel of origin", set_to("channels", []), "critical", {"every lead has a channel of origin"}),
    ("leads", "seen last before first", set_to("first_seen_at", LATER), "critical", {"seen first before last"}),
    (
        "leads",
        "block reason nobody documented",
        set_to("block_reasons", ["because"]),
        "warning",
        {f"every item of block_reasons is one of {len(reasons())} known codes"},
    ),
    (
        "accounts",
        "role nobody knows",
        set_to("roles_missing", ["boss"] * 6),
        "critical",
        {f"every item of roles_missing is one of {', '.join(sorted(ROLE))}"},
    ),
    ("accounts", "no word on the roles", set_to("roles_missing", []), "critical", {"each role is present or missing"}),
    (
        "accounts",
        "its own parent",
        same("parent_account_id", "account_id"),
        "critical",
        {"no company is its own parent"},
    ),
    ("accounts", "no accounts", no_rows, "warning", {ROWS}),
    ("buying_centers", "unknown role", set_to("role", "boss"), "critical", {"role be_in_set"}),
    (
        "buying_centers",
        "confidence above one",
        set_to("role_confidence", 1.5),
        "critical",
        {"role_confidence is at least 0 and at most 1"},
    ),
    ("lead_crosswalk", "no rows", no_rows, "critical", {ROWS}),
    (
        "lead_crosswalk",
        "probability below zero",
        set_to("match_probability", -0.1),
        "critical",
        {"match_probability is at least 0 and at most 1"},
    ),
    ("lead_crosswalk", "key twice", twice, "critical", {"key(source, source_record_id)"}),
    ("field_provenance", "no rows", no_rows, "critical", {ROWS}),
    ("field_provenance", "field nobody knows", set_to("field", "shoe_size"), "critical", {"field be_in_set"}),
    ("field_provenance", "empty value", set_to("value", ""), "critical", {"no value is empty"}),
    ("redirects", "an id that redirects to itself", to_itself, "critical", {"no id redirects to itself"}),
    ("quarantine", "reason nobody documented", set_to("reason_code", "because"), "warning", {"reason_code be_in_set"}),
]


def name_of(check: Checked | Expectation) -> str:
    """An expectation by what it is made on, and of a plain column by its kind too."""
    kind = check.expectation if isinstance(check, Checked) else check.type
    made = check.column is None or not check.column.isidentifier()
    return check.column or ROWS if made else f"{check.column} {kind.removeprefix('expect_column_values_to_')}"


@pytest.mark.parametrize("name", SUITES)
def test_sound_tables_pass(name: str) -> None:
    result = validate(name, sound()[name])
    complaints = [(check.column, check.outcome, check.error) for check in result.checked if check.outcome != "passed"]
    assert complaints == []
    assert result.success
    assert result.severity is None
    assert len(result.checked) == len(SUITES[name].expectations)


def test_every_published_table_and_the_clean_records_have_a_suite() -> None:
    assert set(SUITES) == {"clean_records", *(table.name for table in PUBLISHED)}


@pytest.mark.parametrize(
    ("name", "what", "damage", "severity", "broken"), BREAKS, ids=[f"{b[0]}: {b[1]}" for b in BREAKS]
)
def test_what_is_wrong_breaks_the_expectations_that_say_so(
    name: str, what: str, damage: Callable[[pl.DataFrame], pl.DataFrame], severity: str, broken: set[str]
) -> None:
    result = validate(name, damage(sound()[name]))
    assert not result.crashed
    assert {name_of(failure) for failure in result.failures} == broken, what
    assert result.severity == severity
    assert result.success == (severity == "warning")


@pytest.mark.parametrize("name", SUITES)
def test_every_promise_written_by_hand_has_a_case_that_breaks_it(name: str) -> None:
    by_hand = SUITES[name].expectations[len(of_table(SUITES[name].table)) :]
    broken = {expectation for table, *_, expectations in BREAKS if table == name for expectation in expectations}
    assert {name_of(promise) for promise in by_hand} <= broken


def test_a_failure_counts_rows_and_shows_masked_examples() -> None:
    frame = clean().with_columns(phone=pl.Series(["0711 123", None, "+4971112345", "0711 123"]))
    (failure,) = validate("clean_records", frame).failures
    assert failure.column == "phone"
    assert failure.unexpected == 2
    assert failure.examples == ["0••• 1••"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("max.mustermann@firma.de", "m••.m•••••••••@f••••.d•"),
        ("+49711123456", "+4••••••••••"),
        ("Müller", "M•••••"),
        ("", ""),
        (None, "N•••"),
    ],
)
def test_examples_are_masked(value: object, shown: str) -> None:
    assert mask(value) == shown


def test_a_missing_column_or_a_wrong_type_is_a_failure_and_not_a_crash() -> None:
    result = validate("leads", tables()["leads"].drop("email").with_columns(pl.col("source_count").cast(pl.String)))
    assert not result.crashed
    assert {failure.column for failure in result.failures} == {"email", "source_count"}
    assert result.severity == "critical"


def test_the_columns_under_test_are_enough() -> None:
    for name, table in sound().items():
        assert validate(name, table.select(columns_under_test(name))).success


def test_a_crash_is_told_apart_and_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Expectation("expect_column_values_to_match_regex", "role", {"regex": "(["}, "warning")
    suite = Suite(SUITES["buying_centers"].table, (*SUITES["buying_centers"].expectations, broken))
    monkeypatch.setitem(adapter.SUITES, "buying_centers", suite)
    result = validate("buying_centers", tables()["buying_centers"])
    assert [check.column for check in result.crashed] == ["role"]
    assert result.crashed[0].error
    assert not result.failures
    assert not result.success
    assert result.severity == "critical"
    assert "💥 not testable" in markdown(result)


def test_dagster_shows_what_was_promised_why_and_the_share_of_rows_that_breaks_it() -> None:
    leads = tables()["leads"]
    wrong = pl.concat([leads, leads.with_columns(pl.lit("0711 1").alias("phone"), lead_id=pl.lit("x"))])
    result = asset_check_result(validate("leads", wrong))
    assert result.description is not None
    assert "promises do not hold on" in result.description
    assert "phone has the form" in result.description
    table = result.metadata["promises"].value
    assert isinstance(table, str)
    (line,) = (line for line in table.splitlines() if "| `phone` |" in line)
    assert "has the form" in line and "ITU-T E.164" in line and "50.0%" in line and "the night stops" in line
    assert "is one of Frau, Herr, Mx" in table
    assert result.metadata["rows_breaking_one"].value == leads.height


def test_a_column_that_is_missing_or_of_another_type_is_told_in_words() -> None:
    leads = tables()["leads"].drop("phone").with_columns(pl.lit(1).alias("email"))
    table = markdown(validate("leads", leads))
    assert "| `phone` | `is there` |" in table
    assert "| `email` | `is of type String` |" in table


def test_dagster_sees_a_blocking_error_or_a_warning() -> None:
    passed = asset_check_result(validate("leads", tables()["leads"]))
    assert passed.passed
    assert (
        passed.description
        == f"All {len(SUITES['leads'].expectations)} promises hold on {tables()['leads'].height} rows."
    )
    error = asset_check_result(validate("leads", tables()["leads"].clear()))
    assert (error.passed, error.severity) == (False, dg.AssetCheckSeverity.ERROR)
    warning = asset_check_result(validate("accounts", tables()["accounts"].clear()))
    assert (warning.passed, warning.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_data_docs_are_pages_without_personal_data(tmp_path: Path) -> None:
    frame = clean().with_columns(phone=pl.lit("0711 987654"))
    index = write_data_docs({"clean_records": frame, "leads": tables()["leads"]}, tmp_path / "docs")
    pages = [page.read_text(encoding="utf-8") for page in (tmp_path / "docs").rglob("*.html")]
    assert index.exists()
    assert len(pages) > 2
    assert not any("987654" in page for page in pages)
    from_the_web = re.compile(r"""<(?:script|link|img)\b[^>]*https?:|url\(""")
    assert not any(from_the_web.search(page) for page in pages), "they are read where there is no network"


def test_the_contract_page_says_every_promise_in_words(tmp_path: Path) -> None:
    frame = clean().with_columns(phone=pl.lit("0711 987654"))
    index = write_data_docs({"clean_records": frame, "leads": tables()["leads"]}, tmp_path / "docs")
    page = index.read_text(encoding="utf-8")
    assert "has the form ^" in page and "is one of offline, online" in page and "ITU-T E.164" in page
    assert page.index("does not hold") < page.index("holds</b>"), "what needs a look stands first"
    assert all((index.parent / link).exists() for link in re.findall(r'href="(validations/[^"]+)"', page))
    assert all(in_words(promise) for suite in SUITES.values() for promise in suite.expectations)


class Tables(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The resource `lake`, as far as checks use it."""

    folder: str

    def scan(self, name: str) -> pl.LazyFrame:
        return pl.scan_parquet(Path(self.folder) / f"{name}.parquet")


def run_graph(folder: Path) -> dg.ExecuteInProcessResult:
    """Two assets, the second below the check of the first."""

    @dg.asset(name="leads")
    def leads() -> None: ...

    @dg.asset(name="published", deps=[leads])
    def published() -> None: ...

    checks = [check for check in build_asset_checks() if next(iter(check.check_keys)).asset_key == dg.AssetKey("leads")]
    definitions = dg.Definitions(
        assets=[leads, published],
        asset_checks=checks,
        jobs=[dg.define_asset_job("night", selection=dg.AssetSelection.all())],
        resources={"lake": Tables(folder=str(folder)), "validator": Validator()},
        executor=dg.in_process_executor,
    )
    with dg.instance_for_test() as instance:
        return definitions.resolve_job_def("night").execute_in_process(instance=instance, raise_on_error=False)


@pytest.mark.slow
def test_in_dagster_a_broken_table_stops_what_is_downstream(tmp_path: Path) -> None:
    tables()["leads"].write_parquet(tmp_path / "leads.parquet")
    good = run_graph(tmp_path)
    assert good.success
    tables()["leads"].clear().write_parquet(tmp_path / "leads.parquet")
    bad = run_graph(tmp_path)
    assert not bad.success
    assert "published" not in {event.step_key for event in bad.all_node_events if event.is_step_success}


def test_importing_the_checks_does_not_import_great_expectations() -> None:
    code = "import sys, expectations.asset_checks; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
