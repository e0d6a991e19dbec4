"""Webhook endpoints: where a provider sends to, with which secrets; each of one controller."""

import secrets as random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.engagement import endpoint_repository as repository
from crm_service.engagement.providers import PROVIDERS, sns
from crm_service.errors import Conflict, Invalid, NotFound
from crm_service.keyring import Keyring
from crm_service.sealing import Sealing

Row = dict[str, Any]

#: Keeps the secrets of webhooks apart from whatever else is sealed.
SECRETS = Sealing("webhook-secrets")

_SECRET_BYTES = 32
_MOST_ENDPOINTS = 200
_MOST_SECRETS = 10


@dataclass(frozen=True)
class Made:
    """What was created: its id, and the secret if it was made here, to be shown this once."""

    id: uuid.UUID
    shown: str | None


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who manages endpoints, and with what their secrets are sealed."""

    controller_id: uuid.UUID
    actor: str
    keyring: Keyring


def create(
    connection: Connection,
    caller: Caller,
    *,
    provider: str,
    name: str,
    settings: Mapping[str, Any],
    secret: str | None = None,
) -> Made:
    """Create an endpoint; where the provider leaves the secret to us and none is given, make one.

    Raises ``Invalid`` (``invalid_settings``, ``invalid_secret``, ``secret_not_used``) and
    ``Conflict`` (``too_many_endpoints``).
    """
    adapter = PROVIDERS[provider]
    adapter.check_settings(settings)
    standing = repository.page(connection, caller.controller_id, after=None, limit=_MOST_ENDPOINTS)
    if len(standing) >= _MOST_ENDPOINTS:
        raise Conflict("delete an endpoint first", code="too_many_endpoints")
    endpoint_id = uuid.uuid4()
    repository.create(
        connection,
        caller.controller_id,
        endpoint_id,
        provider=provider,
        name=name,
        settings=dict(settings),
    )
    shown = None
    if secret is not None or adapter.makes_secret:
        _, shown = _add(connection, caller, endpoint_id, provider, secret, expires_at=None)
    _audit(connection, caller, endpoint_id, "create_endpoint", provider=provider)
    return Made(endpoint_id, shown)


def get(connection: Connection, controller_id: uuid.UUID, endpoint_id: uuid.UUID) -> Row:
    """Return an endpoint, without its secrets. Raises ``NotFound`` (``unknown_endpoint``)."""
    found = repository.find(connection, controller_id, endpoint_id)
    if found is None or found["deleted_at"] is not None:
        raise NotFound("there is no such endpoint", code="unknown_endpoint")
    return found


def listing(
    connection: Connection, controller_id: uuid.UUID, *, after: uuid.UUID | None, limit: int
) -> list[Row]:
    """Return the controller's endpoints by id."""
    return repository.page(connection, controller_id, after=after, limit=limit)


def delete(connection: Connection, caller: Caller, endpoint_id: uuid.UUID) -> None:
    """End an endpoint for good: deliveries to it are refused from now on (410).

    Raises ``NotFound`` (``unknown_endpoint``).
    """
    get(connection, caller.controller_id, endpoint_id)
    repository.delete(connection, caller.controller_id, endpoint_id)
    _audit(connection, caller, endpoint_id, "delete_endpoint")


def add_secret(
    connection: Connection,
    caller: Caller,
    endpoint_id: uuid.UUID,
    *,
    secret: str | None,
    expires_at: datetime | None = None,
    previous_expire_at: datetime | None = None,
) -> Made:
    """Add a secret beside those that are valid; let these end at ``previous_expire_at``, if given.

    Raises ``NotFound`` (``unknown_endpoint``), ``Invalid`` and ``Conflict`` (``too_many_secrets``).
    """
    found = get(connection, caller.controller_id, endpoint_id)
    if len(found["secrets"]) >= _MOST_SECRETS:
        raise Conflict("remove a secret first", code="too_many_secrets")
    secret_id, shown = _add(
        connection, caller, endpoint_id, found["provider"], secret, expires_at=expires_at
    )
    if previous_expire_at is not None:
        repository.expire_others(
            connection, caller.controller_id, endpoint_id, but=secret_id, at=previous_expire_at
        )
    _audit(connection, caller, endpoint_id, "add_secret", secret_id=str(secret_id))
    return Made(secret_id, shown)


def remove_secret(
    connection: Connection, caller: Caller, endpoint_id: uuid.UUID, secret_id: uuid.UUID
) -> None:
    """Forget a secret: from the next delivery on it proves nothing. Raises ``NotFound``."""
    get(connection, caller.controller_id, endpoint_id)
    if not repository.remove_secret(connection, caller.controller_id, endpoint_id, secret_id):
        raise NotFound("there is no such secret", code="unknown_secret")
    _audit(connection, caller, endpoint_id, "remove_secret", secret_id=str(secret_id))


def confirmation_url(connection: Connection, caller: Caller, endpoint_id: uuid.UUID) -> str:
    """Return where the pending subscription is confirmed.

    Raises ``NotFound`` and ``Conflict`` (``nothing_to_confirm``).
    """
    found = get(connection, caller.controller_id, endpoint_id)
    if found["subscription_token"] is None:
        raise Conflict("no subscription waits to be confirmed", code="nothing_to_confirm")
    place = subscription_place(caller.controller_id, endpoint_id)
    token = SECRETS.unseal(caller.keyring, place, found["subscription_token"])
    return sns.confirmation_url(found["settings"]["topic_arn"], token)


def confirmed(connection: Connection, caller: Caller, endpoint_id: uuid.UUID) -> None:
    """Note that the subscription was confirmed."""
    repository.confirm_subscription(connection, caller.controller_id, endpoint_id)
    _audit(connection, caller, endpoint_id, "confirm_subscription")


def secret_place(controller_id: uuid.UUID, endpoint_id: uuid.UUID, secret_id: uuid.UUID) -> bytes:
    """Return the only place where a sealed secret opens."""
    return controller_id.bytes + endpoint_id.bytes + secret_id.bytes


def subscription_place(controller_id: uuid.UUID, endpoint_id: uuid.UUID) -> bytes:
    """Return the only place where a sealed subscription token opens."""
    return controller_id.bytes + endpoint_id.bytes + b"subscription"


def _add(
    connection: Connection,
    caller: Caller,
    endpoint_id: uuid.UUID,
    provider: str,
    secret: str | None,
    *,
    expires_at: datetime | None,
) -> tuple[uuid.UUID, str | None]:
    chosen, shown = _chosen(provider, secret)
    if expires_at is not None and expires_at <= utcnow():
        raise Invalid("a secret that has expired proves nothing", code="invalid_secret")
    secret_id = uuid.uuid4()
    place = secret_place(caller.controller_id, endpoint_id, secret_id)
    repository.add_secret(
        connection,
        caller.controller_id,
        endpoint_id,
        secret_id=secret_id,
        sealed=SECRETS.seal(caller.keyring, place, chosen),
        expires_at=expires_at,
    )
    return secret_id, shown


def _chosen(provider: str, secret: str | None) -> tuple[str, str | None]:
    """Return the secret to keep, and the same if its user has to be told it."""
    adapter = PROVIDERS[provider]
    if adapter.check_secret is None:
        raise Invalid("this provider signs with a certificate", code="secret_not_used")
    if secret is not None:
        adapter.check_secret(secret)
        return secret, None
    if not adapter.makes_secret:
        raise Invalid("send the secret that the provider shows", code="invalid_secret")
    made = random.token_hex(_SECRET_BYTES)
    return made, made


def _audit(
    connection: Connection, caller: Caller, endpoint_id: uuid.UUID, verb: str, **details: str
) -> None:
    audit.record(
        connection,
        caller.controller_id,
        actor=caller.actor,
        action=f"webhooks.{verb}",
        count=0,
        details={"endpoint_id": str(endpoint_id), **details},
    )
