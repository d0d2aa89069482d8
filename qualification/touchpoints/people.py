"""People: who is meant by a record id, an address or a domain that a row of activity names.

Belongs here: what is known of leads, in the columns asked for; telling the lead and account of a row. Does not belong
here: browsers and networks (`visitors`), what the rows are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

_LEAD_ID = r"^L[A-Z2-7]{16}$"
_SALESFORCE = r"^([A-Za-z0-9]{15})[A-Z0-5]{3}$"  # 15 letters that tell, and 3 that check their case
_ASKED = ["crm_source", "crm_id", "system", "email"]


def _frame(*names: str) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(names, pl.String))


@dataclass(frozen=True)
class People:
    """What is known of people, as of the last step of the night.

    `records`: source, source_record_id, lead_id, account_id (the crosswalk). `contacts`: email (small letters),
    lead_id, account_id, shared (Boolean: a mailbox of several, such as info@). `redirects`: old_id, new_id of leads.
    `domains`: domain, account_id. `networks`: network (/24 or /48 as text), account_id.
    """

    records: pl.DataFrame = field(default_factory=lambda: _frame("source", "source_record_id", "lead_id", "account_id"))
    contacts: pl.DataFrame = field(
        default_factory=lambda: _frame("email", "lead_id", "account_id").with_columns(shared=pl.lit(None, pl.Boolean))
    )
    redirects: pl.DataFrame = field(default_factory=lambda: _frame("old_id", "new_id"))
    domains: pl.DataFrame = field(default_factory=lambda: _frame("domain", "account_id"))
    networks: pl.DataFrame = field(default_factory=lambda: _frame("network", "account_id"))


def joined(rows: pl.DataFrame, people: People) -> pl.DataFrame:
    """The rows with lead_id, account_id, join_rule and reason.

    A row is joined by the record it names, else by its address. A shared mailbox, or one that several leads have,
    counts for the account; an address nobody has counts for the account of its domain.

    Args:
        rows: crm_source, crm_id, system (the maker of the CRM) and email, and anything beside.
    """
    asked = rows.select(_ASKED).unique(maintain_order=True)
    found = _by_address(_by_record(asked, people), people)
    return rows.join(found, on=_ASKED, how="left", nulls_equal=True, maintain_order="left")


def key_of(ids: pl.Expr) -> pl.Expr:
    """Record ids as they compare: `101~72ced181`, a later content under an id, is 101; of 18 letters the first 15."""
    base = ids.str.replace(r"~.*$", "")
    return pl.when(base.str.starts_with("00")).then(pl.coalesce(base.str.extract(_SALESFORCE, 1), base)).otherwise(base)


def _by_record(asked: pl.DataFrame, people: People) -> pl.DataFrame:
    """lead_id, account_id, join_rule and reason of rows that name a record."""
    records = people.records.with_columns(key=key_of(pl.col("source_record_id")))
    own = _unique(records, ["source", "key"])
    asked = asked.with_columns(key=key_of(pl.col("crm_id")))
    exact = asked.join(
        own, left_on=["crm_source", "key"], right_on=["source", "key"], how="left", maintain_order="left"
    )
    exact = exact.with_columns(_elsewhere(exact, records))
    ids = pl.when(pl.col("crm_id").str.contains(_LEAD_ID)).then("crm_id")
    moved = dict(people.redirects.select("old_id", "new_id").iter_rows()) if people.redirects.height else {}
    exact = exact.with_columns(ours=ids.replace(moved) if moved else ids)
    leads = records.select("lead_id", ours_account="account_id").unique("lead_id", keep="first", maintain_order=True)
    exact = exact.join(leads, left_on="ours", right_on="lead_id", how="left", maintain_order="left")
    is_ours = pl.col("ours").is_in(leads["lead_id"].implode()).fill_null(False)
    several = (pl.col("leads") > 1).fill_null(False)
    named = pl.col("crm_id").is_not_null()
    lead = pl.when(is_ours).then("ours").when(~several).then("lead_id")
    return (
        exact.with_columns(lead_id=lead)
        .with_columns(
            account_id=pl.when(is_ours).then("ours_account").otherwise("account_id"),
            join_rule=pl.when(pl.col("lead_id").is_not_null()).then(pl.lit("crm_id")),
            reason=pl.when(named & pl.col("lead_id").is_null()).then(
                pl.when(several).then(pl.lit("ambiguous_record")).otherwise(pl.lit("unknown_record"))
            ),
        )
        .select(*_ASKED, "lead_id", "account_id", "join_rule", "reason")
    )


def _elsewhere(exact: pl.DataFrame, records: pl.DataFrame) -> list[pl.Series]:
    """What the records of other sources of the same maker say of ids that the source itself does not have.

    An export of activity often lies in a folder of its own: `marketo_activity` beside `marketo`.
    """
    left = exact.filter(pl.col("leads").is_null(), pl.col("key").is_not_null()).select("system", "key").unique()
    if not left.height:
        return [exact[name] for name in ("lead_id", "account_id", "leads")]
    low = pl.col("source").str.to_lowercase()
    found = [
        records.filter(low.str.contains(system, literal=True)).with_columns(system=pl.lit(system))
        for system in left["system"].drop_nulls().unique().sort()
    ]
    others = _unique(
        pl.concat([records.clear().with_columns(system=pl.lit(None, pl.String)), *found]), ["system", "key"]
    )
    more = exact.select("system", "key").join(others, on=["system", "key"], how="left", maintain_order="left")
    use = exact["leads"].is_null()
    return [
        pl.select(pl.when(use).then(more[name]).otherwise(exact[name]).alias(name)).to_series()
        for name in ("lead_id", "account_id", "leads")
    ]


def _unique(rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """By key: its lead, the account if all agree, and how many leads it has."""
    return (
        rows.drop_nulls("key" if "key" in by else by)
        .group_by(by)
        .agg(pl.col("lead_id").min(), _one("account_id"), leads=pl.col("lead_id").n_unique())
    )


def _one(name: str) -> pl.Expr:
    """The value all rows agree on; null where they do not."""
    values = pl.col(name).drop_nulls()
    return pl.when(values.n_unique() == 1).then(values.min()).alias(name)


def _by_address(found: pl.DataFrame, people: People) -> pl.DataFrame:
    """Rows without a record by their address."""
    boxes = (
        people.contacts.drop_nulls("email")
        .group_by("email")
        .agg(
            box_lead=pl.col("lead_id").min(),
            box_account=_one("account_id"),
            box_leads=pl.col("lead_id").n_unique(),
            shared=pl.col("shared").fill_null(False).any(),
        )
    )
    found = found.join(boxes, on="email", how="left", maintain_order="left")
    found = found.with_columns(domain=pl.col("email").str.extract(r"@(.+)$"))
    domains = people.domains.drop_nulls().group_by("domain").agg(_one("account_id")).rename({"account_id": "of_domain"})
    found = found.join(domains, on="domain", how="left", maintain_order="left")
    left = pl.col("lead_id").is_null() & pl.col("email").is_not_null()
    shared = left & pl.col("shared").fill_null(False)
    several = left & (pl.col("box_leads") > 1).fill_null(False)
    own = left & pl.col("box_lead").is_not_null() & ~shared & ~several
    reason = (
        pl.when(own)
        .then(None)
        .when(shared)
        .then(pl.lit("shared_mailbox"))
        .when(several)
        .then(pl.lit("ambiguous_address"))
        .when(left)
        .then(pl.coalesce("reason", pl.lit("unknown_address")))
        .otherwise("reason")
    )
    account = pl.when(left & pl.col("box_leads").is_not_null()).then("box_account").when(left).then("of_domain")
    rule = pl.when(own | shared | several).then(pl.lit("email")).when(left & pl.col("of_domain").is_not_null())
    return found.with_columns(
        lead_id=pl.when(own).then("box_lead").otherwise("lead_id"),
        account_id=pl.when(left).then(account).otherwise("account_id"),
        join_rule=pl.coalesce("join_rule", rule.then(pl.lit("email"))),
        reason=reason,
    ).select(*_ASKED, "lead_id", "account_id", "join_rule", "reason")
