"""The certificates that SNS signs with, fetched from a TLS server of the tests' own."""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crm_service.engagement.providers.certificates import (
    CachedCertificates,
    SnsHost,
    Unreachable,
    read_certificate,
)
from crm_service.engagement.providers.delivery import Refused
from tests.engagement.webhooks.deliveries import RSA_KEY, certificate

HOST = "sns.eu-north-1.amazonaws.com"


def test_a_certificate_is_fetched_once_and_a_failure_not_at_once_again() -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        if "missing" in url:
            raise Unreachable("the host of SNS answered 404")
        return certificate()

    known = CachedCertificates(fetch)
    for _ in range(3):
        assert known.public_key("there").public_numbers() == RSA_KEY.public_key().public_numbers()
        with pytest.raises(Unreachable):
            known.public_key("missing")
    assert asked == ["there", "missing"]


def test_forged_certificates_cause_few_fetches_and_push_none_out() -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return certificate() if url == "there" else b"<html></html>"

    known = CachedCertificates(fetch)
    known.public_key("there")
    for number in range(200):
        with pytest.raises((Refused, Unreachable)):
            known.public_key(f"forged-{number}")

    assert known.public_key("there")
    assert (asked.count("there"), len(asked)) == (1, 21)


@pytest.mark.parametrize(
    "pem",
    [
        certificate(days=-1),
        certificate(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - the case
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"<html></html>",
        b"",
    ],
)
def test_what_is_no_valid_certificate_proves_nothing(pem: bytes) -> None:
    with pytest.raises(Refused):
        read_certificate(pem)


def test_a_certificate_with_another_kind_of_key_proves_nothing() -> None:
    odd: Any = ec.generate_private_key(ec.SECP256R1())

    with pytest.raises(Refused):
        read_certificate(certificate(odd))


class Answering(http.server.BaseHTTPRequestHandler):
    """A host of SNS's, on this machine."""

    def do_GET(self) -> None:
        """Answer by path."""
        status, body = {
            "/redirect": (302, b""),
            "/endless": (200, b"x" * 100_000),
            "/gone": (404, b""),
        }.get(self.path, (200, f"{self.headers['Host']} {self.path}".encode()))
        self.send_response(status)
        self.send_header("Location", "https://evil.example/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], SnsHost]]:
    """A TLS server that bears SNS's name, and what fetches from it and trusts it."""
    pem = tmp_path_factory.mktemp("sns") / "host.pem"
    key = RSA_KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(key + certificate(name=HOST))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    listening.socket = tls.wrap_socket(listening.socket, server_side=True)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield lambda: SnsHost(at=("127.0.0.1", listening.server_port), trust=_trusting(pem))
    listening.shutdown()
    listening.server_close()


def _trusting(pem: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pem))


def test_fetching_speaks_tls_to_the_host_that_was_named(server: Callable[[], SnsHost]) -> None:
    assert server().get(f"https://{HOST}/a.pem?b=c") == f"{HOST} /a.pem?b=c".encode()


@pytest.mark.parametrize("path", ["/redirect", "/endless", "/gone"])
def test_fetching_follows_nothing_and_reads_little(
    server: Callable[[], SnsHost], path: str
) -> None:
    with pytest.raises(Unreachable):
        server().get(f"https://{HOST}{path}")


def test_a_host_that_cannot_prove_its_name_is_not_believed(server: Callable[[], SnsHost]) -> None:
    with pytest.raises(Unreachable):
        server().get("https://sns.us-east-1.amazonaws.com/a.pem")
    with pytest.raises(Unreachable):
        SnsHost(at=server()._at).get(f"https://{HOST}/a.pem")  # noqa: SLF001 - without the trust
