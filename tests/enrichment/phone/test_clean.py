"""Phone numbers: every notation, verdicts, slots, and agreement with phonenumbers where that is right."""

from __future__ import annotations

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.clean import PHONE, REPAIRS
from contracts.reasons import reasons
from enrichment.phone import reading as phone_reading
from enrichment.phone.clean import clean_phone
from enrichment.phone.numbering import area, judge
from tests.enrichment.cases import differences, load

CASES = load("phone")


def clean(**cells: str | None) -> dict[str, object]:
    """The clean columns of one record."""
    row = {"country_iso": "DE", "default_country": "DE"} | cells
    return clean_phone(pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))).to_dicts()[0]


def records(texts: list[str | None], country: str | None = "DE") -> pl.DataFrame:
    frame = pl.DataFrame({"phone": texts}, schema={"phone": pl.String})
    return frame.with_columns(pl.lit(country, pl.String).alias("country_iso"), default_country=pl.lit("DE"))


def reasons_told(frame: pl.DataFrame) -> pl.Expr:
    told = pl.col("repairs").list.eval(pl.element().struct.field("reason")).list.unique(maintain_order=True)
    return pl.when(told.list.len() > 0).then(told.list.join(" ")).alias("evidence")


def test_cases() -> None:
    given_records = CASES.select(phone="raw", country_iso="country").with_columns(default_country=pl.lit("DE"))
    found = clean_phone(given_records)
    found = found.with_columns(pl.col("other_phones").list.join(" "), reasons_told(found))
    wrong = differences(CASES, found.select([name for name in CASES.columns if name in found.columns]))
    assert not wrong, "\n".join(wrong)


def test_columns_are_those_of_the_contract() -> None:
    found = clean_phone(records(["0711 1234567", None]))
    assert found.columns == [*(column.name for column in PHONE), "repairs"]
    assert found.schema == pl.Schema({column.name: column.dtype for column in (*PHONE, REPAIRS)})
    assert clean_phone(pl.DataFrame({"phone": []}, schema={"phone": pl.String})).height == 0
    assert clean_phone(pl.DataFrame({"file": ["a"]}))["phone_status"].to_list() == ["missing"]


def test_every_reason_is_documented() -> None:
    told = set(" ".join(CASES["evidence"].drop_nulls()).split())
    assert told <= set(reasons())


def test_type_decides_the_column() -> None:
    found = clean(phone="0171 1234567", mobile="0711 1234567")
    assert (found["phone"], found["mobile"]) == ("+497111234567", "+491711234567")
    told = [(entry["field"], entry["reason"]) for entry in found["repairs"]]  # type: ignore[attr-defined]
    assert sorted(told) == [("mobile", "column_mismatch"), ("phone", "column_mismatch")]


def test_nothing_is_lost() -> None:
    found = clean(
        phone="0711 1111-0",
        phone_2="0711 2222-0",
        phone_3="0171 1234567",
        mobile="0172 1234567",
        mobile_2="0173 1234567",
        fax="0711 1111-99",
    )
    assert found["phone"] == "+4971111110"
    assert found["mobile"] == "+491721234567"
    assert found["fax"] == "+49711111199"
    assert found["other_phones"] == ["+4971122220", "+491711234567", "+491731234567"]


def test_what_is_dialled_behind_a_pause_never_dials_through() -> None:
    """Though the number is so short that it might be a trunk."""
    found = clean(phone="0711 123457,12")
    assert (found["phone"], found["phone_extension"]) == ("+49711123457", "12")


def test_the_same_number_twice_is_one_number() -> None:
    found = clean(phone="0711 1234567", phone_2="+49 711 1234567", mobile="0711/1234567")
    assert (found["phone"], found["other_phones"]) == ("+497111234567", None)


def test_a_good_number_is_taken_before_a_bad_one() -> None:
    found = clean(phone="0800 1234567", phone_2="0711 1234567")
    assert (found["phone"], found["phone_status"]) == ("+497111234567", "valid")
    found = clean(phone="4,92E+11", phone_2="k.A.")
    assert (found["phone"], found["phone_status"], found["phone_reason"]) == (None, "invalid", "excel_damage")


@pytest.mark.parametrize(
    ("area_code", "number", "expected"),
    [
        ("0711", "1234567", "+497111234567"),
        ("711", "1234567", "+497111234567"),
        ("(0711)", "1234567", "+497111234567"),
        ("+49 711", "1234567", "+497111234567"),
        ("+49", "0711 1234567", "+497111234567"),
        ("0049", "711 1234567", "+497111234567"),
        ("0711", "0711 1234567", "+497111234567"),
        ("0711", "+49 711 1234567", "+497111234567"),
        ("0711/", "1234-0", "+4971112340"),
        ("-", "0711 1234567", "+497111234567"),
    ],
)
def test_area_code_in_a_column_of_its_own(area_code: str, number: str, expected: str) -> None:
    assert clean(phone_area=area_code, phone=number)["phone"] == expected


@pytest.mark.parametrize(
    ("number", "extension", "expected", "kept"),
    [
        ("0711 1234", "567", "+497111234567", "567"),
        ("0711 1234-0", "567", "+497111234567", "567"),
        ("0711 1234-567", "567", "+497111234567", "567"),
        ("0711 1234567", "567", "+497111234567", "567"),
        ("0711 1234", "-567", "+497111234567", "567"),
        ("+497111234567", "567", "+497111234567", "567"),
        ("+497111234", "567", "+497111234567", "567"),
        ("+41 44 668 18 00", "12", "+41446681800", "12"),
        ("+1 212 555 1234", "567", "+12125551234", "567"),
        ("0711 1234567", "-", "+497111234567", None),
    ],
)
def test_extension_in_a_column_of_its_own(number: str, extension: str, expected: str, kept: str | None) -> None:
    found = clean(phone=number, phone_extension=extension)
    assert (found["phone"], found["phone_extension"]) == (expected, kept)


def test_without_any_country_a_national_number_stays_open() -> None:
    found = clean(phone="0711 1234567", country_iso=None, default_country=None)
    assert (found["phone"], found["phone_status"], found["phone_reason"]) == (None, "possible", "phone_country_unknown")
    assert clean(phone="+49 711 1234567", country_iso=None, default_country=None)["phone"] == "+497111234567"
    assert clean(phone="49 171 1234567", country_iso=None, default_country=None)["mobile"] == "+491711234567"


def test_places_have_german_names() -> None:
    found = clean_phone(records(["089 1234567", "0711 1234567", "+43 1 5123456", "+41 22 322 21 11", "058 123 45 67"]))
    assert found["phone_location"].to_list()[:4] == ["München", "Stuttgart", "Wien", "Genf"]
    lengths = area(pl.Series(["49891234567", "4971112345", "49330561234", "491711234567", None]))["area_length"]
    assert lengths.to_list() == [4, 5, 7, None, None]


def test_clean_of_clean_is_clean() -> None:
    first = clean_phone(CASES.select(phone="raw", country_iso="country").with_columns(default_country=pl.lit("DE")))
    again = first.select("phone", "phone_extension", "mobile", "fax", country_iso=pl.lit("DE"))
    second = clean_phone(again)
    columns = ["phone", "phone_extension", "mobile", "fax"]
    changed = pl.concat(
        [first.select(columns), second.select(pl.col(columns).name.suffix("_again"))], how="horizontal"
    ).filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_again")) for name in columns))
    assert changed.rows() == []


def test_rows_do_not_depend_on_each_other() -> None:
    frame = CASES.select(phone="raw", country_iso="country").with_columns(default_country=pl.lit("DE"))
    forwards = clean_phone(frame)
    assert clean_phone(frame.reverse()).reverse().equals(forwards)


SEPARATORS = st.sampled_from(["", " ", "-", "/", ".", " / ", " - ", "  "])
PREFIXES = st.sampled_from(
    [
        "+49",
        "0049",
        "+49 (0)",
        "+49 ",
        "+49-",
        "0",
        "(0",
        "+43 ",
        "+41 ",
        "+1 ",
        "+39 0",
        "+39 (0471) ",
        "00",
        "49 ",
        "p:+49",
        "Tel. 0",
        "",
    ]
)


@st.composite
def written(draw: st.DrawFn) -> str:
    groups = draw(st.lists(st.text("0123456789", min_size=1, max_size=5), min_size=1, max_size=5))
    text = draw(PREFIXES) + "".join(group + draw(SEPARATORS) for group in groups)
    return text + draw(
        st.sampled_from(
            ["", " DW 12", "-0", " App. 3", ")", "-0 DW 12", "-0 - DW 1", " Durchwahl 012", " ext. 77", "0.0", ".00"]
        )
    )


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(written(), min_size=1, max_size=20), st.sampled_from(["DE", "AT", "CH", "IT", "US", None]))
def test_plain_shapes_by_column_agree_with_the_reader_of_cells(texts: list[str], country: str | None) -> None:
    frame = records(list(texts), country)
    by_column = clean_phone(frame)
    usual = phone_reading.usual
    phone_reading.usual = lambda texts: usual(texts.clear())
    try:
        by_cell = clean_phone(frame)
    finally:
        phone_reading.usual = usual
    assert by_column.rows() == by_cell.rows()


@pytest.mark.slow
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=20))
def test_any_text_gets_a_verdict(texts: list[str]) -> None:
    found = clean_phone(records(list(texts)))
    assert found.height == len(texts)
    assert set(found["phone_status"]) <= {"valid", "possible", "invalid", "missing"}
    for number in [*found["phone"].drop_nulls(), *found["mobile"].drop_nulls()]:
        assert number.startswith("+") and number[1:].isascii() and number[1:].isdigit()


@given(st.lists(st.from_regex(r"(49|43|41|423|39|33|1|44|7|850|800|999)[0-9]{1,15}", fullmatch=True), max_size=50))
def test_numbering_plans_agree_with_phonenumbers(numbers: list[str]) -> None:
    for digits, verdict, region in zip(
        numbers, *judge(pl.Series(numbers, dtype=pl.String)).select("verdict", "region").get_columns(), strict=True
    ):
        try:
            parsed = phonenumbers.parse(f"+{digits}")
        except phonenumbers.NumberParseException:
            assert verdict != "valid"
            continue
        if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != f"+{digits}":
            continue  # the library took a national prefix off; enrichment.phone does that before
        assert (verdict == "valid") == phonenumbers.is_valid_number(parsed)
        if verdict == "valid":
            assert region == phonenumbers.region_code_for_number(parsed)
