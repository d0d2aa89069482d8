"""Company rows become accounts: one per legal entity, whatever its spelling.

Belongs here: the course of account matching: candidates, evidence, rules, joining, then names that have no place of
their own. Does not belong here: the single steps (`words`, `pairs`, `relations`, `evidence`, `rules`, `joining` beside
this file), the account row that is shown (`matching/accounts/shown/profile`), ids (`matching/identity`) or parents
(`matching/accounts/shown/corporate_groups`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from matching.accounts.linking.aliases import resolve_aliases
from matching.accounts.linking.evidence import code_rows, compare
from matching.accounts.linking.joining import EXCLUSIVE, join
from matching.accounts.linking.likeness import likeness, shortened
from matching.accounts.linking.pairs import Keys, anchored_pairs, block_pairs, distinct, hashed, name_pairs, pack, split
from matching.accounts.linking.people import NAMED_BY, rows_of_one_person
from matching.accounts.linking.rules import BY_EVIDENCE, BY_NAME, BY_PERSON, FEW_HOMES, UNIQUE, Case, judge
from matching.accounts.rows.domains import meant_domains, near_labels
from matching.accounts.rows.form_slips import without_form_slips
from matching.accounts.rows.places import towns, without_own_town
from matching.accounts.rows.words import CompanyNames, Ints, read_names
from matching.components import Labels

_SEAT = ("town_head", "label")
_LINK = pl.Schema({"left": pl.UInt32, "right": pl.UInt32, "probability": pl.Float32, "reason": pl.String})
CLUSTERS = pl.Schema({"name": pl.UInt32, "cluster": pl.UInt32, "probability": pl.Float32, "reason": pl.String})
PAIR_CHUNK = 2_000_000
ALIKE = 0.015
"""Links whose probabilities differ by less speak alike: the same place, whether by postcode or town."""
NAMESAKES = 4
"""Names borne by more groups than this are not compared with similar names unless something else is shared."""


class AccountClusters(NamedTuple):
    """What was found.

    `clusters`: name, cluster, probability, reason. `review`: left, right (name rows), probability, reason. `torn`:
    left, right: name rows that are one company where one person named both; the left one says too little to be one
    company's alone, so that it depends on the person whose it is (`matching.accounts.lead_to_account`).
    """

    clusters: pl.DataFrame
    review: pl.DataFrame
    torn: pl.DataFrame


def account_clusters(
    names: pl.DataFrame,
    *,
    named: pl.DataFrame | None = None,
    must_link: pl.DataFrame | None = None,
    cannot_link: pl.DataFrame | None = None,
) -> AccountClusters:
    """Decide which company rows are one account.

    Args:
        names: contracts.matched.COMPANY_NAMES.
        named: row, lead: which leads name each row (`people.named_by`).
        must_link: left, right: name rows a person said are one company.
        cannot_link: left, right: name rows a person said are not.

    Returns:
        One row per name row with the smallest name row of its account, and the pairs worth a person's look.

    Example:
        >>> from contracts.clean import ENRICHED_RECORDS
        >>> from matching.accounts.company_names import company_names
        >>> found = pl.DataFrame({
        ...     "company": ["Nordwerk Maschinenbau GmbH", "Nordwerk Maschinenbau", "Süd Optik AG"],
        ...     "company_key": ["nordwerk maschinenbau", "nordwerk maschinenbau", "sud optik"],
        ...     "legal_form": ["GmbH", None, "AG"],
        ... })
        >>> names, record_to_name = company_names(ENRICHED_RECORDS.conform(found))
        >>> account_clusters(names).clusters
        shape: (3, 4)
        ┌──────┬─────────┬─────────────┬─────────────────────────────────┐
        │ name ┆ cluster ┆ probability ┆ reason                          │
        │ ---  ┆ ---     ┆ ---         ┆ ---                             │
        │ u32  ┆ u32     ┆ f32         ┆ str                             │
        ╞══════╪═════════╪═════════════╪═════════════════════════════════╡
        │ 0    ┆ 0       ┆ 0.93        ┆ same name; nothing else is kno… │
        │ 1    ┆ 0       ┆ 0.93        ┆ same name; nothing else is kno… │
        │ 2    ┆ 2       ┆ 1.0         ┆ single name                     │
        └──────┴─────────┴─────────────┴─────────────────────────────────┘
    """
    together, apart = _stated(must_link), _stated(cannot_link)
    named = pl.DataFrame(schema=NAMED_BY) if named is None else named
    if names.is_empty():
        return AccountClusters(pl.DataFrame(schema=CLUSTERS), pl.DataFrame(schema=_LINK), together)
    resolved = resolve_aliases(names)
    resolved = resolved.with_columns(meant_domains(resolved))
    read = without_form_slips(resolved["company_key"].fill_null(""), resolved["legal_form"])
    resolved = resolved.with_columns(legal_form=read["form"])
    key, town = without_own_town(read["key"], towns(resolved))
    by_town = (key != read["key"]).fill_null(False)
    words, ids = read_names(key)
    words = _vouched(words, resolved, ids)
    rows = code_rows(resolved, ids, town, by_town)

    decided = _judged(rows, words, anchored_pairs(rows, words), BY_EVIDENCE)
    marks = rows.sort("row").select(list(EXCLUSIVE))
    links, doubtful = _hold_ambiguous(decided, marks)
    stated = together.with_columns(probability=pl.lit(1.0, pl.Float32), reason=pl.lit("stated by a person"))
    links = pl.concat([stated.cast(_LINK), links])
    unlike = decided.filter("contradicts").select("left", "right")
    placed, _ = join(rows, links, apart, unlike, names)

    by_people = _by_people(rows, words, rows_of_one_person(named, placed))
    by_people = by_people.join(_both_ways(apart), on=["left", "right"], how="anti")
    agreed, torn = _whose(by_people.filter(outcome="merged"), rows, placed)
    links = pl.concat([links, agreed.select(list(_LINK))])
    rows, unlike = _believed(rows, unlike, agreed, placed)
    marks = rows.sort("row").select(list(EXCLUSIVE))
    placed, _ = join(rows, links, apart, unlike, names)

    more = _without_place(rows, words, placed)
    further, unsure = _hold_ambiguous(more, marks.select(pl.all().min().over(pl.Series(placed))))
    links = pl.concat([links, further])
    unlike = pl.concat([unlike, more.filter("contradicts").select("left", "right")])
    final, refused = join(rows, links, apart, unlike, names)
    review = pl.concat(
        [
            doubtful,
            unsure,
            by_people.filter(outcome="review").select(list(_LINK)),
            refused.select(list(_LINK)).with_columns(probability=pl.lit(0.5, pl.Float32)),
        ]
    )
    return AccountClusters(_explained(final, links, resolved), _for_review(review, final, apart), torn)


def _stated(pairs: pl.DataFrame | None) -> pl.DataFrame:
    schema = pl.Schema({"left": pl.UInt32, "right": pl.UInt32})
    return pl.DataFrame(schema=schema) if pairs is None else pairs.select("left", "right").cast(schema)


def _both_ways(pairs: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([pairs, pairs.select(left="right", right="left")])


def _vouched(words: CompanyNames, resolved: pl.DataFrame, ids: Ints) -> CompanyNames:
    """Names the alias table vouches for are as good as unique."""
    bits = words.bits.copy()
    bits[ids[resolved["vouched"].to_numpy()]] = 2 * UNIQUE
    return CompanyNames(words.key, words.joined, words.words, words.word, words.weight, words.kind, bits)


def _judged(rows: pl.DataFrame, words: CompanyNames, packed: Keys, rules: tuple[Case, ...]) -> pl.DataFrame:
    """Judged pairs of rows that are merged or worth a look: left, right, probability, reason, outcome."""
    by_row = rows.sort("row")
    found = []
    for start in range(0, max(len(packed), 1), PAIR_CHUNK):
        left, right = split(packed[start : start + PAIR_CHUNK])
        verdict = judge(compare(by_row, words, left, right), rules).filter(pl.col("outcome") != "apart")
        found.append(verdict.select(*_LINK, "outcome", "contradicts"))
    return pl.concat(found)


def _hold_ambiguous(decided: pl.DataFrame, marks: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Merged links and doubtful ones: a row without a mark that fits two companies of other marks joins neither.

    `marks` are the columns of EXCLUSIVE per row, or those of its group.
    """
    merged = decided.filter(outcome="merged")
    held = [_torn(merged, marks[column]).with_columns(mark=pl.lit(name)) for column, name in EXCLUSIVE.items()]
    unclear = merged.join(pl.concat(held).unique(["left", "right"], keep="first"), on=["left", "right"]).select(
        "left",
        "right",
        probability=pl.lit(0.5, pl.Float32),
        reason=pl.concat_str(pl.lit("no "), "mark", pl.lit(" given, and several companies of that name fit")),
    )
    links = merged.join(unclear, on=["left", "right"], how="anti").select(list(_LINK))
    review = pl.concat([decided.filter(outcome="review").select(list(_LINK)), unclear])
    return links.sort("left", "right"), review


def _torn(merged: pl.DataFrame, mark: pl.Series) -> pl.DataFrame:
    """The links of rows without the mark to companies of different ones that are as likely."""
    bare = merged.select(
        "left", "right", "probability", mark_left=mark.gather(merged["left"]), mark_right=mark.gather(merged["right"])
    ).filter(pl.col("mark_left").is_null() != pl.col("mark_right").is_null())
    bare = bare.with_columns(
        bare=pl.when(pl.col("mark_left").is_null()).then("left").otherwise("right"),
        mark=pl.coalesce("mark_left", "mark_right"),
    )
    torn = (
        bare.filter(pl.col("probability") > pl.col("probability").max().over("bare") - ALIKE)
        .group_by("bare")
        .agg(pl.col("mark").n_unique())
        .filter(pl.col("mark") > 1)
    )
    return bare.join(torn, on="bare", how="semi").select("left", "right").unique()


def _by_people(rows: pl.DataFrame, words: CompanyNames, pairs: pl.DataFrame) -> pl.DataFrame:
    """Judged pairs of rows that one person named, like `_judged`, with left_alone and right_alone."""
    by_row = rows.sort("row")
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    ids = by_row["id"].to_numpy()
    alike = likeness(words, ids[left], ids[right], _beside_names(rows, words))
    alone = pairs.select("left_alone", "right_alone")
    cut = shortened(words, ids[left], ids[right], alone)
    domains = near_labels(by_row["domain_label"][left], by_row["domain_label"][right]).to_frame()
    evidence = pl.concat([compare(by_row, words, left, right), alike, alone, cut, domains], how="horizontal")
    judged = judge(evidence, BY_PERSON).filter(pl.col("outcome") != "apart")
    return judged.select(*_LINK, "outcome", "other_form", *alone.columns)


def _believed(
    rows: pl.DataFrame, unlike: pl.DataFrame, agreed: pl.DataFrame, groups: Labels
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`rows` and `unlike` without the legal forms and contradictions of what one person alone said."""
    label = pl.Series(groups)

    def alone(pairs: pl.DataFrame) -> pl.Series:
        slips = [label.gather(pairs.filter(f"{side}_alone")[side]) for side in ("left", "right")]
        return label.is_in(pl.concat(slips).unique().implode())

    slip, other = alone(agreed), alone(agreed.filter("other_form"))
    meant = unlike.filter(~slip.gather(unlike["left"]) & ~slip.gather(unlike["right"]))
    form = pl.when(~other.gather(rows["row"])).then("form")
    return rows.with_columns(form.alias("form")), meant


def _whose(merged: pl.DataFrame, rows: pl.DataFrame, groups: Labels) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Links by one person, and those of rows that are several companies': `AccountClusters.torn`.

    A row that says neither place nor domain is any company's of that name: where people take it to several places or
    domains, each of its records goes with its own person.
    """
    known = rows.sort("row").select(pl.col(*_SEAT).min().over(pl.Series(groups)))
    ends = pl.concat([merged.select(bare=side, other=end) for side, end in (("left", "right"), ("right", "left"))])
    there = [known[column].gather(ends["other"]).alias(column) for column in _SEAT]
    here = [known[column].gather(ends["bare"]).is_not_null() for column in _SEAT]
    torn = (
        ends.with_columns(*there, said=here[0] | here[1])
        .filter(~pl.col("said"))
        .filter(pl.any_horizontal(pl.col(column).drop_nulls().n_unique().over("bare") > 1 for column in _SEAT))
        .select(left="bare", right="other")
        .sort("left", "right")
    )
    held = torn.select(left=pl.min_horizontal("left", "right"), right=pl.max_horizontal("left", "right"))
    return merged.join(held, on=["left", "right"], how="anti"), torn


def _without_place(rows: pl.DataFrame, words: CompanyNames, placed: Labels) -> pl.DataFrame:
    """Judged pairs of the groups found so far, by name alone: left, right, probability, reason, outcome.

    What is one group already is not judged again: whatever its rows contradict each other in was not believed.

    A group without address joins the only group of its name; groups in different towns join only where
    no second company of that name and form is to be expected.
    """
    known = ["form", "postcode", "town", "town_text", "town_first", "domain", "label", "vat", "register", "country"]
    groups = (
        rows.with_columns(group=pl.Series(placed).gather(rows["row"]))
        .sort("group", "row")
        .with_columns(
            pl.col(known).drop_nulls().first().over("group"),
            pl.col("is_branch").all().over("group"),
            pl.col("form_bits").max().over("group"),
        )
        .group_by("group", "id", maintain_order=True)
        .first()
        .with_columns(is_placed=pl.col("town").is_not_null() | pl.col("postcode").is_not_null())
        .sort("id", "form", "is_placed", "row", nulls_last=True)
        .with_columns(homes=_homes())
        .with_columns(member=pl.col("row"), row=pl.int_range(pl.len(), dtype=pl.UInt32))
    )
    same_name = block_pairs(*hashed(_worth_naming(groups, words)))
    near = _of_names(groups, name_pairs(words, _town_names(rows)))
    found = _judged(groups, words, distinct([same_name, near]), BY_NAME)
    found = found.filter(groups["group"].gather(found["left"]) != groups["group"].gather(found["right"]))
    member = groups["member"]
    return found.with_columns(
        pl.DataFrame({"a": member.gather(found["left"]), "b": member.gather(found["right"])}).select(
            left=pl.min_horizontal("a", "b"), right=pl.max_horizontal("a", "b")
        )
    )


def _town_names(rows: pl.DataFrame) -> pl.Series:
    """The words towns consist of."""
    return rows["town_text"].drop_nulls().unique().str.split(" ").explode().unique()


def _beside_names(rows: pl.DataFrame, words: CompanyNames) -> frozenset[str]:
    """Words that stand beside a company's name: its town, site or department."""
    return frozenset(pl.concat([words.word.filter(words.beside), _town_names(rows)]).to_list())


def _worth_naming(groups: pl.DataFrame, words: CompanyNames) -> Ints:
    """The name of each group, -1 where no rule of BY_NAME could join it: placed, and one of many of that name."""
    unmistakable = pl.Series(words.bits).gather(groups["id"]) + groups["form_bits"] >= UNIQUE
    of_few = (
        ~pl.col("is_placed") | pl.col("is_branch") | (pl.col("homes") <= FEW_HOMES) | pl.col("domain").is_not_null()
    )
    ids: Ints = groups.select(pl.when(of_few | unmistakable).then("id").otherwise(-1)).to_series().to_numpy()
    return ids


def _homes() -> pl.Expr:
    """Number of companies there may be of the same name: places or domains, whichever are more.

    Of groups whose legal form does not contradict; of places only seats, where any is known.
    """
    seats, places = (_fitting(here) for here in (pl.col("is_placed") & ~pl.col("is_branch"), pl.col("is_placed")))
    domains = pl.when(pl.col("form").is_null()).then(_labels("id")).otherwise(_labels("id", "form"))
    return pl.max_horizontal(pl.when(seats > 0).then(seats).otherwise(places), domains).alias("homes")


def _labels(*alike: str) -> pl.Expr:
    return pl.col("label").drop_nulls().n_unique().over(alike)


def _fitting(here: pl.Expr) -> pl.Expr:
    bare = (here & pl.col("form").is_null()).sum().over("id")
    return pl.when(pl.col("form").is_null()).then(here.sum().over("id")).otherwise(here.sum().over("id", "form") + bare)


def _of_names(groups: pl.DataFrame, packed: Keys) -> Keys:
    """Pairs of groups for pairs of names, where the names are borne by few groups."""
    few = groups.filter(pl.len().over("id") <= NAMESAKES).select(pl.col("id").cast(pl.UInt32), "row")
    a, b = split(packed)
    pairs = (
        pl.DataFrame({"a": a, "b": b})
        .join(few, left_on="a", right_on="id")
        .join(few, left_on="b", right_on="id", suffix="_b")
    )
    return pack(pairs["row"].to_numpy(), pairs["row_b"].to_numpy())


def _explained(final: Labels, links: pl.DataFrame, resolved: pl.DataFrame) -> pl.DataFrame:
    """The clusters with each row's best link as its probability and reason."""
    inside = links.filter(pl.Series(final).gather(links["left"]) == pl.Series(final).gather(links["right"]))
    verdict = ["probability", "reason"]  # there are few different ones
    ranked = inside.select(verdict).unique().sort(verdict, descending=[True, False]).with_row_index("rank")
    rank = inside.join(ranked, on=verdict, how="left", maintain_order="left")
    best = (
        pl.concat([rank.select("rank", name="left"), rank.select("rank", name="right")])
        .group_by("name")
        .agg(pl.col("rank").min())
        .join(ranked, on="rank")
        .drop("rank")
    )
    rows = pl.DataFrame({"name": np.arange(len(final), dtype=np.uint32), "cluster": final.astype(np.uint32)})
    rows = rows.join(best, on="name", how="left", maintain_order="left").with_columns(alias=resolved["alias"])
    reason = pl.concat_str(pl.lit("alias "), pl.col("alias"), pl.lit("; "), pl.col("reason"), ignore_nulls=False)
    return rows.select(
        "name",
        "cluster",
        pl.col("probability").fill_null(1.0),
        reason=pl.coalesce(reason, pl.col("reason"), pl.lit("single name")),
    ).cast(CLUSTERS)


def _for_review(pairs: pl.DataFrame, final: Labels, apart: pl.DataFrame) -> pl.DataFrame:
    """One pair per two accounts that may be one, most probable first; nothing a person has decided."""
    label = pl.Series(final)
    decided = apart.select(pl.min_horizontal("left", "right"), high=pl.max_horizontal("left", "right"))
    return (
        pairs.with_columns(a=label.gather(pairs["left"]), b=label.gather(pairs["right"]))
        .filter(pl.col("a") != pl.col("b"))
        .join(decided, left_on=["left", "right"], right_on=["left", "high"], how="anti")
        .with_columns(low=pl.min_horizontal("a", "b"), high=pl.max_horizontal("a", "b"))
        .sort("probability", "left", "right", descending=[True, False, False])
        .unique(["low", "high"], keep="first", maintain_order=True)
        .select(list(_LINK))
    )
