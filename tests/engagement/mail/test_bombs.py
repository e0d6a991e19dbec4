"""Mails made to hurt: whatever they are made of, they are read in bounded time and memory."""

import tracemalloc
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_service.engagement.mail import mime
from crm_service.engagement.mail.reading import Ignored, Report, read
from crm_service.keyring import Keyring
from tests.engagement.mail.samples import FOLDER, Sent

KEYRING = Keyring.create()
SENT = Sent(KEYRING, controller_ref=7, address_key=uuid.uuid4())
SAMPLES = [SENT.mail(path.stem) for path in sorted(FOLDER.glob("*.eml"))]


def multipart(boundary: str, inside: bytes, kind: str = "mixed") -> bytes:
    line = f"Content-Type: multipart/{kind}; boundary={boundary}\r\n\r\n".encode()
    mark = f"--{boundary}".encode()
    return line + mark + b"\r\n" + inside + b"\r\n" + mark + b"--\r\n"


def nested(depth: int) -> bytes:
    mail = b"\r\nhello"
    for level in range(depth):
        mail = multipart(f"b{level}", mail)
    return mail


PARTS = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
REPORT = b"Content-Type: message/delivery-status\r\n"
FEEDBACK = multipart(
    "b",
    b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nList-Unsubscribe: "
    + b"<https://crm.example.com/u/a>,"
    * 100_000,
)
BOMBS = {
    "10,000 parts": multipart("b", b"\r\n--b\r\n".join([b"\r\nx"] * 10_000)),
    "1,000 levels": nested(1000),
    "same boundary on every level": multipart("b", PARTS * 5000),
    "a million header fields": b"X: y\r\n" * 1_000_000,
    "one endless field": b"To: " + b"bounce+" * 1_000_000,
    "an endless fold": b"To: a\r\n" + b" \r\n" * 500_000,
    "only delimiters": multipart("b", b"--b\r\n" * 500_000),
    "nothing but dashes": multipart("-", b"-" * 3_000_000),
    "spaces in parameters": b"Content-Type: multipart/mixed; boundary" + b" " * 100_000 + b"=b\n\n",
    "quotes in parameters": b"Content-Type: multipart/mixed" + b'; boundary="' * 100_000 + b"\n\n",
    "ten thousand recipients": REPORT + b"\r\n" + b"Action: failed\r\nStatus: 5.1.1\r\n\r\n" * 9999,
    "blank lines": REPORT + b"\r\n" + b" \t\r\n" * 500_000,
    "base64 without end": REPORT + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A=" * 1_000_000,
    "commas": FEEDBACK,
    "zero bytes": b"\0" * 3_000_000,
    "50 MB": b"Subject: x\r\n\r\n" + b"x" * 50_000_000,
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_read_like_any_other_mail(name: str) -> None:
    tracemalloc.start()
    try:
        found = read(BOMBS[name], KEYRING)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert isinstance(found, Ignored)
    assert most < 64 * 1024 * 1024


def test_only_so_many_parts_and_levels_are_looked_at() -> None:
    assert len(mime.parse(BOMBS["10,000 parts"])) == 100
    assert len(mime.parse(BOMBS["1,000 levels"])) == 6


@given(raw=st.binary(max_size=400))
def test_no_bytes_at_all_make_reading_fail(raw: bytes) -> None:
    assert read(raw, KEYRING) == Ignored("no_token")


@settings(max_examples=200)
@given(
    mail=st.sampled_from(SAMPLES),
    cuts=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 40), st.binary(max_size=20))),
)
def test_a_damaged_report_never_makes_reading_fail(
    mail: bytes, cuts: list[tuple[int, int, bytes]]
) -> None:
    for at, length, put in cuts:
        mail = mail[:at] + put + mail[at + length :]

    found = read(mail, KEYRING)

    if isinstance(found, Report):
        assert found.proof.address_key == SENT.address_key


@pytest.mark.parametrize("charset", [b"utf-7", b"nonsense", b'"', b"utf-16", b"\xff"])
def test_charsets_and_encodings_that_nobody_knows_do_no_harm(charset: bytes) -> None:
    mail = SENT.mail("qmail_plain").replace(
        b"Subject:", b"Content-Type: text/plain; charset=" + charset + b"\r\nSubject:"
    )

    found = read(mail + b"\xff\xfe\x00", KEYRING)

    assert isinstance(found, Report)
    assert found.status.bounce == "hard"


def test_a_report_behind_a_long_text_is_still_found() -> None:
    mail = SENT.mail("postfix_user_unknown")
    padded = mail.replace(b"I'm sorry", b"I'm sorry " + b"x" * 1_000_000)

    assert isinstance(read(padded, KEYRING), Report)
