"""Every room that holds personal data (rule 34). A test fails if a table is in none of them."""

import uuid
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any, Protocol, cast

from crm_service.contacts import personal_data as contacts
from crm_service.contacts import restriction_data as restrictions
from crm_service.contracts import personal_data as contracts
from crm_service.db import Connection
from crm_service.engagement import personal_data as engagement
from crm_service.holds import personal_data as holds
from crm_service.informing import personal_data as informing
from crm_service.interactions import personal_data as interactions
from crm_service.national_ids import personal_data as national_ids
from crm_service.notices import personal_data as notices
from crm_service.permissions import personal_data as permissions
from crm_service.preferences import personal_data as preferences
from crm_service.proofs import personal_data as proofs
from crm_service.recipients import personal_data as recipients
from crm_service.reviews import personal_data as reviews
from crm_service.rights import personal_data as requests
from crm_service.subjects import personal_data as subjects
from crm_service.subscriptions import personal_data as subscriptions
from crm_service.suppression import personal_data as suppression
from crm_service.transfers import personal_data as transfers
from crm_service.unsubscribe import personal_data as unsubscribe


class PersonalDataSource(Protocol):
    """What a room offers if it holds personal data. ``TABLES`` names where."""

    TABLES: frozenset[str]

    def export(
        self, connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
    ) -> list[dict[str, Any]]:
        """Return everything held about the person."""

    def erase(
        self, connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
    ) -> int:
        """Remove what is held about people, but for what must stay; return the rows touched.

        By statements about all of them: retention erases hundreds at once.
        """


CONTACTS = cast("PersonalDataSource", contacts)

#: Children before parents: what hangs on a contact, the contact, its addresses.
SOURCES: tuple[PersonalDataSource, ...] = (
    cast("PersonalDataSource", requests),
    cast("PersonalDataSource", reviews),
    cast("PersonalDataSource", informing),
    cast("PersonalDataSource", subscriptions),
    cast("PersonalDataSource", engagement),
    cast("PersonalDataSource", unsubscribe),
    cast("PersonalDataSource", preferences),
    cast("PersonalDataSource", proofs),
    cast("PersonalDataSource", interactions),
    cast("PersonalDataSource", contracts),
    cast("PersonalDataSource", holds),
    cast("PersonalDataSource", transfers),
    cast("PersonalDataSource", notices),
    cast("PersonalDataSource", recipients),
    cast("PersonalDataSource", national_ids),
    cast("PersonalDataSource", permissions),
    cast("PersonalDataSource", suppression),
    cast("PersonalDataSource", restrictions),
    CONTACTS,
    cast("PersonalDataSource", subjects),
)


def room_of(source: PersonalDataSource) -> str:
    """Return the name of the room that the source stands in, or of its part of the room."""
    room, _, part = cast("ModuleType", source).__name__.split(".", 1)[1].rpartition(".")
    return room if part == "personal_data" else part.removesuffix("_data")


def rows(
    source: PersonalDataSource,
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
) -> Iterable[dict[str, Any]]:
    """Return everything held about the person: as a ``stream`` from rooms that may hold a lot."""
    read = getattr(source, "stream", source.export)
    found: Iterable[dict[str, Any]] = read(connection, controller_id, subject_id)
    return found
