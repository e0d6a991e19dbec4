import base64
import dataclasses
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.keyring import Keyring
from crm_service.unsubscribe import base32, tokens
from crm_service.unsubscribe.tokens import Link

KEYRING = Keyring.create()
REFERENCE = st.integers(0, 2**32 - 1)
LINKS = st.builds(
    Link,
    controller_ref=REFERENCE,
    channel=st.sampled_from(sorted(tokens.CHANNELS)),
    address_key=st.uuids(),
    topic_ref=REFERENCE,
    campaign_ref=st.integers(0, 2**40 - 1),
)
LINK = Link(controller_ref=7, channel="email", address_key=uuid.uuid4(), topic_ref=9)


@pytest.mark.rule(10)
@given(link=LINKS)
def test_a_token_says_again_what_was_signed(link: Link) -> None:
    token = tokens.sign(KEYRING, link)

    assert tokens.read(KEYRING, token) == link


@pytest.mark.rule(10)
@given(link=LINKS)
def test_a_token_is_72_characters_that_no_mail_software_rewrites(link: Link) -> None:
    token = tokens.sign(KEYRING, link)

    assert len(token) == 72
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz234567")


@pytest.mark.rule(10)
@given(link=LINKS, bit=st.integers(0, 45 * 8 - 1))
def test_a_token_with_any_one_bit_flipped_is_refused(link: Link, bit: int) -> None:
    raw = bytearray(base32.decode(tokens.sign(KEYRING, link)))

    raw[bit // 8] ^= 1 << bit % 8

    assert tokens.read(KEYRING, base32.encode(bytes(raw))) is None


@pytest.mark.rule(10)
@given(link=LINKS, length=st.integers(0, 71))
def test_a_token_cut_short_anywhere_is_refused(link: Link, length: int) -> None:
    token = tokens.sign(KEYRING, link)

    assert tokens.read(KEYRING, token[:length]) is None
    assert tokens.read(KEYRING, token[72 - length :]) is None


@pytest.mark.rule(10)
@given(text=st.text(max_size=1200))
def test_text_that_nobody_signed_is_refused_whatever_it_is(text: str) -> None:
    assert tokens.read(KEYRING, text) is None


@pytest.mark.rule(10)
@given(link=LINKS, text=st.text(alphabet=base32.ALPHABET, min_size=72, max_size=72))
def test_a_token_that_merely_looks_right_is_refused(link: Link, text: str) -> None:
    token = tokens.sign(KEYRING, link)

    assert tokens.read(KEYRING, token[:50] + text[50:]) == (
        link if token[50:] == text[50:] else None
    )


@pytest.mark.rule(10)
def test_a_token_of_another_keyring_is_refused() -> None:
    token = tokens.sign(Keyring.create(), LINK)

    assert tokens.read(KEYRING, token) is None


@pytest.mark.rule(10)
def test_an_old_token_still_works_after_the_link_key_was_rotated() -> None:
    old = tokens.sign(KEYRING, LINK)
    rotated = Keyring(KEYRING.keys | {"link": KEYRING.keys["link"] | {2: b"\7" * 32}})

    new = tokens.sign(rotated, LINK)

    assert tokens.read(rotated, old) == LINK
    assert tokens.read(rotated, new) == LINK
    assert old != new


@pytest.mark.rule(10)
def test_a_token_signed_for_a_channel_nobody_knows_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(tokens.CHANNELS, "carrier pigeon", 99)
    token = tokens.sign(KEYRING, dataclasses.replace(LINK, channel="carrier pigeon"))

    assert tokens.read(KEYRING, token) is None


@given(keys=st.lists(st.uuids(), max_size=300))
def test_signing_many_gives_what_signing_each_gives(keys: list[uuid.UUID]) -> None:
    sign_key = tokens.signer(KEYRING, 7, "email", 9, 0)

    signed = sign_key.many([key.bytes for key in keys])

    assert signed == [sign_key(key.bytes) for key in keys]
    assert signed == [tokens.sign(KEYRING, dataclasses.replace(LINK, address_key=k)) for k in keys]


def test_a_key_of_the_wrong_length_is_never_signed() -> None:
    sign_key = tokens.signer(KEYRING, 7, "email", 9, 0)

    with pytest.raises(ValueError, match="16 bytes"):
        sign_key.many([b"\0" * 16, b"\0" * 11, b"\0" * 21])


@given(raw=st.binary().filter(lambda raw: len(raw) % 5 == 0))
def test_base32_is_the_standard_one_in_lower_case(raw: bytes) -> None:
    text = base32.encode(raw)

    assert text == base64.b32encode(raw).decode().lower()
    assert base32.decode(text) == raw


@pytest.mark.parametrize(
    "text", ["aaaaaaa", "AAAAAAAA", "aaaa_aaa", " aaaaaaa", "aaaaaaa1", "aaaaaaaß"]
)
def test_text_that_is_not_base32_is_not_decoded(text: str) -> None:
    with pytest.raises(ValueError, match="base32"):
        base32.decode(text)


def test_bytes_that_would_need_padding_are_not_encoded() -> None:
    with pytest.raises(ValueError, match="five bytes"):
        base32.encode(b"four")


@given(name=st.text(), pepper=st.binary(min_size=32, max_size=32))
def test_a_campaign_has_one_reference_of_40_bits_that_is_never_none(
    name: str, pepper: bytes
) -> None:
    reference = tokens.campaign_ref(pepper, name)

    assert 0 < reference < 2**40
    assert reference == tokens.campaign_ref(pepper, name)
    assert reference != tokens.campaign_ref(b"another controller's pepper", name)
