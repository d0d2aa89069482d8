"""Leading words of company lines: a line read behind its lead reads like the whole line."""

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from enrichment.company.clean import _read_line
from enrichment.company.leading_words import STAND_IN, _lead_ends, read_behind_leads
from enrichment.company.legal_form import far_from_forms

WORDS = (
    "Müller|MÜLLER|müller|Bau|Metallbau-Huber|Gießerei|Martin|&|+|u.|und|Söhne|Borges|Co.|GmbH|gmbh|GMBH|mbH|AG|ag|KG|"
    "KgaA|SE|e.K.|e. V.|Gesellschaft|mit|beschränkter|Haftung|Handelsges.|Verwaltungs-GmbH|Stiftung|Gmb H|,|-|(|)|/|:|"
    "Abt.|Abteilung|Einkauf|Team|Human Resources|Werk|Nord|Niederlassung|NL|Köln|Stadt|Markt|in|Liquidation|i.L.|i.G.|"
    "iL|Inh.|Inhaber|vormals|früher|jetzt|nunmehr|new name|dba|trading as|c/o|per adresse|z.Hd.|zu Händen|Attn|Frau|"
    "Schmidt|Technische|Universität|Hochschule|Ministerium|Amt|für|Arbeit|Apotheke|Die|Firma|A.|B.|500|kg|Deutschland|"
    "à l'att.|Test|test|Testfirma|Privat|privat|Keine|keine|Angabe|Familie|Asdf|asdf|Meine|Freier|"
    "Gebr.|Maschb.|Paul|Scherrer|Institut|Friedrich-Schiller-Universität|Johannes|Gutenberg-Universität|Freie|Salzburg|Land|Max|Planck"
)


@given(
    st.lists(st.lists(st.sampled_from(WORDS.split("|")), min_size=1, max_size=7).map(" ".join), min_size=1, max_size=40)
)
@example(["Müller u. u. Müller"])
@settings(max_examples=60)
def test_a_line_behind_its_lead_reads_like_the_whole_line(lines: list[str]) -> None:
    text = pl.Series(lines)
    whole = _read_line(text)
    behind = read_behind_leads(text, _read_line).select(whole.columns)
    for line, expected, seen in zip(lines, whole.iter_rows(), behind.iter_rows(), strict=True):
        assert seen == expected, line


def test_leads_end_where_a_rule_may_begin() -> None:
    leads = {
        "Tumbrink Metallbau GmbH": "Tumbrink Metallbau",
        "Groß & Klein Elektro AG, Werk Nord": "Groß & Klein Elektro",
        "Müller vormals Huber": "Müller",
        "Müller & Co. KG": "Müller",
        "Stadt Köln": "",
        "Technische Universität München": "",
        "GmbH": "",
    }
    ends = _lead_ends(pl.Series(list(leads)))
    assert {line: line[:end] for line, end in zip(leads, ends, strict=True)} == leads


def test_the_stand_in_is_a_leading_word_itself() -> None:
    assert far_from_forms(STAND_IN)
    assert _lead_ends(pl.Series([STAND_IN])).to_list() == [len(STAND_IN)]
