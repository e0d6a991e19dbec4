"""What stands in a package: of every room that holds personal data, and who used them."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.keyring import Keyring
from crm_service.national_ids import service as national_ids
from crm_service.rights import sources
from crm_service.rights.packages.portability import Carried, carried_of
from crm_service.rights.packages.tables import Row, Table
from crm_service.rights.sources import SOURCES, PersonalDataSource
from crm_service.topics import service as topics

PORTABILITY: Final = "portability"

_PERMISSIONS: Final = "permissions"
_NATIONAL_IDS: Final = "national_ids"
ACCESS_LOG: Final = "access_log"
#: Topics beyond these go by their slugs.
_TOPICS: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose data they are, who hands them out, and with what sealed ones are opened."""

    controller_id: uuid.UUID
    subject_id: uuid.UUID
    keyring: Keyring
    actor: str


def tables(connection: Connection, person: Person, kind: str) -> Iterator[Table]:
    """Yield each room's table, none left out: ``sources.SOURCES`` says which there are.

    ``kind`` access: everything that is held, and how it was used. Portability: of every room what
    Art. 20 covers.
    """
    carried = _carried(connection, person) if kind == PORTABILITY else None
    if carried is None:
        used = audit.of_subject(connection, person.controller_id, person.subject_id)
        yield Table(ACCESS_LOG, ["audit_entries"], used)
    # Opening a number is on record: that it is written comes late, since who writes holds up the
    # feed of events for as long as the transaction lasts.
    for source in sorted(SOURCES, key=lambda one: sources.room_of(one) == _NATIONAL_IDS):
        room = sources.room_of(source)
        rows = _rows(connection, person, source)
        if carried is not None:
            rows = list(carried_of(room, rows, carried))
        yield Table(room, source.TABLES, rows)


def _rows(connection: Connection, person: Person, source: PersonalDataSource) -> Iterable[Row]:
    if sources.room_of(source) == _NATIONAL_IDS:
        return _numbers(connection, person)
    return sources.rows(source, connection, person.controller_id, person.subject_id)


def _numbers(connection: Connection, person: Person) -> list[Row]:
    """Return the identification number, opened: it is the person's own (clause se-07)."""
    caller = national_ids.Caller(
        controller_id=person.controller_id, actor=person.actor, keyring=person.keyring
    )
    found = national_ids.hand_over(connection, caller, person.subject_id)
    return [{"country": found[0], "number": found[1]}] if found else []


def _carried(connection: Connection, person: Person) -> Carried:
    def purpose_of(slug: str) -> str | None:
        topic = topics.find(connection, person.controller_id, slug)
        return topic.purpose if topic else None

    [ledger] = [one for one in SOURCES if sources.room_of(one) == _PERMISSIONS]
    return Carried.by(_rows(connection, person, ledger), purpose_of)


def topics_of(connection: Connection, controller_id: uuid.UUID) -> dict[str, Mapping[str, str]]:
    """Return what the controller's topics are called, by their slugs; archived ones as well."""
    found = topics.listing(connection, controller_id, limit=_TOPICS, with_archived=True)
    return {one.slug: one.name for one in found}
