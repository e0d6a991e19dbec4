"""Blocks that a batch's people meet other than on their own e-mail address.

An import lifts none of them (rule 4); the report says whom they concern.
"""

import uuid
from collections.abc import Sequence

import psycopg
from psycopg.rows import TupleRow

from crm_service.addresses import normalize_email
from crm_service.db import Connection
from crm_service.suppression import hashed
from crm_service.suppression.domains import covering
from crm_service.transfers import repository
from crm_service.transfers.planning import Row
from crm_service.transfers.rows import Person
from crm_service.transfers.standing import uuid_array

SUPPRESSED = "suppressed"
PHONE_SUPPRESSED = "phone_suppressed"

Cursor = psycopg.Cursor[TupleRow]


class Blocks:
    """Blocks on phone numbers and domains, and on addresses that a partner's list names by hash.

    Asks when made, answers when called, so that the server is at work in between.
    """

    def __init__(
        self, connection: Connection, controller_id: uuid.UUID, people: Sequence[Person]
    ) -> None:
        self._connection = connection
        self._controller_id = controller_id
        self._people = people
        keys = [key for p in people if isinstance(key := p.values.get("phone_key"), uuid.UUID)]
        self._phones = self._ask(repository.BLOCKED_PHONES, keys=uuid_array(keys))
        entries = {entry for domain in {p.domain for p in people} for entry in covering(domain)}
        self._domains = self._ask(repository.BLOCKED_DOMAINS, names=sorted(entries))

    def _ask(self, statement: str, **facts: object) -> Cursor:
        return self._connection.execute(statement, {"controller_id": self._controller_id, **facts})

    def warn(self, rows: Sequence[Row]) -> None:
        """Add the warnings to the rows that they concern."""
        phones = {row[0] for row in self._phones.fetchall()}
        entries = {row[0] for row in self._domains.fetchall()}
        domains = {p.domain for p in self._people if entries and entries & {*covering(p.domain)}}
        listed = self._listed()
        if not (phones or domains or listed):
            return
        for row in rows:
            person = row.person
            if person.domain in domains or person.email_key in listed:
                row.warnings.append(SUPPRESSED)
            if person.values.get("phone_key") in phones:
                row.warnings.append(PHONE_SUPPRESSED)

    def _listed(self) -> set[uuid.UUID]:
        if not hashed.exist(self._connection, self._controller_id):
            return set()
        addresses = [(p.email_key, normalize_email(p.email)) for p in self._people]
        return {key for key, _ in hashed.listed(self._connection, self._controller_id, addresses)}
