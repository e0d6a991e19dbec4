"""Asking what was permitted at a moment, and checking the file as somebody without a server."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from crm_service.clock import utcnow
from crm_service.seals.proof_file import Checked, check
from tests.factories import Answer, KeyClient
from tests.permissions.person import Person


def now() -> str:
    """Return this moment, as callers state it."""
    return utcnow().isoformat()


def ask_moment(client: KeyClient, **given: Any) -> Answer:
    """Ask for a proof of a moment, whatever is given."""
    return client.post("/v1/permission-proofs", json=given)


def prove_at(person: Person, at: datetime | str, **given: Any) -> dict[str, Any]:
    """Return the proof of what was permitted to be sent to her at a moment."""
    return orjson.loads(proof_file(person, at, **given))  # type: ignore[no-any-return]


def proof_file(person: Person, at: datetime | str, **given: Any) -> bytes:
    """Return the body of that proof as it came; about the topic offers unless said otherwise."""
    named = {} if given.keys() & {"contact_id", "phone"} else {"email": person.email}
    target = {} if given.keys() & {"topic", "purpose"} else {"topic": "offers"}
    moment = at if isinstance(at, str) else at.isoformat()
    answer = ask_moment(person.tenant.client, **named, **target, at=moment, **given)
    assert answer.status_code == 200, answer.json
    body: bytes = answer.data
    return body


def record_of(person: Person, proof: bytes) -> bytes:
    """Return what is on record of a proof, as it came."""
    proof_id = orjson.loads(proof)["proof_id"]
    answer = person.tenant.client.get(f"/v1/proof-records/{proof_id}")
    assert answer.status_code == 200, answer.json
    body: bytes = answer.data
    return body


def checked(proof: bytes, **more: Any) -> Checked:
    """Check a proof that must be whole."""
    found = check(proof, **more)
    assert found.wrong == []
    return found


def kept(folder: Path, name: str, content: bytes) -> str:
    """Keep what was answered in a file; return its path."""
    path = folder / name
    path.write_bytes(content)
    return str(path)


def other(value: Any) -> Any:
    """Return another value of that kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return "0f8fad5b-d9cb-469f-a165-70867728950e"
    digit = re.search(r"[0-9a-f]", value)
    assert digit is not None
    place = digit.start()
    return value[:place] + ("1" if value[place] != "1" else "2") + value[place + 1 :]
