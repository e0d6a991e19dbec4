"""The verdict on one address, said straight from the domain's rules 3, 16 and 20 to 23."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crm_service.permissions.evidence import BASES
from crm_service.policies.document import Purpose
from crm_service.policies.terms import term_end

REFUSED = {"withdrawn", "objected"}
BOUNCED = {"hard_bounce", "invalid"}


@dataclass(frozen=True)
class Permission:
    """What stands on an address; ``topic`` None is the whole purpose."""

    channel: str
    purpose: str
    topic: str | None
    basis: str
    state: str
    since: datetime
    anchor_at: datetime


@dataclass(frozen=True)
class Block:
    """A suppression of an address."""

    scope: str
    topic: str | None
    reason: str
    is_lifted: bool


@dataclass(frozen=True)
class Register:
    """All that is stored about one address."""

    permissions: Sequence[Permission]
    blocks: Sequence[Block]
    is_known: bool
    is_restricted: bool


@dataclass(frozen=True)
class Asked:
    """A message: what for, how and when."""

    purpose: Purpose
    topic: str
    channel: str
    is_marketing: bool
    timezone: str
    now: datetime


def verdict(register: Register, asked: Asked) -> tuple[list[str], str | None]:
    """Return the reasons against the message, and the basis relied on where there are none."""
    basis, against = _permitted(register, asked)
    stops = [block for block in register.blocks if _stops(block, asked)]
    reasons = {
        "suppressed": bool(stops),
        "restricted": register.is_restricted,
        "erased": any(block.reason == "erasure" for block in stops),
        **{reason: basis is None and reason in against for reason in _AGAINST},
    }
    given = [reason for reason, applies in reasons.items() if applies]
    if not given and basis is None:
        return ["unknown_address"], None
    return given, None if given else basis


_AGAINST = ("objected", "withdrawn", "no_legal_basis", "term_ended", "pending_confirmation")


def _permitted(register: Register, asked: Asked) -> tuple[str | None, set[str]]:
    about = [one for one in register.permissions if _is_about(one, asked)]
    refusals = [one for one in about if one.state in REFUSED]
    usable = [one for one in about if one.state not in REFUSED and _is_usable(one, asked)]
    granted = [one for one in usable if one.state == "granted"]
    running = [one for one in granted if not _is_over(one, asked)]
    ended_at = max((one.since for one in refusals), default=None)
    if ended_at is not None:
        valid = [one for one in running if one.basis == "consent" and one.since > ended_at]
    else:
        valid = running
    against = {one.state for one in refusals}
    against |= {"term_ended" for one in granted if one not in running}
    against |= {"pending_confirmation" for one in usable if one.state == "pending"}
    if not against and register.is_known:
        against = {"no_legal_basis"}
    return min((one.basis for one in valid), key=BASES.index, default=None), against


def _is_about(one: Permission, asked: Asked) -> bool:
    place = (one.channel, one.purpose) == (asked.channel, asked.purpose.slug)
    return place and one.topic in {asked.topic, None}


def _is_usable(one: Permission, asked: Asked) -> bool:
    rule = asked.purpose.bases.get(one.basis)
    if rule is None or not asked.purpose.allows(one.basis, asked.channel):
        return False
    return one.topic is not None or rule.inherits


def _is_over(one: Permission, asked: Asked) -> bool:
    rule = asked.purpose.bases[one.basis]
    if rule.term is None:
        return False
    start = one.since if rule.term_from == "since" else one.anchor_at
    return asked.now >= term_end(start, rule.term, asked.timezone)


def _stops(block: Block, asked: Asked) -> bool:
    if block.is_lifted:
        return False
    return (
        block.scope == "all"
        or block.reason in BOUNCED
        or (block.scope == "marketing" and asked.is_marketing)
        or (block.scope == "topic" and block.topic == asked.topic)
    )
