"""HTTP for erasure."""

import uuid

from crm_service.db import driver_connection, transaction
from crm_service.rights import holding, pending, service
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint("rights", __name__, url_prefix="/v1/contacts", description="Rights of people")

#: The controller's own decision, GDPR Art. 17(1)(a); a person's request comes another way.
NO_LONGER_NEEDED = "no_longer_needed"


@blp.delete("/<uuid:contact_id>")
@requires("contacts:write")
@blp.response(204)
@blp.alt_response(409, "CONFLICT")
def erase_contact(contact_id: uuid.UUID) -> None:
    """Erase a contact that is no longer needed. Suppressions stay; none is added.

    409 `held` while a dispute or a law holds the contact's data, `request_open` while something
    that the person asked is not answered.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        holding.refuse_held(connection, caller.controller_id, contact_id)
        pending.refuse_unanswered(connection, caller.controller_id, contact_id)
        service.erase_contact(
            connection,
            caller.controller_id,
            contact_id,
            ground=NO_LONGER_NEEDED,
            actor=caller.actor,
        )
