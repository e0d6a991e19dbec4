"""Client managers: who they are, and what their keys can hold (clause ws-02)."""

import re
from collections.abc import Sequence

from crm_service.errors import Invalid
from crm_service.web.principal import CLIENT_MANAGER_SCOPES

#: A label of the controller's own, which stands in the audit log: never an address or a full name.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def check_name(name: str) -> None:
    """Raise ``Invalid`` (``invalid_client_manager``) unless the label can be one."""
    if not NAME.fullmatch(name):
        raise Invalid(
            "a client manager is named by a label of a-z, 0-9, '.', '_' and '-', at most 63",
            code="invalid_client_manager",
            errors={"client_manager": ["must be a label such as anna or sales-3"]},
        )


def check_client_manager(name: str | None, scopes: Sequence[str]) -> None:
    """Raise ``Invalid`` (``client_manager_key``) for scopes that such a key cannot hold."""
    if name is None:
        return
    check_name(name)
    beyond = sorted(set(scopes) - set(CLIENT_MANAGER_SCOPES))
    if beyond:
        raise Invalid(
            "a client manager's key cannot hold: " + ", ".join(beyond),
            code="client_manager_key",
            errors={"scopes": ["must be among: " + ", ".join(CLIENT_MANAGER_SCOPES)]},
            allowed=list(CLIENT_MANAGER_SCOPES),
        )
