"""The worker's duty after a sign-up that nobody confirmed: nothing of it stays (GDPR Art. 5(1)(e)).

Anybody may type anybody's address into a form. Once the link has lapsed, a contact that is known
from the sign-up alone is erased; of one known otherwise only the pending consent ends.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event
from typing import Any, Final

import psycopg
import structlog

from crm_service.audit import service as audit
from crm_service.config import Settings
from crm_service.db import APP_ROLE, SET_CONTROLLER, Connection, connect_options
from crm_service.errors import DomainError
from crm_service.permissions import restating
from crm_service.policies import service as policies
from crm_service.proofs import lapsing
from crm_service.proofs.service import Proof
from crm_service.rights import service
from crm_service.rights.sources import SOURCES
from crm_service.subscriptions.service import PURPOSE, SOURCE

LOOK_SECONDS: Final = 3600.0
GROUND: Final = "not_confirmed"
ACTOR: Final = "worker"

#: What becomes of the confirmation mail itself says nothing of a person.
_COURSE = frozenset(
    {"queued", "sent", "deferred", "delivered", "rejected", "failed", "bounced", "unknown"}
)
_OF_THE_ADDRESS = frozenset({"hard_bounce", "invalid"})

Row = Mapping[str, Any]

log = structlog.get_logger(__name__)


def work(connection: Connection, stop: Event, *, settings: Settings) -> None:
    """Look every hour until ``stop`` is set. ``connection`` acts as the worker."""
    while not stop.is_set():
        clear(connection, settings, stop)
        stop.wait(LOOK_SECONDS)


def clear(connection: Connection, settings: Settings, stop: Event) -> int:
    """Take back every sign-up whose link has lapsed; return how many.

    The worker finds them and sees nobody; each is a transaction of its own, as the service, for its
    controller alone. Any number of workers may do this at once, and again: one takes each link.
    """
    done = 0
    for page in lapsing.pages(connection, PURPOSE):
        with psycopg.connect(
            settings.database_url, autocommit=True, **connect_options(APP_ROLE, keyed=True)
        ) as acting:
            for controller_id, proof_id in page:
                if stop.is_set():
                    return done
                done += _attempt(acting, controller_id, proof_id)
    return done


def _attempt(connection: Connection, controller_id: uuid.UUID, proof_id: uuid.UUID) -> bool:
    try:
        with connection.transaction():
            connection.execute(SET_CONTROLLER, (str(controller_id),))
            return take_back(connection, controller_id, proof_id)
    except (psycopg.Error, DomainError) as error:
        if connection.broken:
            raise
        log.warning("sign_up_kept", error=type(error).__name__)
        return False


def take_back(connection: Connection, controller_id: uuid.UUID, proof_id: uuid.UUID) -> bool:
    """Take one sign-up back; False if another has, or the address's holder is busy right now."""
    proof = lapsing.take(connection, controller_id, proof_id, purpose=PURPOSE)
    if proof is None:
        return False
    requested_at = datetime.fromisoformat(proof.payload["requested_at"])
    if _is_all(connection, controller_id, proof.subject_id, requested_at):
        service.erase_contact(
            connection, controller_id, proof.subject_id, ground=GROUND, actor=ACTOR
        )
    else:
        _end(connection, controller_id, proof, requested_at)
    return True


def _end(
    connection: Connection, controller_id: uuid.UUID, proof: Proof, requested_at: datetime
) -> None:
    ended = restating.expire(
        connection,
        controller_id,
        policies.active(connection, controller_id),
        subject_id=proof.subject_id,
        requested_at=requested_at,
        recorded_by=ACTOR,
        correlation=proof.id,
    )
    if ended:
        audit.record(
            connection,
            controller_id,
            actor=ACTOR,
            action="permissions.expire",
            subject_id=proof.subject_id,
            purpose=GROUND,
            details={"ended": ended},
        )


def _is_all(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_id: uuid.UUID,
    requested_at: datetime,
) -> bool:
    """Tell whether unconfirmed sign-ups up to this one are all that is known of a contact.

    Asks every room that holds personal data: what one of them holds beyond that keeps the contact.
    """
    held = {
        source.TABLES: source.export(connection, controller_id, subject_id) for source in SOURCES
    }
    contacts = next(rows for tables, rows in held.items() if "contacts" in tables)
    if not contacts:
        return False
    traces = _traces(contacts[0], requested_at)
    return all(
        any(name in tables and is_trace(row) for name, is_trace in traces.items())
        for tables, rows in held.items()
        for row in rows
    )


def _traces(contact: Row, requested_at: datetime) -> dict[str, Callable[[Row], bool]]:
    """Return, by table, which rows a sign-up leaves by itself."""
    return {
        "contacts": lambda row: (
            row["source_reference"] == SOURCE and row["created_at"] == row["updated_at"]
        ),
        "addresses": lambda _: True,
        "address_proofs": lambda _: True,
        "permissions": lambda row: (
            row["recorded_by"] == ACTOR
            and (row["action"] == "expired" or _is_request(row, requested_at))
        ),
        # A block from before was no news of this contact; it outlives the erasure (rule 5).
        "suppressions": lambda row: (
            row["suppressed_at"] < contact["created_at"] or row["reason"] in _OF_THE_ADDRESS
        ),
        "engagement_events": lambda row: row["type"] in _COURSE and not row["campaign"],
    }


def _is_request(row: Row, requested_at: datetime) -> bool:
    return bool(row["action"] == "requested" and row["since"] <= requested_at)
