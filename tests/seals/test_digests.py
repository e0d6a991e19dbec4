import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.audit.digest import AuditRow, audit_digest
from crm_service.permissions.digest import LedgerRow, evidence_digest, ledger_digest
from crm_service.seals.digests import GENESIS, Mark, MerkleTree, Seal, seal_digest

pytestmark = pytest.mark.rule(18)

ID = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
AT = datetime(2026, 11, 22, 10, 30, 15, 250, tzinfo=UTC)
ROW = LedgerRow(
    position=7, recorded_at=AT, xid="731", controller_id=ID, id=ID, subject_id=ID, address_key=ID,
    channel="email", purpose="marketing", topic_id=None, basis="consent", action="granted",
    state="granted", since=AT, anchor_at=AT.replace(microsecond=0), source='a "form"',
    recorded_by="key:1", policy_version=1, correlation=ID, proof_id=ID,
    evidence_sha256=b"\x0f" * 32,
)  # fmt: skip

#: From the test data of Certificate Transparency, whose tree this is (RFC 6962).
LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def merkle(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + merkle(leaves[:split]) + merkle(leaves[split:])).digest()


def other_than(value: object) -> Any:
    """Another value of the same column."""
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    return {str: "other", int: 2, bytes: None, list: ["ema", "il"]}.get(type(value), "something")


@given(st.lists(st.binary(max_size=40), max_size=200))
def test_the_tree_is_that_of_rfc_6962_whatever_its_size(leaves: list[bytes]) -> None:
    tree = MerkleTree()

    for leaf in leaves:
        tree.add(leaf)

    assert (tree.root(), tree.leaves) == (merkle(leaves), len(leaves))


def test_the_tree_has_the_roots_that_other_implementations_publish() -> None:
    tree = MerkleTree()

    roots = []
    for leaf in LEAVES:
        tree.add(bytes.fromhex(leaf))
        roots.append(tree.root().hex())

    assert roots == ROOTS


def test_a_node_cannot_pass_for_an_entry() -> None:
    two, one = MerkleTree(), MerkleTree()
    two.add(b"left")
    two.add(b"right")

    hashes = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in (b"left", b"right")]
    one.add(b"".join(hashes))

    assert one.root() != two.root()


def test_an_entry_is_digested_as_a_json_array_that_anybody_can_write() -> None:
    array = [
        "crm-service/ledger-entry/1", 7, "2026-11-22T10:30:15.000250Z", "731", str(ID), str(ID),
        str(ID), str(ID), "email", "marketing", None, "consent", "granted", "granted",
        "2026-11-22T10:30:15.000250Z", "2026-11-22T10:30:15Z", 'a "form"', "key:1", 1, str(ID),
        str(ID), "0f" * 32,
    ]  # fmt: skip

    text = json.dumps(array, separators=(",", ":"), ensure_ascii=False)

    assert ledger_digest(ROW) == hashlib.sha256(text.encode()).digest()


@pytest.mark.parametrize("column", LedgerRow._fields)
def test_every_column_of_an_entry_counts(column: str) -> None:
    change = {column: other_than(getattr(ROW, column))}

    altered = ROW._replace(**change)

    assert ledger_digest(altered) != ledger_digest(ROW)


def test_the_digest_does_not_depend_on_the_session_s_time_zone() -> None:
    local = AT.astimezone(timezone(timedelta(hours=2)))

    altered = ROW._replace(recorded_at=local, since=local)

    assert ledger_digest(altered) == ledger_digest(ROW)


@pytest.mark.rule(38)
@pytest.mark.parametrize("column", AuditRow._fields)
def test_every_column_of_an_audit_entry_counts(column: str) -> None:
    row = AuditRow(7, AT, "731", ID, ID, "key:1", "contacts.read", None, None, ["email"], 1, "{}")
    change = {column: other_than(getattr(row, column))}

    altered = row._replace(**change)

    assert audit_digest(altered) != audit_digest(row)


@pytest.mark.parametrize("fact", [name for name in Seal._fields if name != "digest"])
def test_every_fact_of_a_seal_counts(fact: str) -> None:
    seal = Seal(ID, "ledger", 1, Mark(731, 7), 1, b"\x01" * 32, GENESIS, b"", AT)
    others: dict[str, Any] = {
        "controller_id": uuid.uuid4(), "log": "audit", "number": 2, "up_to": Mark(731, 8),
        "entries": 2, "merkle_root": b"\x02" * 32, "previous_digest": b"\x03" * 32,
        "sealed_at": AT + timedelta(microseconds=1),
    }  # fmt: skip

    altered = seal._replace(**{fact: others[fact]})

    assert seal_digest(altered) != seal_digest(seal)


def test_evidence_is_digested_with_its_salt() -> None:
    salt = bytes(range(16))

    digest = evidence_digest(salt, "vaba tahe avaldus: jah — õ")

    assert digest == hashlib.sha256(salt + "vaba tahe avaldus: jah — õ".encode()).digest()


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        evidence_digest(b"short", "evidence")
