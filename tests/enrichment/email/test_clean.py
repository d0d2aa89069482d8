"""E-mail addresses: repaired where certain, judged, suggested; never worse than email-validator without a rule."""

from __future__ import annotations

import polars as pl
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.clean import EMAIL, REPAIRS
from contracts.reasons import reasons
from enrichment.email import reading as email_reading
from enrichment.email.clean import clean_email, frequent_domains
from enrichment.email.domains import judge_domains
from enrichment.email.notation import read_cell
from tests.enrichment.cases import differences, load

CASES = load("email")


def records(texts: list[str | None]) -> pl.DataFrame:
    frame = pl.DataFrame({"email": texts}, schema={"email": pl.String})
    return frame.with_columns(given_name=pl.lit("Erika"), family_name=pl.lit("Musterfrau"))


def clean(*, frequent: tuple[str, ...] = (), **cells: str | None) -> dict[str, object]:
    """The clean columns of one record."""
    frame = pl.DataFrame([cells], schema=dict.fromkeys(cells, pl.String))
    return clean_email(frame, frequent_domains=frequent).to_dicts()[0]


def test_cases() -> None:
    found = clean_email(records(CASES["raw"].to_list()))
    told = pl.col("repairs").list.eval(pl.element().struct.field("reason")).list.unique(maintain_order=True)
    found = found.with_columns(
        pl.col("other_emails").list.join(" "),
        pl.when(told.list.len() > 0).then(told.list.join(" ")).alias("evidence"),
    )
    wrong = differences(CASES, found.select([name for name in CASES.columns if name in found.columns]))
    assert not wrong, "\n".join(wrong)


def test_columns_are_those_of_the_contract() -> None:
    found = clean_email(records(["max@firma.de", None]))
    assert found.schema == pl.Schema({column.name: column.dtype for column in (*EMAIL, REPAIRS)})
    assert clean_email(pl.DataFrame({"file": ["a"]}))["email_status"].to_list() == ["missing"]
    assert clean_email(pl.DataFrame({"email": []}, schema={"email": pl.String})).height == 0


def test_every_reason_is_documented() -> None:
    told = set(" ".join(CASES["evidence"].drop_nulls()).split()) | set(CASES["email_reason"].drop_nulls())
    assert told <= set(reasons())


def test_every_judged_or_repaired_address_says_why() -> None:
    found = clean_email(records(CASES["raw"].to_list()))
    judged = found.filter(pl.col("email_reason").is_not_null())
    told = judged.select(
        pl.col("repairs").list.eval(pl.element().struct.field("reason")).list.contains(pl.col("email_reason"))
    )
    assert told.to_series().all()


def test_the_address_that_fits_the_name_comes_first() -> None:
    cell = "max.meier@firma.de; erika.muller@firma.de"
    found = clean(email=cell, given_name="Erika", family_name="Müller")
    assert (found["email"], found["other_emails"]) == ("erika.muller@firma.de", ["max.meier@firma.de"])
    found = clean(email="info@firma.de", email_2="e.mueller@firma.de", family_name="Müller")
    assert (found["email"], found["other_emails"]) == ("e.mueller@firma.de", ["info@firma.de"])
    found = clean(email="a@firma.de", email_2="b@firma.de", full_name="Cäsar")
    assert (found["email"], found["other_emails"]) == ("a@firma.de", ["b@firma.de"])
    found = clean(email="hans@firma.de, mueller@firma.de", full_name="Hans Müller", family_name="Müller")
    assert found["email"] == "mueller@firma.de"


def test_the_initial_of_the_given_name_decides_among_namesakes() -> None:
    karin = {"given_name": "Karin", "family_name": "Vogt"}
    assert clean(email="lvogt@werkbund.at / kvogt@werkbund.at", **karin)["email"] == "kvogt@werkbund.at"
    assert clean(email="vogt.l@werkbund.at,vogt.k@werkbund.at", **karin)["email"] == "vogt.k@werkbund.at"
    assert clean(email="k.vogt@werkbund.at, karin.vogt@werkbund.at", **karin)["email"] == "karin.vogt@werkbund.at"
    assert clean(email="vogt@werkbund.at, l.vogt@werkbund.at", **karin)["email"] == "vogt@werkbund.at"


def test_a_good_address_is_taken_before_a_broken_one() -> None:
    found = clean(email="kaputt", email_2="max@firma.de", email_3="MAX@firma.de")
    assert (found["email"], found["email_status"], found["other_emails"]) == ("max@firma.de", "valid", None)
    entries = found["repairs"]
    assert isinstance(entries, list)
    assert [(entry["raw"], entry["value"], entry["reason"]) for entry in entries] == [("kaputt", None, "email_syntax")]


def test_punycode_and_unicode_are_the_same_address() -> None:
    found = clean_email(records(["max@xn--mller-kva.de", "max@müller.de", "MAX@MÜLLER.DE", "max@mu\u0308ller.de"]))
    assert set(found["email"]) == {"max@müller.de"} and set(found["email_domain"]) == {"müller.de"}


def test_typing_errors_of_domains_seen_often_here() -> None:
    mails = ["max@maschinenbau-meier.de"] * 12 + ["eva@maschinenbau-maier.de", "ole@maschinenbau-meier.at"]
    often = frequent_domains(pl.Series(mails))
    assert often == {"maschinenbau-meier.de"}
    found = clean_email(records(mails), frequent_domains=often)
    assert found["email"].to_list() == mails
    assert found["email_status"].to_list() == ["valid"] * 12 + ["risky", "valid"]
    assert found["email_suggestion"][12] == "eva@maschinenbau-meier.de"
    lazy = pl.DataFrame({"email": mails[:6], "email_2": mails[6:12]}).lazy()
    assert frequent_domains(lazy) == often


def test_clean_of_clean_is_clean() -> None:
    first = clean_email(records(CASES["raw"].to_list()))
    second = clean_email(records(first["email"].to_list()))
    columns = ["email", "email_domain", "email_kind"]
    assert second.select(columns).equals(first.select(columns))


def test_rows_do_not_depend_on_each_other() -> None:
    texts = CASES["raw"].to_list()
    backwards = clean_email(records(list(reversed(texts)))).reverse()
    assert backwards.equals(clean_email(records(texts)))


ATOMS = st.text("abcxyz0189._-+'!", min_size=1, max_size=12)
LABELS = st.text("abcxyz0189-", min_size=1, max_size=8)
ADDRESSES = st.builds(
    lambda local, labels, top: f"{local}@{'.'.join([*labels, top])}",
    ATOMS,
    st.lists(LABELS, min_size=1, max_size=3),
    st.sampled_from(["de", "com", "at", "ch", "DE", "x", "123", "museum"]),
)
NAMED_RULES = {
    "unknown_tld",
    "public_suffix",
    "placeholder_address",
    "email_placeholder",
    "special_use_domain",
    "email_encapsulated",
    "email_with_blank",
    "email_too_long",
}


@settings(max_examples=50)
@given(st.lists(ADDRESSES, max_size=30))
def test_what_email_validator_accepts_is_only_refused_by_a_named_rule(addresses: list[str]) -> None:
    found = clean_email(records(list(addresses)))
    for address, status, reason in zip(addresses, found["email_status"], found["email_reason"], strict=True):
        try:
            validate_email(address, check_deliverability=False)
        except EmailNotValidError:
            continue
        assert status != "invalid" or reason in NAMED_RULES, (address, reason)


@st.composite
def decorated(draw: st.DrawFn) -> str:
    """One or two addresses as people write them, with something around and between."""
    local = st.sampled_from(["max", "e.muster", "Dr", "Hans", "x-y", "m.", "e..m", "a+b", "dot", "o'neil"])
    at = st.sampled_from(["@", "@", "@", " @ ", "@ ", "@@", "(at)", " (AT) ", "[ät]", " at ", "&commat;"])
    domain = st.sampled_from(["firma.de", "WEB.de", "bäcker.de", "firma", "firma..de", "a. b.de", "punkt.com"])
    between = st.sampled_from(["; ", ";", ", ", ",", " / ", "/", " ", " und ", "\n"])
    addresses = draw(st.lists(st.builds("".join, st.tuples(local, at, domain)), min_size=1, max_size=2))
    before = draw(st.sampled_from(["", "", "<", "(", "'", "?", ".", "Dr. ", "E-Mail: ", "mailto:"]))
    return before + draw(between).join(addresses) + draw(st.sampled_from(["", "", ">", ")", "'", ";", ".", "?", "*"]))


@given(st.lists(ADDRESSES | decorated(), max_size=30))
def test_usual_shapes_by_column_agree_with_the_reader_of_cells(cells: list[str]) -> None:
    frame = pl.DataFrame({"text": cells}, schema={"text": pl.String}).with_row_index("row")
    frame = frame.with_columns(cell=pl.lit(0, pl.UInt8))
    plain, others = email_reading._plain(frame)
    usual, _ = email_reading.usual_shapes(others)
    by_column: dict[str, list[str]] = {}
    for row, text, address in pl.concat([plain, usual]).sort("row", "part").select("row", "text", "address").rows():
        by_column.setdefault(f"{row} {text}", []).append(address)
    for key, addresses in by_column.items():
        assert [one.address for one in read_cell(key.partition(" ")[2])] == addresses, key


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=20))
def test_any_text_gets_a_verdict(texts: list[str]) -> None:
    found = clean_email(records(list(texts)))
    assert found.height == len(texts)
    assert set(found["email_status"]) <= {"valid", "risky", "invalid", "missing"}
    assert found.filter(pl.col("email").is_not_null() & (pl.col("email_status") == "invalid")).height == 0


@given(st.lists(st.from_regex(r"([a-z0-9äöüß-]{1,26}\.){1,3}(de|com|at)", fullmatch=True), min_size=1, max_size=30))
def test_domains_with_german_letters_agree_with_email_validator(domains: list[str]) -> None:
    distinct = pl.Series(domains, dtype=pl.String).unique(maintain_order=True)
    for domain, name in judge_domains(distinct, ()).select("domain", "name").rows():
        try:
            theirs = validate_email(f"a@{domain}", check_deliverability=False).domain
        except EmailNotValidError:
            theirs = None
        assert name == theirs


def test_domains_are_judged_once_each() -> None:
    found = judge_domains(pl.Series(["firma.de", "gmail.com", "mailinator.com", "firma.dee", "co.uk", "firma"]), ())
    assert found.select("name", "reason", "kind").rows() == [
        ("firma.de", None, "company"),
        ("gmail.com", None, "freemail"),
        ("mailinator.com", "disposable_domain", "disposable"),
        ("firma.dee", "unknown_tld", "company"),
        ("co.uk", "public_suffix", "company"),
        (None, "email_domain_incomplete", "company"),
    ]


@pytest.mark.parametrize(
    ("extra", "dead"),
    [
        *(('{"Bounced":"1"}', True), ('{"Bounce date":"2024-03-01"}', True), ('{"hard_bounces":"2"}', True)),
        *(('{"status":"Hard Bounced"}', True), ('{"statut":"non distribuable"}', True), ('{"state":"cleaned"}', True)),
        *(('{"Bounced":"no"}', False), ('{"bounce_rate":"0.2"}', False), ('{"status":"soft_bounce"}', False)),
        *(('{"note":"cleaned the floor"}', False), ('{"Bounce count":"0"}', False)),
    ],
)
def test_a_bounce_that_the_list_states_is_evidence(extra: str, dead: bool) -> None:
    found = clean_email(pl.DataFrame({"email": ["nele@pohl-druck.de"], "extra": [extra]}))
    assert found["email_status"][0] == ("risky" if dead else "valid")
    assert found["email"][0] == "nele@pohl-druck.de"
