"""What retention must do, in plain Python from the rules: nothing of the engine is used."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Tallinn")

#: The policy's section ``retention`` that the oracle knows by heart.
RULES = {
    "categories": ["archive"],
    "rules": {
        "register": {"category": "contact", "keep": "P5Y", "from": "added", "clause": "ee-05"},
        "relationship": {"category": "contact", "keep": "P7Y", "from": "last_interaction",
                         "clause": "ee-09"},
        "inquiries": {"category": "inquiries", "keep": "P7Y", "from": "last_interaction",
                      "clause": "ee-09"},
        "orders": {"category": "transactions", "keep": "P10Y", "from": "occurred"},
        "numbers": {"category": "call_log", "keep": "P1Y", "from": "occurred", "then": "fields",
                    "fields": ["number"], "clause": "no-04"},
        "calls": {"category": "call_log", "keep": "P3Y", "from": "occurred", "clause": "no-04"},
        "counted": {"category": "call_log", "purpose": "statistics", "keep": "P6M",
                    "from": "occurred", "then": "anonymize"},
        "cameras": {"category": "recordings", "keep": "P90D", "from": "occurred",
                    "then": "announce", "clause": "si-04"},
        "contracts": {"category": "contracts", "keep": "P6Y", "from": "contract_end",
                      "clause": "si-05"},
        "opens": {"category": "engagement", "keep": "P2Y", "from": "occurred"},
        "segments": {"category": "attributes.relationship", "keep": "P18M", "from": "added"},
        "archive": {"category": "archive", "keep": "permanent", "law": "Archives Act § 9"},
    },
}  # fmt: skip

CATEGORIES = ("inquiries", "transactions", "call_log", "recordings", "archive", "warranty")
#: Rule, table, id, why it stays.
Line = tuple[str, str, uuid.UUID, str | None]


@dataclass
class Record:
    """One interaction. ``case``: open, closed or None."""

    id: uuid.UUID
    category: str
    purpose: str
    occurred_at: datetime
    has_number: bool
    case: str | None


@dataclass
class Person:
    """One contact and what is known of it. ``held``: a hold's categories, () for everything.

    ``is_contact``: else an address that messages went to and nobody registered.
    """

    id: uuid.UUID
    added_at: datetime
    last_at: datetime | None
    asks: bool
    held: tuple[str, ...] | None
    records: list[Record] = field(default_factory=list)
    #: Id and end of contracts; None: running.
    contracts: list[tuple[uuid.UUID, date | None]] = field(default_factory=list)
    #: Id and moment of what became of messages.
    events: list[tuple[uuid.UUID, datetime]] = field(default_factory=list)
    has_segment: bool = False
    is_blocked: bool = False
    is_contact: bool = True


def people(size: int, *, seed: str) -> list[Person]:
    """Make up people, the same ones every time for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    return [_person(chance) for _ in range(size)]


def _person(chance: random.Random) -> Person:
    person = Person(
        id=_id(chance),
        added_at=_moment(chance),
        last_at=_moment(chance) if chance.random() < 0.5 else None,
        asks=chance.random() < 0.05,
        held=chance.choice([(), ("transactions",), ("contracts", "call_log")])
        if chance.random() < 0.1
        else None,
    )
    person.has_segment = chance.random() < 0.3
    person.is_blocked = chance.random() < 0.2
    for _ in range(chance.choice([0, 0, 0, 1, 3])):
        person.events.append((_id(chance), _moment(chance)))
    if person.last_at is None and person.held is None and not person.asks:
        person.is_contact = chance.random() < 0.9
    if not person.is_contact:
        return person
    for _ in range(chance.choice([0, 0, 0, 1, 2, 4])):
        person.records.append(_record(chance))
    if chance.random() < 0.15:
        ended = None if chance.random() < 0.3 else _moment(chance).date()
        person.contracts.append((_id(chance), ended))
    return person


def _record(chance: random.Random) -> Record:
    return Record(
        id=_id(chance),
        category=chance.choice(CATEGORIES),
        purpose=chance.choice(["service", "service", "statistics"]),
        occurred_at=_moment(chance),
        has_number=chance.random() < 0.7,
        case=chance.choice([None, None, "open", "closed"]),
    )


def _id(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


def _moment(chance: random.Random) -> datetime:
    return NOW - timedelta(minutes=chance.randrange(12 * 365 * 24 * 60))


def _after(start: datetime, *, years: int = 0, months: int = 0, days: int = 0) -> datetime:
    """Return the same local time so much later; a day that a month lacks is its last."""
    local = start.astimezone(ZONE).replace(tzinfo=None)
    count = local.year * 12 + local.month - 1 + 12 * years + months
    year, month = count // 12, count % 12 + 1
    day = local.day
    while True:
        try:
            shifted = local.replace(year=year, month=month, day=day)
            break
        except ValueError:
            day -= 1
    both = [(shifted + timedelta(days=days)).replace(tzinfo=ZONE, fold=fold) for fold in (0, 1)]
    return max(one.astimezone(UTC) for one in both)


def expected(person: Person) -> Iterator[Line]:
    """Yield what is due of a person, with what holds it."""
    for event_id, at in person.events:
        if _after(at, years=2) <= NOW:
            yield "opens", "engagement_events", event_id, _why(person, "engagement")
    if not person.is_contact:
        return
    if person.has_segment and _after(person.added_at, months=18) <= NOW:
        yield "segments", "contacts", person.id, _why(person, "attributes.relationship")
    kept: set[str] = set()
    for record in person.records:
        rule, ends_at = _whole(person, record)
        if rule is not None and (ends_at is None or ends_at > NOW):
            kept.add(f"kept_by:{rule}")
        yield from _record_lines(person, record, rule, ends_at)
    yield from _contract_lines(person, kept)
    yield from _person_line(person, kept)


def _contract_lines(person: Person, kept: set[str]) -> Iterator[Line]:
    for contract_id, ended_on in person.contracts:
        ends_at = _after(_day_after(ended_on), years=6) if ended_on else None
        if ends_at is None or ends_at > NOW:
            kept.add("kept_by:contracts")
        else:
            yield "contracts", "contracts", contract_id, _why(person, "contracts")


def _day_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(days=1)


def _whole(person: Person, record: Record) -> tuple[str | None, datetime | None]:
    at = record.occurred_at
    if record.category == "inquiries":
        return "inquiries", _after(max(at, person.last_at or at), years=7)
    if record.category == "call_log" and record.purpose == "statistics":
        return "counted", _after(at, months=6)
    terms = {
        "transactions": ("orders", _after(at, years=10)),
        "call_log": ("calls", _after(at, years=3)),
        "recordings": ("cameras", _after(at, days=90)),
        "archive": ("archive", None),
    }
    return terms.get(record.category, (None, None))


def _record_lines(
    person: Person, record: Record, rule: str | None, ends_at: datetime | None
) -> Iterator[Line]:
    held = _why(person, record.category)
    whole = _why(person, record.category, is_open=record.case == "open")
    goes = rule is not None and ends_at is not None and ends_at <= NOW
    if goes and rule is not None:
        yield rule, "interactions", record.id, whole
    is_old = _after(record.occurred_at, years=1) <= NOW
    stays = not goes or whole is not None
    if record.category == "call_log" and record.has_number and is_old and stays:
        yield "numbers", "interactions", record.id, held


def _why(person: Person, category: str, *, is_open: bool = False) -> str | None:
    reasons = []
    if person.held is not None and (not person.held or category in person.held):
        reasons.append("dispute")
    if person.asks:
        reasons.append("open_request")
    return ",".join([*reasons, *(["open_case"] if is_open else [])]) or None


def _person_line(person: Person, kept: set[str]) -> Iterator[Line]:
    ends = [(_after(person.added_at, years=5), "register")]
    if person.last_at is not None:
        ends.append((_after(person.last_at, years=7), "relationship"))
    ends_at, rule = max(ends)
    if ends_at > NOW:
        return
    reasons = {"dispute"} if person.held is not None else set()
    reasons |= {"open_request"} if person.asks else set()
    reasons |= {"open_case"} if any(one.case == "open" for one in person.records) else set()
    today = NOW.astimezone(ZONE).date()
    if any(ended is None or ended >= today for _, ended in person.contracts):
        reasons.add("running_contract")
    of_records = sorted(one for one in kept if one != "kept_by:contracts")
    of_contracts = sorted(kept - set(of_records))
    why = ",".join([*sorted(reasons), *of_records, *of_contracts]) or None
    yield rule, "contacts", person.id, why
