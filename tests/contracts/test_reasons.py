"""Reason codes are one documented vocabulary."""

import re

from contracts.reasons import reasons


def test_every_code_is_snake_case_and_has_a_plain_sentence() -> None:
    for reason in reasons().values():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", reason.code), reason.code
        assert reason.meaning[0].isupper(), reason.code
        assert len(reason.meaning.split()) >= 3, reason.code
