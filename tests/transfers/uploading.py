"""Uploading files over HTTP, and the worker that imports them."""

import csv
import io
import secrets
from collections.abc import Callable
from threading import Event
from typing import Any

import psycopg

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.transfers import duty
from tests.factories import Answer, KeyClient, Tenant

ROW = "mari@example.com,Mari,news,consent,2026-03-01T10:00:00Z,webform /subscribe,newsletter v3\r\n"
FILE = "Email,First Name,Topics,Legal Basis,Opt-in Time,Opt-in Source,Consent Text\r\n" + ROW


class WhenIdle(Event):
    """A stop that comes as soon as nothing is due."""

    def wait(self, timeout: float | None = None) -> bool:
        """Be set from now on."""
        self.set()
        return True


def work(settings: Settings, stop: Event | None = None) -> None:
    """Do the worker's duty: by default until nothing is due any more."""
    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        duty.work(connection, stop or WhenIdle(), settings=settings)


class AfterBatches(Event):
    """A stop that comes in the midst of an import: at the ``count``-th look, or behind ``then``."""

    def __init__(self, count: int, then: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._left = count
        self._then = then

    def is_set(self) -> bool:
        """Count down."""
        self._left -= 1
        is_set = super().is_set()
        if self._left == 0:
            self.set()
            if self._then is None:
                return True
            self._then()
        return is_set

    def wait(self, timeout: float | None = None) -> bool:
        """Be set from now on."""
        self.set()
        return True


def send(
    who: Tenant | KeyClient, file: bytes | str = FILE, *, name: str = "file.csv", **fields: Any
) -> Answer:
    """Upload a file in a form."""
    client = who.client if isinstance(who, Tenant) else who
    content = file.encode() if isinstance(file, str) else file
    boundary = secrets.token_hex(16)
    parts = [(f'name="file"; filename="{name}"', content)]
    for field, value in fields.items():
        values = value if isinstance(value, list) else [value]
        parts += [(f'name="{field}"', one.encode()) for one in values]
    head = f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(head + of.encode() + b"\r\n\r\n" + text + b"\r\n" for of, text in parts)
    return client.post(
        "/v1/imports",
        data=body + f"--{boundary}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
    )


def job(tenant: Tenant, import_id: str) -> dict[str, Any]:
    """Return what is told of an import."""
    answer: dict[str, Any] = tenant.client.get(f"/v1/imports/{import_id}").json
    return answer


def report(tenant: Tenant, import_id: str, delimiter: str = ",") -> list[list[str]]:
    """Return the report's lines."""
    answer = tenant.client.get(f"/v1/imports/{import_id}/report")
    assert answer.status_code == 200, answer.text
    text = answer.data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def done(tenant: Tenant, settings: Settings, file: bytes | str = FILE, **fields: Any) -> str:
    """Upload a file, have it imported, and return the import's id."""
    sent = send(tenant, file, **fields)
    assert sent.status_code == 202, sent.text
    work(settings)
    import_id: str = sent.json["id"]
    assert job(tenant, import_id)["state"] == "done"
    return import_id
