"""The feed: what is published, brought into PostgreSQL with what changed, where a database is named.

Belongs here: the asset. Does not belong here: loading (`publishing.feed.postgres`). It comes after `published` and
costs it nothing: a database that is down fails this step alone, and the next night makes up for it.
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.metadata import OWNERS
from assets.publication import published
from assets.resources.choices import Choices
from assets.resources.lake import Lake
from publishing.feed.connection import FeedError, dsn
from publishing.feed.postgres import Loaded, load
from publishing.manifest import BrokenPublication


@dg.asset(
    deps=[published],
    group_name="publishing",
    kinds={"postgres"},
    owners=OWNERS,
    output_required=False,
    description="All published tables in PostgreSQL, schema `crm`, and `crm.changes`: what happened to leads and "
    "accounts, for sync jobs. Only where `LEADS_CRM_DSN` names a database.",
)
def feed(lake: Lake, choices: Choices) -> Iterator[dg.MaterializeResult[Any]]:
    if to := dsn():
        yield _result(_loaded(lake, to, choices.keep_days))


def _loaded(lake: Lake, to: str, keep_days: int) -> Loaded:
    try:
        return load(lake.where.published, to, keep_days=keep_days)
    except (FeedError, BrokenPublication) as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def _result(done: Loaded) -> dg.MaterializeResult[Any]:
    counts = {f"changes/{kind}": count for kind, count in done.changes.items()}
    rows = {f"rows/{name}": count for name, count in done.rows.items()}
    waiting = {f"waiting/{consumer.name}": consumer.changes for consumer in done.consumers}
    return dg.MaterializeResult(metadata={"publication": done.folder, **counts, **rows, **waiting})
