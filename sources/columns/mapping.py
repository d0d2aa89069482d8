"""Mapping: which column of a table becomes which canonical field.

Belongs here: what settings and formats state, repeated columns, columns without a known name, the rest.
Does not belong here: what a name means alone (`headers`) or among others (`context`), the id column (`id_column`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import polars as pl

from contracts.raw import RECORD_ID
from engine.word_lists import whole_words
from sources.columns.consent import asked_to_agree, objection_channel, speaks_of_terms
from sources.columns.context import Columns, name_prefix, settle, time_of_day
from sources.columns.headers import LONGEST, MAYBE_ID, Meaning, fold, look_up, plain
from sources.columns.id_column import id_column
from sources.columns.legend import Legend
from sources.columns.list_names import LISTED
from sources.columns.states import Meanings, as_objections, in_words, states_of, with_doubt
from sources.columns.values import Profile
from sources.columns.volatile import volatile_columns
from sources.columns.words import HEADER_WORDS
from sources.settings import FIELD_NAMES, IGNORE, SourceSettings

# Fields that take several columns, in the order they fill up.
SLOTS = {
    "phone": ("phone", "phone_2", "phone_3"),
    "mobile": ("mobile", "mobile_2"),
    "email": ("email", "email_2", "email_3"),
}
# Where a second column of the same meaning may go.
_OVERFLOW = {"company": ("company", "company_addition")}
_STANDS_BACK = whole_words(HEADER_WORDS["stands back"])
_STANDS_BACK_ALONE = whole_words(HEADER_WORDS["stands back alone"])
_ORGANISATION_FLAGS = frozenset(HEADER_WORDS["organisation or person"])
_CONSENTS = ("consent_email", "consent_phone")


@dataclass
class Mapping:
    """Where each column goes: `fields` field -> column, `extra` key -> column, and the id column if any.

    `objections` are all opt-out columns with the channel their header names, None for any: one more is no
    overflow but a further objection. `time` is the column of times where collected_at has the days alone,
    `name_prefix` that of `von`, `van der` where family_name has the rest; `is_company` says yes where the row is an
    organisation.
    `volatile` are the columns that make no new version of a record.
    `agreed_to` is the header of the consent where it names what was agreed to: terms of privacy, not advertising.
    `states` are the words that a legend gives for the cells of a column.
    `listed` is the channel that the table closes as a list of objections (`list_names`),
    `width` the number of columns.
    """

    fields: dict[str, int] = field(default_factory=dict)
    extra: dict[str, int] = field(default_factory=dict)
    objections: list[tuple[int, str | None]] = field(default_factory=list)
    record_id: int | None = None
    time: int | None = None
    name_prefix: int | None = None
    is_company: int | None = None
    agreed_to: str | None = None
    listed: str | None = None
    states: dict[int, Meanings] = field(default_factory=dict)
    width: int = 0
    volatile: frozenset[int] = frozenset()
    warnings: list[str] = field(default_factory=list)

    @property
    def may_object(self) -> bool:
        """Whether a row can say anything for or against contact."""
        return bool(self.listed or self.objections or not self.fields.keys().isdisjoint(_CONSENTS))

    def objection_in(self, cells: Sequence[str]) -> dict[str, list[str]]:
        """What a row says where consent and objections stand, though it has more or fewer cells than the header.

        Each such column is looked for at its place from the left and from the right: what was lost or added lies
        between them.
        """
        consent = [(name, self.fields[name], None) for name in _CONSENTS if name in self.fields]
        columns = [*consent, *(("opt_out", place, channel or "Alle") for place, channel in self.objections)]
        found: dict[str, list[str]] = {"opt_out": [f"{self.listed}: {LISTED}"]} if self.listed else {}
        for name, place, channel in columns:
            for there in sorted({place, place + len(cells) - self.width}):
                if 0 <= there < len(cells) and (said := cells[there].strip()):
                    said = self.states.get(place, {}).get(said, said)
                    found.setdefault(name, []).append(f"{channel}: {said}" if channel else said)
        return found

    def headers(self, header: Sequence[str]) -> dict[str, str]:
        """Canonical field to header as written, in the order of the columns."""
        named = dict(self.fields)
        if self.record_id is not None:
            named[RECORD_ID] = self.record_id
        return {name: header[place] for name, place in sorted(named.items(), key=lambda item: item[1])}


def map_columns(
    header: Sequence[str],
    sample: pl.DataFrame,
    settings: SourceSettings,
    given: dict[int, str] | None = None,
    listed: str | None = None,
    *,
    legends: Sequence[Legend] = (),
) -> Mapping:
    """Decide where every column goes; none is lost.

    Args:
        header: the columns' names as written.
        sample: the first rows, columns "0", "1", ...
        settings: what a person states about the source; it goes before everything else.
        given: places the format itself names (a vCard's TEL;CELL is a mobile number).
        listed: what the table closes as a list of objections: then addresses and numbers are told whatever their name.
        legends: what stands around the table of the states in its columns.
    """
    named = {fold(name): target for name, target in settings.columns.items()}
    stated = {place: named[key] for place, name in enumerate(header) if (key := fold(name)) in named}
    told = states_of([name[:LONGEST] for name in header], sample, legends)
    stated |= dict.fromkeys(told.beside - stated.keys(), IGNORE)
    said = in_words(sample, told.meanings)
    columns = Columns(told.names, [Profile(said[str(place)]) for place in range(len(header))], {})
    result = Mapping(listed=listed, width=len(header))
    _look_up_names(columns, (given or {}) | stated, settings.id_column, result)
    settle(columns)
    _browsers(columns, stated)
    _agreements(columns, stated, told.meanings)
    if listed:
        _contacts_first(columns)
    _take_id(columns, result)
    result.time = time_of_day(columns, stated)
    result.name_prefix = name_prefix(columns, stated)
    result.is_company = _organisation_flag(columns)
    _assign(columns, result)
    _describe_consent(columns, stated, result)
    if result.agreed_to is not None:
        result.agreed_to = header[result.fields["consent_email"]].strip()  # whole, as evidence
    _explain_states(result, told.meanings, header, sample)
    used = {*result.fields.values(), result.record_id}
    rest = [place for place in range(len(header)) if place not in used and stated.get(place) != IGNORE]
    for place in _not_told_by_values(columns, rest, stated, result):
        result.extra[_key(header[place], place, result.extra)] = place
    volatile = volatile_columns(header, settings.volatile, result.extra.values(), result.fields.get("rating"))
    result.volatile = volatile - {result.record_id}
    return result


def _look_up_names(columns: Columns, stated: dict[int, str], id_name: str | None, result: Mapping) -> None:
    """What each name means: as it is stated, else by looking it up."""
    for place, name in enumerate(columns.header):
        target = stated.get(place)
        if target == IGNORE:
            continue
        if target == RECORD_ID or (id_name and fold(id_name) == fold(name)):
            result.record_id = place
        elif target in FIELD_NAMES:
            columns.meant[place] = Meaning(target, 0, True)
        elif target is None and name.strip():
            columns.meant[place] = look_up(name)
    if id_name and result.record_id is None:
        result.warnings.append(f"The id column {id_name!r} of the settings is not in the file")


def _browsers(columns: Columns, stated: dict[int, str]) -> None:
    """`Client ID` is a customer's number, but not where its cells are what Google Analytics calls so: a browser's."""
    for place, name in list(columns.meant.items()):
        if name.field == "customer_no" and place not in stated and columns.looks[place].share("browser") > 0.5:
            columns.mean(place, None)


def _agreements(columns: Columns, stated: dict[int, str], explained: Collection[int]) -> None:
    """A column of yes and no, or with a legend, below `Werbung` or `Nyhetsbrev` is a consent, or a refusal."""
    for place, look in enumerate(columns.looks):
        name = columns.meant.get(place, Meaning(None, 1, False))
        if name.field is None and place not in stated and (place in explained or look.share("yes_no") == 1):
            columns.meant[place] = name._replace(field=asked_to_agree(plain(columns.header[place])))


def _organisation_flag(columns: Columns) -> int | None:
    """The column of yes and no that says whether a row is an organisation."""
    flags = (place for place, name in enumerate(columns.header) if fold(name) in _ORGANISATION_FLAGS)
    return next((place for place in flags if columns.looks[place].share("yes_no") == 1), None)


def _contacts_first(columns: Columns) -> None:
    """On a list of objections a column of addresses or numbers is one, be it called `Recipient` or `Number`."""
    for place, look in enumerate(columns.looks):
        name = columns.meant.get(place)
        if (name is None or name.field in (None, RECORD_ID, MAYBE_ID)) and (field := _evident(look)) is not None:
            columns.meant[place] = Meaning(field, 1, False)


def _take_id(columns: Columns, result: Mapping) -> None:
    """The id column is no field; others that could have been it are none either."""
    if result.record_id is None:
        result.record_id = id_column(columns)
    if result.record_id is not None:
        columns.meant.pop(result.record_id, None)
    for place, name in columns.meant.items():
        if name.field in (RECORD_ID, MAYBE_ID):
            columns.mean(place, None)


def _assign(columns: Columns, result: Mapping) -> None:
    """Fill the fields: stated columns first, last those that stand back; exact names, by number, fullness, place."""
    places = [place for place, name in columns.meant.items() if name.field in FIELD_NAMES]
    for place in sorted(places, key=lambda place: _rank(columns, place)):
        _fill(columns.meant[place].field or "", place, result)


def _rank(columns: Columns, place: int) -> tuple[bool, bool, bool, int, bool, int]:
    name, look, header = columns.meant[place], columns.looks[place], columns.header[place]
    stands_back = _STANDS_BACK.search(header) or _STANDS_BACK_ALONE.fullmatch(header) or _is_no_mail(name, look)
    return not name.is_stated, bool(stands_back), not name.exact, name.number, look.filled == 0, place


def _fill(field: str, place: int, result: Mapping) -> str | None:
    """The first free slot of a field takes the column; None when all are taken."""
    slots = SLOTS.get(field) or _OVERFLOW.get(field) or (field,)
    slot = next((slot for slot in slots if slot not in result.fields), None)
    if slot is not None:
        result.fields[slot] = place
    return slot


def _is_no_mail(name: Meaning, look: Profile) -> bool:
    """Whether a column of mail addresses has none, as forms write `anonymous`."""
    return name.field == "email" and look.filled > 0 and look.share("email") == 0 and look.share("mail_inside") == 0


def _describe_consent(columns: Columns, stated: dict[int, str], result: Mapping) -> None:
    """All columns of objections with their channels, and what the consent agrees to."""
    header = columns.header
    result.objections = [
        (place, objection_channel(plain(header[place])))
        for place, name in columns.meant.items()
        if name.field == "opt_out"
    ]
    consent = result.fields.get("consent_email")
    if consent is not None and "consent_purpose" not in result.fields and consent not in stated:
        result.agreed_to = header[consent].strip() if speaks_of_terms(plain(header[consent])) else None


def _explain_states(
    result: Mapping, meanings: dict[int, Meanings], header: Sequence[str], sample: pl.DataFrame
) -> None:
    """The words for the cells of each column, as its field takes them; what is read by a legend is said."""
    objections = {place for place, _ in result.objections}
    consents = {place for name, place in result.fields.items() if name in _CONSENTS}
    for place in sorted({*meanings, *consents} - {result.record_id}):
        said = meanings.get(place, {})
        if said:
            shown = ", ".join(f"{code} = {meaning}" for code, meaning in said.items() if len(code) == 1)
            result.warnings.append(f"Column {header[place] or place + 1!r} was read by a legend: {shown}")
        if place in objections:
            said = as_objections(said)
        elif place in consents:
            said = with_doubt(said, sample[str(place)])
        if said:
            result.states[place] = said


def _not_told_by_values(columns: Columns, places: list[int], stated: dict[int, str], result: Mapping) -> list[int]:
    """Map unknown columns whose values leave no doubt, and say so; returns the others."""
    left = []
    for place in places:
        name, look = columns.header[place], columns.looks[place]
        known = place in stated or (bool(name.strip()) and look_up(name).field is not None)
        field = None if known else _evident(look)
        # Whoever objects is found by one address, whatever its column is called.
        enough = look.filled >= 3 or (result.may_object and field not in result.fields)
        slot = _fill(field, place, result) if field and enough else None
        if slot is None:
            left.append(place)
        else:
            result.warnings.append(f"Column {name or place + 1!r} was taken as {slot} because of its values")
    return left


def _evident(look: Profile) -> str | None:
    if look.share("email") >= 0.9:
        return "email"
    if look.share("phone") >= 0.95 and look.share("date") < 0.05 and look.share("postcode") < 0.05:
        return "phone"
    if look.share("postcode_city") >= 0.95:
        return "postcode_city"
    return None


def _key(name: str, place: int, taken: dict[str, int]) -> str:
    base = name.strip() or f"column {place + 1}"
    key, count = base, 1
    while key in taken:
        count += 1
        key = f"{base} ({count})"
    return key
