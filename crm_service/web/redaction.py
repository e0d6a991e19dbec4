"""Taking addresses, keys and tokens out of text that leaves for a log or an error (rule 39).

The last line of defense: nothing that knows better passes personal data here in the first place.
"""

import re

_WITHHELD: tuple[tuple[re.Pattern[str], str], ...] = (
    # PostgreSQL repeats the offending values in these lines.
    (re.compile(r"\b(DETAIL|CONTEXT|HINT|STATEMENT|QUERY):.*", re.DOTALL), r"\1: (withheld)"),
    (re.compile(r"\bcrm_[A-Za-z0-9]{4,}_[A-Za-z0-9_]+"), "(key)"),
    (re.compile(r"/u/[^\s\"'?]+"), "/u/(token)"),
    (re.compile(r"\b[A-Za-z2-7]{60,}\b"), "(token)"),
    (re.compile(r"[^\s@<>\"'(),;:/=]+@[^\s@<>\"'(),;:/]+"), "(address)"),
    (re.compile(r"\+\d[\d ()./-]{5,}\d"), "(phone)"),
)


def redact(text: str) -> str:
    """Return ``text`` without anything shaped like an address, a key or a link's token."""
    for pattern, replacement in _WITHHELD:
        text = pattern.sub(replacement, text)
    return text
