"""The same person found: pairs, decisions, clusters with stable ids.

Belongs here: the assets of lead matching. Does not belong here: how a pair is judged (`matching`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.markdown import markdown
from assets.metadata import asset_spec, materialised
from assets.resources.lake import Lake
from assets.resources.versions import rules_tonight
from contracts.matched import CANDIDATE_PAIRS, LEAD_CLUSTERS, LEAD_REDIRECTS, LEAD_REVIEW, MATCH_DECISIONS, MATCH_MODEL
from matching.accounts.lead_to_account import COLUMNS as EMPLOYMENT_COLUMNS
from matching.accounts.resolution import presumed_accounts
from matching.decisions.standing import active
from matching.identity import KEYS
from matching.leads.blocking import blocking_report
from matching.leads.decision.explain import as_markdown, most_doubtful
from matching.leads.decision.published import leads_before
from matching.leads.judgement import judge_pairs
from matching.leads.model.stored import as_table
from matching.leads.records.codes import Ints
from matching.leads.records.match_records import COLUMNS, with_accounts
from matching.leads.resolution import ResolvedLeads, resolve_leads
from publishing.previous import load_previous, moment

EXAMPLES = 3  # waterfalls shown on the Dagster page; any pair with `leads explain`
_GROUP = "lead_matching"


@dg.multi_asset(
    name="lead_matching",
    specs=[
        asset_spec(CANDIDATE_PAIRS, _GROUP, ["enriched_records", "company_names", "record_company", "decisions"]),
        asset_spec(MATCH_MODEL, _GROUP, ["enriched_records", "candidate_pairs"]),
        asset_spec(MATCH_DECISIONS, _GROUP, ["enriched_records", "candidate_pairs", "match_model"]),
    ],
)
def lead_matching(lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    enriched = _with_accounts(lake)
    found = judge_pairs(enriched, _leads_before(lake))
    rules = markdown(blocking_report(found.records, found.pairs), limit=40)
    waterfalls = map(as_markdown, most_doubtful(enriched, found.records, found.model, found.decisions, EXAMPLES))
    doubtful = dg.MetadataValue.md("\n\n".join(waterfalls))
    yield materialised(lake.write("candidate_pairs", found.pairs), rules=rules)
    yield materialised(lake.write("match_model", as_table(found.model)))
    yield materialised(lake.write("match_decisions", found.decisions), most_doubtful=doubtful)


@dg.multi_asset(
    name="lead_clusters",
    specs=[
        asset_spec(LEAD_CLUSTERS, _GROUP, ["enriched_records", "match_decisions", "decisions"]),
        asset_spec(LEAD_REVIEW, _GROUP, ["match_decisions", "lead_clusters"]),
        asset_spec(LEAD_REDIRECTS, _GROUP, ["lead_clusters"]),
    ],
)
def lead_clusters(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[dg.MaterializeResult[Any]]:
    at, previous = moment(lake.where.published), load_previous(lake.where.published)
    said = active(lake.read("decisions"))
    keys = lake.read("enriched_records", KEYS).with_row_index("record")
    decisions, known, before = lake.read("match_decisions"), previous.lead_ids, _leads_before(lake)
    found = resolve_leads(decisions, keys, said, previous=known, retired=previous.retired, at=at, before=before)
    _warn(context, found)
    yield materialised(lake.write("lead_clusters", found.clusters), alarms=markdown(found.alarms))
    yield materialised(lake.write("lead_review", found.review))
    yield materialised(lake.write("lead_redirects", found.redirects))


def _warn(context: dg.AssetExecutionContext, found: ResolvedLeads) -> None:
    if found.alarms.height:
        context.log.warning(
            f"clusters to be looked at: {found.alarms.height:,}; see the alarms of this materialization"
        )


def _leads_before(lake: Lake) -> Ints:
    """Per record the lead it was published in by the rules of tonight; others have nothing to keep."""
    previous = load_previous(lake.where.published)
    known = previous.lead_ids if previous.rules == rules_tonight(lake) else previous.lead_ids.clear()
    return leads_before(lake.read("enriched_records", ["source", "source_record_id"]), known)


def _with_accounts(lake: Lake) -> pl.DataFrame:
    """What matching reads of the records, and the account each presumably belongs to."""
    enriched = lake.read("enriched_records", [*dict.fromkeys((*COLUMNS, *EMPLOYMENT_COLUMNS))])
    names, named = lake.read("company_names"), lake.read("record_company")["name"]
    return with_accounts(enriched, presumed_accounts(enriched, names, named, active(lake.read("decisions"))))
