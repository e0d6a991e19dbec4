"""Which policy holds for a controller, and whether its agreement is accepted."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from crm_service import clock
from crm_service.audit import service as audit_service
from crm_service.db import Connection
from crm_service.errors import Conflict, NotFound
from crm_service.outbox import service as outbox_service
from crm_service.outbox.events import PolicyChanged
from crm_service.policies import checking, repository
from crm_service.policies.cache import Remembered
from crm_service.policies.document import Agreement, Policy, parse
from crm_service.policies.repository import Acceptance, Activation

__all__ = [
    "Acceptance",
    "Activation",
    "AgreementStatus",
    "accept_agreement",
    "activate",
    "active",
    "agreement_status",
    "at_version",
    "history",
    "sha256",
    "stated",
]

_policies: Remembered[Policy] = Remembered()


@dataclass(frozen=True)
class AgreementStatus:
    """The agreement that the active policy names, and its acceptance; None where there is none."""

    agreement: Agreement | None
    acceptance: Acceptance | None


def active(connection: Connection, controller_id: uuid.UUID) -> Policy:
    """Return the policy that holds now.

    Raises ``Conflict`` (``no_policy``) while the controller has activated none.
    """
    found = repository.latest(connection, controller_id)
    return at_version(connection, controller_id, found[0] if found else 0)


def at_version(connection: Connection, controller_id: uuid.UUID, version: int) -> Policy:
    """Return the policy at ``version``; asks the database once a process, since none changes.

    Raises ``NotFound`` (``unknown_policy_version``), and ``Conflict`` (``no_policy``) for version
    0, the one of a controller that has activated none.
    """
    if version == 0:
        raise Conflict("this controller has no policy: activate one first", code="no_policy")
    policy = _policies.get(controller_id, version)
    if policy is not None:
        return policy
    found = repository.document(connection, controller_id, version)
    if found is None:
        raise NotFound(f"there is no policy version {version}", code="unknown_policy_version")
    document, is_committed = found
    policy = parse(document, version)
    if is_committed:
        _policies.put(controller_id, version, policy)
    return policy


def stated(
    connection: Connection, controller_id: uuid.UUID, version: int
) -> tuple[Activation, dict[str, Any]]:
    """Return when a version was activated, and the document it says.

    Raises ``NotFound`` (``unknown_policy_version``).
    """
    found = repository.document(connection, controller_id, version)
    if found is None:
        raise NotFound(f"there is no policy version {version}", code="unknown_policy_version")
    [activation] = repository.history(connection, controller_id, version=version)
    return activation, found[0]


def history(connection: Connection, controller_id: uuid.UUID) -> list[Activation]:
    """Return every version that was ever active, the active one first."""
    return repository.history(connection, controller_id)


def activate(
    connection: Connection,
    controller_id: uuid.UUID,
    document: Mapping[str, Any],
    activated_by: str,
) -> Policy:
    """Make ``document`` the controller's policy and return it (clause ee-19).

    A document equal to the active one changes nothing. Otherwise it becomes the next version, with
    ``policy.changed.v1`` and an audit entry in the same transaction. Raises ``Invalid``
    (``invalid_policy``, naming each path) when the document has an error; nothing is stored then.
    """
    checking.usable(document)
    digest = sha256(document)
    repository.lock(connection, controller_id)
    previous = repository.latest(connection, controller_id)
    if previous is not None and previous[1] == digest:
        return at_version(connection, controller_id, previous[0])
    activation = Activation(
        version=previous[0] + 1 if previous else 1,
        name=document["name"],
        sha256=digest,
        activated_at=clock.utcnow(),
        activated_by=activated_by,
    )
    repository.add(connection, controller_id, activation=activation, stated=document)
    _announce(connection, controller_id, activation)
    return parse(document, activation.version)


def agreement_status(
    connection: Connection, controller_id: uuid.UUID, *, actor: str
) -> AgreementStatus:
    """Return whether the active policy names an agreement, and who accepted its current version.

    Seeing who accepted is audited. Raises ``Conflict`` (``no_policy``).
    """
    agreement = active(connection, controller_id).agreement
    if agreement is None:
        return AgreementStatus(None, None)
    acceptance = repository.acceptance(connection, controller_id, agreement.version)
    if acceptance is not None:
        _audit_acceptance(connection, controller_id, actor, "read", agreement.version)
    return AgreementStatus(agreement, acceptance)


def accept_agreement(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    version: str,
    accepted_by: str,
    recorded_by: str,
) -> bool:
    """Record that ``accepted_by`` accepts the agreement for the controller (clause ee-07).

    False, and nothing recorded, when that version was accepted before: the first acceptance stands.
    Raises ``Conflict``: ``no_agreement`` where the policy names none, ``agreement_version`` (with
    the current ``version`` and ``url``) where another version is the current one.
    """
    _refuse_other_version(active(connection, controller_id).agreement, version)
    is_new = repository.accept(
        connection,
        controller_id,
        version=version,
        accepted_by=accepted_by,
        accepted_at=clock.utcnow(),
        recorded_by=recorded_by,
    )
    if is_new:
        _audit_acceptance(connection, controller_id, recorded_by, "accept", version)
    return is_new


def _refuse_other_version(agreement: Agreement | None, version: str) -> None:
    if agreement is None:
        raise Conflict("the policy names no agreement", code="no_agreement")
    if agreement.version != version:
        raise Conflict(
            f"the current version of the agreement is {agreement.version}; read and accept that",
            code="agreement_version",
            version=agreement.version,
            url=agreement.url,
        )


def _audit_acceptance(
    connection: Connection, controller_id: uuid.UUID, actor: str, verb: str, version: str
) -> None:
    audit_service.record(
        connection,
        controller_id,
        actor=actor,
        action=f"policies.{verb}_agreement",
        fields=("accepted_by",),
        count=0,
        details={"version": version},
    )


def sha256(document: Mapping[str, Any]) -> bytes:
    """Return the digest of what the document says, whatever its order, spacing and comments."""
    return hashlib.sha256(orjson.dumps(dict(document), option=orjson.OPT_SORT_KEYS)).digest()


def _announce(connection: Connection, controller_id: uuid.UUID, activation: Activation) -> None:
    digest = activation.sha256.hex()
    changed = PolicyChanged(
        subject_id=None,
        occurred_at=activation.activated_at,
        policy=activation.name,
        version=activation.version,
        sha256=digest,
    )
    outbox_service.record(connection, controller_id, [changed])
    audit_service.record(
        connection,
        controller_id,
        actor=activation.activated_by,
        action="policies.activate",
        count=0,
        details={"policy": activation.name, "version": activation.version, "sha256": digest},
    )
