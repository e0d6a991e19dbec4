from collections.abc import Callable

import pytest

from crm_service.seals import findings as found
from crm_service.seals.digests import GENESIS, Mark, Seal, seal_digest
from tests.seals.logbook import Logbook

pytestmark = pytest.mark.rule(18)

MINE = "controller_id = %s"


@pytest.fixture
def sealed(logbook: Logbook) -> Logbook:
    """Three seals over three, one and two entries of each log."""
    for count in (3, 1, 2):
        logbook.grant(count)
        logbook.access(count)
        logbook.seal()
    return logbook


@pytest.mark.parametrize("log", ["ledger", "audit"])
def test_an_untouched_log_is_proven(sealed: Logbook, log: str) -> None:
    report = sealed.verify(log)

    assert (report.findings, report.seals, report.entries) == ([], 3, 6)
    assert (report.number, report.unsealed) == (3, 0)


def test_an_empty_log_is_proven_and_its_head_is_the_beginning(logbook: Logbook) -> None:
    report = logbook.verify()

    assert (report.findings, report.number, report.digest) == ([], 0, GENESIS)


def test_what_no_seal_covers_yet_is_counted_and_not_vouched_for(sealed: Logbook) -> None:
    sealed.grant(4)

    report = sealed.verify()

    assert (report.findings, report.unsealed, report.entries) == ([], 4, 6)


@pytest.mark.parametrize(
    "change",
    [
        "state = 'objected'",
        "since = since - interval '1 microsecond'",
        "recorded_at = recorded_at - interval '1 microsecond'",
        "recorded_by = 'key:2'",
        "id = gen_random_uuid()",
        "topic_id = gen_random_uuid()",
        "proof_id = gen_random_uuid()",
        "evidence_sha256 = NULL",
    ],
)
def test_an_altered_entry_is_found(sealed: Logbook, change: str) -> None:
    sealed.tamper(f"UPDATE ledger_entries SET {change} WHERE {MINE}", sealed.controller_id)  # noqa: S608 - constant text

    kinds = sealed.kinds()

    assert kinds[:3] == ["entry_altered"] * 3


@pytest.mark.rule(38)
@pytest.mark.parametrize("change", ["actor = 'key:2'", "fields = '{}'", "details = '{\"b\": 1.5}'"])
def test_an_altered_audit_entry_is_found(sealed: Logbook, change: str) -> None:
    sealed.tamper(f"UPDATE audit_entries SET {change} WHERE {MINE}", sealed.controller_id)  # noqa: S608 - constant text

    kinds = sealed.kinds("audit")

    assert kinds == ["entry_altered"] * 3


def test_a_missing_entry_is_found_and_named_by_its_evidence(sealed: Logbook) -> None:
    entry = sealed.first_entry()

    sealed.tamper("DELETE FROM ledger_entries WHERE id = %s", entry)
    findings = sealed.verify().findings

    assert [finding.kind for finding in findings] == [found.Kind.ENTRY_MISSING] * 2
    assert str(entry) in findings[1].detail


@pytest.mark.parametrize("table", ["ledger_entries", "audit_entries"])
def test_a_log_that_was_emptied_is_found(sealed: Logbook, table: str) -> None:
    log = {"ledger_entries": "ledger", "audit_entries": "audit"}[table]

    sealed.tamper(f"DELETE FROM {table} WHERE {MINE}", sealed.controller_id)  # noqa: S608 - constant names

    assert sealed.kinds(log)[:3] == ["entry_missing"] * 3


@pytest.mark.parametrize(("xid", "position"), [("0", -(2**63)), ("3", 1)])
def test_an_entry_slipped_in_behind_the_seals_is_found(
    sealed: Logbook, xid: str, position: int
) -> None:
    [entry] = sealed.grant()

    sealed.tamper(
        "UPDATE ledger_entries SET xid = %s::text::xid8, position = %s WHERE id = %s",
        *(xid, position, entry),
    )

    assert sealed.kinds() == ["entry_inserted"]


def test_an_altered_seal_is_found(sealed: Logbook) -> None:
    change = "UPDATE seals SET sealed_at = sealed_at - interval '1 day' WHERE controller_id = %s"

    sealed.tamper(f"{change} AND log = 'ledger' AND number = 2", sealed.controller_id)

    assert sealed.kinds() == ["seal_altered"]
    assert sealed.kinds("audit") == []


def test_a_rewritten_seal_breaks_the_chain_behind_it(sealed: Logbook) -> None:
    rewrite(sealed, 2, lambda seal: seal._replace(sealed_at=seal.sealed_at.replace(year=2020)))

    kinds = sealed.kinds()

    assert kinds == ["chain_broken"]


def test_a_missing_seal_is_found(sealed: Logbook) -> None:
    sealed.tamper(
        "DELETE FROM seals WHERE controller_id = %s AND log = 'ledger' AND number = 2",
        sealed.controller_id,
    )

    assert sealed.kinds() == ["seal_missing", "chain_broken"]


def test_a_value_that_no_client_can_read_is_a_finding_and_no_crash(sealed: Logbook) -> None:
    sealed.tamper(
        f"UPDATE ledger_entries SET since = 'infinity' WHERE {MINE}",  # noqa: S608 - constant text
        sealed.controller_id,
    )

    assert sealed.kinds() == ["entry_unreadable"]


def test_another_controller_s_entries_are_never_mixed_in(
    sealed: Logbook, other_logbook: Logbook
) -> None:
    other_logbook.grant(2)
    other_logbook.seal()

    sealed.tamper(
        "DELETE FROM ledger_entries WHERE controller_id = %s", other_logbook.controller_id
    )

    assert sealed.kinds() == []
    assert "entry_missing" in other_logbook.kinds()


def test_a_head_noted_elsewhere_proves_that_the_chain_was_not_rewritten(sealed: Logbook) -> None:
    noted = {3: sealed.verify().digest, 0: GENESIS}

    sealed.grant()
    sealed.seal()

    assert sealed.verify(expected=noted).findings == []


def test_a_chain_rewritten_as_a_whole_is_found_by_a_head_noted_elsewhere(sealed: Logbook) -> None:
    noted = {3: sealed.verify().digest}

    rewrite(sealed, 3, lambda seal: seal._replace(sealed_at=seal.sealed_at.replace(year=2020)))

    assert sealed.kinds() == []
    assert [f.kind.value for f in sealed.verify(expected=noted).findings] == ["head_differs"]


def test_a_chain_cut_off_at_its_end_is_found_by_a_head_noted_elsewhere(sealed: Logbook) -> None:
    noted = {3: sealed.verify().digest}

    sealed.tamper("DELETE FROM seals WHERE controller_id = %s AND number = 3", sealed.controller_id)

    assert sealed.kinds() == []
    assert [f.kind.value for f in sealed.verify(expected=noted).findings] == ["head_missing"]


def rewrite(logbook: Logbook, number: int, change: Callable[[Seal], Seal]) -> None:
    """Change a seal and give it the digest that fits, as somebody who knows this code would."""
    row = logbook.owner.execute(
        "SELECT up_to_xid::text, up_to_position, entries, merkle_root, previous_digest, sealed_at"
        " FROM seals WHERE controller_id = %s AND log = 'ledger' AND number = %s",
        (logbook.controller_id, number),
    ).fetchone()
    assert row is not None
    xid, position, entries, root, previous, sealed_at = row
    mark = Mark(int(xid), position)
    new = change(
        Seal(logbook.controller_id, "ledger", number, mark, entries, root, previous, b"", sealed_at)
    )
    logbook.tamper(
        "UPDATE seals SET sealed_at = %s, digest = %s"
        " WHERE controller_id = %s AND log = 'ledger' AND number = %s",
        new.sealed_at,
        seal_digest(new),
        logbook.controller_id,
        number,
    )
