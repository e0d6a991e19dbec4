"""What an export is made of: every table, the policies as files, addresses behind the blocks."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import yaml

from crm_service.audit.digest import AuditRow
from crm_service.db import Connection
from crm_service.keyring import Keyring
from crm_service.national_ids.service import NUMBERS
from crm_service.offboarding import repository
from crm_service.permissions.digest import LedgerRow
from crm_service.seals.logs import AUDIT, LEDGER, Log

TABLES = "tables/"
SUPPRESSED = "suppressed-addresses.ndjson"
NATIONAL_IDS = "national-ids.ndjson"

#: The sealed logs, with the names of their columns. A line holds exactly what its digest covers, as
#: the digest writes it, so that it can be recomputed from the line alone.
SEALED: dict[str, tuple[Log, tuple[str, ...]]] = {
    LEDGER.table: (LEDGER, LedgerRow._fields),
    AUDIT.table: (AUDIT, AuditRow._fields),
}

Content = tuple[str, Callable[[], Iterable[bytes]]]


def contents(connection: Connection, controller_id: uuid.UUID) -> Iterator[Content]:
    """Yield the name of each member and what makes its content, in one snapshot."""
    yield (
        table_of("controllers"),
        lambda: repository.rows(connection, "controllers", controller_id, owner="id"),
    )
    for table in repository.tables(connection):
        yield table_of(table), _table(connection, table, controller_id)
    for version, stated in repository.policies(connection, controller_id):
        yield f"policies/{version:04}.yaml", _policy(stated)
    yield SUPPRESSED, lambda: repository.suppressed(connection, controller_id)


def table_of(name: str) -> str:
    """Return the member that holds a table."""
    return f"{TABLES}{name}.ndjson"


def opened(connection: Connection, controller_id: uuid.UUID, keyring: Keyring) -> Iterator[bytes]:
    """Yield national identification numbers in the clear, one a line."""
    for subject_id, country, sealed in repository.national_ids(connection, controller_id):
        number = NUMBERS.unseal(keyring, subject_id.bytes, sealed)
        facts = {"contact_id": subject_id, "country": country, "number": number}
        yield orjson.dumps(facts) + b"\n"


def _table(
    connection: Connection, table: str, controller_id: uuid.UUID
) -> Callable[[], Iterable[bytes]]:
    if table in SEALED:
        log, names = SEALED[table]
        return lambda: (
            _line(names, row)
            for row in repository.in_order(connection, table, log.columns, controller_id)
        )
    return lambda: repository.rows(connection, table, controller_id)


def _line(names: tuple[str, ...], row: tuple[Any, ...]) -> bytes:
    values = (v.astimezone(UTC) if isinstance(v, datetime) else v for v in row)
    facts = dict(zip(names, values, strict=True))
    return orjson.dumps(facts, default=bytes.hex, option=orjson.OPT_UTC_Z) + b"\n"


def _policy(stated: dict[str, Any]) -> Callable[[], Iterable[bytes]]:
    return lambda: [yaml.safe_dump(stated, sort_keys=False, allow_unicode=True).encode()]
