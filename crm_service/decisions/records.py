"""What is recorded of a decision: the question, the counts and the digest of its results."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from crm_service.audit import service as audit
from crm_service.audit.digest import AuditRow, audit_digest
from crm_service.db import Connection
from crm_service.eligibility.service import KIND_BY_CHANNEL
from crm_service.errors import NotFound
from crm_service.policies import service as policies
from crm_service.policies.service import Activation
from crm_service.seals.digests import Mark
from crm_service.seals.inclusion import Inclusion, included
from crm_service.seals.logs import AUDIT

_KINDS = frozenset({"email", "phone"})
#: Under which action a proof that was handed out is on record.
OF_DECISION, OF_MOMENT = "decisions.prove", "permissions.prove"
PROVED = frozenset({OF_DECISION, OF_MOMENT})


@dataclass(frozen=True)
class Decision:
    """A decision with its entry in the audit log, and the policy's version that it was made under.

    ``seal`` is None while the entry is not sealed yet.
    """

    entry: AuditRow
    details: dict[str, Any]
    policy: Activation
    seal: Inclusion | None

    @property
    def checked_at(self) -> datetime:
        """The moment at which terms were read."""
        return datetime.fromisoformat(self.details["checked_at"])

    @property
    def kind(self) -> str:
        """Which kind of address was asked about."""
        [asked, *_] = self.entry.fields
        return asked if asked in _KINDS else KIND_BY_CHANNEL[self.details["channel"]]

    @property
    def until(self) -> str:
        """Everything that it can have seen: what was written by transactions older than its own."""
        return f"{self.entry.xid}:{self.entry.xid}:"

    @property
    def snapshot(self) -> str:
        """What it has certainly seen; decisions of old recorded no more than ``until``."""
        return str(self.details.get("snapshot") or self.until)

    @property
    def is_exact(self) -> bool:
        """Whether the decision recorded what it could see."""
        return "snapshot" in self.details

    @property
    def digest(self) -> bytes:
        """The digest by which the entry is sealed."""
        return audit_digest(self.entry)


def get(connection: Connection, controller_id: uuid.UUID, decision_id: uuid.UUID) -> Decision:
    """Return a decision; raise ``NotFound`` (``decision_not_found``)."""
    entry = audit.find(connection, controller_id, decision_id)
    if entry is None or entry.action != "eligibility.check":
        raise NotFound("there is no decision with this id", code="decision_not_found")
    details = orjson.loads(entry.details)
    activation, _ = policies.stated(connection, controller_id, details["policy_version"])
    mark = Mark(int(entry.xid), entry.position)
    sealed = included(connection, controller_id, AUDIT, [mark])
    return Decision(entry, details, activation, sealed.get(mark))


def of_proof(
    connection: Connection, controller_id: uuid.UUID, proof_id: uuid.UUID
) -> tuple[AuditRow, Inclusion | None]:
    """Return what is recorded of a proof that was handed out, and how that is sealed.

    Raises ``NotFound`` (``proof_not_found``).
    """
    entry = audit.find(connection, controller_id, proof_id)
    if entry is None or entry.action not in PROVED:
        raise NotFound("there is no proof with this id", code="proof_not_found")
    mark = Mark(int(entry.xid), entry.position)
    return entry, included(connection, controller_id, AUDIT, [mark]).get(mark)
