"""Addresses in, results out: the two loops that run once an address.

Written for speed: an address costs a normalization, a keyed hash and a few dictionary look-ups.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from crm_service.addresses import InvalidAddress, normalize_email, normalize_phone
from crm_service.clock import spelled
from crm_service.eligibility.verdicts import KEY_BYTES, Verdicts
from crm_service.keyed_hash import keyed_hash

#: Shared by every yes.
NO_REASONS: list[str] = []


def email_keys(pepper: bytes, emails: Sequence[str]) -> list[bytes | None]:
    """Return the raw address key of each e-mail address; None where it is not one."""
    return _keys(keyed_hash(pepper, b"email:"), normalize_email, emails)


def phone_keys(pepper: bytes, phones: Sequence[str]) -> list[bytes | None]:
    """Return the raw address key of each phone number in international form; None where not."""
    return _keys(keyed_hash(pepper, b"phone:"), normalize_phone, phones)


def _keys(
    digest: Callable[[bytes], bytes], normalize: Callable[[str], str], texts: Sequence[str]
) -> list[bytes | None]:
    keys: list[bytes | None] = []
    for text in texts:
        try:
            keys.append(digest(normalize(text).encode())[:KEY_BYTES])
        except InvalidAddress:
            keys.append(None)
    return keys


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
    no_address = without_address(without_key)
    answers: list[dict[str, Any]] = []
    for given, key in zip(asked, keys, strict=True):
        if key is None:
            answers.append({name: given, **no_address})
        elif key in permitted:
            yes = {name: given, "eligible": True, "reasons": NO_REASONS, "basis": permitted[key]}
            answers.append(yes)
        else:
            answers.append({name: given, **refusal(key, verdicts)})
    return answers


def permission(basis: str) -> dict[str, Any]:
    """Return what a yes says beside the address."""
    return {"eligible": True, "reasons": NO_REASONS, "basis": basis}


def without_address(reason: str) -> dict[str, Any]:
    """Return what is said where there is no address to judge."""
    return {"eligible": False, "reasons": [reason]}


def refusal(key: bytes, verdicts: Verdicts) -> dict[str, Any]:
    """Return what a no says beside the address."""
    no: dict[str, Any] = {"eligible": False, "reasons": verdicts.reasons(key)}
    blocks = verdicts.blocks.get(key)
    if blocks:
        no["suppressions"] = [_block(*block) for block in blocks]
    return no


def _block(scope: str, reason: str, ends_at: datetime | None) -> dict[str, str]:
    block = {"scope": scope, "reason": reason}
    if ends_at is not None:
        block["ends_at"] = spelled(ends_at)
    return block
