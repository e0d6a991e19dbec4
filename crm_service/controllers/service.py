"""Creating tenants; issuing, proving and revoking their keys (rules 36 and 37)."""

import re
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.controllers import repository
from crm_service.controllers.client_managers import check_client_manager
from crm_service.controllers.keys import KeyText
from crm_service.controllers.models import ApiKey, Controller
from crm_service.db import driver_connection, pipeline
from crm_service.errors import Conflict, Invalid, NotFound, Unauthenticated
from crm_service.web.principal import SCOPES, Principal

LINK_REF_BITS = 32

#: All that a key in a web page may do.
BROWSER_SCOPE = "subscriptions:create"
_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:[0-9]{1,5})?")


def create(session: Session, *, slug: str, name: str) -> Controller:
    """Create a tenant; the rest of the transaction may see and write its rows.

    Raises ``Conflict`` (``controller_exists``); the caller's transaction must roll back then.
    """
    controller = Controller(
        id=uuid.uuid4(), slug=slug, name=name, link_ref=secrets.randbits(LINK_REF_BITS)
    )
    repository.enter(session, hint=slug, controller_id=controller.id)
    session.add(controller)
    try:
        session.flush()
    except IntegrityError as error:
        violated = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if violated == "uq_controllers_slug":
            raise Conflict("this slug is taken", code="controller_exists") from None
        if violated == "ck_controllers_slug":
            raise Invalid(
                "a slug is 1 to 63 of a-z, 0-9 and -, not beginning with -", code="invalid_slug"
            ) from None
        raise
    return controller


def enter(session: Session, slug: str) -> Controller:
    """Return the controller named by an operator; the transaction now sees its rows.

    Raises ``NotFound`` (``unknown_controller``).
    """
    repository.enter(session, hint=slug)
    controller = repository.find_controller(session, slug)
    if controller is None:
        raise NotFound(f"there is no controller '{slug}'", code="unknown_controller")
    repository.enter(session, hint=slug, controller_id=controller.id)
    return controller


def issue_key(
    session: Session,
    controller_id: uuid.UUID,
    *,
    name: str,
    actor: str,
    scopes: Sequence[str] = SCOPES,
    expires_at: datetime | None = None,
    key_id: uuid.UUID | None = None,
    origins: Sequence[str] | None = None,
    client_manager: str | None = None,
) -> str:
    """Store a new key's digest and return the key itself: the only time it is ever shown.

    With ``origins`` it is a key for browsers, which everybody sees: it works from these origins
    alone and can do nothing but sign people up. With ``client_manager`` it sees the contacts
    assigned to that manager alone (clause ws-02). Raises ``Invalid``: ``unknown_scope``,
    ``already_expired``, ``browser_key``, ``invalid_origin``, ``client_manager_key``,
    ``invalid_client_manager``.
    """
    _check_expiry(expires_at)
    _check_origins(scopes, origins)
    check_client_manager(client_manager, scopes)
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise Invalid(
            "scopes must be among: " + ", ".join(SCOPES),
            code="unknown_scope",
            errors={"scopes": ["not a scope"]},
        )
    text = KeyText.create()
    key = ApiKey(
        id=key_id or uuid.uuid4(),
        controller_id=controller_id,
        prefix=text.prefix,
        name=name,
        secret_sha256=text.sha256,
        scopes=sorted(set(scopes)),
        origins=None if origins is None else sorted(set(origins)),
        client_manager=client_manager,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    _audit(session, key, actor, "keys.issue")
    return text.plaintext


def _check_expiry(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= utcnow():
        raise Invalid(
            "the key would have expired already: name a time to come",
            code="already_expired",
            errors={"expires_at": ["must lie in the future"]},
        )


def _check_origins(scopes: Sequence[str], origins: Sequence[str] | None) -> None:
    if origins is None:
        return
    if set(scopes) != {BROWSER_SCOPE}:
        raise Invalid(
            f"a key for browsers has the scope {BROWSER_SCOPE} and no other", code="browser_key"
        )
    if not origins or not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise Invalid(
            "name the origins as browsers send them: https://www.example.com, without a path",
            code="invalid_origin",
            errors={"origins": ["must be https:// and a host, without a path"]},
        )


def revoke_key(
    session: Session, controller_id: uuid.UUID, key_id: uuid.UUID, *, actor: str
) -> ApiKey:
    """Make a key worthless from the next request on; a repeat changes nothing.

    Raises ``NotFound`` (``unknown_key``).
    """
    key = repository.get_key(session, controller_id, key_id)
    if key.revoked_at is None:
        key.revoked_at = utcnow()
        session.flush()
        _audit(session, key, actor, "keys.revoke")
    return key


def get_key(session: Session, controller_id: uuid.UUID, key_id: uuid.UUID) -> ApiKey:
    """Return a key of this controller. Raises ``NotFound`` (``unknown_key``)."""
    return repository.get_key(session, controller_id, key_id)


def list_keys(
    session: Session, controller_id: uuid.UUID, *, after: uuid.UUID | None = None, limit: int = 100
) -> Sequence[ApiKey]:
    """Return the controller's keys by id, revoked and expired ones included."""
    return repository.keys(session, controller_id, after=after, limit=limit)


def authenticate(plaintext: str) -> Principal:
    """Return who holds this key, asking the database once; nothing is cached between requests.

    That is why a revocation is effective at once. Raises ``Unauthenticated`` for a mistyped,
    unknown, expired or revoked key.
    """
    text = KeyText.parse(plaintext)
    with pipeline(None) as connection:
        answer = repository.caller(connection, text.sha256)
    row = answer.fetchone()
    if row is None:
        raise Unauthenticated("this key is not known")
    key_id, controller_id, slug, scopes, expires_at, revoked_at, used_long_ago, *rest = row
    version, missing, origins, client_manager = rest
    if revoked_at is not None:
        raise Unauthenticated("this key was revoked")
    if expires_at is not None and expires_at <= utcnow():
        raise Unauthenticated("this key has expired")
    if used_long_ago:
        with pipeline(controller_id) as connection:
            repository.touch(connection, controller_id, key_id)
    return Principal(
        controller_id=controller_id,
        controller_slug=slug,
        key_id=key_id,
        scopes=frozenset(scopes),
        policy_version=version,
        missing_agreement=missing,
        origins=None if origins is None else frozenset(origins),
        client_manager=client_manager,
    )


def _audit(session: Session, key: ApiKey, actor: str, action: str) -> None:
    audit.record(
        driver_connection(session),
        key.controller_id,
        actor=actor,
        action=action,
        count=0,
        details={
            "key_id": str(key.id),
            "scopes": key.scopes,
            "client_manager": key.client_manager,
        },
    )
