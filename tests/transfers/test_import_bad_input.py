"""Uploads that no good comes of: refused with what to do, and nothing of them stays."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from crm_service.config import Settings
from tests.factories import Answer, Tenant
from tests.transfers.files import Admin, counted
from tests.transfers.uploading import FILE, send

TRACES = ("imports", "import_files", "import_reports", "contacts", "topics")


def _zipped() -> bytes:
    """Ten megabytes of nothing, in ten kilobytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("contacts.csv", b"0" * 10_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("file", "fields", "code"),
    [
        (_zipped(), {}, "compressed_file"),
        (gzip.compress(FILE.encode()), {}, "compressed_file"),
        (bz2.compress(FILE.encode()), {}, "compressed_file"),
        (lzma.compress(FILE.encode()), {}, "compressed_file"),
        (b"", {}, "unreadable_file"),
        (b"\x00\x01\x02", {}, "wrong_encoding"),
        (b"x" * 3_000_000, {}, "unreadable_file"),
        ("email,Name\na@example.com,Õnne ".encode() + b"\xe4\n", {}, "wrong_encoding"),
        (FILE, {"encoding": "zlib"}, "unknown_encoding"),
        (FILE, {"encoding": "utf-16"}, "wrong_encoding"),
        (FILE, {"delimiter": "::"}, "invalid_delimiter"),
        (FILE, {"delimiter": "\n"}, "invalid_delimiter"),
        ("name\nMari\n", {}, "invalid_mapping"),
        ("email,E-mail\na@example.com,b@example.com\n", {}, "invalid_mapping"),
        ("email,City,City\na@example.com,Tartu,Narva\n", {}, "invalid_mapping"),
        (FILE, {"mapping": ["Email=email", "Email=notes"]}, "invalid_mapping"),
        (FILE, {"mapping": '{"Email": "email", "email ": "city"}'}, "invalid_mapping"),
        (FILE, {"mapping": "Email=nothing"}, "invalid_mapping"),
        (FILE, {"mapping": "{"}, "invalid_mapping"),
        (FILE, {"mapping": '{"Email": 1}'}, "invalid_mapping"),
        (FILE, {"mapping": '{"Email": ["email"]}'}, "invalid_mapping"),
        (FILE, {"update": "always"}, "invalid_update"),
        (FILE, {"update": '{"email": "keep"}'}, "invalid_update"),
        (FILE, {"dry_run": "perhaps"}, "invalid_request"),
        (FILE, {"colour": "red"}, "invalid_request"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_at_once(
    tenant: Tenant, admin: Admin, file: bytes | str, fields: dict[str, Any], code: str
) -> None:
    answer = send(tenant, file, **fields)

    assert (answer.status_code, answer.json["code"]) == (422, code), answer.text
    assert "@example.com" not in answer.text
    assert set(counted(admin, tenant, *TRACES).values()) == {0}


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (FILE, {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        (FILE, {"Content-Type": "application/zip"}, 415, "unsupported_media_type"),
        (FILE, {"Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
        (FILE, {"Content-Type": "multipart/form-data"}, 400, "incomplete_body"),
        ("--x\r\nno end", {"Content-Type": "multipart/form-data; boundary=x"}, 400, None),
        ("--x--\r\n", {"Content-Type": "multipart/form-data; boundary=x"}, 422, "invalid_request"),
    ],
)
def test_a_body_that_is_no_upload_is_refused(
    tenant: Tenant,
    admin: Admin,
    body: str,
    headers: dict[str, str],
    status: int,
    code: str | None,
) -> None:
    answer = tenant.client.post(
        "/v1/imports", data=body, headers={"Content-Type": "text/csv", **headers}
    )

    assert answer.status_code == status, answer.text
    assert code in {None, answer.json["code"]}
    assert set(counted(admin, tenant, *TRACES).values()) == {0}


def test_two_files_or_one_in_another_field_are_refused(tenant: Tenant, admin: Admin) -> None:
    two = {"file": [(io.BytesIO(FILE.encode()), "a"), (io.BytesIO(FILE.encode()), "b")]}
    other = {"list": (io.BytesIO(FILE.encode()), "a.csv")}

    answers = [tenant.client.post("/v1/imports", data=form) for form in (two, other)]

    assert [one.status_code for one in answers] == [422, 422]
    assert "in the field 'file'" in answers[0].json["detail"]
    assert set(counted(admin, tenant, *TRACES).values()) == {0}


@pytest.fixture
def one_megabyte(tenant: Tenant) -> Iterator[None]:
    """A service that takes files of a megabyte at most."""
    settings: Settings = tenant.app.extensions["crm.settings"]
    tenant.app.extensions["crm.settings"] = replace(settings, import_max_mb=1)
    yield
    tenant.app.extensions["crm.settings"] = settings


class Endless(io.RawIOBase):
    """A client that never stops sending; it counts what was taken from it."""

    def __init__(self) -> None:
        self.taken = 0

    def readable(self) -> bool:
        """Tell that there is something to read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Send on."""
        buffer[:] = (b"a@example.com\n" * (len(buffer) // 14 + 1))[: len(buffer)]
        self.taken += len(buffer)
        return len(buffer)


def _stream(tenant: Tenant, body: io.IOBase, length: int | None = None) -> Answer:
    """Send a body as gunicorn hands it on, with its length announced or not."""
    environ = {"wsgi.input": body, "wsgi.input_terminated": True}
    known = {"CONTENT_LENGTH": str(length)} if length else {"HTTP_TRANSFER_ENCODING": "chunked"}
    return tenant.client.post(
        "/v1/imports", content_type="text/csv", environ_overrides={**environ, **known}
    )


@pytest.mark.usefixtures("one_megabyte")
def test_more_than_the_limit_is_refused_before_it_is_read(tenant: Tenant, admin: Admin) -> None:
    client = Endless()

    announced = _stream(tenant, client, length=2 << 30)
    before = client.taken
    in_chunks = _stream(tenant, client)

    for answer in (announced, in_chunks):
        assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")
        assert "at most 1 MB" in answer.json["detail"]
    assert before == 0
    assert client.taken < 2 << 20
    assert set(counted(admin, tenant, *TRACES).values()) == {0}


def test_a_client_that_goes_away_leaves_nothing_behind(tenant: Tenant, admin: Admin) -> None:
    class Gone(Endless):
        def readinto(self, buffer: Any) -> int:
            if self.taken > 3_000_000:
                raise ConnectionResetError
            return super().readinto(buffer)

    answer = _stream(tenant, Gone(), length=50_000_000)
    short = _stream(tenant, io.BytesIO(FILE.encode()), length=5000)

    assert (answer.status_code, answer.json["code"]) == (400, "incomplete_body")
    assert (short.status_code, short.json["code"]) == (400, "incomplete_body")
    assert set(counted(admin, tenant, *TRACES).values()) == {0}


def test_too_many_uploads_that_wait_are_refused(
    tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_service.transfers.upload_jobs.MOST_UNFINISHED", 2)
    kept = [send(tenant, FILE + str(n)).status_code for n in range(2)]

    refused = send(tenant)

    assert kept == [202, 202]
    assert (refused.status_code, refused.json["code"]) == (409, "too_many_imports")
    assert counted(admin, tenant, "imports", "import_files") == {"imports": 2, "import_files": 2}
