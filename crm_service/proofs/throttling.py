"""How often a link may be asked for: by address, by network, by controller."""

import uuid
from typing import Final

from crm_service.web import limits
from crm_service.web.limits import Limit

BY_ADDRESS: Final = Limit("proofs-address", quota=5, seconds=3600)
BY_NETWORK: Final = Limit("proofs-network", quota=60, seconds=3600)
BY_CONTROLLER: Final = Limit("proofs-controller", quota=6000, seconds=3600)


def throttle(
    controller_id: uuid.UUID, address_key: uuid.UUID, *, is_by_network: bool = True
) -> None:
    """Count a request for a link; the same for addresses known and unknown.

    ``is_by_network`` False: the caller is the controller's own server, which asks for everybody.
    Raises ``Problem`` 429 ``too_many_requests``.
    """
    limits.take(
        BY_ADDRESS.of(controller_id, address_key),
        limits.by_network(BY_NETWORK, controller_id) if is_by_network else None,
        BY_CONTROLLER.of(controller_id),
    )
