"""Uploads over real connections: what is too much is refused, what breaks off leaves nothing."""

import json
import socket
from collections.abc import Iterator

import psycopg

from crm_service.embedded import EmbeddedPostgres
from tests.serving.service import Service, until

PIECE = b"a@example.com\n" * 5000


def _begin(service: Service, headers: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=60)
    connection.sendall(
        f"POST /v1/imports HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
        f"Authorization: Bearer {service.demo_key}\r\n{headers}\r\n\r\n".encode()
    )
    return connection


def _answer(connection: socket.socket) -> tuple[int, dict[str, object]]:
    with connection, connection.makefile("rb") as answer:
        status = int(answer.readline().split()[1])
        length = 0
        while (line := answer.readline().strip().lower()) != b"":
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        found: dict[str, object] = json.loads(answer.read(length))
        return status, found


def _chunks(*pieces: bytes) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


def _pieces_kept(service: Service) -> int:
    url = EmbeddedPostgres(service.folder).url()
    with psycopg.connect(url) as connection:
        return int((connection.execute("SELECT count(*) FROM import_files").fetchone() or (0,))[0])


def test_a_file_in_chunks_is_imported_by_the_worker(service: Service) -> None:
    connection = _begin(service, "Transfer-Encoding: chunked")
    for chunk in _chunks(b"email,City\n", *(b"u%d@example.com,Tartu\n" % n for n in range(500))):
        connection.sendall(chunk)
    connection.sendall(b"0\r\n\r\n")

    status, job = _answer(connection)

    assert status == 202
    path = f"/v1/imports/{job['id']}"
    assert until(lambda: '"state":"done"' in service.get(path, service.demo_key)[1])
    report = service.get(f"{path}/report", service.demo_key)[1]
    assert report.count("created") == 500


def test_two_gigabytes_are_refused_at_the_first_byte(service: Service) -> None:
    status, problem = _answer(_begin(service, f"Content-Length: {2 << 30}"))

    assert (status, problem["code"]) == (413, "body_too_large")
    assert "at most 512 MB" in str(problem["detail"])


def test_a_client_that_goes_away_leaves_nothing_behind(service: Service) -> None:
    for headers, send in (
        ("Content-Length: 90000000", PIECE),
        ("Transfer-Encoding: chunked", next(_chunks(PIECE))),
    ):
        connection = _begin(service, headers)
        for _ in range(60):
            connection.sendall(send)
        assert until(lambda: _pieces_kept(service) > 1)
        connection.close()

        assert until(lambda: _pieces_kept(service) == 0)
