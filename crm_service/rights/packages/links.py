"""Links to packages: the mail holds a link, the password goes another way (no-06, si-16)."""

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy.orm import Session

from crm_service.clock import utcnow
from crm_service.contacts import reading
from crm_service.db import driver_connection
from crm_service.errors import Conflict
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.proofs import service as proofs
from crm_service.proofs.service import Handing, Issued, Proof
from crm_service.rights import announcing
from crm_service.rights.models import RightsRequest
from crm_service.rights.packages import building

PURPOSE: Final = "package"

#: Five groups of four letters and digits that nobody mistakes: 99 bits.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 5, 4


@dataclass(frozen=True)
class Sent:
    """A link that is on its way. ``password`` is shown this once; None where there is none."""

    expires_at: datetime
    encrypted: bool
    password: str | None


def send(session: Session, request: RightsRequest, *, encrypted: bool | None, actor: str) -> Sent:
    """Have a link sent to the address of a request that the caller holds.

    ``encrypted`` None does what the policy requires. Raises ``Conflict``: ``no_package``,
    ``encryption_required``, ``address_not_held``.
    """
    building.require(request)
    if not _is_held(session, request):
        raise Conflict(
            "nobody bears the address of this request any more: hand the package out yourself",
            code="address_not_held",
        )
    must = _policy(session, request).rights.package.must_encrypt
    if must and encrypted is False:
        raise Conflict("the policy lets packages leave encrypted alone", code="encryption_required")
    password = _password() if encrypted or must else None
    issued = _issue(session, request, password)
    announcing.tell(session, request, "send_package_link", actor, encrypted=password is not None)
    return Sent(issued.expires_at, password is not None, password)


def offer(session: Session, request: RightsRequest, *, actor: str) -> dict[str, Any]:
    """Send a link to who proved to read the mail of the address; say whether one was sent.

    Nobody tells them a password: where the policy asks for one they choose it on the page.
    """
    if request.identified_by != "link" or not _is_held(session, request):
        return {}
    _issue(session, request, None)
    announcing.tell(session, request, "send_package_link", actor, encrypted=False)
    return {"package_link_sent": True}


def shown(session: Session, policy: Policy, request: RightsRequest) -> str | None:
    """Return the path of a new link, for the page of who has just proven the address.

    None where there is no package, or the time for fetching it is over.
    """
    days = timedelta(days=policy.rights.package.link_days)
    if not building.has_package(request) or request.decided_at is None:
        return None
    if request.decided_at + days <= utcnow() or not _is_held(session, request):
        return None
    return urlsplit(_issue(session, request, None, is_shown=True).url).path


def is_protected(proof: Proof) -> bool:
    """Tell whether the link needs the password that was told by another way."""
    return "password" in proof.payload


def is_right(proof: Proof, password: str) -> bool:
    """Tell whether it is the password that belongs to the link; in constant time."""
    return hmac.compare_digest(str(proof.payload["password"]), _digest(password))


def request_of(proof: Proof) -> uuid.UUID:
    """Return the request whose package the link leads to."""
    return uuid.UUID(str(proof.payload["request_id"]))


def _issue(
    session: Session, request: RightsRequest, password: str | None, *, is_shown: bool = False
) -> Issued:
    days = _policy(session, request).rights.package.link_days
    payload = {"request_id": str(request.id)}
    if password is not None:
        payload["password"] = _digest(password)
    return proofs.request(
        driver_connection(session),
        request.controller_id,
        handing=Handing.by(current_app.extensions["crm.settings"]),
        subject_id=request.subject_id,
        address_key=request.address_key,
        purpose=PURPOSE,
        valid_for=proofs.SHORT if is_shown else timedelta(days=days),
        language=request.language,
        payload=payload,
        correlation=request.id,
        is_shown=is_shown,
    )


def _policy(session: Session, request: RightsRequest) -> Policy:
    return policies.active(driver_connection(session), request.controller_id)


def _is_held(session: Session, request: RightsRequest) -> bool:
    contact = reading.hold_known(session, request.controller_id, request.subject_id)
    return contact is not None and contact.email_key == request.address_key


def _password() -> str:
    def group() -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))

    return "-".join(group() for _ in range(_GROUPS))


def _digest(password: str) -> str:
    """Return what is kept of a password: nobody guesses 99 random bits."""
    return hashlib.sha256(password.encode()).hexdigest()
