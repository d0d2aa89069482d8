"""The post a person holds today: a title's own words, without other people's ranks and without posts of the past.

Belongs here: folding a title into comparable words, and setting aside the rank of somebody else (`Referent des
Vorstands`), former and honorary posts (`Geschäftsführer (bis 2023)`, `CEO emeritus`), posts to come, and denied
ones (`nicht Einkauf`). Does not belong here: what the words that remain say (`enrichment/job/title`).

A post of the past is set aside with the part of the title it stands in: of `Geschäftsführer, früher
Vertriebsleiter` the first part remains. A mark that stands alone (`Geschäftsführer, a.D.`) speaks of the whole.
"""

from __future__ import annotations

import polars as pl

from enrichment.cells.text import fold

_GENDER = r"(?i)\((?:[mwfdxgn][\s/|,*.]*)+\)|\b[mwf]\s?/\s?[mwf]\s?/\s?[dx]\b"
_INNER_IN = r"([a-zäöüß])(?:[:*_/·]-?|\(|I)(?:in|r|n|e)(?:nen)?\)?($|[^a-zäöüß])"
_FEMALE = r"\b([a-z]+(?:er|eur|or|ist|ant|ent|at|og|ot|ekt|ier))in(?:nen)?\b"
_DEGREE = (
    r"\b(?:dipl [a-z]+|dr(?: (?:ing|med|phil|jur|rer|nat|oec|pol|dent|vet|h|c))*|mag|m sc|b sc|m eng|b eng|mba|ll m)\b"
    r"(?: (?:fh|univ|tu|ba)\b)?"
)
_RANK = (
    r"(?:\S*geschaeftsfuehr\S*|geschaeftsleit\S*|gf|gl|vorst(?:and|aend)\S*|aufsichtsrat\S*|inhaber\S*|eigentuemer\S*|"
    r"\S*direktor\S*|direktion|\S*praesident\S*|\S*buergermeister\S*|landrat|landrats|landraetin|minister|ministers|"
    r"ministerin|kanzlers?|rektors?|intendant\S*|\S*obmann\S*|\S*obfrau|\S*vorsitzend\S*|chef|chefs|ceo|cfo|coo|cto|cio|"
    r"managing director|president|mayor|owner|"
    r"(?:executive |management )?board)"
)
_FOR = r"(?:des|der|dem|vom|beim|zum|zur|fuer den|fuer die|fuer|to the|to|of the|of|for the)"
_SERVANT = r"(?:referent|berater|fahrer|mitarbeiter|beauftragt|stab|stabsstelle|buero|referat|office)"
_SHARES = (
    r" (?:mitglied|sprecher|member|teil|stell?v|vertret|deputy|vize|vice|"
    r"assist|\S*assistent|sekret|\S*sekretaer|pa |ea |secretary|"
    rf"(?:\S*vorsitz\S*|praesid\S*|president|chair\S*) {_FOR} )"
)
"""Who holds part of the rank that follows; of assistants the rules speak themselves."""
_OFFICE = (
    r" (?:geschaeftsfuehrungs|geschaeftsleitungs|vorstands|direktions|praesidial)"
    r"(buero|sekretariat|referat|referent|stab|mitarbeit|beauftragt|fahrer|office|berat)"
)
_ABOUT = r" (?:students?|graduates?) (relations?|services?|affairs|recruit\S*|advis\S*|support|success|marketing) "
"""Who looks after students is none."""

_BETWEEN = r"[,;|()\[\]]| [-–/] "
_DATE = r"(?:(?:\d{1,2}[./]\s?){0,2}|\p{L}+\.? )(?:19|20)\d\d"
_NO_MORE = (
    r"(?:ehem|ehemal\p{L}*|ex|former|formerly|fr(?:ü|ue)her(?:e[rsnm]?)?|vormal\p{L}*|vorm\.|einstig\p{L}*|gewesen\p{L}*|"
    r"im ruhestand|au(?:ß|ss)er dienst|in rente|in pensione?|"
    r"retired|pensioniert\p{L}*|emerit\p{L}*|em\.|ausgeschieden|verstorben\p{L}*|"
    r"ancien|ancienne|retrait(?:é|e)e?|pensionato|honorary|honoraire|nicht mehr|no longer|non pi[uù]|"
    r"designiert\p{L}*|designated|(?:zu)?k(?:ü|ue)nftig\p{L}*|angehend\p{L}*|elect|"
    rf"(?:bis|until|till|jusqu['’]en|fino al) (?:zum )?{_DATE}|"
    r"(?-i:[aA]\. ?D)|a\. ?d\.? ?$|(?-i:i\. ?R|iR))"
)
"""Words that take a post out of the present: former, honorary, or to come.

a.D. counts with its stop, since A&D is a department, and with its capital or at the end: `a.d. Donau`.
"""
_NO_MORE_ALONE = rf"(?i)^(?:{_NO_MORE}\.?(?: im \p{{L}}+| tätig| aktiv| dabei)?|{_DATE} ?[-–] ?{_DATE})$"
_FORMER_POST = (
    r"alt[ -]\p{L}+|"
    r"alt(?:gesch(?:ä|ae)fts|b(?:ü|ue)rger|ober|pr(?:ä|ae)sid|landrat|ammann|direktor|vorsitz|obmann|obfrau|kanzler)\p{L}*|"
    r"ehren(?:vorsitz|pr(?:ä|ae)sid|obmann|obfrau|vorst|mitglied|senator|b(?:ü|ue)rger|direktor)\p{L}*|"
    r"past[ -]?pr(?:e|ä|ae)sid\p{L}*|past chair\p{L}*"
)
_DENIAL = r"(?:(?:bin|ist|noch|derzeit|leider) )?(?:keine?[rsn]?|nicht|pas|not) [^f]"  # not-for-profit is none
_NOT_HELD = rf"(?i)(?:^|[^\p{{L}}]){_NO_MORE}(?:[^\p{{L}}]|$)|(?:^|[^\p{{L}}])(?:{_FORMER_POST})|^{_DENIAL}"


def folded_title(title: pl.Expr) -> pl.Expr:
    """The words of a title as the patterns see them: ` leiter einkauf ` for `Leiter/in Einkauf (m/w/d)`."""
    plain = title.str.replace_all(_GENDER, " ").str.replace_all(_INNER_IN, "${1}${2}")
    words = fold(plain).str.replace_all(_DEGREE, " ").str.replace_all(" +", " ").str.strip_chars()
    words = words.str.replace_all(_FEMALE, "${1}")
    return pl.concat_str(pl.lit(" "), words, pl.lit(" ")).fill_null("")


def own_post(title: pl.Expr) -> pl.Expr:
    """The folded title without the rank of somebody else, and without posts that are not held today.

    What belongs to somebody else becomes ` stab `, a word the rules may speak of.
    """
    words = folded_title(_held_today(title)).str.replace_all(_OFFICE, " ${1}").str.replace_all(_ABOUT, " ${1} ")
    served = words.str.replace(rf" {_FOR} {_RANK} ", " stab ").str.replace(
        rf"( \S*{_SERVANT}\S*) {_RANK} ", "${1} stab "
    )
    return pl.when(words.str.contains(_SHARES)).then(words).otherwise(served)


def _held_today(title: pl.Expr) -> pl.Expr:
    """The title as written, without its parts that speak of a former, future or denied post."""
    joined = rf"(?i) (?:und|sowie|and|et|e) ({_NO_MORE}|{_FORMER_POST})"
    parts = title.str.replace_all(joined, ";${1}").str.replace_all(_BETWEEN, ";").str.split(";")
    parts = parts.list.eval(pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != ""))
    held = parts.list.eval(pl.element().filter(~pl.element().str.contains(_NOT_HELD)))
    whole = parts.list.eval(pl.element().str.contains(_NO_MORE_ALONE)).list.any()
    return (
        pl.when(whole)
        .then(pl.lit(""))
        .when(held.list.len() < parts.list.len())
        .then(held.list.join(", "))
        .otherwise(title)
    )
