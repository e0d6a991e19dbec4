"""Addresses in, results out: the two loops that run once an address.

Written for speed: an address costs a normalization, a keyed hash and a few dictionary look-ups.
"""

import hmac
import uuid
from collections.abc import Sequence
from typing import Any

from crm_service.addresses import InvalidAddress, normalize_email, normalize_phone
from crm_service.eligibility.verdicts import KEY_BYTES, Verdicts
from crm_service.unsubscribe.links import headers, url
from crm_service.unsubscribe.tokens import Signer

#: Shared by every yes.
NO_REASONS: list[str] = []


def email_keys(pepper: bytes, emails: Sequence[str]) -> list[bytes | None]:
    """Return the raw address key of each e-mail address; None where it is not one."""
    return [_key(pepper, b"email:", _email(email)) for email in emails]


def phone_keys(pepper: bytes, phones: Sequence[str]) -> list[bytes | None]:
    """Return the raw address key of each phone number in international form; None where not."""
    return [_key(pepper, b"phone:", _phone(phone)) for phone in phones]


def _key(pepper: bytes, prefix: bytes, normalized: str | None) -> bytes | None:
    if normalized is None:
        return None
    return hmac.digest(pepper, prefix + normalized.encode(), "sha256")[:KEY_BYTES]


def _email(email: str) -> str | None:
    try:
        return normalize_email(email)
    except InvalidAddress:
        return None


def _phone(phone: str) -> str | None:
    try:
        return normalize_phone(phone)
    except InvalidAddress:
        return None


def results(
    name: str,
    asked: Sequence[str | uuid.UUID],
    keys: Sequence[bytes | None],
    verdicts: Verdicts,
    *,
    without_key: str = "invalid_address",
) -> list[dict[str, Any]]:
    """Return one result for each address asked, in order.

    ``name`` is the field that repeats the address as asked: email, phone or contact_id.
    ``without_key`` is the reason given where there is no address to judge.
    """
    permitted = verdicts.basis
    answers: list[dict[str, Any]] = []
    for given, key in zip(asked, keys, strict=True):
        if key is None:
            answers.append({name: given, "eligible": False, "reasons": [without_key]})
        elif key in permitted:
            yes = {name: given, "eligible": True, "reasons": NO_REASONS, "basis": permitted[key]}
            answers.append(yes)
        else:
            answers.append({name: given, "eligible": False, **_refusal(key, verdicts)})
    return answers


def _refusal(key: bytes, verdicts: Verdicts) -> dict[str, Any]:
    refusal: dict[str, Any] = {"reasons": verdicts.reasons(key)}
    blocks = verdicts.blocks.get(key)
    if blocks:
        refusal["suppressions"] = [{"scope": scope, "reason": reason} for scope, reason in blocks]
    return refusal


def add_links(
    answers: Sequence[dict[str, Any]],
    keys: Sequence[bytes | None],
    signer: Signer,
    public_url: str,
) -> None:
    """Add the unsubscribe URL and both header values to every result with a valid address."""
    valid = [(answer, key) for answer, key in zip(answers, keys, strict=True) if key is not None]
    tokens = signer.many([key for _, key in valid])
    for (answer, _), token in zip(valid, tokens, strict=True):
        link = url(public_url, token)
        answer["unsubscribe_url"] = link
        answer["headers"] = headers(link)
