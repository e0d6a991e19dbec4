"""What must be known before a legal basis may be relied on (rule 17, GDPR Art. 7(1)).

A grant without its evidence is refused; a withdrawal or an objection never needs any.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from crm_service.errors import Invalid

CONSENT = "consent"

#: The bases of Art. 6(1)(a) to (f) and ePrivacy 13(2), strongest answer to "why?" first.
BASES = (
    CONSENT,
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "soft_opt_in",
    "legitimate_interests",
)

#: Dotted paths of the facts that each basis needs, with what to give.
REQUIRED: dict[str, dict[str, str]] = {
    CONSENT: {
        "occurred_at": "when the person consented (RFC 3339)",
        "method": "how the person consented, e.g. 'webform /subscribe'",
        "wording.version": "the version of the wording that the person agreed to",
    },
    "contract": {"contract": "the contract's reference"},
    "legal_obligation": {"law": "the law that obliges"},
    "vital_interests": {"justification": "whose vital interests, and why"},
    "public_task": {"law": "the law that sets the task"},
    "soft_opt_in": {
        "sale": "the reference of the sale in which the address was obtained",
        "similar_products": "must be true: only similar products or services are advertised",
        "opt_out_offered": "must be true: an opt-out was offered at collection",
    },
    "legitimate_interests": {"assessment": "the reference of the legitimate-interests assessment"},
}

_MUST_BE_TRUE = frozenset({"similar_products", "opt_out_offered"})

#: How far a caller's clock may run ahead.
CLOCK_SKEW = timedelta(minutes=5)


def missing(basis: str, evidence: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts that ``evidence`` lacks for ``basis``: dotted path → what to give."""
    return {
        path: hint
        for path, hint in REQUIRED[basis].items()
        if not _is_given(path, _lookup(evidence, path))
    }


def require(basis: str, evidence: Mapping[str, Any], *, now: datetime) -> None:
    """Raise ``Invalid`` (``evidence_missing``, ``evidence_in_future``) unless proved."""
    lacking = missing(basis, evidence)
    if lacking:
        raise Invalid(
            f"a grant on {basis} needs evidence: {', '.join(lacking)}",
            code="evidence_missing",
            errors={f"evidence.{path}": [hint] for path, hint in lacking.items()},
        )
    refuse_future({"evidence": evidence}, now=now)


def refuse_future(stated: Mapping[str, Any], *, now: datetime) -> None:
    """Raise ``Invalid`` (``evidence_in_future``) for a time to come, however deep it stands."""
    ahead = [path for path, moment in _moments(stated) if moment > now + CLOCK_SKEW]
    if ahead:
        raise Invalid(
            f"{', '.join(ahead)}: the time lies in the future",
            code="evidence_in_future",
            errors={path: ["must not lie in the future"] for path in ahead},
        )


def _moments(stated: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, datetime]]:
    for name, value in stated.items():
        if isinstance(value, datetime):
            yield place + name, value
        elif isinstance(value, Mapping):
            yield from _moments(value, f"{place}{name}.")


def _lookup(evidence: Mapping[str, Any], path: str) -> Any:
    value: Any = evidence
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _is_given(path: str, value: Any) -> bool:
    if path in _MUST_BE_TRUE:
        return value is True
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None


def canonical(evidence: Mapping[str, Any]) -> str:
    """Return the one text of ``evidence`` that is stored and digested: sorted keys, UTC times."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z
    return orjson.dumps(dict(evidence), option=options).decode()


def wording_sha256(wording: Mapping[str, Any]) -> bytes | None:
    """Return the digest of the wording's text, computed or as given; None if neither."""
    if wording.get("text"):
        return hashlib.sha256(str(wording["text"]).encode()).digest()
    if wording.get("sha256"):
        return bytes.fromhex(str(wording["sha256"]))
    return None
