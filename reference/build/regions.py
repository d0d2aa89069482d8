"""Names of the first-level regions of DE, AT and CH, by the codes and English names the sources use.

Belongs here: Bundesländer and cantons in their own language, once. Does not belong here: anything below them.
"""

from __future__ import annotations

_CODED = {
    "DE": """BW Baden-Württemberg|BY Bayern|BE Berlin|BB Brandenburg|HB Bremen|HH Hamburg|HE Hessen|
        MV Mecklenburg-Vorpommern|NI Niedersachsen|NW Nordrhein-Westfalen|RP Rheinland-Pfalz|SL Saarland|SN Sachsen|
        ST Sachsen-Anhalt|SH Schleswig-Holstein|TH Thüringen""",
    "AT": """1 Burgenland|2 Kärnten|3 Niederösterreich|4 Oberösterreich|5 Salzburg|6 Steiermark|7 Tirol|8 Vorarlberg|
        9 Wien""",
    "CH": """ZH Zürich|BE Bern|LU Luzern|UR Uri|SZ Schwyz|OW Obwalden|NW Nidwalden|GL Glarus|ZG Zug|FR Fribourg|
        SO Solothurn|BS Basel-Stadt|BL Basel-Landschaft|SH Schaffhausen|AR Appenzell Ausserrhoden|
        AI Appenzell Innerrhoden|SG St. Gallen|GR Graubünden|AG Aargau|TG Thurgau|TI Ticino|VD Vaud|VS Valais|
        NE Neuchâtel|GE Genève|JU Jura""",
}
_ENGLISH = {
    "DE": """BW Baden-Wurttemberg|BY Bavaria|BE State of Berlin|HB Free Hanseatic City of Bremen|
        HH Free and Hanseatic City of Hamburg|HE Hesse|NI Lower Saxony|NW North Rhine-Westphalia|
        RP Rhineland-Palatinate|SN Saxony|ST Saxony-Anhalt|TH Thuringia""",
    "AT": "2 Carinthia|3 Lower Austria|4 Upper Austria|6 Styria|7 Tyrol|9 Vienna",
    "CH": """BS Basel-City|GE Geneva|GR Grisons|LU Lucerne|NE Neuchatel|SG Saint Gallen|SG St.Gallen|ZH Zurich""",
}


def _read(text: str) -> list[tuple[str, str]]:
    return [(code, name) for code, name in (entry.strip().split(" ", 1) for entry in text.split("|"))]


REGION_BY_CODE = {(country, code): name for country, text in _CODED.items() for code, name in _read(text)}
REGION_BY_NAME = {(country, name): name for (country, _code), name in REGION_BY_CODE.items()} | {
    (country, english): REGION_BY_CODE[country, code]
    for country, text in _ENGLISH.items()
    for code, english in _read(text)
}
