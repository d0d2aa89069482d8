"""Street lines of other countries: number first or last, flat and floor on either side."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.address.street_abroad import split_abroad, streets_abroad

# country | line | street | number | extra
LINES = """
US|10250 Constellation Blvd|Constellation Blvd|10250|
US|123 Main St Apt 456|Main St|123|Apt 456
US|123 Main St # 456|Main St|123|# 456
US|30 W 26th St 6th Fl|W 26th St|30|6th Fl
US|350 5th Ave, Suite 3304|5th Ave|350|Suite 3304
US|921 83 street|83 Street|921|
US|99-40 63rd Rd|63rd Rd|99-40|
CA|1500-123 Main St|Main St|1500-123|
GB|221b Baker Street|Baker Street|221B|
GB|FLAT 6-20, 220 TEST STREET|Test Street|220|FLAT 6-20
GB|Office 4, 22 Quay Street|Quay Street|22|Office 4
GB|The Old Mill, 5 Mill Lane|Mill Lane|5|The Old Mill
AU|Level 3, 14 George St|George St|14|Level 3
AU|3/14 George St|George St|3/14|
AU|Unit 3/14 George St|George St|14|Unit 3
FR|64000 route de l'aéroport|Route de l'Aéroport|64000|
FR|12 bis rue de Rivoli|rue de Rivoli|12 bis|
FR|12, rue de Rivoli|rue de Rivoli|12|
FR|12 rue de Rivoli, Bât. B|rue de Rivoli|12|Bât. B
FR|Bâtiment C, 5 avenue Foch|avenue Foch|5|Bâtiment C
FR|Avenue Foch 5|Avenue Foch|5|
LU|12, rue de la Gare|rue de la Gare|12|
BE|Rue de la Loi 17 boîte 3|Rue de la Loi|17|boîte 3
BE|Kerkstraat 13 bus 201|Kerkstraat|13|bus 201
BE|Rue Neuve, 12|Rue Neuve|12|
NL|Keizersgracht 126-2|Keizersgracht|126-2|
NL|Plein 1944 12|Plein 1944|12|
IT|Via Roma 15/B int. 4|Via Roma|15/B|int. 4
IT|Piazza Duomo, 1 scala B|Piazza Duomo|1|scala B
IT|Via XX Settembre 12|Via XX Settembre|12|
ES|Calle Mayor 5, 3º B|Calle Mayor|5|3º B
ES|C/ Mayor, 5, 3º izq.|C/ Mayor|5|3º izq.
ES|Calle 4 de Julio 12|Calle 4 de Julio|12|
ES|Calle Mayor nº 5|Calle Mayor|5|
ES|Avenida Diagonal 640 planta 6|Avenida Diagonal|640|planta 6
PT|Avenida da Liberdade 110, 2º Esq.|Avenida da Liberdade|110|2º Esq.
BR|Av. Paulista, 1578, cj. 42|Av. Paulista|1578|cj. 42
MX|Av. Reforma 222 Piso 5|Av. Reforma|222|Piso 5
PL|ul. Marszałkowska 12 lok. 5|ul. Marszałkowska|12|lok. 5
PL|ul. 1 Maja 5/12|ul. 1 Maja|5/12|
CZ|Na Příkopě 12, byt 3|Na Příkopě|12|byt 3
RO|Str. Mihai Eminescu nr. 5, bl. 3, sc. A, ap. 12|Str. Mihai Eminescu|5|bl. 3, sc. A, ap. 12
SE|Sveavägen 12 lgh 1101|Sveavägen|12|lgh 1101
DK|Vestergade 5, 2. tv|Vestergade|5|2. tv
FI|Mannerheimintie 12 A 4|Mannerheimintie|12|A 4
NO|Storgata 5B|Storgata|5b|
TR|İstiklal Cad. No: 12 Kat 3|İstiklal Cad.|12|Kat 3
GR|Ερμού 12|Ερμού|12|
IE|12 Main Street|Main Street|12|
GB|Riverside House|Riverside House||
""".strip().splitlines()


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_taken_apart_in_the_order_of_its_country(line: str) -> None:
    country, text, street, number, extra = line.split("|")
    assert split_abroad(text, country) == (street, number or None, extra or None)


def test_a_column_is_read_as_its_lines_are() -> None:
    rows = [line.split("|") for line in LINES]
    frame = streets_abroad(pl.Series([row[1] for row in rows]), pl.Series([row[0] for row in rows]))
    assert frame.rows() == [tuple(split_abroad(row[1], row[0])) for row in rows]


@given(
    st.sampled_from(["US", "FR", "IT", "ES", "GB", "PL", "XX"]),
    st.lists(
        st.sampled_from(["12", "12a", "Via", "Roma", "Main", "St", "Apt 4", "bus 2", ",", "3/14", "5"]), max_size=7
    ),
)
def test_no_word_is_lost(country: str, words: list[str]) -> None:
    found = split_abroad(" ".join(words), country)
    kept = "".join(part or "" for part in found).lower()
    assert sorted(sign for sign in kept if sign.isalnum()) == sorted(
        sign for sign in "".join(words).lower() if sign.isalnum()
    )
