"""The two logs that are sealed: which table, in which columns, and how an entry is digested."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from crm_service.audit import digest as audit
from crm_service.permissions import digest as permissions
from crm_service.seals.digests import Mark


class Entry(NamedTuple):
    """What sealing needs to know of one entry."""

    mark: Mark
    recorded_at: datetime
    digest: bytes


@dataclass(frozen=True)
class Log:
    """A sealed log; ``read`` makes an ``Entry`` of one row of ``SELECT columns FROM table``."""

    name: str
    table: str
    columns: str
    read: Callable[..., Entry]


def _ledger_entry(*values: Any) -> Entry:
    row = permissions.LedgerRow._make(values)
    return Entry(Mark(int(row.xid), row.position), row.recorded_at, permissions.ledger_digest(row))


def _audit_entry(*values: Any) -> Entry:
    row = audit.AuditRow._make(values)
    return Entry(Mark(int(row.xid), row.position), row.recorded_at, audit.audit_digest(row))


LEDGER = Log("ledger", "ledger_entries", permissions.COLUMNS, _ledger_entry)
AUDIT = Log("audit", "audit_entries", audit.COLUMNS, _audit_entry)
LOGS = {log.name: log for log in (LEDGER, AUDIT)}
