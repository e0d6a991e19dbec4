"""What a row of a list of refusals says, checked before the database is asked (rules 1 and 9)."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crm_service.addresses import InvalidAddress, normalize_email, normalize_phone
from crm_service.keyed_hash import keyed_hash
from crm_service.suppression import bulk, domains, hashed
from crm_service.suppression.domains import InvalidDomain
from crm_service.suppression.service import PAUSE, REASONS, SCOPES
from crm_service.transfers import suppression_dates
from crm_service.transfers.neutralizing import restore
from crm_service.transfers.reading import Malformed
from crm_service.transfers.suppression_formats import Layout
from crm_service.transfers.suppression_reasons import NO_REFUSAL, Places, cell

#: These are facts about the mailbox: no message of whatever kind arrives (rule 3).
ABOUT_THE_MAILBOX = frozenset({"hard_bounce", "invalid"})
_KEY_BYTES = 16
_LATEST = datetime.max.replace(tzinfo=UTC)
_KEYED_KINDS = frozenset({"email", "phone", "post"})
_PHONE = re.compile(r"\+[\d ()./-]{5,30}")
#: What a block may name as its source: never an address (rule 39).
_SOURCE = re.compile(r"[\w .,:()/&-]{1,100}")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be taken, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A row that is no refusal."""


Refusal = bulk.Entry | hashed.Entry
Row = Refusal | Rejected | Ignored
IGNORED = Ignored()


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What holds for rows that do not say it themselves. ``topic``: a slug, with scope topic."""

    scope: str = "marketing"
    topic: str | None = None
    reason: str = "import"


class Interpreter:
    """Reads the rows of one file. Entries name topics by slug alone; ids are found later."""

    def __init__(self, layout: Layout, defaults: Defaults, pepper: bytes, now: datetime) -> None:
        self._layout = layout
        self._defaults = defaults
        self._pepper = pepper
        self._now = now
        self._email = keyed_hash(pepper, b"email:")
        self._phone = keyed_hash(pepper, b"phone:")
        self._terms: dict[tuple[str, str], bulk.Term] = {}
        self._hashed_terms: dict[tuple[str, str], hashed.Term] = {}
        self.unreadable_dates = 0

    def read(self, record: Sequence[str] | Malformed) -> Row:
        """Return the refusal that a row is, or why it is none."""
        if isinstance(record, Malformed):
            return Rejected(record.reason)
        if self._layout.own is not None:
            return self._read_own(record, self._layout.own)
        text = restore(self._stated(record)).strip()
        reason = self._layout.reason(record)
        if reason == NO_REFUSAL:
            return IGNORED
        return self._address(text, reason or self._defaults.reason, self._date(record))

    def _stated(self, record: Sequence[str]) -> str:
        """Return the cell that says whom the row blocks: the first that says anything."""
        layout = self._layout
        return next(filter(None, (cell(record, at) for at in (layout.address, *layout.others))), "")

    def _date(self, record: Sequence[str]) -> datetime:
        text = restore(cell(record, self._layout.date))
        if not text:
            return self._now
        moment = suppression_dates.parse(text, self._now)
        if moment is None:
            self.unreadable_dates += 1
        return moment or self._now

    def _address(self, text: str, reason: str, since: datetime) -> Row:
        if "@" in text[1:] and not text.startswith("*@"):
            return self._email_entry(text, reason, since)
        if (found := hashed.read_digest(text)) is not None:
            return hashed.Entry(found[1], self._hashed_term(found[0], reason), since)
        if domains.is_domain(text):
            return self._domain_entry(text, self._term(domains.KIND, reason), since)
        if _PHONE.fullmatch(text):
            return self._phone_entry(text, reason, since)
        return Rejected("invalid_address" if text else "address_missing")

    def _email_entry(self, text: str, reason: str, since: datetime) -> Row:
        try:
            normalized = normalize_email(text)
        except InvalidAddress:
            return Rejected(InvalidAddress.code)
        key = uuid.UUID(bytes=self._email(normalized.encode())[:_KEY_BYTES])
        return bulk.Entry(key, self._term("email", reason), since)

    def _phone_entry(self, text: str, reason: str, since: datetime) -> Row:
        try:
            normalized = normalize_phone(text)
        except InvalidAddress:
            return Rejected(InvalidAddress.code)
        key = uuid.UUID(bytes=self._phone(normalized.encode())[:_KEY_BYTES])
        return bulk.Entry(key, self._term("phone", reason), since)

    def _domain_entry(self, text: str, term: bulk.Term, since: datetime) -> Row:
        try:
            name = domains.normalize_domain(text)
        except InvalidDomain as error:
            return Rejected(error.code)
        return bulk.Entry(domains.key(self._pepper, name), term, since, name)

    def _term(self, kind: str, reason: str) -> bulk.Term:
        term = self._terms.get((kind, reason))
        if term is None:
            scope, topic = self._scope(reason)
            term = bulk.Term(kind, scope, reason, self._layout.source, None, topic)
            self._terms[kind, reason] = term
        return term

    def _hashed_term(self, algorithm: str, reason: str) -> hashed.Term:
        term = self._hashed_terms.get((algorithm, reason))
        if term is None:
            scope, topic = self._scope(reason)
            term = hashed.Term(algorithm, scope, reason, hashed.SOURCE, None, topic)
            self._hashed_terms[algorithm, reason] = term
        return term

    def _scope(self, reason: str) -> tuple[str, str | None]:
        if reason in ABOUT_THE_MAILBOX:
            return "all", None
        return self._defaults.scope, self._defaults.topic

    def _read_own(self, record: Sequence[str], own: Places) -> Row:
        """Read a row of our own export: it says everything itself."""
        said = {name: restore(cell(record, at)).strip() for name, at in own.items()}
        refused = _refuse_own(said)
        if refused is not None:
            return Rejected(refused)
        source = said["source"] if _SOURCE.fullmatch(said["source"]) else self._layout.source
        facts = (said["scope"], said["reason"], source, None, said["topic"] or None)
        since = self._date(record)
        if said["reason"] == PAUSE:
            return self._own_pause(said, bulk.Term(said["kind"], *facts), since)
        if said["kind"] in hashed.ALGORITHMS:
            found = hashed.read_digest(said["address"])
            if found is None or found[0] != said["kind"]:
                return Rejected("invalid_digest")
            return hashed.Entry(found[1], hashed.Term(said["kind"], *facts), since)
        return self._own_entry(said, bulk.Term(said["kind"], *facts), since)

    def _own_pause(self, said: dict[str, str], term: bulk.Term, since: datetime) -> Row:
        ends_at = suppression_dates.parse(said.get("ends_at", ""), _LATEST)
        if ends_at is None or said["kind"] in hashed.ALGORITHMS:
            return Rejected("ends_at_missing" if ends_at is None else "unknown_reason")
        if ends_at <= self._now:
            return IGNORED
        entry = self._own_entry(said, term, since)
        return entry._replace(ends_at=ends_at) if isinstance(entry, bulk.Entry) else entry

    def _own_entry(self, said: dict[str, str], term: bulk.Term, since: datetime) -> Row:
        if term.kind == domains.KIND:
            return self._domain_entry(said["address"], term, since)
        if not said["address"] or term.kind == "post":
            return self._keyed_entry(said, term, since)
        read = self._email_entry if term.kind == "email" else self._phone_entry
        entry = read(said["address"], term.reason, since)
        return entry._replace(term=term) if isinstance(entry, bulk.Entry) else entry

    def _keyed_entry(self, said: dict[str, str], term: bulk.Term, since: datetime) -> Row:
        """Read a block that is told by its key alone: only who made the key knows the address."""
        if said["key_space"] != key_space(self._pepper):
            return Rejected("unknown_address_key")
        try:
            return bulk.Entry(uuid.UUID(said["address_key"]), term, since)
        except ValueError:
            return Rejected("invalid_address_key")


def key_space(pepper: bytes) -> str:
    """Return a mark of all address keys made with one pepper, which tells nothing about it."""
    return keyed_hash(pepper, b"key space:")(b"").hex()[:16]


def _refuse_own(said: dict[str, str]) -> str | None:
    if said["kind"] not in {*_KEYED_KINDS, domains.KIND, *hashed.ALGORITHMS}:
        return "unknown_kind"
    if said["scope"] not in SCOPES:
        return "unknown_scope"
    if said["reason"] not in REASONS:
        return "unknown_reason"
    if (said["scope"] == "topic") != bool(said["topic"]):
        return "unknown_topic"
    return None
