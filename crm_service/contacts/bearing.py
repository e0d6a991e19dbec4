"""The addresses that a contact bears, and what a change of them takes along (rules 4 and 6).

The e-mail address decides who a contact is: its subject is the contact's id. A phone number may be
shared by a household or a company, so it never does: its key stays with the subject it first
belonged to, and a block on it, found by the key, holds for everybody who bears it.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from crm_service.addresses import normalize_email
from crm_service.contacts import repository
from crm_service.contacts.facts import EMAIL, PHONE
from crm_service.db import Connection
from crm_service.errors import Conflict
from crm_service.permissions import restating
from crm_service.policies.document import Policy
from crm_service.subjects import service as subjects
from crm_service.suppression import hashed
from crm_service.suppression import service as suppression


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of one address of a contact; a key of None is no address."""

    kind: str
    old_key: uuid.UUID | None
    new_key: uuid.UUID | None


def exists_already(contact_id: uuid.UUID) -> Conflict:
    """Return the refusal of an address that a contact has already."""
    return Conflict(
        "this address belongs to a contact already",
        code="contact_exists",
        contact_id=str(contact_id),
    )


def claim(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    *,
    kind: str,
    key: uuid.UUID,
) -> None:
    """Join an address key to the contact's subject.

    A subject without a contact, known only because its address was suppressed or erased, is
    adopted with its blocks. Raises ``Conflict`` (``contact_exists``) for an e-mail address of
    another contact; a phone number of another stays there, shared.
    """
    owner = subjects.find_or_create(
        connection, controller_id, key, kind=kind, subject_id=contact_id
    )
    if owner == contact_id or _is_shared(connection, controller_id, owner, kind):
        return
    # Only now: two contacts that swap addresses must not wait for each other.
    owner = subjects.lock_by_key(connection, controller_id, key, kind=kind)
    if owner == contact_id or _is_shared(connection, controller_id, owner, kind):
        return
    if kind == EMAIL or _bears_only(connection, controller_id, owner, kind):
        subjects.adopt(connection, controller_id, subject_id=owner, into=contact_id)
        suppression.adopt(connection, controller_id, subject_id=owner, into=contact_id)


def _is_shared(
    connection: Connection, controller_id: uuid.UUID, owner: uuid.UUID, kind: str
) -> bool:
    if not repository.exists(connection, controller_id, owner):
        return False
    if kind == EMAIL:
        raise exists_already(owner)
    return True


def _bears_only(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID, kind: str
) -> bool:
    held = subjects.addresses(connection, controller_id, subject_id)
    return all(address.kind == kind for address in held)


def claim_all(
    connection: Connection,
    controller_id: uuid.UUID,
    contact_id: uuid.UUID,
    moves: Sequence[Move],
) -> None:
    """Claim every new key of ``moves``; see ``claim``."""
    for move in moves:
        if move.new_key is not None:
            claim(connection, controller_id, contact_id, kind=move.kind, key=move.new_key)


def email_of(connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID) -> str | None:
    """Return the e-mail address that a contact bears, normalized; None without one."""
    email = repository.email_of(connection, controller_id, contact_id)
    return normalize_email(email) if email else None


def note_all(connection: Connection, controller_id: uuid.UUID, moves: Sequence[Move]) -> None:
    """Write down whether some contact bears the old and the new keys now."""
    note(connection, controller_id, [k for m in moves for k in (m.old_key, m.new_key) if k])


def note(connection: Connection, controller_id: uuid.UUID, keys: Sequence[uuid.UUID]) -> None:
    """Write down which of ``keys`` some contact bears now."""
    if not keys:
        return
    borne = repository.borne(connection, controller_id, keys)
    subjects.set_current(
        connection,
        controller_id,
        current=sorted(borne),
        former=[key for key in keys if key not in borne],
    )


def match_lists(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    key: uuid.UUID,
    email: str,
    correlation: uuid.UUID,
) -> None:
    """Block an address that a contact bears from now on if a partner's hashed list names it."""
    addresses = ((one, normalize_email(email)) for one in [key])
    hashed.match(connection, controller_id, addresses, correlation=correlation)


def carry(
    connection: Connection,
    controller_id: uuid.UUID,
    policy: Policy,
    move: Move,
    *,
    contact_id: uuid.UUID,
    recorded_by: str,
    correlation: uuid.UUID,
) -> None:
    """Take blocks and permissions to the new address; the old one stays an alias (rule 6).

    What stands on any address of that kind that the contact ever had comes along (rule 1), also
    where the last one had been taken away before: refusals wait there.
    """
    former = _former(connection, controller_id, contact_id, move)
    if move.new_key is not None:
        for old_key in former:
            suppression.carry(
                connection,
                controller_id,
                old_key=old_key,
                new_key=move.new_key,
                correlation=correlation,
            )
    # A shared number that is another subject's takes its blocks nowhere; what was stated of this
    # contact goes along.
    for old_key in {*former, *([move.old_key] if move.old_key else [])}:
        restating.carry(
            connection,
            controller_id,
            policy,
            subject_id=contact_id,
            old_key=old_key,
            new_key=move.new_key,
            recorded_by=recorded_by,
            correlation=correlation,
        )


def _former(
    connection: Connection, controller_id: uuid.UUID, contact_id: uuid.UUID, move: Move
) -> list[uuid.UUID]:
    """Return the contact's other addresses of the kind; none where the last one was taken away."""
    if move.new_key is None:
        return []
    held = subjects.addresses(connection, controller_id, contact_id)
    keys = [address.address_key for address in held if address.kind == move.kind]
    return [key for key in keys if key != move.new_key]


def reclaim(connection: Connection, controller_id: uuid.UUID, keys: Sequence[uuid.UUID]) -> None:
    """Give the phone numbers of an erased contact to another one that shares them.

    A number that a suppression keeps stays with the erased subject: the block holds for both.
    """
    for key, bearer in repository.phone_bearers(connection, controller_id, keys).items():
        subjects.find_or_create(connection, controller_id, key, kind=PHONE, subject_id=bearer)
    note(connection, controller_id, keys)
