"""Match records: what of each source record can say who it is, as integer codes ready for comparing millions.

Belongs here: choosing the fields that may identify a person; mailboxes and numbers that many people share.
Does not belong here: repairing values (`enrichment`), what a name is like (`matching/leads/records/names`), making
pairs (`matching/leads/blocking`). Role mailboxes, placeholder names and two persons in one cell never become evidence
about a person.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from contracts.table import given_or_null
from enrichment.email.mailbox import mailbox
from enrichment.person.profile import profile
from matching.customer_numbers import numbered_by_issuer
from matching.leads.beliefs import FEWEST_OTHERS
from matching.leads.records.codes import Coded, Flags, Ints, encode, encode_folded, fold, keep, lookup
from matching.leads.records.names import PersonNames, code_names

NOT_A_PERSON = ("junk", "two_persons", "role")
IMPERSONAL_MAIL = ("role", "disposable")
SALUTATIONS = ("Herr", "Frau")
# What databases, spreadsheets and operating systems call the first day.
NO_BIRTH = (
    *("19000101", "19010101", "19700101", "20000101", "18991230", "18991231", "17530101"),
    *("19040101", "19800101", "16010101", "00010101", "11111111", "19111111"),
)
SHARED_BY = 4  # this many differently named people on one mailbox or number make it the firm's
STEM = 6
SHORTEST_TRUNK = 9  # characters of a number: country, area and three digits
LONGEST_EXTENSION = 4
THREADS = 2  # fields coded at once
_SEPARATORS = list(".-_+!#$%&'*/=?^`{|}~\" ")  # what a mailbox may hold beside letters and digits


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Values that belong to one person unless shared; a record may hold several, one per slot.

    `people` counts, per value, the differently named people who carry it.
    """

    slots: tuple[Ints, ...]
    values: pl.Series
    people: Ints

    @property
    def shared(self) -> Flags:
        return self.people >= SHARED_BY


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Facts per distinct personal mailbox (the values of `MatchRecords.mail`); `local` without separators."""

    local: Coded
    domain: Ints
    free: Flags


@dataclass(frozen=True, slots=True)
class Stems:
    """How company name and company domain begin, per record, and how many records begin so."""

    company: Ints
    domain: Ints
    counts: Ints

    @property
    def either(self) -> Ints:
        return np.where(self.company >= 0, self.company, self.domain)


@dataclass(frozen=True, slots=True)
class MatchRecords:
    """Match keys of `n` records; every array has one entry per record unless its class says otherwise.

    `once` is false for a copy, which says word for word what an earlier record says: how common a value is, is counted
    without copies.
    """

    n: int
    once: Flags
    names: PersonNames
    given: Ints
    family: Ints
    generation: Ints
    salutation: Ints
    mail: Identifiers
    mailboxes: Mailboxes
    phone: Identifiers
    phone_is_mobile: Flags
    direct: Ints
    mobile: Ints
    trunk: Coded
    company: Coded
    domain: Coded
    account: Coded
    department: Coded
    stems: Stems
    postcode: Coded
    city: Coded
    lines: pl.Series
    street: Coded
    extra: Coded
    house: Coded
    birth: Coded
    person_no: Identifiers
    profile: Identifiers

    @property
    def distinct(self) -> int:
        """Number of records that are no copies."""
        return int(np.count_nonzero(self.once))

    @property
    def others(self) -> int:
        """Records that one of them may be mistaken for: a small inbox is a handful out of a market."""
        return max(self.distinct - 1, FEWEST_OTHERS)


def with_accounts(enriched: pl.DataFrame, accounts: pl.Series) -> pl.DataFrame:
    """The records with the account each presumably belongs to in `ACCOUNT`: firms spelt unlike are known to be one."""
    return enriched.with_columns(accounts.alias(ACCOUNT))


def prepare(enriched: pl.DataFrame) -> MatchRecords:
    """Match keys of contracts.clean.ENRICHED_RECORDS, with `ACCOUNT`; missing columns count as empty.

    The row position is the record.
    """
    frame = _complete(enriched)
    n = frame.height
    once = _once(frame)
    with ThreadPoolExecutor(THREADS) as threads:
        run = threads.submit
        person = run(_person, frame, once)
        held = [run(_slots, columns(frame)) for columns in (_mails, _phones, _customer_numbers, _profiles)]
        mailboxes = run(lambda: _mailboxes(held[0].result().values, frame))
        folded = ("company_key", "department", "city", "house_number")
        company, department, city, house = (run(encode_folded, frame[c]) for c in folded)
        domain = run(lambda: encode(frame.select(pl.coalesce("company_domain", _company_mail_domain())).to_series()))
        stems = run(lambda: _stems(company.result(), domain.result(), once))
        postcode = run(encode, frame["postcode"])
        birth = run(lambda: encode(_birth(frame["birth_date"].str.replace_all(r"\D", ""))))
        trunk = run(lambda: encode(_trunks(frame)))
        lines = run(lambda: encode_folded(_one_column(frame, "street", "address_extra")))
        names, given, family, generation = person.result()
        who = _who(names, given, family)
        mail, phone, number, profile = threads.map(lambda coded: _identifiers(coded.result(), who), held)
    mobile, direct = (held[1].result().codes[k * n : (k + 1) * n] for k in range(2))
    is_mobile = np.zeros(len(phone.values), bool)
    is_mobile[mobile[mobile >= 0]] = True
    return MatchRecords(
        n=n,
        once=once,
        names=names,
        given=given,
        family=family,
        generation=generation,
        salutation=encode(keep(frame["salutation"], frame["salutation"].is_in(SALUTATIONS))).codes,
        mail=mail,
        mailboxes=mailboxes.result(),
        phone=phone,
        phone_is_mobile=is_mobile,
        direct=direct,
        mobile=mobile,
        trunk=trunk.result().counting(once),
        company=company.result().counting(once),
        domain=domain.result().counting(once),
        account=encode(frame[ACCOUNT]).counting(once),
        department=department.result(),
        stems=stems.result(),
        postcode=postcode.result().counting(once),
        city=city.result().counting(once),
        lines=lines.result().values,
        street=lines.result().part(slice(0, n)).counting(once),
        extra=lines.result().part(slice(n, 2 * n)).counting(once),
        house=house.result(),
        birth=birth.result(),
        person_no=number,
        profile=profile,
    )


_TEXTS = (
    *("source", "salutation", "given_name", "family_name", "name_status", "email", "email_kind", "email_domain"),
    *("phone", "phone_extension", "phone_status", "mobile", "company_key", "company_status", "company_domain"),
    *(
        "department",
        "postcode",
        "city",
        "street",
        "address_extra",
        "house_number",
        "birth_date",
        "customer_no",
        "linkedin_url",
    ),
)
_LISTS = ("other_emails", "other_phones")
COLUMNS = (*_TEXTS, *_LISTS)  # all that matching reads of contracts.clean.ENRICHED_RECORDS
ACCOUNT = "account"  # and beside it, where it is known, which account the record was found to belong to


def _complete(enriched: pl.DataFrame) -> pl.DataFrame:
    schema = dict.fromkeys((*_TEXTS, ACCOUNT), pl.String()) | dict.fromkeys(_LISTS, pl.List(pl.String))
    return enriched.select(given_or_null(enriched, schema))


def _once(frame: pl.DataFrame) -> Flags:
    """False for a record that says word for word what an earlier one says, whatever source it is from."""
    return frame.drop("source", ACCOUNT).hash_rows().is_first_distinct().to_numpy()


def _person(frame: pl.DataFrame, once: Flags) -> tuple[PersonNames, Ints, Ints, Ints]:
    person = ~frame["name_status"].is_in(NOT_A_PERSON).fill_null(False)
    return code_names(keep(frame["given_name"], person), keep(frame["family_name"], person), once)


def _who(names: PersonNames, given: Ints, family: Ints) -> Ints:
    """A rough identity that a typo seldom changes: both initials, in either order."""
    initial = lookup(names.initial)
    a, b = initial[given], initial[family]
    return np.where((a >= 0) & (b >= 0), np.minimum(a, b) * 4096 + np.maximum(a, b), -1).astype(np.int32)


def _birth(digits: pl.Series) -> pl.Series:
    return keep(digits, ~digits.is_in(NO_BIRTH))


def _mails(frame: pl.DataFrame) -> list[pl.Series]:
    personal = ~frame["email_kind"].is_in(IMPERSONAL_MAIL).fill_null(False)
    return [mailbox(mail) for mail in (keep(frame["email"], personal), *_spread(frame["other_emails"]))]


def _phones(frame: pl.DataFrame) -> list[pl.Series]:
    return [frame["mobile"], frame.select(_direct()).to_series(), *_spread(frame["other_phones"])]


def _customer_numbers(frame: pl.DataFrame) -> list[pl.Series]:
    return [frame.select(numbered_by_issuer()).to_series()]


def _profiles(frame: pl.DataFrame) -> list[pl.Series]:
    return [profile(frame["linkedin_url"])]


def _slots(columns: list[pl.Series]) -> Coded:
    """Columns of one kind of value, one below the other, coded together."""
    return encode(pl.concat([column.alias("v") for column in columns]))


def _one_column(frame: pl.DataFrame, *names: str) -> pl.Series:
    return pl.concat([frame[name].alias("v") for name in names])


def _spread(lists: pl.Series) -> list[pl.Series]:
    longest = np.max(lists.list.len().fill_null(0).to_numpy(), initial=0)
    return [lists.list.get(k, null_on_oob=True) for k in range(min(int(longest), 2))]


def _company_mail_domain() -> pl.Expr:
    return pl.when(pl.col("email_kind").is_in(["company", "role"])).then("email_domain")


def _mailboxes(values: pl.Series, frame: pl.DataFrame) -> Mailboxes:
    halves = values.str.splitn("@", 2).struct.unnest()
    domain = encode(halves.select(pl.coalesce("field_1", "field_0")).to_series())
    free = (
        frame.filter(pl.col("email_kind") == "freemail")["email_domain"].unique().replace("googlemail.com", "gmail.com")
    )
    free_domain = domain.values.is_in(free.implode()).fill_null(False).to_numpy()
    return Mailboxes(
        local=encode(halves["field_0"].str.replace_many(_SEPARATORS, [""])),
        domain=domain.codes,
        free=np.append(free_domain, False)[domain.codes],
    )


def _stems(company: Coded, domain: Coded, once: Flags) -> Stems:
    names = company.values.str.replace_all(" ", "", literal=True).str.head(STEM)
    domains = fold(domain.values.str.split(".").list.first()).str.replace_all(" ", "", literal=True).str.head(STEM)
    coded = encode(pl.concat([names.alias("v"), domains.alias("v")]))
    of_company = lookup(coded.codes[: len(names)])[company.codes]
    of_domain = lookup(coded.codes[len(names) :])[domain.codes]
    stems = Stems(of_company, of_domain, np.zeros(0, np.int32))
    either = stems.either[once]
    return replace(stems, counts=np.bincount(either[either >= 0], minlength=len(coded.values)).astype(np.int32))


def _identifiers(coded: Coded, who: Ints) -> Identifiers:
    n = len(who)
    slots = [coded.codes[start : start + n] for start in range(0, max(len(coded.codes), 1), max(n, 1))]
    used = tuple(slot for slot in slots if (slot >= 0).any()) or (slots[0],)
    holders, people = np.concatenate(used), np.tile(who, len(used))
    known = (holders >= 0) & (people >= 0)
    pairs = np.sort(holders[known].astype(np.int64) << 32 | people[known])
    first = np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]
    counts = np.bincount(pairs[first] >> 32, minlength=len(coded.values)).astype(np.int32)
    return Identifiers(used, coded.values, counts)


def _extension() -> tuple[pl.Expr, pl.Expr]:
    """Whether a landline has an extension, and whether the number ends in it."""
    number, extension = pl.col("phone"), pl.col("phone_extension")
    has = extension.is_not_null() & (extension != "")
    return has, has & number.str.ends_with(extension) & (number.str.len_chars() > extension.str.len_chars() + 8)


def _direct() -> pl.Expr:
    """The direct landline number; null for a bare switchboard."""
    number, extension = pl.col("phone"), pl.col("phone_extension")
    has, inside = _extension()
    bare = has & (extension.str.strip_chars("0") == "")
    return pl.when(bare).then(None).when(has & ~inside).then(number + extension).otherwise(number)


def _trunks(frame: pl.DataFrame) -> pl.Series:
    """The numbers without their extension, that a whole firm shares.

    A direct number written in one piece belongs to the trunk that others write before theirs, where one is known.
    """
    number, extension = pl.col("phone"), pl.col("phone_extension")
    has, inside = _extension()
    stem = number.str.head(number.str.len_chars() - extension.str.len_chars())
    stated = frame.select(number, trunk=pl.when(inside).then(stem).when(has).then(number))
    known = stated.filter(pl.col("trunk").str.len_chars() >= SHORTEST_TRUNK)["trunk"].unique().implode()
    begins = [number.str.head(number.str.len_chars() - digits) for digits in range(1, LONGEST_EXTENSION + 1)]
    of_others = pl.coalesce(pl.when(begin.is_in(known)).then(begin) for begin in begins)
    usual = number.str.head(number.str.len_chars() - 2)
    return stated.select(pl.coalesce("trunk", of_others, usual)).to_series()
