import uuid
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.keyring import Keyring
from crm_service.unsubscribe import tokens
from crm_service.unsubscribe.tokens import Link

KEYRING = Keyring.create()
LINK = Link(controller_ref=7, channel="email", address_key=uuid.UUID(int=5), topic_ref=9)
TOKEN = tokens.sign(KEYRING, LINK)


def percent_encoded(text: str) -> str:
    return "".join(f"%{ord(character):02x}" for character in text)


MANGLED = {
    "upper-cased": TOKEN.upper(),
    "capitalized": TOKEN.capitalize(),
    "end of a sentence": TOKEN + ".",
    "closing parenthesis": TOKEN + ")",
    "closing angle bracket": TOKEN + ">",
    "comma": TOKEN + ",",
    "slash": TOKEN + "/",
    "encoded space": TOKEN + "%20",
    "doubly encoded space": TOKEN + "%2520",
    "spaces around": f"  {TOKEN} ",
    "no-break space": TOKEN + "\u00a0",
    "several at once": TOKEN.upper() + ").%20/",
    "angle brackets": f"<{TOKEN}>",
    "encoded angle brackets": f"%3C{TOKEN}%3E",
    "quotes": f'"{TOKEN}"',
    "typographic quotes": f"\u201c{TOKEN}\u201d",
    "apostrophes": f"'{TOKEN}'",
    "soft break": f"{TOKEN[:40]}=\r\n{TOKEN[40:]}",
    "soft break, encoded": f"{TOKEN[:40]}%3D%0D%0A{TOKEN[40:]}",
    "soft break whose line end was lost": f"{TOKEN[:40]}={TOKEN[40:]}",
    "soft break whose line end became a space": f"{TOKEN[:40]}= {TOKEN[40:]}",
    "two soft breaks": f"{TOKEN[:20]}=\n{TOKEN[20:60]}=\n{TOKEN[60:]}",
    "folded over lines": f"{TOKEN[:40]}\r\n {TOKEN[40:]}",
    "escaped equals sign": f"{TOKEN[:40]}=3D{TOKEN[40:]}",
    "escaped equals sign before": f"=3D{TOKEN}",
    "escaped space behind": f"{TOKEN}=20",
    "plus for a space": f"{TOKEN}+",
    "plus inside": f"{TOKEN[:40]}+{TOKEN[40:]}",
    "every character encoded": percent_encoded(TOKEN),
    "every character encoded twice": quote(percent_encoded(TOKEN)),
    "every character encoded three times": quote(quote(percent_encoded(TOKEN))),
    "tracking put behind": f"{TOKEN}&utm_source=mail",
    "encoded query": f"{TOKEN}%3Futm_source%3Dmail",
    "zero-width space": f"{TOKEN[:10]}\u200b{TOKEN[10:]}",
    "the whole link": f"<https://crm.example.com/u/{TOKEN}>",
}


@pytest.mark.rule(10)
@pytest.mark.parametrize("text", MANGLED.values(), ids=MANGLED.keys())
def test_a_mangled_token_is_still_read(text: str) -> None:
    assert tokens.read(KEYRING, text) == LINK


@pytest.mark.rule(10)
@given(key=st.uuids(), at=st.integers(1, 71))
def test_a_token_broken_anywhere_is_still_read_even_if_the_break_looks_like_an_escape(
    key: uuid.UUID, at: int
) -> None:
    link = Link(controller_ref=7, channel="email", address_key=key)
    token = tokens.sign(KEYRING, link)

    assert tokens.read(KEYRING, f"{token[:at]}={token[at:]}") == link
    assert tokens.read(KEYRING, f"{token[:at]}=3D{token[at:]}") == link
    assert tokens.read(KEYRING, f"{token[:at]}=\r\n{token[at:]}") == link


@pytest.mark.rule(10)
@pytest.mark.parametrize("text", MANGLED.values(), ids=MANGLED.keys())
def test_mending_never_makes_a_wrong_token_right(text: str) -> None:
    assert tokens.read(Keyring.create(), text) is None


@pytest.mark.rule(10)
@pytest.mark.parametrize(
    "text",
    ["", "/", ".", TOKEN[:-1], TOKEN + "a", TOKEN * 2, TOKEN[:-1] + "1", "a" * 72, TOKEN * 100],
    ids=["empty", "slash", "dot", "short", "long", "twice", "foreign", "made up", "endless"],
)
def test_a_token_that_lost_or_gained_characters_is_refused(text: str) -> None:
    assert tokens.read(KEYRING, text) is None
