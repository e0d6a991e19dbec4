"""Entries and seals as proofs spell them, read back so that their digests can be recomputed."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm_service.audit.digest import AuditRow
from crm_service.permissions.digest import LedgerRow
from crm_service.seals.digests import Mark, Seal, followed, seal_digest
from crm_service.seals.logs import AUDIT, LEDGER, Entry

Json = Mapping[str, Any]


def ledger_entry(stated: Json) -> Entry:
    """Return the mark and the digest of a ledger entry by its values in a proof."""
    return LEDGER.read(*(stated[name] for name in LedgerRow._fields))


def audit_entry(stated: Json) -> Entry:
    """Return the mark and the digest of an audit entry by its values in a proof."""
    values = {**stated, "counted": stated["count"]}
    return AUDIT.read(*(values[name] for name in AuditRow._fields))


def stated(covering: Seal) -> dict[str, Any]:
    """Return the values of a seal as proofs spell them."""
    return {
        "log": covering.log,
        "number": covering.number,
        "sealed_at": covering.sealed_at,
        "entries": covering.entries,
        "up_to_xid": str(covering.up_to.xid),
        "up_to_position": covering.up_to.position,
        "merkle_root": covering.merkle_root.hex(),
        "previous_digest": covering.previous_digest.hex(),
        "digest": covering.digest.hex(),
    }


def seal(values: Json, controller_id: str) -> Seal:
    """Return a seal by its values in a proof."""
    return Seal(
        controller_id=uuid.UUID(controller_id),
        log=values["log"],
        number=values["number"],
        up_to=Mark(int(values["up_to_xid"]), values["up_to_position"]),
        entries=values["entries"],
        merkle_root=bytes.fromhex(values["merkle_root"]),
        previous_digest=bytes.fromhex(values["previous_digest"]),
        digest=bytes.fromhex(values["digest"]),
        sealed_at=datetime.fromisoformat(values["sealed_at"]),
    )


def wrong_seal(found: Seal, log: str) -> str | None:
    """Tell what is wrong with a seal by itself; None where nothing is."""
    if found.log != log:
        return f"seal {found.number} is of another log"
    if seal_digest(found) != found.digest:
        return f"seal {found.number} of the {log} log has another digest than its values"
    return None


def leads_to(entry: Entry, found: Seal, stated: Json) -> bool:
    """Tell whether the path of an entry leads to the root of its seal."""
    path = [bytes.fromhex(digest) for digest in stated["path"]]
    root = followed(entry.digest, stated["leaf"], found.entries, path)
    return root == found.merkle_root and entry.mark <= found.up_to
