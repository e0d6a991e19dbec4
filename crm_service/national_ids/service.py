"""Keeping, comparing and revealing national identification numbers (clauses ee-01, se-01, se-07).

A number is sealed with a key from outside the database and found by a keyed index of 128 bits, so
that neither can be guessed from a copy of the database. Every answer masks it; revealing is a verb
of its own, and each use of it is in the audit log.
"""

import re
import uuid
from dataclasses import dataclass

import psycopg

from crm_service.addresses import address_key
from crm_service.audit import service as audit
from crm_service.contacts.admitting import Addition
from crm_service.db import Connection
from crm_service.errors import Conflict, Invalid, NotFound
from crm_service.keyring import Keyring
from crm_service.national_ids import repository
from crm_service.policies.document import Policy
from crm_service.sealing import Sealing

KIND = "national_id"
NUMBERS = Sealing("national-ids")

_NUMBER = re.compile(r"[0-9A-Z]{5,20}")
_BETWEEN = re.compile(r"[\s./+-]")
_SHOWN = 2


@dataclass(frozen=True)
class NationalId:
    """A number as answers show it: all but its last two characters are masked."""

    country: str
    masked: str


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, and with what numbers are sealed and compared."""

    controller_id: uuid.UUID
    actor: str
    keyring: Keyring

    def index(self, country: str, number: str) -> uuid.UUID:
        """Return the key under which a number is found."""
        pepper = self.keyring.pepper(self.controller_id)
        return address_key(pepper, KIND, f"{country}:{number}")


def addition(policy: Policy) -> Addition:
    """Return what keeping a number adds."""
    purpose = policy.national_id_purpose
    return Addition(fields=[KIND], purposes=frozenset({purpose} if purpose else ()))


def put(
    connection: Connection,
    caller: Caller,
    policy: Policy,
    contact_id: uuid.UUID,
    *,
    country: str,
    number: str,
) -> NationalId:
    """Keep the number of a contact that the caller holds.

    Raises ``Invalid`` (``field_not_allowed`` where the policy keeps none, ``invalid_national_id``)
    and ``Conflict`` (``national_id_taken``, with the other contact's id).
    """
    if policy.national_id_purpose is None:
        raise Invalid(
            "the policy keeps no national identification numbers", code="field_not_allowed"
        )
    plain = normalize(number)
    index = caller.index(country, plain)
    other = repository.owner(connection, caller.controller_id, index)
    if other not in {None, contact_id}:
        raise _taken(other)
    sealed = NUMBERS.seal(caller.keyring, contact_id.bytes, plain)
    try:
        repository.put(
            connection,
            caller.controller_id,
            contact_id,
            blind_index=index,
            country=country,
            sealed=sealed,
        )
    except psycopg.errors.UniqueViolation:
        raise _taken(None) from None
    _audit(connection, caller, "put", contact_id, policy.national_id_purpose)
    return NationalId(country, mask(plain))


def show(connection: Connection, caller: Caller, contact_id: uuid.UUID) -> NationalId:
    """Return a contact's number, masked. Raises ``NotFound``."""
    country, number = _open(connection, caller, contact_id)
    _audit(connection, caller, "read_masked", contact_id, None)
    return NationalId(country, mask(number))


def reveal(
    connection: Connection, caller: Caller, policy: Policy, contact_id: uuid.UUID, *, purpose: str
) -> tuple[str, str]:
    """Return country and number in the clear, and note for which purpose of the policy.

    Raises ``NotFound``, and ``Invalid`` (``unknown_purpose``).
    """
    if purpose not in policy.purposes:
        raise Invalid(
            f"name one of the policy's purposes: {', '.join(sorted(policy.purposes))}",
            code="unknown_purpose",
            errors={"purpose": ["must be one of the policy's purposes"]},
        )
    found = _open(connection, caller, contact_id)
    _audit(connection, caller, "reveal", contact_id, purpose)
    return found


def hand_over(
    connection: Connection, caller: Caller, contact_id: uuid.UUID
) -> tuple[str, str] | None:
    """Return country and number in the clear for the person whose they are, or None (rule 33).

    Who calls has established that it is this person who asks; it is on record.
    """
    try:
        found = _open(connection, caller, contact_id)
    except NotFound:
        return None
    _audit(connection, caller, "hand_over", contact_id, None)
    return found


def owner(connection: Connection, caller: Caller, *, country: str, number: str) -> uuid.UUID:
    """Return whose number it is. Raises ``NotFound`` and ``Invalid``; who asked is on record."""
    index = caller.index(country, normalize(number))
    found = repository.owner(connection, caller.controller_id, index)
    _audit(connection, caller, "lookup", found, None)
    if found is None:
        raise NotFound("no contact has this number")
    return found


def remove(connection: Connection, caller: Caller, contact_id: uuid.UUID) -> None:
    """Forget a contact's number. Raises ``NotFound``."""
    if not repository.erase(connection, caller.controller_id, [contact_id]):
        raise NotFound("no number is kept of this contact")
    _audit(connection, caller, "remove", contact_id, None)


def normalize(number: str) -> str:
    """Return the one spelling of a number. Raises ``Invalid`` (``invalid_national_id``)."""
    plain = _BETWEEN.sub("", number).upper()
    if not _NUMBER.fullmatch(plain):
        raise Invalid(
            "this is no identification number",
            code="invalid_national_id",
            errors={"number": ["must be 5 to 20 letters and digits"]},
        )
    return plain


def mask(number: str) -> str:
    """Return the number with all but its last two characters replaced by ``*``."""
    return "*" * (len(number) - _SHOWN) + number[-_SHOWN:]


def _open(connection: Connection, caller: Caller, contact_id: uuid.UUID) -> tuple[str, str]:
    found = repository.find(connection, caller.controller_id, contact_id)
    if found is None:
        raise NotFound("no number is kept of this contact")
    return found[0], NUMBERS.unseal(caller.keyring, contact_id.bytes, found[1])


def _taken(other: uuid.UUID | None) -> Conflict:
    message = "another contact has this number"
    if other is None:
        return Conflict(message, code="national_id_taken")
    return Conflict(message, code="national_id_taken", contact_id=str(other))


def _audit(
    connection: Connection,
    caller: Caller,
    verb: str,
    contact_id: uuid.UUID | None,
    purpose: str | None,
) -> None:
    audit.record(
        connection,
        caller.controller_id,
        actor=caller.actor,
        action=f"national_ids.{verb}",
        subject_id=contact_id,
        purpose=purpose,
        fields=[KIND],
    )
