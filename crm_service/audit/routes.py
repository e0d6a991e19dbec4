"""Reading who read or wrote what (rule 38)."""

from typing import Any

import orjson

from crm_service.audit import service
from crm_service.audit.digest import AuditRow, audit_digest
from crm_service.audit.schemas import AuditPage, AuditQuery
from crm_service.db import driver_connection, transaction
from crm_service.web import paging
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint("audit", __name__, url_prefix="/v1/audit", description="Who read or wrote what")


@blp.get("")
@requires("audit:read")
@blp.arguments(AuditQuery, location="query")
@blp.response(200, AuditPage)
def list_entries(query: dict[str, Any]) -> dict[str, Any]:
    """List accesses to personal data, the newest first; this call is listed too."""
    caller = principal()
    position = paging.after(query["cursor"])
    with transaction(caller.controller_id) as session:
        found = service.listing(
            driver_connection(session),
            caller.controller_id,
            actor=caller.actor,
            subject_id=query["subject_id"],
            action=query["action"],
            after=(position[0], position[1]) if position else None,
            limit=query["limit"] + 1,
        )
    page = paging.page(found, query["limit"], lambda row: [row.xid, row.position])
    return {**page, "items": [_facts(row) for row in page["items"]]}


def _facts(row: AuditRow) -> dict[str, Any]:
    return {
        **row._asdict(),
        "fields_": row.fields,
        "count": row.counted,
        "details": orjson.loads(row.details),
        "digest": audit_digest(row).hex(),
    }
