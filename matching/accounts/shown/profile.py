"""The account as it is shown: its name, form, domain, address and every spelling seen.

Belongs here: choosing among the company rows of one account. Does not belong here: deciding which rows
are one account (`matching/accounts`). The name is chosen by evidence, and the address is one row's.
"""

from __future__ import annotations

import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from enrichment.cells.text import fold
from matching.accounts.linking.aliases import former_names
from matching.accounts.rows.domains import domain_label, domain_owners
from matching.accounts.rows.words import background, trade_stem

NEVER_SHOWN = pl.DataFrame(schema={"cluster": pl.UInt32, "name": pl.String})


def accounts(names: pl.DataFrame, clusters: pl.DataFrame, shown_before: pl.DataFrame = NEVER_SHOWN) -> pl.DataFrame:
    """The account of each cluster as it is to be shown.

    Args:
        names: contracts.matched.COMPANY_NAMES.
        clusters: name, cluster (of `account_clusters`).
        shown_before: cluster, name as last published.

    Returns:
        cluster, name, legal_form, domain, street, house_number, postcode, city, country,
        spelling_variants (list of {name, records}, most frequent first), company_status; sorted by
        cluster. The address is that of one row, never mixed.
        A domain another account owns is not its domain.
    """
    rows = names.join(clusters.select("name", "cluster"), on="name").with_columns(
        records=pl.col("records").cast(pl.UInt32), registered=pl.col("register_no").is_not_null()
    )
    shown = canonical_names(rows, shown_before)
    address = ["street", "house_number", "postcode", "city", "country"]
    places = (
        rows.with_columns(
            filled=pl.sum_horizontal(pl.col(address).is_not_null()), site=pl.col("company_site").is_not_null()
        )
        .with_columns(support=pl.col("records").sum().over("cluster", "postcode", "street", "house_number"))
        .sort(
            ["cluster", "registered", "filled", "site", "support", *address],
            descending=[False, True, True, False, True, *[False] * 5],
            nulls_last=True,
        )
        .unique("cluster", keep="first", maintain_order=True)
        .select("cluster", *address)
    )
    owner = domain_owners(names, clusters).select("domain", owner="cluster")
    domains = _most_frequent(
        rows.join(owner, on="domain", how="left").filter(
            pl.col("owner").is_null() | (pl.col("owner") == pl.col("cluster"))
        ),
        "domain",
    )
    variants = (
        rows.drop_nulls("company")
        .group_by("cluster", "company")
        .agg(pl.col("records").sum())
        .sort("cluster", "records", "company", descending=[False, True, False])
        .group_by("cluster", maintain_order=True)
        .agg(spelling_variants=pl.struct(name=pl.col("company"), records=pl.col("records").cast(pl.UInt32)))
    )
    return (
        shown.join(domains, on="cluster", how="left")
        .join(places, on="cluster", how="left")
        .join(variants, on="cluster", how="left")
        .join(_most_frequent(rows, "company_status"), on="cluster", how="left")
        .with_columns(pl.col("spelling_variants").fill_null([]))
        .sort("cluster")
    )


_ORDER = [
    ("registered", True), ("former", False), ("slip", False), ("full", True), ("words", True), ("towned", False),
    ("cased", True), ("shouted", False), ("umlauts", True), ("spelling", True), ("abbreviated", False),
    ("length", True), ("core", False), ("form", False),
]  # fmt: skip
"""What makes a spelling the better one to show, first difference wins: column, larger first."""


LETTERS_PER_SLIP = 4
"""Letters of a name for each that may be wrong; two at most."""

_LEAD = 1.25
"""How many times the records of the name shown before another needs, and two more: a majority of one flips nothing."""


def canonical_names(rows: pl.DataFrame, shown_before: pl.DataFrame) -> pl.DataFrame:
    """The spelling to show per cluster: cluster, name, legal_form.

    A spelling from a register entry wins; then a name of today before a former one (`BASF` before `Badische Anilin-
    und Soda-Fabrik`); then any before a slip of one that more records carry (the legal form that only slips state is
    put to it); then one with a legal form; then the one most records carry, counting spellings of the same words
    together; then one without its town behind; then mixed case before words in capitals, umlauts before ae,
    words before their abbreviations (`&` before `u.`), the longer, the alphabet. The legal form is written in its
    standard notation. The name shown before counts for more records than carry it, so that it does not change from
    night to night where two are nearly as frequent.

    Args:
        rows: `contracts.matched.COMPANY_NAMES` with cluster and registered.
        shown_before: cluster, name as last published.
    """
    form = pl.col("legal_form")
    core = pl.coalesce("company_core", "company", "company_key")
    states_form = pl.col("company").is_not_null() & (pl.col("company") != core)  # wherever in the name it stands
    with_form = pl.concat_str("core", pl.lit(" "), "form")
    name = pl.when(form.is_null() | states_form).then(pl.coalesce("company", "core")).otherwise(with_form)
    same_words, same_spelling = ["cluster", "company_key", "legal_form"], ["cluster", "core", "legal_form"]
    spelt = (
        rows.with_columns(core=core, form=form)
        .with_columns(shown=name)
        .join(shown_before.select("cluster", shown="name", held=True), on=["cluster", "shown"], how="left")
    )
    spelt = spelt.join(_slips(spelt), on=["cluster", "company_key"], how="left").with_columns(
        pl.col("slip").fill_null(False)
    )
    return (
        spelt.with_columns(
            former=pl.col("company_key").is_in(former_names(rows["company_key"]).implode()),
            full=form.is_not_null(),
            words=_carried(same_words),
            spelling=_carried(same_spelling),
            towned=pl.col("shown").str.ends_with(pl.concat_str(pl.lit(" "), _main_town())).fill_null(False),
            cased=(pl.col("core") != pl.col("core").str.to_uppercase())
            & (pl.col("core") != pl.col("core").str.to_lowercase()),
            shouted=pl.col("core").str.count_matches(r"\b[A-ZÄÖÜ]{4,}\b"),
            umlauts=pl.col("core").str.contains("[äöüßÄÖÜ]"),
            abbreviated=pl.col("core").str.count_matches(r"\p{Ll}\.(?: |$)"),
            length=pl.col("core").str.len_chars(),
        )
        .sort(
            "cluster",
            *(column for column, _ in _ORDER),
            descending=[False, *(larger for _, larger in _ORDER)],
            nulls_last=True,
        )
        .unique("cluster", keep="first", maintain_order=True)
        .join(_most_frequent(spelt.filter("slip"), "legal_form"), on="cluster", how="left", suffix="_slip")
        .select("cluster", name=_with_form(), legal_form=pl.coalesce("form", "legal_form_slip"))
    )


def _main_town() -> pl.Expr:
    """The town that stands first among those of an account; a name with it behind is as good as the one without."""
    return pl.col("city").mode().min().over("cluster")


def _with_form() -> pl.Expr:
    """The name chosen, and the form that only its slips state."""
    added = pl.col("form").is_null() & pl.col("legal_form_slip").is_not_null()
    return pl.when(added).then(pl.concat_str("core", pl.lit(" "), "legal_form_slip")).otherwise("shown")


def _slips(rows: pl.DataFrame) -> pl.DataFrame:
    """cluster, company_key, slip (true): keys a letter or two off one that is the right one.

    Right is what more records of the account carry; of equally frequent ones that of which more letters stand in words
    in common use or in a domain of the account.
    """
    keys = rows.select("cluster", "company_key", carried=_carried(["cluster", "company_key"])).drop_nulls().unique()
    several = keys.filter(pl.len().over("cluster") > 1)
    several = several.join(_vouched(several, rows), on=["cluster", "company_key"], how="left")
    as_many = pl.col("carried") == pl.col("carried_more")
    less = (pl.col("carried") < pl.col("carried_more")) | (as_many & (pl.col("vouched") < pl.col("vouched_more")))
    pairs = several.join(several, on="cluster", suffix="_more").filter(less)
    letters = [pairs[column].to_list() for column in ("company_key", "company_key_more")]
    slips = pl.Series(process.cpdist(*letters, scorer=OSA.distance, score_cutoff=2), dtype=pl.Int64)
    allowed = (pairs["company_key"].str.len_chars() // LETTERS_PER_SLIP).clip(0, 2)
    near = pairs.filter(slips <= allowed).select("cluster", "company_key").unique()
    return near.with_columns(slip=True)


def _vouched(keys: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """cluster, company_key, vouched: letters in words that are in common use or stand in a domain of the account."""
    label = fold(domain_label(pl.col("domain"))).str.replace_all(" ", "", literal=True)
    here = rows.join(keys.select("cluster").unique(), on="cluster", how="semi").drop_nulls("domain")
    labels = here.select("cluster", label=label).unique().sort("cluster", "label")
    labels = labels.group_by("cluster", maintain_order=True).agg(pl.col("label").str.join(" "))
    words = keys.select("cluster", "company_key", word=pl.col("company_key").str.split(" ")).explode("word")
    known = trade_stem(pl.col("word")).is_in(background()["word"].implode())
    said = words.join(labels, on="cluster", how="left").filter(
        known | pl.col("label").str.contains(pl.col("word"), literal=True).fill_null(False)
    )
    counted = said.group_by("cluster", "company_key").agg(vouched=pl.col("word").str.len_chars().sum())
    return keys.select("cluster", "company_key").join(counted, on=["cluster", "company_key"], how="left").fill_null(0)


def _carried(group: list[str]) -> pl.Expr:
    """How many records carry what the group says; more where one of its spellings was shown before."""
    records, held = pl.col("records").sum().over(group), pl.col("held").any().over(group)
    return pl.when(held).then(_LEAD * records + 2).otherwise(records)


def _most_frequent(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    return (
        rows.drop_nulls(column)
        .group_by("cluster", column)
        .agg(pl.col("records").sum())
        .sort("cluster", "records", column, descending=[False, True, False])
        .unique("cluster", keep="first", maintain_order=True)
        .select("cluster", column)
    )
