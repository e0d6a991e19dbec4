"""Confirming a subscription of SNS: by an operator, or at once where the endpoint says so.

The URL is made here from the pinned topic (``sns.confirmation_url``); the one that a message names
is never followed.
"""

import uuid

import structlog

from crm_service.db import driver_connection, transaction
from crm_service.engagement import endpoints
from crm_service.engagement.endpoints import Caller
from crm_service.engagement.providers.certificates import CachedCertificates, Unreachable
from crm_service.engagement.webhooks import Endpoint
from crm_service.errors import Conflict
from crm_service.keyring import Keyring

log = structlog.get_logger(__name__)


def confirm(caller: Caller, endpoint_id: uuid.UUID, sns: CachedCertificates) -> None:
    """Tell SNS that the endpoint wants its topic's messages, and note it.

    Raises ``NotFound``, ``Conflict`` (``nothing_to_confirm``) and ``Unreachable``.
    """
    with transaction(caller.controller_id) as session:
        url = endpoints.confirmation_url(driver_connection(session), caller, endpoint_id)
    # No connection of the database waits for SNS.
    sns.fetch(url)
    with transaction(caller.controller_id) as session:
        endpoints.confirmed(driver_connection(session), caller, endpoint_id)


def confirm_if_told_to(endpoint: Endpoint, keyring: Keyring, sns: CachedCertificates) -> None:
    """Confirm what is pending at an endpoint with ``auto_confirm``; failing, it stays pending."""
    if not endpoint.settings.get("auto_confirm"):
        return
    caller = Caller(
        controller_id=endpoint.controller_id, actor=f"webhook:{endpoint.id}", keyring=keyring
    )
    try:
        confirm(caller, endpoint.id, sns)
    except Conflict:
        return
    except Unreachable:
        log.warning("subscription_not_confirmed", type=endpoint.adapter.name)
