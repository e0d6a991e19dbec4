"""The wordings that people agreed to: kept once a version, so that evidence can cite them."""

import uuid
from collections.abc import Mapping
from typing import Any

from crm_service.db import Connection
from crm_service.errors import Conflict, Invalid
from crm_service.permissions.evidence import wording_sha256
from crm_service.policies.document import Policy

MISSING_TEXT = "wording_text_missing"
DIFFERS = "wording_differs"

#: Looks before it writes: a known wording is cited at every grant, and must not be locked by it.
_KNOWN = """
SELECT sha256 = %(sha256)s, text IS NULL AND %(text)s::text IS NOT NULL FROM wordings
WHERE controller_id = %(controller_id)s AND version = %(version)s AND language = %(language)s
"""
_REMEMBER = """
INSERT INTO wordings (controller_id, version, language, sha256, text)
VALUES (%(controller_id)s, %(version)s, %(language)s, %(sha256)s, %(text)s)
ON CONFLICT (controller_id, version, language) DO UPDATE
SET text = coalesce(wordings.text, excluded.text)
WHERE wordings.sha256 = excluded.sha256
RETURNING true
"""
_FIND = """
SELECT 1 FROM wordings WHERE controller_id = %(controller_id)s AND version = %(version)s
    AND (%(language)s = '' OR language = %(language)s) LIMIT 1
"""


def register(
    connection: Connection, controller_id: uuid.UUID, policy: Policy, evidence: Mapping[str, Any]
) -> list[str]:
    """Keep the wording that ``evidence`` cites; return warnings (rule 17).

    A version cited with neither text nor digest, and never registered before, is the warning
    ``wording_text_missing``, or ``Invalid`` with that code where the policy says ``error``. Raises
    ``Conflict`` (``wording_differs``) for another text under a version that is registered, and
    ``Invalid`` with that code where text and digest given together contradict each other.
    """
    wording = evidence.get("wording")
    if not wording or not wording.get("version"):
        return []
    _refuse_contradiction(wording)
    facts = {
        "controller_id": controller_id,
        "version": wording["version"],
        "language": wording.get("language", ""),
        "sha256": wording_sha256(wording),
        "text": wording.get("text"),
    }
    if facts["sha256"] is not None:
        if not _remember(connection, facts):
            raise Conflict(
                "this wording version is registered with another text; give it a new version",
                code=DIFFERS,
            )
        return []
    if connection.execute(_FIND, facts).fetchone():
        return []
    if policy.wording_text == "error":
        raise Invalid(
            "the policy wants the wording's text or SHA-256 with the evidence",
            code=MISSING_TEXT,
            errors={"evidence.wording.text": ["give the text or its SHA-256"]},
        )
    return [MISSING_TEXT]


def _refuse_contradiction(wording: Mapping[str, Any]) -> None:
    stated = wording.get("sha256")
    if (
        wording.get("text")
        and stated
        and wording_sha256({"sha256": stated}) != wording_sha256(wording)
    ):
        raise Invalid(
            "the wording's text does not have the SHA-256 given with it",
            code=DIFFERS,
            errors={"evidence.wording.sha256": ["is not the digest of the text"]},
        )


def _remember(connection: Connection, facts: Mapping[str, Any]) -> bool:
    """Keep the wording unless it is kept already; False where another text stands."""
    known = connection.execute(_KNOWN, facts).fetchone()
    if known is None or known == (True, True):
        return connection.execute(_REMEMBER, facts).fetchone() is not None
    return bool(known[0])
