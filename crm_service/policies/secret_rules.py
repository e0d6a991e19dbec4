"""Attributes that must not be declared, whatever they are called (clauses ee-01, ee-20, se-01).

An attribute lies open to every key that reads contacts. What proves who somebody is, or opens
something, has no place there; an identification number has one of its own, where it is sealed.
"""

from collections.abc import Iterator
from typing import Final

from crm_service.policies.findings import ERROR, Finding

#: Whole words, since others hold them: shipping, secretary, keen.
_SECRET_WORDS: Final = frozenset({"cvc", "cvv", "pin", "pwd", "secret"})
#: Found in joined names as well, in the languages of the policies: userpassword, passwords.
_SECRET_PARTS: Final = (
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passord",
    "losenord",
    "salasona",
    "parool",
    "creditcard",
    "debitcard",
)
_NUMBER_WORDS: Final = frozenset({"emso", "ssn"})
_NUMBER_PARTS: Final = (
    "fodselsnummer",
    "idcode",
    "isikukood",
    "nationalid",
    "personalcode",
    "personnummer",
    "socialsecurity",
)


def refused_names(name: str, path: str) -> Iterator[Finding]:
    """Yield why an attribute of this name is refused; its words may be joined or apart."""
    words, joined = set(name.split("_")), name.replace("_", "")
    if words & _SECRET_WORDS or any(part in joined for part in _SECRET_PARTS):
        yield Finding(ERROR, path, "looks like a secret: the service keeps none")
    if words & _NUMBER_WORDS or any(part in joined for part in _NUMBER_PARTS):
        message = "looks like an identification number: those are sealed; declare national_id"
        yield Finding(ERROR, path, message)
