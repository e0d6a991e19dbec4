"""What a person gets on access or portability, once it is established who asks."""

from typing import Any

from crm_service.db import Connection
from crm_service.errors import Conflict
from crm_service.rights import service
from crm_service.rights.models import RightsRequest

_WITH_PACKAGE = frozenset({"access", "portability"})
_GRANTED = frozenset({"granted", "partly_granted"})


def of(connection: Connection, request: RightsRequest, *, actor: str) -> dict[str, Any]:
    """Return everything held about the person, by the tables that hold it.

    Raises ``Conflict`` (``no_package``) unless the request is one for it, and granted: then the
    identity is established.
    """
    if request.kind not in _WITH_PACKAGE or request.outcome not in _GRANTED:
        raise Conflict(
            "there is a package for access and portability alone, once the request is granted",
            code="no_package",
            status=request.status,
        )
    return service.export_contact(
        connection, request.controller_id, request.subject_id, actor=actor
    )
