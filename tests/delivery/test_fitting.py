"""Fitting: what a target cannot take is said before anything is sent, never skipped."""

from __future__ import annotations

import pytest

from delivery.fitting import misfits
from delivery.mapping import read_mapping
from delivery.record import FieldShape
from delivery.sync import PlanHeld
from delivery.target import Ability
from tests.delivery.publications import lead
from tests.delivery.syncing import Syncing


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        (Ability.SUPPRESS, "memory cannot suppress, and the mapping asks for it (suppress)"),
        (Ability.MERGE, "memory cannot merge, and the mapping asks for it ([account] merge)"),
        (Ability.ARCHIVE, "memory cannot archive, and the mapping asks for it ([account] archive)"),
        (Ability.DELETE, "memory cannot delete, and the mapping asks for it (to let the erased go)"),
    ],
)
def test_a_mode_a_target_cannot_do_is_refused(syncing: Syncing, lacks: Ability, said: str) -> None:
    syncing.target.abilities -= {lacks}
    assert misfits(syncing.mapping, syncing.target)[0].startswith(said)
    syncing.night(leads=[lead("L1")]).plan()
    with pytest.raises(PlanHeld, match="cannot"):
        syncing.apply()


def test_a_field_or_kind_that_is_not_there_is_said_with_the_remedy(syncing: Syncing) -> None:
    shapes = {name: dict(fields) for name, fields in syncing.target.shapes.items()}
    del shapes["person"]["note"]
    shapes["person"]["phone"] = FieldShape("text", writable=False)
    shapes["person"]["name"] = FieldShape("text", required=True)
    shapes["person"]["budget"] = FieldShape("text", required=True)
    syncing.target.shapes = shapes
    own = syncing.home / "sync" / "memory.toml"
    own.write_text(own.read_text().replace('"email" }', '"email", unless = "user" }'))
    syncing.mapping = read_mapping("memory", own.parent)
    syncing.target.kinds = ("person",)
    assert misfits(syncing.mapping, syncing.target) == [
        "account.to.company.fields: memory has no company; it has person",
        "lead.to.person.fields.email.unless: there is no field user; correct or drop it",
        'lead.to.person.fields.phone: it cannot be written there; give it write = "never", or the account the right to '
        "write it",
        "lead.to.person.fields.note: there is no such field in this installation; create it there, or set it to false",
        "lead.to.person.fields: memory asks for budget in every new record; map it, or give it a default there",
    ]
