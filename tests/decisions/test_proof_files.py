"""A proof in a file is checked without the service: whatever was altered in it is found."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.rows import TupleRow

from crm_service.db import driver_connection, transaction
from crm_service.policies import service as policies
from crm_service.seals import sealed_values
from crm_service.seals.cli import ledger
from crm_service.seals.digests import seal_digest
from crm_service.seals.findings import Head
from crm_service.seals.proof_file import check
from tests.decisions.moments import checked, kept, now, other, proof_file, record_of
from tests.decisions.proofs import ask_proof, decide
from tests.factories import POLICY, Tenant, load_policy
from tests.permissions.person import Person

pytestmark = pytest.mark.rule(18, 19, 38)

Admin = psycopg.Connection[TupleRow]
Seal = Callable[[], None]


def run(*arguments: str) -> Result:
    """Run ``ledger verify-proof`` as somebody who has neither application nor database."""
    return CliRunner().invoke(ledger, ["verify-proof", *arguments])


def test_a_proof_is_whole_with_its_record_and_its_policy(proof: bytes, record: bytes) -> None:
    found = checked(proof, record=record)

    assert (found.sealed, found.unsealed) == (4, 0)


def test_the_command_needs_no_server_and_says_what_was_permitted(
    proof: bytes, record: bytes, tmp_path: Path
) -> None:
    policy = kept(tmp_path, "policy.yaml", POLICY.read_bytes())
    file = kept(tmp_path, "proof.json", proof)

    whole = run(file, "--record", kept(tmp_path, "record.json", record))
    other = run(file, "--policy", policy)

    assert whole.exit_code == 0, whole.output
    assert "offers email: not permitted (restricted), policy version 1" in whole.stdout
    assert "sealed=4 unsealed=0 anchored=0/3 record=yes wrong=0" in whole.stdout
    # Policies of tests are stored without a digest.
    assert other.exit_code == 1
    assert "this is not the policy in force then, version 1" in other.stderr


@pytest.mark.clause("ee-19")
@pytest.mark.parametrize("of", ["moment", "decision"])
def test_the_policy_that_was_in_force_is_recognized(mari: Person, of: str) -> None:
    document = {**load_policy(), "name": "cantec-ee-2"}
    with mari.tenant.app.app_context(), transaction(mari.tenant.controller_id) as session:
        connection = driver_connection(session)
        policies.activate(connection, mari.tenant.controller_id, document, "operator:test")
    proof = proof_file(mari, now())
    if of == "decision":
        proof = ask_proof(mari.tenant, decide(mari), email=mari.email).data

    assert check(proof, policy=document).wrong == []
    assert check(proof, policy=load_policy()).wrong == [
        "this is not the policy in force then, version 2"
    ]


def test_the_proof_of_a_decision_is_checked_in_the_same_way(mari: Person, seal: Seal) -> None:
    mari.grant()
    decision = decide(mari)
    seal()
    proof = ask_proof(mari.tenant, decision, email=mari.email, answer=decision).data
    seal()
    found = checked(proof, record=record_of(mari, proof))

    for name in ("topic", "channel", "checked_at", "results_sha256", "decision_id", "purpose"):
        altered = orjson.loads(proof)
        altered["decision"][name] = other(altered["decision"][name])
        assert check(orjson.dumps(altered)).wrong, name
    assert (found.sealed, found.unsealed) == (3, 0)


def test_a_record_of_another_proof_proves_nothing(
    mari: Person, proof: bytes, record: bytes
) -> None:
    again = proof_file(mari, orjson.loads(proof)["at"])

    assert check(again, record=record).wrong == ["the record is of another proof"]


def test_heads_noted_elsewhere_are_compared(mari: Person, proof: bytes, tmp_path: Path) -> None:
    seal = orjson.loads(proof)["entries"][0]["seal"]
    head = Head(mari.tenant.slug, "ledger", seal["number"], bytes.fromhex(seal["digest"]))
    other_slug = Head("other", "ledger", seal["number"], bytes(32))
    file = kept(tmp_path, "proof.json", proof)
    noted = kept(tmp_path, "heads.txt", f"{head}  seals=1 entries=1\n{other_slug}\n".encode())

    same = run(file, "--expect-head", f"@{noted}", "--controller", mari.tenant.slug)
    several = run(file, "--expect-head", f"@{noted}")
    rewritten = run(file, "--expect-head", str(other_slug))

    assert (same.exit_code, several.exit_code, rewritten.exit_code) == (0, 2, 1)
    assert "anchored=1/2" in same.stdout
    assert "is not the head that was noted" in rewritten.stderr


def test_a_chain_of_seals_leads_to_a_head_that_was_noted_later(
    mari: Person, proof: bytes, seal: Seal, tmp_path: Path
) -> None:
    for _ in range(3):
        mari.verdict()
        seal()
    pages = [kept(tmp_path, f"{n}.json", page) for n, page in enumerate(chain(mari, "audit"))]
    newest = orjson.loads(Path(pages[-1]).read_bytes())["items"][-1]
    head = Head(mari.tenant.slug, "audit", newest["number"], bytes.fromhex(newest["digest"]))
    file = kept(tmp_path, "proof.json", proof)
    with_pages = [part for page in pages for part in ("--seals", page)]

    whole = run(file, *with_pages, "--expect-head", str(head))
    gap = run(file, *with_pages[2:], "--expect-head", str(head))

    assert len(pages) > 1
    assert (whole.exit_code, gap.exit_code) == (0, 0), whole.output
    assert "anchored=1/2" in whole.stdout
    assert orjson.loads(proof)["restrictions"][0]["seal"]["number"] == 1
    assert "anchored=0/2" in gap.stdout


@pytest.mark.parametrize("name", ["entries", "previous_digest", "digest"])
def test_a_chain_that_was_altered_is_found(
    mari: Person, proof: bytes, seal: Seal, name: str
) -> None:
    mari.verdict()
    seal()
    pages = [orjson.loads(page) for page in chain(mari, "audit")]
    pages[-1]["items"][0][name] = other(pages[-1]["items"][0][name])

    assert check(proof, chain=[orjson.dumps(page) for page in pages]).wrong


def test_a_chain_that_was_cut_and_joined_is_found(mari: Person, seal: Seal) -> None:
    for _ in range(3):
        mari.verdict()
        seal()
    items = [one for page in chain(mari, "audit") for one in orjson.loads(page)["items"]]
    *_, before, last = items
    forged = sealed_values.seal({**last, "previous_digest": "00" * 32}, last["controller_id"])
    joined = {**last, "previous_digest": "00" * 32, "digest": seal_digest(forged).hex()}
    pages = [orjson.dumps({"items": [before, joined]})]

    assert check(proof_file(mari, now()), chain=pages).wrong == [
        f"seal {last['number']} of the audit log does not follow the one before it"
    ]


def chain(person: Person, log: str) -> Iterator[bytes]:
    """Yield the pages of a chain of seals, two a page."""
    query: dict[str, Any] = {"log": log, "limit": 2}
    while True:
        answer = person.tenant.client.get("/v1/seals", query_string=query)
        assert answer.status_code == 200, answer.json
        yield answer.data
        if answer.json["next_cursor"] is None:
            return
        query["cursor"] = answer.json["next_cursor"]


@pytest.mark.rule(36)
def test_seals_are_listed_from_where_they_are_wanted(
    mari: Person, proof: bytes, other_tenant: Tenant
) -> None:
    get = mari.tenant.client.get
    every = get("/v1/seals", query_string={"log": "audit"}).json["items"]
    later = get("/v1/seals", query_string={"log": "audit", "first": 2}).json["items"]
    theirs = other_tenant.client.get("/v1/seals", query_string={"log": "ledger"}).json
    unknown = get("/v1/seals", query_string={"log": "outbox"})

    assert [one["number"] for one in every] == list(range(1, len(every) + 1))
    assert later == every[1:]
    assert theirs == {"items": [], "next_cursor": None}
    assert (unknown.status_code, unknown.json["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"entries": [{}]}', b"\xff"])
def test_what_is_no_proof_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    result = run(kept(tmp_path, "proof.json", content))

    assert result.exit_code == 1
    assert "this is no proof as it was handed out" in result.stderr
