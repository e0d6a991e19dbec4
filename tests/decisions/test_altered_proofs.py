"""Whatever is altered in a proof, or in the rows that it rests on, is found."""

from typing import Any

import orjson
import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service.errors import Invalid
from crm_service.seals import sealed_values
from crm_service.seals.digests import seal_digest
from crm_service.seals.proof_file import check
from tests.decisions.moments import checked, other, proof_file
from tests.permissions.person import Person

pytestmark = pytest.mark.rule(18, 19, 38)

Admin = psycopg.Connection[TupleRow]


def tamper(admin: Admin, statement: str, *values: object) -> None:
    """Change what the database would refuse, as a superuser who disabled the triggers can."""
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        assert admin.execute(statement, values).rowcount > 0


def test_any_byte_that_is_altered_is_found(proof: bytes, record: bytes) -> None:
    unnoticed = []
    for place in range(0, len(proof), 7):
        altered = bytearray(proof)
        altered[place] ^= 1
        if _passes(bytes(altered), record):
            unnoticed.append(place)

    assert unnoticed == []


@pytest.mark.parametrize(
    ("part", "uncovered"),
    [
        # The topic is sealed by its id, the policy by its digest, and evidence says that it went.
        ("entries.0", {"topic", "term_ends_at", "evidence_erased_at"}),
        ("restrictions.0", set()),
        ("restrictions.0.audit_entry", set()),
    ],
)
def test_what_seals_cover_is_proved_without_a_record(
    proof: bytes, part: str, uncovered: set[str]
) -> None:
    unnoticed = set()
    for name, value in _walk(orjson.loads(proof), part).items():
        if isinstance(value, (dict, list)):
            continue
        altered = orjson.loads(proof)
        _walk(altered, part)[name] = other(value)
        if _passes(orjson.dumps(altered)):
            unnoticed.add(name)

    assert unnoticed == uncovered


def _passes(proof: bytes, record: bytes | None = None) -> bool:
    try:
        return not check(proof, record=record).wrong
    except Invalid as error:
        return error.code != "unreadable_proof"


def _walk(found: Any, path: str) -> Any:
    for name in path.split("."):
        found = found[int(name)] if name.isdigit() else found[name]
    return found


@pytest.mark.parametrize(
    "name", ["number", "entries", "up_to_position", "merkle_root", "previous_digest", "sealed_at"]
)
def test_an_altered_seal_is_found(proof: bytes, name: str) -> None:
    altered = orjson.loads(proof)
    seal = altered["entries"][0]["seal"]
    seal[name] = other(seal[name])

    [wrong, *_] = check(orjson.dumps(altered)).wrong

    assert "has another digest than its values" in wrong


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"leaf": 1}, "is not among what seal"),
        ({"path": ["00" * 32]}, "is not among what seal"),
        ({"log": "audit"}, "is of another log"),
    ],
)
def test_an_entry_that_no_path_leads_from_is_found(
    proof: bytes, change: dict[str, Any], wrong: str
) -> None:
    altered = orjson.loads(proof)
    altered["entries"][0]["seal"] |= change

    assert wrong in check(orjson.dumps(altered)).wrong[0]


@pytest.mark.parametrize(
    ("table", "change", "where"),
    [
        ("ledger_entries", "since = since - interval '1 day'", "true"),
        ("ledger_entries", "state = 'granted'", "state = 'withdrawn'"),
        ("ledger_entries", None, "state = 'withdrawn'"),
        ("audit_entries", "count = 2", "action = 'contacts.restrict'"),
        ("ledger_evidence", "evidence = replace(evidence, 'webform', 'letters')", "true"),
        ("seals", "entries = entries + 1", "log = 'ledger'"),
    ],
)
def test_a_row_altered_in_the_database_is_found_in_the_proof(
    mari: Person, admin: Admin, proof: bytes, table: str, change: str | None, where: str
) -> None:
    at = orjson.loads(proof)["at"]
    checked(proof)

    verb = f"UPDATE {table} SET {change}" if change else f"DELETE FROM {table}"  # noqa: S608 - constant text
    tamper(admin, f"{verb} WHERE {where} AND controller_id = %s", mari.tenant.controller_id)

    assert check(proof_file(mari, at)).wrong


def test_an_entry_of_after_its_seal_is_found(proof: bytes) -> None:
    altered = orjson.loads(proof)
    entry = altered["entries"][0]
    forged = sealed_values.seal({**entry["seal"], "up_to_xid": "1"}, entry["controller_id"])
    entry["seal"] |= {"up_to_xid": "1", "digest": seal_digest(forged).hex()}

    assert "is not among what seal" in check(orjson.dumps(altered)).wrong[0]


def test_a_yes_that_nothing_shows_is_found(proof: bytes) -> None:
    forged = orjson.loads(proof)
    forged["verdict"] = {"eligible": True, "reasons": [], "basis": "consent"}
    other = {**forged, "verdict": {**forged["verdict"], "basis": "contract"}}

    assert check(orjson.dumps(forged)).wrong == [
        "the verdict is a yes although the processing was restricted"
    ]
    assert "the verdict is a yes on a basis that no entry shows" in check(orjson.dumps(other)).wrong
