"""Company lines: everything that is written into a company cell and is not the company's name.

Belongs here: peeling z.Hd. contacts, departments, sites, owners, former and trade names, c/o and the
marks of winding up or founding off a line. Does not belong here: legal forms (`enrichment/legal_form`),
what kind of organisation it is (`enrichment/company`).
Only what is announced by a keyword, or is a known department, country or town behind a sign or a legal
form, is cut; a name is never shortened on a guess.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from enrichment.department import is_department, normal_department
from enrichment.text import fold, tidy
from reference.names import DATA as REFERENCE

PARTS = ("contact", "department", "site", "owner", "former_name", "trade_name", "care_of", "condition", "mark")

_SEP = r"[\s,;:|/(–-]+"
_CONTACT = (
    r"(?i)^(?P<rest>.*?)(?:^|[\s,;:|/(–-]+)"
    r"(?:z\.?\s?hd[snz]?\.?(?:\s?v(?:on|\.))?|z\.\s?h[nz]?\.|zu\s?h[äa]nden(?:\s+(?:von|v\.))?|attn\.?|att\.|f\.a\.o\.|fao|(?:attention|kontakt|ansprechpartner(?:in)?|contact|att|person):|"
    r"à l['’]att(?:ention|\.)?(?:\s+d[eu])?|alla c\.?\s?a\.?(?:\s+di)?|all['’]attenzione(?:\s+di)?)"
    r"[\s:.]+(?P<taken>\S.*?)\)?$"
)
_SALUTED = r"(?P<taken>(?:Herrn?|Frau|Hrn?\.|Fr\.|Sig\.(?:ra)?)\s+(?:Dr\.\s+|Prof\.\s+)*\p{Lu}[\p{L}'’-]+.*?)\)?$"
_SALUTED_BEHIND = rf"^(?P<rest>.+?)(?:\s*[,;|/(]|\s[–-])\s*{_SALUTED}"
_SALUTED_HINT = r"(?:Herrn?|Frau|Hrn?\.|Fr\.|Sig\.(?:ra)?)\s"
_ADDRESSED = (
    r"^(?:(?i:persönlich|vertraulich|privat|streng vertraulich|c\.\s?a\.)[\s/,;:–-]*)*(?P<before>[^,;/|]*?)[\s,;:/|–-]*"
    + _SALUTED
)
_CONTACT_HINT = r"(?i)z\.?\s?h|h[äa]nden|att|f\.?a\.?o|ansprech|[ck]onta[ck]t|\bc\.?\s?a\."
_CARE_OF = r"(?i)^(?P<rest>.+?)[\s,;:|/(–-]+(?:c/o|℅|per adresse|p\.\s?adr\.)[\s:.]+(?P<taken>\S.*?)\)?$"
_FORMER = (
    r"(?i)^(?P<rest>.+?)[\s,;:|/(–-]+(?:vorm(?:als|\.)|ehem(?:als|alige[rs]?|\.)|früher|frueher|formerly(?: known as)?|"
    r"f/k/a|fka|previously|umfirmiert aus|anciennement|ex[.:-])[\s:]+(?P<taken>\S.*?)\)?(?P<tail>$|\).*$)"
)
_NOW = r"(?i)^(?P<taken>.+?)[\s,;:|/(–-]+(?:jetzt|nunmehr|neuer name|now|new name)[\s:]+(?P<rest>\S.*?)\)?$"
_TRADE = (
    r"(?i)^(?P<rest>.+?)[\s,;:|/(–-]+(?:d/b/a|d\.b\.a\.?|dba|t/a|t/as|trading as|doing business as|a/k/a|aka|"
    r"handelnd unter|auftretend als|firmierend als|firmierend unter)[\s:]+(?P<taken>\S.*?)\)?$"
)
_OWNER = (
    r"(?i)^(?P<rest>.+?)[\s,;|/(–-]+(?:inh(?:aber(?:in)?|aber/in|\.|\.in)|eigentümer(?:in)?|prop(?:rietor|\.))[\s.:]+"
    r"(?P<taken>\S.*?)\)?(?P<tail>(?:,?\s+(?:e\.\s?K\.?|eK|e\.\s?Kfm\.?|e\.\s?Kfr\.?|e\.\s?U\.?))?)$"
)
_WOUND_UP = (
    r"(?i)^(?P<rest>.*?)[\s,;:|/(\[*\"–-]+(?P<taken>i\.\s?l\.?|i\.\s?liqu?\.?|in\s+liqu?(?:idation|id\.|i\.|\.)?|in\s+nachlassliquidation|in\s+(?:abwicklung|abw\.)|i\.\s?abw\.?|"
    r"in\s+auflösung|in\s+(?:vorläufiger\s+)?insolvenz|i\.\s?ins(?:olvenz|\.)?|i\.\s?i\.|in\s+konkurs|i\.\s?k\.|en\s+faillite|"
    r"im\s+insolvenzverfahren|in\s+fallimento|en\s+liq\b\.?|"
    r"insolvent|en liquidation|in liquidazione|in administration|aufgelöst|gelöscht|erloschen)"
    r"[\s.)\]*\"–-]*(?P<tail>$|[,)].*$|\s(?:GmbH|AG|KG|UG)$)"
)
_WOUND_UP_FRONT = (  # `Insolvenzverwalter der Müller GmbH`, `i.L. Müller GmbH`
    r"(?i)^(?:.*\sals\s)?(?P<taken>i\.\s?l\.|in liquidation|insolvenzverwalter(?:in)?|insolvenzmasse|konkursmasse)"
    r"[\s:]+(?:(?:über )?(?:das vermögen )?de[rs] )?(?P<rest>\S.+)$"
)
_WOUND_UP_BESIDE = (
    r"(?i)^(?P<rest>.+?)\s*(?:[(\[,;]|\s[–-])\s*(?P<taken>insolvenz|konkurs|insolvenzverfahren|insolvenzverwalter)"
    r"(?:in)?(?:\s[^)\]]*)?[)\]]?$"
)
_FOUNDED = (
    r"(?i)^(?P<rest>.*?)[\s,;:|/(–-]+(?P<taken>i\.\s?g\.?|i\.\s?gr\.?|in\s+gründung|in\s+gruendung|in\s+gr\.|in\s+grdg\.|"
    r"en formation|in formation|in costituzione)[\s.)–-]*(?P<tail>$|[,)].*$|\s(?:GmbH|AG|KG|UG)$)"
)
_BARE_MARK = r"^(?P<rest>.*\b(?:GmbH|GMBH|mbH|AG|KG|OHG|UG|SE|SA|Sàrl)\)?)\s+(?P<taken>iL\.?|iG\.?|iI|I\.L\.|I\.G\.)$"
_DEPARTMENT = (
    r"(?i)^(?P<rest>.+?)[\s,;:|/(–-]+(?P<taken>(?:abt(?:eilung|\.|lg\.?)|dept\.?|department|fachbereich|sachgebiet|ressort)"
    r"[\s:.]+\S.*?)\)?$"
)
_LAST_PART = r"^(?P<rest>.+?)\s*(?:[,;|/:]|\s[–-]|\s[(\[*>·]+)\s*(?P<taken>[^,;|/():]+?(?:/[^,;|/()]+)?)[)\]–-]?$"
_DEPARTMENT_AFTER_FORM = r"^(?P<rest>.*\b(?:GmbH|AG|KG|OHG|SE|UG|e\.V\.|eG))\s+(?P<taken>\p{Lu}\S*(?:\s\S+){0,2})$"
_FORM_WORD = r"(?:GmbH|AG|KG|OHG|SE|UG|e\.V\.|eG) \p{Lu}"
_SITE_WORD = (
    r"(?:zweig)?niederlassung|nl|standort|filiale|geschäftsstelle|geschaeftsstelle|zweigstelle|betriebsstätte|betriebsstaette|"
    r"betriebsteil|zweigwerk|ndl|repräsentanz|außenstelle|aussenstelle|regionalbüro|verkaufsbüro|vertriebsbüro|vertriebsniederlassung|"
    r"verkaufsniederlassung|regionalcenter|logistikzentrum|werk|betrieb|lager|campus|büro|hauptverwaltung|zentrale|"
    r"baustelle|werkstatt|showroom|headquarters?|hq|zw\.-?\s?ndl|zweigndl|sede|"
    r"branch(?: office)?|succursale|succursale di|filiale di|plant|site|region|hub"
)
_SITE_AFTER_SIGN = (
    rf"(?i)^(?P<rest>.+?)\s*(?:[,;|/(]|\s[–-])\s*(?P<taken>(?:{_SITE_WORD})\.?(?:[\s:-]+[\p{{L}}\d][^,;|()]*)?)\)?$"
)
_FORM_END = (
    r"(?:GmbH|G\.m\.b\.H\.|Ges\.m\.b\.H\.|mbH|K\.G\.|AöR|SARL|Limited|LLC|PLC|AG|KG|KGaA|OHG|oHG|SE|UG|\(haftungsbeschränkt\)|e\.\s?K\.?|e\.\s?V\.?|eG|"
    r"OG|SA|Sàrl|Ltd\.?|Inc\.?|B\.V\.|GbR|S\.p\.A\.|S\.r\.l\.)"
)
_TITLED_AFTER_FORM = (
    rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))(?:\s*,|\s[–-])\s*"
    r"(?P<taken>(?:Prof\.\s)?Dr\.\s\p{Lu}[\p{L}'’-]+(?:\s\p{Lu}[\p{L}'’-]+)?)$"
)
_SALUTED_BEFORE = (
    rf"^(?P<taken>(?:Herrn?|Frau)\s\p{{Lu}}[\p{{L}} .'’-]*?)\s*[,;/]\s*(?P<rest>\S.*(?:\s|^)(?i:{_FORM_END}))$"
)
_SALUTED_AFTER_FORM = rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))\s+{_SALUTED}"
_SITE_AFTER_FORM = (
    rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))\s+(?P<taken>(?i:{_SITE_WORD})\.?(?:\s+[\p{{L}}\d][^,;|()]*)?)$"
)
_SITE_PLAIN = (
    r"^(?P<rest>\S.*\S)\s+(?P<taken>(?i:(?:zweig)?niederlassung|geschäftsstelle|zweigstelle|filiale|standort|NL)\s+"
    r"[\p{Lu}\d][^,;|()]*)$"
)
_COUNTRIES = (
    "Deutschland|Germany|Österreich|Oesterreich|Austria|Schweiz|Switzerland|Suisse|Svizzera|Liechtenstein|"
    "Deutschland Süd|Deutschland Nord|Europe|Europa|DACH|D-A-CH|Frankreich|France|Italien|Italia|Polen|"
    "Polska|Niederlande|Nederland|UK|USA"
)
_COUNTRY = rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))[\s,;|/(–-]+(?P<taken>{_COUNTRIES})\)?$"
_TOWN_AFTER_FORM = (
    rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))[\s,;|/(–-]+(?P<taken>(?:\d{{4,5}}\s)?\p{{Lu}}[^,;|/()]*)\)?$"
)
_TOWN_AFTER_SIGN = r"^(?P<rest>.+?)(?:\s*[,(]\s*|\s[–-]\s)(?P<taken>(?:\d{4,5}\s)?\p{Lu}[^,;|/()]*)\)?$"
# Every hint of `peel` at once, some wider: a line without any holds nothing but a name.
_ANY_HINT = (
    r"[,;|/(:]|\s[–-]|℅|(?i:z\.?\s?h|h[äa]nden|att|f\.?a\.?o|ansprech|[ck]onta[ck]t|(?-u:\b)c\.?\s?a\.|adr|"
    r"jetzt|nunmehr|neuer|(?-u:\b)now|new name|vorm|ehem|fr(?:ü|ue)her|former|fka|prev|umfirm|ancien|(?-u:\b)ex[.:-]|"
    r"d\.b|dba|trading|doing|aka|handelnd|auftretend|firmierend|inh|eigent|prop|"
    r"(?-u:\b)i\.|(?-u:\b)in\s|(?-u:\b)en\s|insolv|aufgelöst|gelöscht|erloschen|abt|dep|fachb|sachg|ressort)|"
    rf"(?i:\s(?:{_SITE_WORD})\.?(?:[\s:-]|$)|niederl|stelle|filiale|standort|\snl\s)|\si?I?\.?[GLI]\.?$|(?i:konkurs|\s[*>·\[])|"
    rf"(?:{_COUNTRIES})\)?$|(?i:{_FORM_END})[\s–-]+(?:\d|\p{{Lu}})"
)


def peel(lines: pl.Series) -> pl.DataFrame:
    """Split tidied company lines.

    Returns:
        Same height: `name` (what is left, null if nothing) and one text column per name in `PARTS`,
        null where there was none. `condition` is `liquidation` or `formation`.
    """
    frame = pl.DataFrame({"name": lines}).with_columns(pl.lit(None, pl.String).alias(part) for part in PARTS)
    rows = lines.str.contains(_ANY_HINT).fill_null(False).arg_true()
    if len(rows):
        cut = _cut_all(frame.gather(rows))
        frame = frame.with_columns(frame[column].clone().scatter(rows, cut[column]) for column in frame.columns)
    return frame.with_columns(name=tidy(pl.col("name").str.strip_chars(" ,;:|/–-")))


def _cut_all(frame: pl.DataFrame) -> pl.DataFrame:
    frame = _cut(frame, _CONTACT, "contact", _CONTACT_HINT)
    frame = _cut(frame, _SALUTED_BEHIND, "contact", _SALUTED_HINT)
    frame = _cut(frame, _SALUTED_AFTER_FORM, "contact", _SALUTED_HINT)
    frame = _cut(frame, _SALUTED_BEFORE, "contact", r"^(?:Herrn?|Frau)\s")
    frame = _cut(frame, _TITLED_AFTER_FORM, "contact", r"Dr\.\s")
    frame = _cut(frame, _CARE_OF, "care_of", r"(?i)c/o|℅|adr")
    frame = _cut(frame, _NOW, "former_name", r"(?i)jetzt|nunmehr|neuer|\bnow|new name")
    frame = _cut(
        frame, _FORMER, "former_name", r"(?i)vorm|ehem|fr(?:ü|ue)her|former|f/?k/?a|prev|umfirm|ancien|\bex[.:-]"
    )
    frame = _cut(
        frame, _TRADE, "trade_name", r"(?i)d/b|d\.b|dba|t/a|trading|doing|a/?k/?a|handelnd|auftretend|firmierend"
    )
    frame = _cut(frame, _OWNER, "owner", r"(?i)inh|eigent|prop")
    winding_up = ((_WOUND_UP, "liquidation"), (_WOUND_UP_FRONT, "liquidation"), (_WOUND_UP_BESIDE, "liquidation"))
    for pattern, condition in (*winding_up, (_FOUNDED, "formation")):
        frame = _mark(frame, pattern, condition)
    frame = _mark(frame, _BARE_MARK, "formation", r"\si?I?\.?[GLI]\.?$")
    frame = _cut(frame, _DEPARTMENT, "department", r"(?i)abt|dep|fachb|sachg|ressort")
    frame = _cut(frame, _LAST_PART, "department", r"[,;|/(:]|\s[–*>·\[-]", only_if=is_department(pl.col("_taken")))
    frame = _cut(frame, _DEPARTMENT_AFTER_FORM, "department", _FORM_WORD, only_if=is_department(pl.col("_taken")))
    frame = _cut(frame, _SITE_AFTER_SIGN, "site", rf"(?i)(?:{_SITE_WORD})")
    frame = _cut(frame, _SITE_AFTER_FORM, "site", rf"(?i)(?:{_SITE_WORD})")
    no_form = ~pl.col("_taken").str.contains(rf"(?i:\s{_FORM_END})$")
    place = pl.col("_taken").str.extract(r"^(?i:NL)\s+(.*)$", 1)
    no_form &= place.is_null() | fold(place).is_in(list(_towns()))
    frame = _cut(frame, _SITE_PLAIN, "site", r"(?i)niederl|stelle|filiale|standort|\sNL\s", only_if=no_form)
    frame = _cut(frame, _COUNTRY, "site", rf"(?:{_COUNTRIES})\)?$")
    town = fold(pl.col("_taken").str.replace(r"^\d{4,5}\s", "")).is_in(list(_towns()))
    frame = _cut(frame, _TOWN_AFTER_FORM, "site", rf"(?i:{_FORM_END})[\s,;|/(–-]+(?:\d|\p{{Lu}})", only_if=town)
    return _cut(frame, _TOWN_AFTER_SIGN, "site", r"[,(]|\s[–-]\s", only_if=town)


def announced_contact(lines: pl.Series) -> pl.Series:
    """The contact that a z.Hd. announces, and nothing else."""
    frame = pl.DataFrame({"name": lines, "contact": pl.Series([None], dtype=pl.String).new_from_index(0, len(lines))})
    return _cut(frame, _CONTACT, "contact", _CONTACT_HINT)["contact"]


def contact_beside(lines: pl.Series) -> pl.Series:
    """The person that company lines name beside the company, announced or by salutation only."""
    frame = pl.DataFrame({"name": lines, "contact": announced_contact(lines)})
    frame = _cut(frame, _SALUTED_BEHIND, "contact", _SALUTED_HINT)
    return _cut(frame, _SALUTED_AFTER_FORM, "contact", _SALUTED_HINT)["contact"]


def addressed(lines: pl.Series) -> pl.DataFrame:
    """`contact` and `department` of second lines that name a person by salutation (`Einkauf, Frau Schmidt`)."""
    found = lines.to_frame("line").select(pl.col("line").str.extract_groups(_ADDRESSED).alias("found")).unnest("found")
    before = pl.when(pl.col("before") != "").then(pl.col("before").str.strip_chars(" "))
    known = before.is_null() | is_department(before)
    return found.select(
        contact=pl.when(known).then(pl.col("taken")),
        department=pl.when(known & pl.col("taken").is_not_null()).then(before),
    )


def attention(contacts: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Person and department named after z.Hd. (`Frau Schmidt, Einkauf`); each null where not named."""
    first = contacts.str.extract(r"^(.*?)(?:\s*[,;|/]|\s[–-]\s|\s\(|$)", 1).str.strip_chars(" ")
    second = contacts.str.extract(r"(?:[,;|/]|\s[–-]\s|\s\()\s*(.+?)\)?$", 1)
    role = is_department(first).fill_null(False)
    person = pl.when(role).then(pl.when(~is_department(second).fill_null(True)).then(second)).otherwise(first)
    department = pl.when(role).then(first).otherwise(second)
    return tidy(person), normal_department(department)


@cache
def town_words() -> frozenset[str]:
    """Small-letter names of towns of one word, with and without umlauts; short ones may be abbreviations."""
    lower = pl.read_parquet(REFERENCE / "towns.parquet")["town"].unique().str.to_lowercase()
    return frozenset(town for town in {*lower, *_towns()} if town and town.isalpha() and len(town) > 4)


@cache
def _towns() -> frozenset[str]:
    """Folded names of the towns of the home market."""
    towns = pl.read_parquet(REFERENCE / "towns.parquet").select(fold(pl.col("town").unique()))
    return frozenset(towns.to_series().drop_nulls())


def _cut(frame: pl.DataFrame, pattern: str, part: str, hint: str, only_if: pl.Expr | None = None) -> pl.DataFrame:
    """Move what `pattern` takes out of the name into `part`, in the lines that contain `hint`."""
    rows = frame["name"].str.contains(hint).fill_null(False).arg_true()
    if not len(rows):
        return frame
    found = (
        frame.select("name", part)
        .gather(rows)
        .with_columns(pl.col("name").str.extract_groups(pattern).alias("_found"))
        .with_columns(
            _taken=pl.col("_found").struct.field("taken").str.strip_chars(" ,;:"),
            _rest=pl.col("_found").struct.field("rest").str.strip_chars(" ,;:|/–(-"),
            _tail=pl.col("_found").struct.field("tail") if "?P<tail>" in pattern else pl.lit(""),
        )
    )
    applies = pl.col("_taken").is_not_null() & (only_if if only_if is not None else pl.lit(True))
    cut = found.select(
        name=pl.when(applies.fill_null(False))
        .then(pl.col("_rest") + pl.col("_tail").fill_null("").str.strip_chars_start(")"))
        .otherwise("name"),
        taken=pl.when(applies.fill_null(False) & pl.col(part).is_null()).then("_taken").otherwise(part),
    )
    return frame.with_columns(
        frame["name"].clone().scatter(rows, cut["name"]), frame[part].clone().scatter(rows, cut["taken"])
    )


def _mark(frame: pl.DataFrame, pattern: str, condition: str, hint: str | None = None) -> pl.DataFrame:
    hint = hint or r"(?i)\bi\.|\bin\s|\ben\s|insolv|konkurs|aufgelöst|gelöscht|erloschen"
    marked = _cut(frame.with_columns(_mark=pl.lit(None, pl.String)), pattern, "_mark", hint)
    if pattern is _BARE_MARK:
        kind = pl.when(pl.col("_mark").str.contains("G")).then(pl.lit("formation")).otherwise(pl.lit("liquidation"))
    else:
        kind = pl.lit(condition)
    marked = marked.with_columns(_kind=pl.when(pl.col("_mark").is_not_null()).then(kind))
    return marked.with_columns(
        condition=pl.coalesce("condition", "_kind"),
        mark=pl.coalesce(
            "mark", pl.when(pl.col("_mark").is_not_null()).then(_shown_mark(pl.col("_mark"), pl.col("_kind")))
        ),
    ).drop("_mark", "_kind")


def _shown_mark(taken: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """A mark in its usual short form, else in brackets as written."""
    low = taken.str.to_lowercase().str.replace_all(r"[\s.]", "")
    return (
        pl.when(kind == "formation")
        .then(pl.lit("i.G."))
        .when(low.str.contains(r"^(?:il|i?liq|.*liqu|inliq|enliq)"))
        .then(pl.lit("i.L."))
        .when(low.str.contains(r"^(?:ii|iins)|insolv"))
        .then(pl.lit("i.I."))
        .when(low.str.contains("abw"))
        .then(pl.lit("i.Abw."))
        .when(low.str.contains(r"^ik|konkurs"))
        .then(pl.lit("i.K."))
        .otherwise(pl.lit("(") + taken.str.to_lowercase() + ")")
    )
