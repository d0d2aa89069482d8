import polars as pl
import pytest

from contracts.matched import LEAD_REDIRECTS
from qualification.touchpoints.known_people import known_people
from qualification.touchpoints.people import People
from tests.qualification.building import ANNA, EVA, JENS, NORD, SUED

Row = tuple[str, str | None, str, list[str], str, str]
OF = {ANNA: NORD, JENS: NORD, EVA: SUED}


def known(*rows: Row) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Records as (lead, address, kind of it, other addresses, IP address, kind of its network)."""
    records = pl.DataFrame(
        [
            {
                "source": "form",
                "source_record_id": str(nth),
                "email": mail,
                "other_emails": others,
                "email_kind": kind,
                "ip_address": ip,
                "ip_network_kind": network,
            }
            for nth, (_, mail, kind, others, ip, network) in enumerate(rows)
        ],
        schema_overrides={"email": pl.String, "other_emails": pl.List(pl.String)},
    )
    leads = [row[0] for row in rows]
    crosswalk = records.select("source", "source_record_id").with_columns(
        lead_id=pl.Series(leads), account_id=pl.Series([OF[lead] for lead in leads])
    )
    return records, crosswalk


def people(*rows: Row) -> People:
    accounts = pl.DataFrame({"account_id": [NORD, SUED], "domain": ["nord.de", None]})
    return known_people(*known(*rows), accounts, LEAD_REDIRECTS.empty())


def test_addresses_are_known_with_those_beside_them_and_shared_ones_as_such() -> None:
    found = people(
        (ANNA, "anna@nord.de", "company", ["a.klein@gmx.de"], "1.2.3.4", "isp"),
        (JENS, "info@nord.de", "role", [], "1.2.3.4", "isp"),
    ).contacts
    assert sorted(found.select("email", "lead_id", "shared").rows()) == [
        ("a.klein@gmx.de", ANNA, False),
        ("anna@nord.de", ANNA, False),
        ("info@nord.de", JENS, True),
    ]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([(ANNA, "9.9.9.1", "company"), (JENS, "9.9.9.2", "company")], [("9.9.9", NORD)]),
        ([(ANNA, "9.9.9.1", "company")], []),
        ([(ANNA, "9.9.9.1", "isp"), (JENS, "9.9.9.2", "isp")], []),
        ([(ANNA, "9.9.9.1", "company"), (JENS, "9.9.9.2", "company"), (EVA, "9.9.9.3", "company")], []),
    ],
    ids=["several of one company", "one alone", "an access provider", "of two companies"],
)
def test_a_network_is_a_companys_where_several_of_it_were_and_nobody_else(
    seen: list[tuple[str, str, str]], expected: list[tuple[str, str]]
) -> None:
    rows: list[Row] = [(lead, None, "company", [], ip, kind) for lead, ip, kind in seen]
    assert people(*rows).networks.rows() == expected


def test_domains_of_accounts_are_known() -> None:
    assert people((ANNA, None, "company", [], "1.2.3.4", "isp")).domains.rows() == [("nord.de", NORD)]
