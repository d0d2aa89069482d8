"""The examples in docstrings run and print what they show; the functions a notebook calls first all have one."""

from __future__ import annotations

import doctest
from importlib import import_module

import polars as pl
import pytest

from tests.test_house import ORDER, ROOT

MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ORDER
    for path in sorted((ROOT / room).rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
FIRST = """
sources.inbox read_inbox
enrichment.clean_records clean_batch
enrichment.address.clean clean_address
enrichment.collected_at clean_collected_at
enrichment.company.clean clean_company company_key
enrichment.company.domain company_domain
enrichment.company.legal_form split_legal_form
enrichment.consent clean_consent
enrichment.email.clean clean_email
enrichment.job.title classify
enrichment.person.clean clean_person
enrichment.phone.clean clean_phone
enrichment.visit.device clean_device
enrichment.visit.ip clean_ip
matching.leads.decision.scoring score
matching.leads.clustering cluster
matching.golden.golden_leads golden_slices
matching.accounts.linking.account_clusters account_clusters
matching.accounts.buying_center buying_centers
engine.escaping for_csv
"""


@pytest.mark.parametrize("module", MODULES)
def test_examples_print_what_they_show(module: str) -> None:
    with pl.Config(restore_defaults=True):
        assert doctest.testmod(import_module(module)).failed == 0


@pytest.mark.parametrize("line", FIRST.split("\n")[1:-1])
def test_what_a_notebook_calls_first_shows_an_example(line: str) -> None:
    module, *functions = line.split()
    docs = {name: getattr(import_module(module), name).__doc__ for name in functions}
    assert [name for name, doc in docs.items() if ">>> " not in doc] == []
