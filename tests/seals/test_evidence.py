import pytest

from crm_service.seals import findings as found
from tests.seals.logbook import Logbook

pytestmark = pytest.mark.rule(18)


@pytest.fixture
def sealed(logbook: Logbook) -> Logbook:
    logbook.grant(2)
    logbook.seal()
    return logbook


def test_erasing_evidence_keeps_the_chain_whole(sealed: Logbook) -> None:
    entry = sealed.first_entry()

    with sealed.writing() as connection:
        connection.execute(
            "UPDATE ledger_evidence SET salt = NULL, evidence = NULL, erased_at = now()"
            " WHERE entry_id = %s",
            (entry,),
        )

    assert sealed.kinds() == []


@pytest.mark.parametrize(
    "change",
    [
        "evidence = '{}'",
        "salt = decode(repeat('00', 16), 'hex')",
        "evidence = NULL",
        "salt = NULL, erased_at = now()",
        "salt = NULL, evidence = NULL",
    ],
)
def test_evidence_changed_or_half_erased_is_found(sealed: Logbook, change: str) -> None:
    entry = sealed.first_entry()

    sealed.tamper(f"UPDATE ledger_evidence SET {change} WHERE entry_id = %s", entry)  # noqa: S608 - constant text
    [finding] = sealed.verify().findings

    assert finding.kind == found.Kind.EVIDENCE_CHANGED
    assert str(entry) in finding.detail


def test_evidence_taken_away_altogether_is_found(sealed: Logbook) -> None:
    sealed.tamper("DELETE FROM ledger_evidence WHERE entry_id = %s", sealed.first_entry())

    kinds = sealed.kinds()

    assert kinds == ["evidence_missing"]


def test_no_finding_holds_the_evidence(sealed: Logbook) -> None:
    sealed.tamper(
        "UPDATE ledger_evidence SET evidence = 'a-person@example.com' WHERE controller_id = %s",
        sealed.controller_id,
    )

    text = " ".join(finding.detail for finding in sealed.verify().findings)

    assert "evidence" in text
    assert "example.com" not in text


def test_very_many_findings_are_counted_and_not_all_kept(
    logbook: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found, "MOST_KEPT", 10)
    logbook.grant(25)

    logbook.tamper("DELETE FROM ledger_evidence WHERE controller_id = %s", logbook.controller_id)
    report = logbook.verify()

    assert (report.found, len(report.findings)) == (25, 10)
