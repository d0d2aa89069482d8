"""Data Docs: the suites and their latest results as HTML pages.

Belongs here: writing that site on demand (`leads docs`): the contract page, and Great Expectations' own pages behind
it. Does not belong here: the nightly checks (`expectations.asset_checks`), which do without. Great Expectations' pages
fetch their looks and scripts from the web; here they are plain and need none. They hold counts and no examples, so no
personal data leaves the tables.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from expectations.adapter import SuiteResult, judged
from expectations.contract_page import write_contract_page
from expectations.engine import open_context, run
from expectations.suites import SUITES

_FROM_THE_WEB = re.compile(r"""(?s)<script\b.*?</script>|<link\b[^>]*>|<img\b[^>]*["']https?://[^>]*>|url\([^)]*\)""")
_LOOK = """<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70em; margin: 0 auto; padding: 1em; color-scheme: light dark; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .2em .8em .2em 0; border-bottom: 1px solid #8886; }
.fa-check-circle::before { content: "✓"; } .fa-times::before { content: "✗"; }
.fa-exclamation-triangle::before { content: "!"; }
.cooltip span, .cta-footer { display: none; }
</style>
</head>"""


def write_data_docs(tables: Mapping[str, pl.DataFrame | pl.LazyFrame], folder: Path) -> Path:
    """Run the suites of `tables` and write one site about them.

    Args:
        tables: frames by the names of `expectations.suites.SUITES`, at least their columns under test.
        folder: where the site goes; what it held before is removed.

    Returns:
        The site's index page.

    Raises:
        KeyError: there is no suite for one of the names.
    """
    shutil.rmtree(folder, ignore_errors=True)
    context = open_context(folder.resolve())
    results = []
    for name, frame in tables.items():
        lazy = frame.lazy()
        checked = judged(SUITES[name], run(context, SUITES[name], lazy, examples=0))
        results.append(SuiteResult(name, lazy.select(pl.len()).collect().item(), checked))
    context.build_data_docs()
    for page in folder.rglob("*.html"):
        text = _FROM_THE_WEB.sub("", page.read_text(encoding="utf-8"))
        page.write_text(text.replace("</head>", _LOOK, 1), encoding="utf-8")
    return write_contract_page(results, folder)
