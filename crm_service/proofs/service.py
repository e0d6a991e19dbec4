"""Asking for proof that somebody reads the mail of an address, and accepting it once.

Whoever holds a link that was just sent to an address holds the address. A mail's unsubscribe link
proves less: it never expires and gets forwarded, so it may only opt out. A proof is bound to its
controller, address and purpose, works once, and only for a while. Looking at it uses nothing up:
security gateways open every link of a message (``email.md``, "Why GET must be harmless").
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.types.json import Jsonb

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.controllers import link_refs
from crm_service.db import Connection, pipeline
from crm_service.errors import NotFound
from crm_service.keyring import Keyring
from crm_service.outbox import service as outbox
from crm_service.outbox.recipient_events import AddressProofRequested
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.proofs import repository, tokens
from crm_service.proofs.tokens import Reference
from crm_service.subjects import service as subjects
from crm_service.subjects.service import LOCK_BY_ADDRESS_KEY

PURPOSES: Final = ("confirm_subscription", "preferences", "rights", "package")

#: For who is at the screen now.
SHORT: Final = timedelta(minutes=30)
#: For who may read the mail next week (double opt-in).
LONG: Final = timedelta(days=7)


class Unusable(NotFound):
    """The link is not ours, too old, used, or for something else: nobody learns which."""

    code = "unusable_proof"


@dataclass(frozen=True)
class Handing:
    """How links are made and reach people; ``mails``: the worker can send them itself."""

    keyring: Keyring
    public_url: str
    mails: bool
    sender: str | None = None

    @classmethod
    def by(cls, settings: Settings) -> "Handing":
        """Return what the settings say."""
        mails = settings.smtp_url is not None
        return cls(settings.keyring, settings.public_url, mails, settings.mail_from)


@dataclass(frozen=True)
class Issued:
    """A proof that was asked for. ``url`` is a secret of the address's holder: mail it, no more."""

    id: uuid.UUID
    url: str
    expires_at: datetime


@dataclass(frozen=True)
class Proof:
    """A proof that may still be used. ``is_current``: a contact bears the address now."""

    id: uuid.UUID
    controller_id: uuid.UUID
    subject_id: uuid.UUID
    address_key: uuid.UUID
    purpose: str
    language: str | None
    payload: Mapping[str, Any]
    requested_at: datetime
    expires_at: datetime
    is_current: bool


def request(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    handing: Handing,
    subject_id: uuid.UUID | None,
    address_key: uuid.UUID,
    purpose: str,
    valid_for: timedelta = SHORT,
    language: str | None = None,
    payload: Mapping[str, Any] | None = None,
    correlation: uuid.UUID | None = None,
    is_shown: bool = False,
) -> Issued:
    """Ask for proof of an e-mail address; in the caller's transaction.

    ``subject_id`` None says that nobody is known behind the address: the same work is done, so that
    the answer takes the same time, and nothing is handed out. Otherwise the link goes out with
    ``address_proof.requested.v1``, for the controller's mailer, or is mailed by the worker after
    the commit, as the policy says. ``payload`` (JSON) is given back when the proof is used.
    ``is_shown`` says that the caller shows the link to the address's holder, who has just proven to
    be that: nothing is handed out. Throttle before (``throttling.throttle``): this does not.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"there is no purpose {purpose!r}")
    now, proof_id = utcnow(), uuid.uuid4()
    policy = policies.active(connection, controller_id)
    goes_out = subject_id is not None and not is_shown
    is_mailed = goes_out and handing.mails and policy.mail.proofs == "service"
    facts: dict[str, Any] = {
        "id": proof_id,
        "controller_id": controller_id,
        "subject_id": subject_id or uuid.uuid4(),
        "address_key": address_key,
        "purpose": purpose,
        "language": language,
        "payload": Jsonb(dict(payload or {})),
        "now": now,
        "expires_at": now + valid_for,
        "mail": Jsonb(_mail(handing, policy)) if is_mailed else None,
    }
    subjects.lock(connection, [facts["subject_id"]])
    connection.execute(repository.CREATE, facts)
    row = connection.execute(repository.LINK_REF, facts).fetchone()
    token = tokens.sign(handing.keyring, Reference(row[0] if row else 0, proof_id))
    issued = Issued(proof_id, tokens.url(handing.public_url, token), facts["expires_at"])
    if goes_out:
        _hand_out(connection, facts, issued, is_mailed=is_mailed, correlation=correlation)
    return issued


def locate(keyring: Keyring, text: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the controller and the id that a token names. Raises ``Unusable``."""
    reference = tokens.read(keyring, text)
    controller_id = link_refs.find(reference.controller_ref) if reference else None
    if reference is None or controller_id is None:
        raise Unusable("this link does not work any more, or never did")
    return controller_id, reference.proof_id


def show(keyring: Keyring, text: str) -> Proof:
    """Return the proof behind a token without using it up. Raises ``Unusable``."""
    controller_id, proof_id = locate(keyring, text)
    facts = {"controller_id": controller_id, "id": proof_id, "now": utcnow()}
    with pipeline(controller_id) as connection:
        cursor = connection.execute(repository.FIND, facts)
    return _found(cursor.fetchone())


def redeem(
    connection: Connection, controller_id: uuid.UUID, proof_id: uuid.UUID, *, purpose: str
) -> Proof:
    """Use a proof up: exactly one caller succeeds, if its transaction commits.

    The subject behind the address is locked until then. Raises ``Unusable``.
    """
    facts: dict[str, Any] = {
        "controller_id": controller_id,
        "id": proof_id,
        "purpose": purpose,
        "now": utcnow(),
    }
    seen = _found(connection.execute(repository.FIND, facts).fetchone())
    # Before the row's own lock, as erasure takes them in this order.
    LOCK_BY_ADDRESS_KEY.execute(connection, facts | {"address_key": seen.address_key})
    return _found(connection.execute(repository.REDEEM, facts).fetchone())


def narrow(
    connection: Connection,
    controller_id: uuid.UUID,
    proof_id: uuid.UUID,
    *,
    purpose: str,
    until: datetime,
) -> None:
    """Let a proof that is being used work until then at the latest, without using it up.

    For what may break off on its way to the person. Raises ``Unusable``.
    """
    facts = {"controller_id": controller_id, "id": proof_id, "purpose": purpose}
    facts |= {"now": utcnow(), "until": until}
    _found(connection.execute(repository.NARROW, facts).fetchone())


def forget_expired(connection: Connection) -> int:
    """Delete what expired long ago, whoever's it is (as the worker); return how many."""
    return connection.execute(repository.FORGET).rowcount


def _found(row: Any) -> Proof:
    if row is None:
        raise Unusable("this link does not work any more, or never did")
    return Proof(*row)


def _mail(handing: Handing, policy: Policy) -> dict[str, str | None]:
    return {
        "name": policy.mail.name or policy.controller_name,
        "sender": policy.mail.sender or handing.sender,
        "reply_to": policy.mail.reply_to,
        "timezone": policy.timezone,
        "language": policy.default_language,
    }


def _hand_out(
    connection: Connection,
    facts: Mapping[str, Any],
    issued: Issued,
    *,
    is_mailed: bool,
    correlation: uuid.UUID | None,
) -> None:
    event = AddressProofRequested(
        subject_id=facts["subject_id"],
        occurred_at=facts["now"],
        correlation=correlation or uuid.uuid4(),
        proof_id=issued.id,
        address_key=facts["address_key"],
        purpose=facts["purpose"],
        language=facts["language"],
        expires_at=issued.expires_at,
        mailed_by="service" if is_mailed else "controller",
        # What the worker mails itself need not lie in any queue.
        url=None if is_mailed else issued.url,
    )
    outbox.record(connection, facts["controller_id"], [event])
