"""The wordings that people agreed to: kept once a version, so that evidence can cite them.

What a wording says never changes. Who holds a server's key registers wordings, by name or by citing
one with its text; a key that stands in a web page only cites them, or whoever reads the page could
register the controller's next wording first, with words of their own (rule 17).
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.errors import Conflict, Invalid
from crm_service.permissions.evidence import wording_sha256
from crm_service.policies.document import Policy

MISSING_TEXT = "wording_text_missing"
DIFFERS = "wording_differs"
UNKNOWN = "wording_unknown"

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
_COLUMNS = "version, language, text, encode(sha256, 'hex'), first_seen_at"
_OF_VERSION = f"""
SELECT {_COLUMNS} FROM wordings
WHERE controller_id = %(controller_id)s AND version = %(version)s
"""  # noqa: S608 - constant text
_CITED = f"{_OF_VERSION} AND (%(language)s = '' OR language = %(language)s) ORDER BY language"
_EXACTLY = f"{_OF_VERSION} AND language = %(language)s"
#: Cursors hold ids and times alone: the digest of version and language is the id.
_ID = "md5(version || chr(10) || language)::uuid"
_PAGE = f"""
SELECT {_COLUMNS}, {_ID} FROM wordings
WHERE controller_id = %(controller_id)s AND (%(at)s::timestamptz IS NULL
    OR (first_seen_at, {_ID}) > (%(at)s::timestamptz, %(id)s::uuid))
ORDER BY first_seen_at, {_ID} LIMIT %(limit)s
"""  # noqa: S608 - constant text


class Wording(NamedTuple):
    """A registered wording. ``language``: empty if none was said; ``text``: None if unknown."""

    version: str
    language: str
    text: str | None
    sha256: str
    registered_at: datetime
    id: uuid.UUID | None = None


def add(
    connection: Connection, controller_id: uuid.UUID, stated: Mapping[str, Any], *, actor: str
) -> tuple[Wording, bool]:
    """Register a wording with its text or digest; return it, and whether it is new.

    Raises ``Conflict`` (``wording_differs``) where this version says something else in this
    language, ``Invalid`` with that code where text and digest given together contradict each other.
    """
    facts = _facts(controller_id, stated)
    is_new = connection.execute(_KNOWN, facts).fetchone() is None
    _keep(connection, facts)
    if is_new:
        details = {"version": facts["version"], "language": facts["language"] or None}
        audit.record(
            connection,
            controller_id,
            actor=actor,
            action="permissions.register_wording",
            details={**details, "sha256": facts["sha256"].hex()},
        )
    [row] = connection.execute(_EXACTLY, facts).fetchall()
    return Wording(*row), is_new


def page(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    after: Sequence[object] | None,
    limit: int,
) -> list[Wording]:
    """Return up to ``limit`` wordings registered after (time, id), the oldest first."""
    at, last = after or (None, None)
    facts = {"controller_id": controller_id, "at": at, "id": last, "limit": limit}
    return [Wording(*row) for row in connection.execute(_PAGE, facts)]


def cite(
    connection: Connection, controller_id: uuid.UUID, cited: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the registered wording that is cited, as evidence keeps it; register nothing.

    Raises ``Invalid`` (``wording_unknown``) where nobody registered it, or in several languages and
    none is cited, and ``Conflict`` (``wording_differs``) where it is registered with another text.
    """
    facts = _facts(controller_id, cited)
    found = [Wording(*row) for row in connection.execute(_CITED, facts)]
    if not found:
        raise _unknown(
            "version",
            "register this version in this language with a server's key: POST /v1/consent-wordings",
        )
    digest = facts["sha256"]
    same = [one for one in found if digest is None or one.sha256 == digest.hex()]
    if not same:
        raise _differs()
    if len(same) > 1 and digest is None:
        raise _unknown("language", "it is registered in several languages: name one")
    return _evidence(same[0], cited)


def _evidence(wording: Wording, cited: Mapping[str, Any]) -> dict[str, Any]:
    text = wording.text or cited.get("text")
    said = {"language": wording.language, "text": text, "sha256": None if text else wording.sha256}
    return {"version": wording.version} | {name: value for name, value in said.items() if value}


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
    facts = _facts(controller_id, wording)
    if facts["sha256"] is not None:
        _keep(connection, facts)
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


def _facts(controller_id: uuid.UUID, wording: Mapping[str, Any]) -> dict[str, Any]:
    _refuse_contradiction(wording)
    return {
        "controller_id": controller_id,
        "version": wording["version"],
        "language": wording.get("language") or "",
        "sha256": wording_sha256(wording),
        "text": wording.get("text"),
    }


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


def _keep(connection: Connection, facts: Mapping[str, Any]) -> None:
    """Keep the wording unless it is kept already. Raises ``Conflict`` where another text stands."""
    known = connection.execute(_KNOWN, facts).fetchone()
    if known is None or known == (True, True):
        is_kept = connection.execute(_REMEMBER, facts).fetchone() is not None
    else:
        is_kept = bool(known[0])
    if not is_kept:
        raise _differs()


def _differs() -> Conflict:
    return Conflict(
        "this wording version is registered with another text; give it a new version", code=DIFFERS
    )


def _unknown(field: str, hint: str) -> Invalid:
    return Invalid(
        f"a key for browsers can only cite a wording that is registered: {hint}",
        code=UNKNOWN,
        errors={f"wording.{field}": [hint]},
    )
