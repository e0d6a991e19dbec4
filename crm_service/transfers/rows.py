"""From a row's cells to checked facts, or to the reason why the row is refused.

Only an address that cannot be mailed, a row that does not fit its header, and a cell that no field
holds refuse a row. Everything else that cannot be used is left out and named in a warning; what is
left out never becomes a permission (rule 21).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from crm_service.addresses import InvalidAddress, address_key, normalize_email
from crm_service.contacts.countries import COUNTRIES
from crm_service.contacts.facts import CLOCK_SKEW, EARLIEST
from crm_service.invisible import BREAKS, IN_LINE, IN_TEXT
from crm_service.policies.document import Policy
from crm_service.policies.vocabulary import is_language
from crm_service.transfers import phones, times
from crm_service.transfers.claims import Claim, ClaimReader
from crm_service.transfers.columns import ADDED_AT, ATTRIBUTE, BASIS, EMAIL, TOPICS, Columns
from crm_service.transfers.neutralizing import restore
from crm_service.transfers.reading import Malformed
from crm_service.transfers.seen import Seen

#: The longest texts that fields hold, in characters; the same as over HTTP.
LIMITS = {
    "first_name": 200,
    "last_name": 200,
    "company": 300,
    "street": 300,
    "postal_code": 32,
    "city": 200,
    "external_id": 200,
    "notes": 10_000,
}
_SHORT = frozenset({"country", "language", ADDED_AT, BASIS, TOPICS, "evidence.occurred_at"})
_MAX_ATTRIBUTE = 1000
#: Of cells that hold a code, a moment or names of topics, which are remembered to be quick.
_MAX_SHORT = 4000
#: More than this in one cell is a column that holds something else.
MAX_TOPICS = 50


@dataclass(slots=True)
class Person:
    """A row that can be imported. ``is_repeat``: its address stands further up in the file.

    ``domain``: the address's, normalized.
    ``values``: columns of the contact, and ``attributes.<name>``; what is absent was not given.
    """

    email: str
    email_key: uuid.UUID
    domain: str
    is_repeat: bool
    values: dict[str, object]
    added_at: datetime | None
    claim: Claim | None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is not imported, and why."""

    reason: str


class Interpreter:
    """Reads rows of one file, in their order."""

    def __init__(self, columns: Columns, policy: Policy, pepper: bytes, *, now: datetime) -> None:
        self._width = len(columns.header)
        self._pepper = pepper
        self._zone = ZoneInfo(policy.timezone)
        self._latest = now + CLOCK_SKEW
        self._now = now
        self._seen = Seen()
        places = columns.by_field
        self._email = places[EMAIL]
        self._phone = places.get("phone")
        self._country = places.get("country")
        self._language = places.get("language")
        self._added_at = places.get(ADDED_AT)
        self._texts = [
            (name, at, LIMITS.get(name, _MAX_ATTRIBUTE))
            for name, at in places.items()
            if name in LIMITS or name.startswith(ATTRIBUTE)
        ]
        self._short = [at for name, at in places.items() if name in _SHORT]
        self._claims = ClaimReader(places, self._zone, latest=self._latest)

    def read(self, record: Sequence[str] | Malformed) -> Person | Rejected:
        """Return what the record says. Call once for each record of the file, in order."""
        if isinstance(record, Malformed):
            return Rejected(record.reason)
        text = "".join(record)
        if (refusal := self._refuse(record, text)) is not None:
            return Rejected(refusal)
        if "'" in text:
            record = [restore(cell) for cell in record]
        try:
            normalized = normalize_email(record[self._email])
        except InvalidAddress as error:
            return Rejected(error.reason)
        person = Person(
            email=record[self._email].strip(),
            email_key=address_key(self._pepper, EMAIL, normalized),
            domain=normalized.rpartition("@")[2],
            is_repeat=False,
            values={},
            added_at=None,
            claim=None,
        )
        if not self._read_texts(record, person):
            return Rejected("cell_too_long")
        self._read_codes(record, person)
        self._read_phone(record, person)
        self._read_added_at(record, person)
        person.claim = self._claims.read(record, person.values.get("language"))
        if person.claim is not None and len(person.claim.topics) > MAX_TOPICS:
            return Rejected("too_many_topics")
        person.is_repeat = self._seen.add(person.email_key)
        return person

    def _refuse(self, record: Sequence[str], text: str) -> str | None:
        """Return why the row cannot be looked at cell by cell."""
        if len(record) != self._width and not self._fits(record):
            return "columns"
        if "\0" in text:
            return "nul"
        if len(text) > _MAX_SHORT and any(len(record[at]) > _MAX_SHORT for at in self._short):
            return "cell_too_long"
        return None

    def _fits(self, record: Sequence[str]) -> bool:
        """Tell whether the row only has empty cells too many."""
        return len(record) > self._width and not any(record[self._width :])

    def _read_texts(self, record: Sequence[str], person: Person) -> bool:
        values = person.values
        for name, at, limit in self._texts:
            if text := record[at].strip():
                if len(text) > limit:
                    return False
                if text.isprintable():
                    values[name] = text
                else:
                    _put(person, name, _visible(name, text), text)
        return True

    def _read_codes(self, record: Sequence[str], person: Person) -> None:
        if self._country is not None and (text := record[self._country]):
            _put(person, "country", _country(text), text)
        if self._language is not None and (text := record[self._language]):
            _put(person, "language", _language(text), text)

    def _read_phone(self, record: Sequence[str], person: Person) -> None:
        if self._phone is None or not (text := record[self._phone].strip()):
            return
        region = person.values.get("country")
        try:
            if len(text) > 64:  # noqa: PLR2004 - as over HTTP
                raise InvalidAddress("too_long")
            normalized = phones.normalize(text, str(region) if region else None)
        except InvalidAddress:
            person.warnings.append("phone_invalid")
            return
        person.values["phone"] = text
        person.values["phone_key"] = address_key(self._pepper, "phone", normalized)

    def _read_added_at(self, record: Sequence[str], person: Person) -> None:
        if self._added_at is None or not (text := record[self._added_at].strip()):
            return
        moment = times.parse(text, self._zone)
        if moment is None or not EARLIEST <= moment <= self._latest:
            person.warnings.append("added_invalid")
        else:
            person.added_at = min(moment, self._now)


def _put(person: Person, name: str, code: str | None, text: str) -> None:
    if code is not None:
        person.values[name] = code
    elif text.strip():
        person.warnings.append(f"{name}_invalid")


def _visible(name: str, text: str) -> str | None:
    """Return the text, on one line unless it is notes; None where it holds what nobody sees."""
    if name == "notes":
        return None if IN_TEXT.search(text) else text
    line = BREAKS.sub(" ", text)
    return None if IN_LINE.search(line) else line


@lru_cache(maxsize=4096)
def _country(text: str) -> str | None:
    code = text.strip().upper()
    return code if code in COUNTRIES else None


@lru_cache(maxsize=4096)
def _language(text: str) -> str | None:
    language, separator, region = text.strip().replace("_", "-").partition("-")
    code = language.lower() + separator + region.upper()
    return code if is_language(code) else None
