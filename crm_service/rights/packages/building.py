"""Making a package: one reading of the database gives JSON, CSV and the readable document."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from crm_service.audit import service as audit
from crm_service.clock import utcnow
from crm_service.db import Connection, driver_connection
from crm_service.errors import Conflict
from crm_service.keyring import Keyring
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.rights.models import RightsRequest
from crm_service.rights.packages import contents, document
from crm_service.rights.packages.archive import Archive
from crm_service.rights.packages.contents import Person
from crm_service.rights.packages.spool import Spool
from crm_service.rights.packages.tables import Table, as_json

KINDS = frozenset({"access", contents.PORTABILITY})
_GRANTED = frozenset({"granted", "partly_granted"})
_BUFFERED = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Maker:
    """Who makes a package, with what sealed data are opened."""

    keyring: Keyring
    actor: str


def has_package(request: RightsRequest) -> bool:
    """Tell whether there is a package: then the request is granted, and it is known who asks."""
    return request.kind in KINDS and request.outcome in _GRANTED


def require(request: RightsRequest) -> None:
    """Raise ``Conflict`` (``no_package``) unless there is a package."""
    if not has_package(request):
        raise Conflict(
            "there is a package for access and portability alone, once the request is granted",
            code="no_package",
            status=request.status,
        )


def as_zip(
    session: Session, request: RightsRequest, maker: Maker, *, password: str | None = None
) -> Spool:
    """Return the archive: ``package.json``, a CSV for each room, ``index.html``.

    Encrypted under ``password`` if there is one. The caller closes it. Raises ``Conflict``:
    ``no_package``, and ``encryption_required`` where the policy lets none leave without a password.
    """
    with _making(session, request, password) as (policy, tables, spool):
        with Archive(spool, password=password, at=utcnow()) as archive:
            pieces = _pieces(driver_connection(session), policy, request, maker, tables)
            archive.add("package.json", _joined(pieces))
            for table in tables:
                archive.add(table.file, table.csv())
            named = contents.topics_of(driver_connection(session), request.controller_id)
            readable = document.render(policy, request, tables, named)
            archive.add("index.html", [readable.encode()])
        _note(session, request, maker, tables, encrypted=password is not None)
        return spool


def as_json_alone(session: Session, request: RightsRequest, maker: Maker) -> Spool:
    """Return ``package.json`` without an archive around it. As ``as_zip`` otherwise."""
    with _making(session, request, None) as (policy, tables, spool):
        for piece in _joined(_pieces(driver_connection(session), policy, request, maker, tables)):
            spool.write(piece)
        _note(session, request, maker, tables, encrypted=False)
        return spool


@contextmanager
def _making(
    session: Session, request: RightsRequest, password: str | None
) -> Iterator[tuple[Policy, list[Table], Spool]]:
    """Yield what a package is made with and what it goes to; leave nothing behind if it fails."""
    require(request)
    policy = policies.active(driver_connection(session), request.controller_id)
    if policy.rights.package.must_encrypt and password is None:
        raise Conflict(
            "packages leave encrypted alone: POST a password for the archive, or send a link",
            code="encryption_required",
        )
    tables: list[Table] = []
    spool = Spool()
    try:
        yield policy, tables, spool
    except BaseException:
        spool.close()
        raise
    finally:
        for table in tables:
            table.close()


def _pieces(
    connection: Connection,
    policy: Policy,
    request: RightsRequest,
    maker: Maker,
    tables: list[Table],
) -> Iterator[bytes]:
    """Yield the JSON; ``tables`` is filled on the way."""
    person = Person(
        controller_id=request.controller_id,
        subject_id=request.subject_id,
        keyring=maker.keyring,
        actor=maker.actor,
    )
    yield b'{"about":' + as_json(document.facts(policy, request)) + b',"data":{'
    for table in contents.tables(connection, person, request.kind):
        yield b",\n" if tables else b"\n"
        tables.append(table)
        head = {"tables": table.tables, "file": table.file}
        yield as_json(table.name) + b":" + as_json(head)[:-1] + b',"rows":['
        for row in table.read():
            yield b",\n" if table.count > 1 else b"\n"
            yield as_json(row)
        yield b"]}"
    yield b"\n}}\n"


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same in larger pieces: each costs a call of compression and of encryption."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        if len(buffer) > _BUFFERED:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


def _note(
    session: Session,
    request: RightsRequest,
    maker: Maker,
    tables: list[Table],
    *,
    encrypted: bool,
) -> None:
    """Put on record who got what (rule 38)."""
    details: dict[str, Any] = {
        "request_id": str(request.id),
        "kind": request.kind,
        "encrypted": encrypted,
        "rows": {table.name: table.count for table in tables},
    }
    audit.record(
        driver_connection(session),
        request.controller_id,
        actor=maker.actor,
        action="rights.package",
        subject_id=request.subject_id,
        details=details,
    )
