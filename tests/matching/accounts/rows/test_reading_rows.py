"""Company rows as they are meant: their town, their domain, their legal form."""

import polars as pl
import pytest

from matching.accounts.rows.domains import meant_domains
from matching.accounts.rows.form_slips import without_form_slips
from matching.accounts.rows.places import without_own_town


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [("filmpalast lueneburg", "lueneburg"), ("filmpalast lueneburg", None)],
            [("filmpalast", "lueneburg"), ("filmpalast", "lueneburg")],
        ),
        (
            [("filmpalast", "lueneburg"), ("filmpalast lueneburg", None)],
            [("filmpalast", "lueneburg"), ("filmpalast", "lueneburg")],
        ),
        (
            [("filmpalast lueneburg", "adendorf"), ("filmpalast", "bonn"), ("filmpalast lueneburg", None)],
            [("filmpalast lueneburg", "adendorf"), ("filmpalast", "bonn"), ("filmpalast lueneburg", None)],
        ),
        ([("service muenchen", "muenchen"), ("service muenchen", None)], None),
    ],
)
def test_a_name_tells_its_town_where_another_row_confirms_it(
    rows: list[tuple[str, str | None]], expected: list[tuple[str, str | None]] | None
) -> None:
    key, town = (pl.Series([row[at] for row in rows], dtype=pl.String) for at in (0, 1))
    assert without_own_town(key, town).rows() == (expected or rows)


@pytest.mark.parametrize(
    ("key", "form", "expected"),
    [
        ("haug gmbbh", "KG", ("haug", None)),
        ("haug gmbh c", "KG", ("haug", None)),
        ("plass geselllschaft", "GmbH", ("plass", "GmbH")),
        ("silver plastics gesellschaft mit beschraenkter haftng", None, ("silver plastics", None)),
        ("striebel ug haftungsbeschraekt", "KG", ("striebel", None)),
        ("gesellschaft fuer technik", "GmbH", ("gesellschaft fuer technik", "GmbH")),
        ("haug", "KG", ("haug", "KG")),
        ("gmbbh", None, ("gmbbh", None)),
    ],
)
def test_a_misspelt_legal_form_is_no_part_of_the_name(
    key: str, form: str | None, expected: tuple[str, str | None]
) -> None:
    read = without_form_slips(pl.Series([key]), pl.Series([form], dtype=pl.String))
    assert read.rows() == [expected]


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("behrens-heizungsbbau.at", "behrens-heizungsbau.at"),
        ("behrens-heizungsbau2.at", "behrens-heizungsbau2.at"),
        ("behrens.at", "behrens.at"),
        ("t-onlline.de", None),
    ],
)
def test_a_domain_one_letter_off_is_meant_for_the_one_of_the_same_company(domain: str, meant: str | None) -> None:
    names = pl.DataFrame(
        {
            "company_key": ["behrens heizungsbau"] * 2,
            "domain": ["behrens-heizungsbau.at", domain],
            "records": pl.Series([9, 1], dtype=pl.UInt32),
        }
    )
    assert meant_domains(names).to_list() == ["behrens-heizungsbau.at", meant]
