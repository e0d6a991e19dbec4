"""HTTP for the chains of seals: what leads from a proof to a head that was noted elsewhere."""

from itertools import islice
from typing import Any

from crm_service.db import driver_connection, transaction
from crm_service.seals import repository
from crm_service.seals.logs import LOGS
from crm_service.seals.schemas import SealPage, SealQuery
from crm_service.seals.sealed_values import stated
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint("seals", __name__, url_prefix="/v1/seals", description="The chains of seals")


@blp.get("")
@requires("audit:read")
@blp.arguments(SealQuery, location="query")
@blp.response(200, SealPage)
def list_seals(query: dict[str, Any]) -> dict[str, Any]:
    """List the seals of the ledger or the audit log, the oldest first.

    Each names the digest of the one before, and so vouches for everything up to it: kept beside a
    proof they lead from the seals in it to a head noted later (`ledger verify-proof --seals`).
    """
    caller = principal()
    position = paging.after(query["cursor"])
    behind = position[0] if position else query["first"] - 1
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        chain = repository.seals(
            connection, caller.controller_id, LOGS[query["log"]], number=behind
        )
        found = list(islice(chain, query["limit"] + 1))
    page = paging.page(found, query["limit"], lambda seal: [seal.number])
    items = [{**stated(seal), "controller_id": seal.controller_id} for seal in page["items"]]
    return {**page, "items": items}
