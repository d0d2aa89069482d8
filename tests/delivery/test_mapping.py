"""Mappings: the shipped ones are sound, and what is wrong with one's own is said with file, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.mapping import Form, Ownership, UnsoundMapping, read_mapping
from delivery.record import Entity

LEAD = '[lead.to.person.fields]\nname = { from = "family_name" }\n'


def mapping_of(folder: Path, text: str, target: str = "own"):
    (folder / f"{target}.toml").write_text(text, encoding="utf-8")
    return read_mapping(target, folder)


@pytest.mark.parametrize("target", ["odoo", "hubspot", "salesforce"])
def test_shipped_mappings_are_sound_and_keep_to_the_defaults(target: str, tmp_path: Path) -> None:
    mapping = read_mapping(target, tmp_path)
    assert mapping.entities.keys() == set(Entity)
    assert {it.deleted for it in mapping.entities.values()} == {"leave"}
    assert mapping.entities[Entity.LEAD].deliver == {"publishable": {"true"}}
    assert all(limit.most is not None for limit in mapping.limits.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lead", "own.toml is not valid TOML (UTF-8): "),
        ("", "own.toml: it maps neither account nor lead"),
        (f"colour = 1\n{LEAD}", "sync/own.toml: colour is not known; use one of "),
        ("[lead]\ndeliver = { publishable = true }\n", "lead.to names no kind of record"),
        (LEAD.replace("family_name", "surname"), "lead.to.person.fields.name.from names no column of leads: 'surname'"),
        (LEAD.replace('from = "family_name"', "write = 1"), "lead.to.person.fields.name needs either from"),
        (
            LEAD.replace(" }", ', write = "always" }'),
            "name.write must be one of overwrite, fill_if_empty, never, not 'always'",
        ),
        (LEAD.replace(" }", ', words = "x" }'), "names no table of words: 'x'; write [words.x]"),
        (LEAD.replace(" }", ', colour = "x" }'), "name.colour is not known; use one of "),
        (LEAD.replace(" }", ', to = "company" }'), "must be one of account, lead, not 'company'"),
        (f"{LEAD}stage = {{ value = [1] }}", "needs texts, or numbers, or true and false"),
        (f'{LEAD}stage = {{ value = "a", order = ["a", "a"] }}', "from first to last, each once"),
        (f"{LEAD}[lead.to.person]\ndeliver = {{ vip = true }}", "lead.to.person.deliver.vip is not known"),
        (f'{LEAD}[lead]\ndeleted = "remake"', "lead.deleted must be one of leave, recreate, not 'remake'"),
        (f"{LEAD}[limits]\ncreate = {{ share = 2 }}", "limits.create.share must be a share from 0 to 1, not 2"),
        (f"{LEAD}[limits]\ncreate = {{ most = true }}", "limits.create.most must be a whole number"),
        (f"{LEAD}[limits]\nwipe = {{ most = 1 }}", "limits.wipe is not known; use one of create, update"),
        (f'suppress = ["fax"]\n{LEAD}', "suppress must be one of email, phone, not 'fax'"),
        (
            LEAD.replace(".person", '."res.partner"') + '[lead.to."res.partner"]\nwhen = { vip = true }',
            'lead.to."res.partner".when.vip is not known',
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_key_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UnsoundMapping) as error:
        mapping_of(tmp_path, text)
    assert said in str(error.value)


def test_a_home_lays_its_words_over_the_shipped_ones(tmp_path: Path) -> None:
    own = """
        [lead.to."crm.lead".fields]
        function = false
        website = { from = "linkedin_url", write = "overwrite" }
        [limits.create]
        most = 7
    """
    before, after = read_mapping("odoo", tmp_path), mapping_of(tmp_path, own, "odoo")
    fields = {it.name: it for it in after.entities[Entity.LEAD].of("crm.lead").fields}
    assert "function" not in fields
    assert (fields["website"].columns, fields["website"].write) == (("linkedin_url",), Ownership.OVERWRITE)
    assert (after.limits["create"].most, after.limits["create"].share) == (7, before.limits["create"].share)
    assert after.entities[Entity.ACCOUNT] == before.entities[Entity.ACCOUNT]
    assert after.fingerprint != before.fingerprint


@pytest.mark.parametrize(
    ("field", "form"),
    [
        ('{ from = "may_email" }', Form.FLAG),
        ('{ from = "source_count" }', Form.NUMBER),
        ('{ from = "channels" }', Form.TEXT),
        ('{ from = "channels", tags = true }', Form.TAGS),
        ("{ value = true }", Form.FLAG),
        ('{ from = "consent_email", words = "out" }', Form.FLAG),
        ('{ from = ["given_name", "family_name"] }', Form.TEXT),
    ],
)
def test_a_field_has_the_sort_of_value_of_its_words_constant_or_column(tmp_path: Path, field: str, form: Form) -> None:
    mapping = mapping_of(tmp_path, f"[lead.to.person.fields]\nx = {field}\n[words.out]\nrefused = true\n")
    assert mapping.entities[Entity.LEAD].to[0].fields[0].form is form
