import uuid
from collections.abc import Callable
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


#: What mail software makes of a token.
HABITS: dict[str, Callable[[str], str]] = {
    "upper-cased": lambda token: token.upper(),
    "capitalized": lambda token: token.capitalize(),
    "end of a sentence": lambda token: token + ".",
    "closing parenthesis": lambda token: token + ")",
    "closing angle bracket": lambda token: token + ">",
    "comma": lambda token: token + ",",
    "slash": lambda token: token + "/",
    "encoded space": lambda token: token + "%20",
    "doubly encoded space": lambda token: token + "%2520",
    "spaces around": lambda token: f"  {token} ",
    "no-break space": lambda token: token + "\u00a0",
    "several at once": lambda token: token.upper() + ").%20/",
    "angle brackets": lambda token: f"<{token}>",
    "encoded angle brackets": lambda token: f"%3C{token}%3E",
    "quotes": lambda token: f'"{token}"',
    "typographic quotes": lambda token: f"\u201c{token}\u201d",
    "apostrophes": lambda token: f"'{token}'",
    "soft break": lambda token: f"{token[:40]}=\r\n{token[40:]}",
    "soft break, encoded": lambda token: f"{token[:40]}%3D%0D%0A{token[40:]}",
    "soft break whose line end was lost": lambda token: f"{token[:40]}={token[40:]}",
    "soft break whose line end became a space": lambda token: f"{token[:40]}= {token[40:]}",
    "two soft breaks": lambda token: f"{token[:20]}=\n{token[20:60]}=\n{token[60:]}",
    "folded over lines": lambda token: f"{token[:40]}\r\n {token[40:]}",
    "escaped equals sign": lambda token: f"{token[:40]}=3D{token[40:]}",
    "escaped equals sign before": lambda token: f"=3D{token}",
    "escaped space behind": lambda token: f"{token}=20",
    "plus for a space": lambda token: f"{token}+",
    "plus inside": lambda token: f"{token[:40]}+{token[40:]}",
    "every character encoded": percent_encoded,
    "every character encoded twice": lambda token: quote(percent_encoded(token)),
    "every character encoded three times": lambda token: quote(quote(percent_encoded(token))),
    "tracking put behind": lambda token: f"{token}&utm_source=mail",
    "encoded query": lambda token: f"{token}%3Futm_source%3Dmail",
    "zero-width space": lambda token: f"{token[:10]}\u200b{token[10:]}",
    "the whole link": lambda token: f"<https://crm.example.com/u/{token}>",
}


def mangled(token: str) -> dict[str, str]:
    """Return what mail software makes of a token, by its habit."""
    return {habit: mangle(token) for habit, mangle in HABITS.items()}


MANGLED = mangled(TOKEN)


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
