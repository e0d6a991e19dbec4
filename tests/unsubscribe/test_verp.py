import re
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.keyring import Keyring
from crm_service.unsubscribe import base32, verp
from crm_service.unsubscribe.verp import BOUNCE, UNSUBSCRIBE, Returned

KEYRING = Keyring.create()
REFERENCE = st.integers(0, 2**32 - 1)
RETURNED = st.builds(
    Returned,
    purpose=st.sampled_from(verp.PURPOSES),
    controller_ref=REFERENCE,
    address_key=st.uuids(),
    reference=REFERENCE,
)


def write(said: Returned, keyring: Keyring = KEYRING) -> str:
    signer = verp.Signer(
        keyring, said.purpose, said.controller_ref, said.reference, "in.example.com"
    )
    return signer.many([said.address_key.bytes])[0]


def read(text: str, purpose: str, keyring: Keyring = KEYRING) -> list[Returned]:
    return list(verp.addresses_in(keyring, text, purpose))


@pytest.mark.rule(10)
@given(said=RETURNED)
def test_a_return_address_says_again_what_was_signed(said: Returned) -> None:
    assert read(write(said), said.purpose) == [said]


@given(said=RETURNED)
def test_the_local_part_is_one_that_every_mail_system_takes(said: Returned) -> None:
    local, _, domain = write(said).partition("@")

    assert len(local) <= 64
    assert re.fullmatch(r"(unsub|bounce)\+[a-z2-7]{56}", local)
    assert domain == "in.example.com"


@pytest.mark.rule(10)
@given(said=RETURNED, bit=st.integers(0, 35 * 8 - 1))
def test_an_address_with_any_one_bit_flipped_is_refused(said: Returned, bit: int) -> None:
    local = write(said).partition("@")[0]
    raw = bytearray(base32.decode(local.partition("+")[2]))

    raw[bit // 8] ^= 1 << bit % 8

    assert read(f"{said.purpose}+{base32.encode(bytes(raw))}", said.purpose) == []


@pytest.mark.rule(10)
@given(said=RETURNED)
def test_an_opt_out_cannot_be_made_into_a_bounce_nor_the_other_way_round(said: Returned) -> None:
    other = BOUNCE if said.purpose == UNSUBSCRIBE else UNSUBSCRIBE
    token = write(said).partition("+")[2]

    assert read(f"{other}+{token}", other) == []
    assert read(write(said), other) == []


@pytest.mark.parametrize(
    "mangled",
    [
        "<{}>",
        "BOUNCE+{upper}@IN.EXAMPLE.COM",
        '"Somebody" <{}>, other@example.org',
        "prvs=4711abcdef={}",
        "SRS0=HHH=TT=in.example.com=bounce+{token}@forwarder.example.net",
        "bounce-{token}@in.example.com",
        "bounce={token}@in.example.com",
        "rfc822; {}",
    ],
)
def test_what_mail_systems_do_to_addresses_does_no_harm(mangled: str) -> None:
    said = Returned(BOUNCE, 7, uuid.uuid4(), 9)
    address = write(said)
    token = address.partition("+")[2].partition("@")[0]

    text = mangled.format(address, token=token, upper=token.upper())

    assert read(text, BOUNCE) == [said]


@given(text=st.text(max_size=300))
def test_text_that_nobody_signed_says_nothing(text: str) -> None:
    assert read(text, BOUNCE) == []
    assert read(f"bounce+{text}@in.example.com", BOUNCE) == []


@pytest.mark.rule(10)
def test_old_addresses_still_work_after_the_link_key_was_rotated_and_strange_ones_never() -> None:
    said = Returned(BOUNCE, 7, uuid.uuid4(), 9)
    rotated = Keyring(KEYRING.keys | {"link": KEYRING.keys["link"] | {2: b"\7" * 32}})

    assert read(write(said), BOUNCE, rotated) == [said]
    assert read(write(said, rotated), BOUNCE, rotated) == [said]
    assert read(write(said, Keyring.create()), BOUNCE) == []
    assert read(write(replace(said), rotated), BOUNCE) == []


def test_texts_of_different_lengths_are_never_encoded_together() -> None:
    with pytest.raises(ValueError, match="one length"):
        base32.encode_each([b"12345", b"1234567890"])

    assert base32.encode_each([]) == []
