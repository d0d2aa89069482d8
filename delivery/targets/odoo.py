"""Odoo 19: contacts and companies (`res.partner`) and leads (`crm.lead`), by its JSON-2 API.

Belongs here: what the verbs of a target are in Odoo. Does not belong here: values (`delivery.targets.odoo_values`), how
requests are sent (`http`).

Our key is the record's external id, `leadrefinery.<key>` in `ir.model.data`. Odoo's `load` creates records together
with it, in one transaction, so a request whose answer was lost may be sent again: it finds what it made. But `load`
also overwrites what it finds, is slow at that, makes anew what a user deleted, and does not mind a key that comes
twice. So keys are looked up first, and what is there is written by its id (`web_save_multi`).

A user who merges two contacts moves the loser's external id to the winner, which then holds two keys; merged leads take
the loser's id with them. After a `merge` of ours the winner has its own key and no other.

Nothing we write is told in the chatter, and nobody becomes a follower by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

from delivery.record import FieldShape, Held, Outcome, Status, Suppression, Value, Write
from delivery.target import Ability, RefusedError, TargetError, UnauthorisedError
from delivery.targets.http import Answer, Client, Verdict, by_status
from delivery.targets.odoo_values import LINKED, Codes, NoSuchWordError, OdooField, cell
from delivery.targets.settings import needed

MODULE = "leadrefinery"  # of the external ids
PAGE = 1000  # records a reading call
SECONDS = 150  # Odoo itself gives up after 120 (limit_time_real)
CONTEXT = {
    "lang": "en_US",  # always installed: names of tags and stages in the language they are made in
    "tz": "UTC",
    "active_test": False,  # archived records too
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
}
# Where an objection is kept: the model and its field that holds the address.
BLACKLISTS = {"email": ("mail.blacklist", "email"), "phone": ("phone.blacklist", "number")}
# Answers that say "not now" (PostgreSQL's classes of conflicts between transactions, as Odoo names them).
_BUSY = ("SerializationFailure", "LockNotAvailable", "DeadlockDetected", "ConcurrencyError", "PoolError")
_BROKEN = ("OperationalError", "InterfaceError")  # its database is away: nobody knows how far it came
_Condition: TypeAlias = tuple[str, str, Any]
_Row: TypeAlias = tuple[Write, Mapping[str, Any]]
_Item = TypeVar("_Item")


SETTINGS = {"url": "LEADS_ODOO_URL", "database": "LEADS_ODOO_DATABASE", "key": "LEADS_ODOO_KEY"}


def connect(settings: Mapping[str, str]) -> Odoo:
    """The database that `LEADS_ODOO_URL` and `LEADS_ODOO_DATABASE` name, with the rights of `LEADS_ODOO_KEY`.

    Args:
        settings: `url`, `database` and `key`; the key is an API key of a user who may administer access rights, for
            only such a user may store external ids.

    Raises:
        UnauthorisedError: one of them is not set.
        TargetError: the URL is none.
    """
    said = needed("Odoo", settings, SETTINGS)
    headers = {"Authorization": f"bearer {said['key']}", "X-Odoo-Database": said["database"]}
    return Odoo(Client("Odoo", said["url"], headers=headers, seconds=SECONDS, judge=_judged))


class Odoo:
    """The protocol of `delivery.target`, spoken with one database of Odoo."""

    name = "odoo"
    abilities = frozenset(Ability)
    kinds = ("res.partner", "crm.lead")
    batch = 500

    def __init__(self, client: Client) -> None:
        self._client = client
        self._fields: dict[str, dict[str, OdooField]] = {}
        self._known: dict[str, Codes] = {}
        self._new: dict[str, Any] = {}

    def fields(self, kind: str) -> Mapping[str, FieldShape]:
        """The fields of a kind, with the codes there are where links have some."""
        return {name: field.shape for name, field in self._described(kind).items()}

    def find(self, kind: str, fields: Sequence[str], keys: Sequence[str] | None = None) -> Iterator[Held]:
        """Records by our keys, or all by the order of their ids; one that holds two keys comes twice."""
        if keys is not None:
            for part in _parts(list(dict.fromkeys(keys))):
                found = self._keys(kind, ("name", "in", part))
                yield from self._held(kind, fields, [("id", "in", [number for number, _ in found])], found)
            return
        last = 0
        while page := self._call(kind, "search", domain=[("id", ">", last)], order="id", limit=PAGE):
            last = page[-1]
            yield from self._held(kind, fields, [("id", "in", page)], self._keys(kind, ("res_id", "in", page)))

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> list[Held]:
        """Records by their ids. Odoo does not tell what became of a record that was merged away."""
        numbers = [int(one) for one in dict.fromkeys(ids)]
        return [
            held
            for part in _parts(numbers)
            for held in self._held(kind, fields, [("id", "in", part)], self._keys(kind, ("res_id", "in", part)))
        ]

    def create(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Create by `load`, in one transaction; what a row does not say is Odoo's default, or empty."""
        there = self._keys(kind, ("name", "in", [write.key for write in writes]))
        known = {key: _refused(key, f"it is record {number} already", str(number)) for number, key in there}
        whole = self._with_required(kind, writes)
        return self._carried(kind, whole, known, [write.key for write in writes], self._load)

    def update(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write each record by its id, all in one transaction."""
        return self._carried(kind, writes, self._gone(kind, writes), [write.id for write in writes], self._save)

    def bind(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Put our keys in the place of those that the records held."""
        gone = self._gone(kind, writes)
        keys = {write.key: _number(write) for write in writes if write.key not in gone}
        self._unbind([("model", "=", kind), ("res_id", "in", list(keys.values()))])
        self._bind(kind, keys)
        return [gone.get(write.key) or Outcome(write.key, Status.WRITTEN, write.id) for write in writes]

    def merge(self, kind: str, winner: str, loser: str) -> Outcome:
        """Merge as a user would, but the winner's key stays and the loser's goes.

        Of two leads Odoo itself chooses the one to stay (an opportunity before a lead, the later stage, the older): the
        outcome has its id, and the winner's key is there.
        """
        ids = [int(winner), int(loser)]
        if missing := set(ids) - self._there(kind, ids):
            return Outcome(winner, Status.GONE, reason=f"there is no record {sorted(missing)}")
        keys = self._keys(kind, ("res_id", "in", ids))
        self._unbind([("model", "=", kind), ("res_id", "=", ids[1])])  # before, for it would go over to the winner
        why: object = "Odoo merged nothing"
        try:
            _MERGES[kind](self, *ids)
        except RefusedError as error:  # perhaps of a second request, for the first one's answer was lost
            why = error
        if len(left := self._there(kind, ids)) != 1:
            self._bind(kind, {key: number for number, key in keys if number == ids[1] and number in left})
            return _refused(winner, why, winner)
        (stays,) = left
        if stays != ids[0]:
            self._bind(kind, {key: stays for number, key in keys if number == ids[0]})
        return Outcome(winner, Status.WRITTEN, str(stays))

    def archive(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Take records out of sight, as the button does."""
        return self._taken_away(kind, ids, self._put_away)

    def delete(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Delete records with their chatter, and what the person wrote elsewhere.

        Whatever else names the address stays, for mailboxes are shared: where the app `privacy_lookup` is installed,
        the outcome's reason lists it, for a person to decide.
        """
        return self._taken_away(kind, ids, self._erase)

    def suppress(self, suppressions: Sequence[Suppression]) -> list[Outcome]:
        """Put addresses on the blacklists, those too that a user took off again."""
        outcomes: dict[Suppression, Outcome] = {}
        for channel in BLACKLISTS:
            told = [one for one in suppressions if one.channel == channel]
            outcomes |= zip(told, self._blacklisted(channel, told), strict=True)
        return [
            outcomes.get(one) or _refused(one.key, f"Odoo has no blacklist for {one.channel}") for one in suppressions
        ]

    def written(self, kind: str, field: str, value: Value) -> Value:
        """Numbers and addresses of pages in Odoo's own form; None where Odoo cannot hold the value."""
        described = self._described(kind).get(field)
        return described.written(value) if described else None

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    # Asking

    def _call(self, model: str, method: str, *, once: bool = False, **arguments: Any) -> Any:
        """What a method answers; it must be one that may be called twice, unless `once` is said.

        Raises:
            UnansweredError: `once` was said, and the answer is lost.
            RefusedError: it says that something is wrong with what was sent; nothing of it was done.
            TargetError: there is no such database, model or method.
        """
        body = {"context": CONTEXT, **arguments}
        send = self._client.tell if once else self._client.ask
        answer = send("POST", f"/json/2/{model}/{method}", json=body)
        if answer.status == 200:
            return answer.body
        said = answer.body if isinstance(answer.body, dict) else {}
        if answer.status == 404 and not str(said.get("name", "")).endswith(".MissingError"):
            raise TargetError(
                f"Odoo has no {model}.{method}: is {SETTINGS['database']} right, are Contacts and CRM installed?"
            )
        raise RefusedError(str(said.get("message") or f"HTTP {answer.status}"))

    def _described(self, kind: str) -> dict[str, OdooField]:
        if kind not in self._fields:
            self._ask_rights(kind)
            attributes = ["type", "relation", "selection", "readonly", "required", "digits", "depends"]
            said = self._call(kind, "fields_get", attributes=attributes)
            required = sorted(name for name, of_it in said.items() if of_it["required"])
            given = {
                name for name, value in self._call(kind, "default_get", fields=required).items() if value is not False
            }
            self._fields[kind] = {
                name: self._field(name, {**of_it, "given": name in given}) for name, of_it in said.items()
            }
        return self._fields[kind]

    def _ask_rights(self, kind: str) -> None:
        """Without one of them every row would be refused, one by one.

        Raises:
            UnauthorisedError: the key's user lacks a right on a whole model; names it.
        """
        for model, rights in {kind: ("read", "create", "write"), "ir.model.data": ("read", "create", "unlink")}.items():
            for right in rights:
                if not self._call(model, "has_access", ids=[], operation=right):
                    raise UnauthorisedError(
                        f"its user may not {right} {model}: give it the groups that docs/targets.md lists"
                    )

    def _field(self, name: str, said: Mapping[str, Any]) -> OdooField:
        model = said.get("relation", "")
        return OdooField(name, said, partial(self._codes, model) if model in LINKED else None)

    def _codes(self, model: str) -> Codes:
        """The codes of a model's records, read once; only what is in use may be chosen, but is not made again."""
        if model not in self._known:
            linked = LINKED[model]
            fields = [linked.code, *filter(None, [linked.within])]
            context = {**CONTEXT, "active_test": not linked.made}
            rows = self._call(model, "search_read", domain=[], fields=fields, load="", context=context)
            if linked.within:
                before = self._codes("res.country").codes
                for row in rows:
                    row[linked.code] = f"{before.get(row[linked.within], '')}-{row[linked.code]}"
            self._known[model] = Codes({row[linked.code]: row["id"] for row in rows if row[linked.code]})
        return self._known[model]

    # Reading

    def _keys(self, kind: str, condition: _Condition) -> list[tuple[int, str]]:
        """Ids of records, each with a key of ours it holds."""
        domain = [("module", "=", MODULE), ("model", "=", kind), condition]
        rows = self._call("ir.model.data", "search_read", domain=domain, fields=["res_id", "name"], order="id")
        return [(row["res_id"], row["name"]) for row in rows]

    def _held(
        self, kind: str, fields: Sequence[str], domain: list[_Condition], keys: Sequence[tuple[int, str]]
    ) -> Iterator[Held]:
        described = self._described(kind)
        known = [field for field in fields if field in described]
        rows = self._call(kind, "search_read", domain=domain, fields=["active", *known], order="id", load="")
        ours: dict[int, list[str | None]] = {}
        for number, name in keys:
            ours.setdefault(number, []).append(name)
        for row in rows:
            values = {field: described[field].held(row[field]) for field in known}
            for key in ours.get(row["id"], [None]):
                yield Held(str(row["id"]), key, values, archived=not row["active"])

    def _there(self, kind: str, ids: Sequence[int]) -> set[int]:
        return set(self._call(kind, "search", domain=[("id", "in", list(ids))]))

    def _gone(self, kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
        there = self._there(kind, [_number(write) for write in writes])
        return {write.key: Outcome(write.key, Status.GONE) for write in writes if _number(write) not in there}

    # Writing

    def _carried(
        self,
        kind: str,
        writes: Sequence[Write],
        settled: Mapping[str, Outcome],
        names: Sequence[str | None],
        send: Callable[[str, Sequence[_Row]], Sequence[int]],
    ) -> list[Outcome]:
        """Send what is not settled, in one request; of two rows with one name the second is refused."""
        self._make_tags(kind, writes)
        rows: list[Outcome | _Row] = []
        for place, (write, name) in enumerate(zip(writes, names, strict=True)):
            twice = _refused(write.key, f"{name} comes twice in one request") if name in names[:place] else None
            rows.append(settled.get(write.key) or twice or self._told(kind, write))
        fit = [row for row in rows if not isinstance(row, Outcome)]
        try:
            ids = iter(send(kind, fit) if fit else ())
        except RefusedError as error:
            if len(fit) > 1:
                raise
            return [row if isinstance(row, Outcome) else _refused(row[0].key, error, row[0].id) for row in rows]
        return [
            row if isinstance(row, Outcome) else Outcome(row[0].key, Status.WRITTEN, str(next(ids))) for row in rows
        ]

    def _with_required(self, kind: str, writes: Sequence[Write]) -> list[Write]:
        """The writes, empty where one lacks a required field that others have: that row alone is refused, unsent."""
        described = self._described(kind)
        names = {name for it in writes for name in it.values if name in described and described[name].said["required"]}
        empty = dict.fromkeys(names - self._call(kind, "default_get", fields=sorted(names)).keys())
        return [replace(write, values={**empty, **write.values}) for write in writes]

    def _told(self, kind: str, write: Write) -> Outcome | _Row:
        """A write with its values as Odoo takes them, or what it has no word for."""
        described = self._described(kind)
        try:
            if unknown := write.values.keys() - described.keys():
                raise NoSuchWordError(f"Odoo's {kind} has no field {', '.join(sorted(unknown))}")
            return write, {name: described[name].told(value) for name, value in write.values.items()}
        except NoSuchWordError as error:
            return _refused(write.key, error, write.id)

    def _load(self, kind: str, rows: Sequence[_Row]) -> Sequence[int]:
        described = self._described(kind)
        names = sorted({name for _, values in rows for name in values})
        context = self._context_of_new()
        default = self._call(kind, "default_get", fields=names, context=context)  # lest it hang on a row's neighbours
        columns = [f"{name}/.id" if described[name].is_link else name for name in names]
        data = [
            [f"{MODULE}.{write.key}", *(cell(values.get(name, default.get(name, False))) for name in names)]
            for write, values in rows
        ]
        answer = self._call(kind, "load", fields=["id", *columns], data=data, context=context)
        if not answer["ids"]:
            raise RefusedError("; ".join(dict.fromkeys(str(it["message"]) for it in answer["messages"])))
        return list(answer["ids"])

    def _context_of_new(self) -> Mapping[str, Any]:
        """New leads are nobody's, and of whom no language is known, it is that of the key's user, not `CONTEXT`'s."""
        if not self._new:
            own = self._call("res.users", "context_get", context={})
            self._new = {**CONTEXT, "default_user_id": False, "default_lang": own["lang"]}
        return self._new

    def _save(self, kind: str, rows: Sequence[_Row]) -> Sequence[int]:
        ids = [_number(write) for write, _ in rows]
        values = [{name: [[6, 0, it]] if isinstance(it, list) else it for name, it in row.items()} for _, row in rows]
        self._call(kind, "web_save_multi", ids=ids, vals_list=values, specification={})
        return ids

    def _make_tags(self, kind: str, writes: Sequence[Write]) -> None:
        """Make the tags and the like that the values name and Odoo lacks."""
        for name, field in self._described(kind).items():
            if field.linked and field.linked.made:
                given = [field.written(write.values.get(name)) for write in writes]
                texts = {
                    text for it in given for text in (it if isinstance(it, list) else [it]) if isinstance(text, str)
                }
                model = str(field.said["relation"])
                if texts and (new := sorted(texts - self._codes(model).ids.keys())):
                    known = self._known.pop(model)  # read anew should the answer be lost
                    ids = self._call(model, "create", once=True, vals_list=[{field.linked.code: it} for it in new])
                    self._known[model] = known
                    for text, number in zip(new, ids, strict=True):
                        known.add(text, number)

    def _unbind(self, condition: list[_Condition]) -> None:
        domain = [("module", "=", MODULE), *condition]
        self._unlink("ir.model.data", self._call("ir.model.data", "search", domain=domain))

    def _bind(self, kind: str, keys: Mapping[str, int]) -> None:
        """Store keys with records, wherever they were before."""
        if keys:
            self._unbind([("name", "in", list(keys))])
            rows = [{"module": MODULE, "model": kind, "name": key, "res_id": number} for key, number in keys.items()]
            try:
                self._call("ir.model.data", "create", vals_list=rows)
            except RefusedError:  # perhaps of a second request, for the first one's answer was lost
                if {key: number for number, key in self._keys(kind, ("name", "in", list(keys)))} != keys:
                    raise

    # Taking away

    def _taken_away(
        self, kind: str, ids: Sequence[str], take: Callable[[str, list[int]], Mapping[int, str]]
    ) -> list[Outcome]:
        there = self._there(kind, [int(one) for one in ids])
        try:
            reasons = take(kind, sorted(there)) if there else {}
        except RefusedError as error:
            if len(there) > 1:
                raise
            return [_refused(one, error, one) if int(one) in there else Outcome(one, Status.GONE) for one in ids]
        return [
            Outcome(one, Status.WRITTEN, one, reasons.get(int(one), ""))
            if int(one) in there
            else Outcome(one, Status.GONE)
            for one in ids
        ]

    def _put_away(self, kind: str, ids: list[int]) -> Mapping[int, str]:
        self._call(kind, "action_archive", ids=ids)
        return {}

    def _erase(self, kind: str, ids: list[int]) -> Mapping[int, str]:
        rows = self._call(kind, "read", ids=ids, fields=["email_normalized"])
        by_them = [("author_id", "in", ids)] if kind == "res.partner" else [("id", "=", 0)]
        messages = self._call("mail.message", "search", domain=by_them)
        self._unlink(kind, ids)
        self._unlink("mail.message", messages)
        return {row["id"]: self._elsewhere(row["email_normalized"]) for row in rows if row["email_normalized"]}

    def _unlink(self, model: str, ids: Sequence[int]) -> None:
        try:
            if ids:
                self._call(model, "unlink", ids=ids)
        except RefusedError:  # perhaps of a second request, for the first one's answer was lost
            if self._there(model, ids):
                raise

    def _elsewhere(self, address: str) -> str:
        """What else names an address, by model and number; the blacklist is to name it."""
        wizard, line = "privacy.lookup.wizard", "privacy.lookup.wizard.line"
        try:
            # It looks for the name too, but another person of that name has nothing to do with it.
            ids = self._call(wizard, "create", vals_list=[{"name": address, "email": address}])
            self._call(wizard, "action_lookup", ids=ids)
            condition, order = [("wizard_id", "in", ids)], "res_model, res_id"
            lines = self._call(line, "search_read", domain=condition, fields=["res_model", "res_id"], order=order)
            self._call(line, "write", ids=[it["id"] for it in lines], vals={"res_name": False})
            self._call(wizard, "unlink", ids=ids)
        except TargetError:
            return "what else names the address was not looked up: install privacy_lookup, or allow the key to use it"
        kept = {model for model, _ in BLACKLISTS.values()}
        left = [f"{it['res_model']} {it['res_id']}" for it in lines if it["res_model"] not in kept]
        return f"the address is also in {', '.join(left)}"[:500] if left else ""

    def _blacklisted(self, channel: str, told: Sequence[Suppression]) -> list[Outcome]:
        if not told:
            return []
        model, field = BLACKLISTS[channel]
        try:
            ids = self._call(model, "create", vals_list=[{field: one.address} for one in told])  # or finds them
            self._call(model, "write", ids=ids, vals={"active": True})
        except RefusedError as error:
            if len(told) > 1:
                return [outcome for one in told for outcome in self._blacklisted(channel, [one])]
            return [_refused(told[0].key, error, told[0].id)]
        return [Outcome(one.key, Status.WRITTEN, one.id) for one in told]


def _merge_partners(odoo: Odoo, winner: int, loser: int) -> None:
    model = "base.partner.merge.automatic.wizard"
    values = {"state": "selection", "dst_partner_id": winner, "partner_ids": [[6, 0, [winner, loser]]]}
    odoo._call(model, "action_merge", ids=odoo._call(model, "create", vals_list=[values]))


def _merge_leads(odoo: Odoo, winner: int, loser: int) -> None:
    odoo._call("crm.lead", "merge_opportunity", ids=[winner, loser])


_MERGES: Mapping[str, Callable[[Odoo, int, int], None]] = {"res.partner": _merge_partners, "crm.lead": _merge_leads}


def _judged(answer: Answer) -> Verdict:
    """Odoo's own faults come with a name, and with everything rolled back.

    An `AccessError` is about records, for the models were asked for beforehand: a rule, or another company's.
    """
    name = str(answer.body.get("name", "")) if isinstance(answer.body, dict) else ""
    if name.endswith(_BUSY):
        return Verdict.LIMITED
    if name.endswith(".AccessError"):
        return Verdict.ANSWERED
    return Verdict.ANSWERED if name and answer.status == 500 and not name.endswith(_BROKEN) else by_status(answer)


def _number(write: Write) -> int:
    return int(str(write.id))


def _refused(key: str, reason: object, number: str | None = None) -> Outcome:
    return Outcome(key, Status.REFUSED, number, str(reason)[:500])


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[begin : begin + PAGE] for begin in range(0, len(items), PAGE))
