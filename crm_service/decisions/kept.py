"""Comparing an answer that the caller kept with what is recorded of it.

Of an answer only a digest is recorded, so that no address stands in the audit log. The caller's
copy proves what was answered; the digest proves the copy.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from crm_service.decisions.records import Decision
from crm_service.eligibility import batches


@dataclass(frozen=True)
class Kept:
    """What the caller kept: the results in their order, or their digest; None is neither."""

    results: Sequence[dict[str, Any]] | None = None
    results_sha256: str | None = None

    def is_part(self, decision: Decision) -> bool:
        """Whether these are fewer results than were answered: no digest covers them alone."""
        return self.results is not None and len(self.results) != decision.entry.counted

    def matches(self, decision: Decision) -> bool | None:
        """Tell whether this is the very answer; None where nothing can tell."""
        if self.results is None:
            digests = {self.results_sha256} - {None}
        elif self.is_part(decision):
            return None
        else:
            lines = [orjson.dumps(result) for result in self.results]
            digests = {_sha256(b"[" + b",".join(lines) + b"]"), _sha256(b"\n".join([*lines, b""]))}
        return decision.details["results_sha256"] in digests if digests else None

    def about(
        self, key: uuid.UUID, contact_id: uuid.UUID | None, pepper: bytes
    ) -> dict[str, Any] | None:
        """Return the result about an address, the first if there are twins."""
        for result in self.results or ():
            keys = [
                *batches.email_keys(pepper, [str(result.get("email", ""))]),
                *batches.phone_keys(pepper, [str(result.get("phone", ""))]),
            ]
            if key.bytes in keys or (contact_id and result.get("contact_id") == str(contact_id)):
                return result
        return None


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def agrees(answered: dict[str, Any], verdict: dict[str, Any]) -> bool:
    """Tell whether an answer says what is said again today, whatever else it handed out."""
    return _said(answered) == _said(verdict)


def _said(answer: dict[str, Any]) -> tuple[object, ...]:
    blocks = sorted(orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in _blocks(answer))
    return (answer.get("eligible"), answer.get("reasons"), answer.get("basis"), blocks)


def _blocks(answer: dict[str, Any]) -> Sequence[Any]:
    blocks = answer.get("suppressions", ())
    return blocks if isinstance(blocks, list) else ()
