"""Which rule and which policy clause is proved by which test: ``pytest --clauses``."""

from collections.abc import Iterator

import pytest

RULES = range(1, 40)
#: How many clauses each of the five policies has.
POLICIES = {"ee": 21, "no": 12, "se": 9, "ws": 7, "si": 21}
CLAUSES = tuple(
    f"{policy}-{number:02}" for policy, count in POLICIES.items() for number in range(1, count + 1)
)

_ITEMS = pytest.StashKey[dict[str, list[str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer ``--clauses``."""
    parser.addoption("--clauses", action="store_true", help="print what the tests prove")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember what each test claims to prove."""
    session.config.stash[_ITEMS] = {item.nodeid: list(_claims(item)) for item in session.items}


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print one line for each rule and clause, and one for each test that proves it."""
    if not config.getoption("--clauses"):
        return
    verdicts = _verdicts(terminalreporter)
    claims = config.stash.get(_ITEMS, {})
    for identity in (*(f"rule {number}" for number in RULES), *CLAUSES):
        tests = [nodeid for nodeid, claimed in claims.items() if identity in claimed]
        failed = [nodeid for nodeid in tests if verdicts.get(nodeid) != "passed"]
        verdict = "no test" if not tests else "FAIL" if failed else "pass"
        terminalreporter.write_line(f"{identity:<8} {verdict:<8} {len(tests)} tests")
        for nodeid in tests:
            terminalreporter.write_line(f"    {verdicts.get(nodeid, 'not run'):<8} {nodeid}")


def _claims(item: pytest.Item) -> Iterator[str]:
    for mark in item.iter_markers("rule"):
        yield from (f"rule {number}" for number in mark.args)
    for mark in item.iter_markers("clause"):
        yield from mark.args


def _verdicts(reporter: pytest.TerminalReporter) -> dict[str, str]:
    """Return what became of each test; an error in its set-up or teardown counts."""
    verdicts: dict[str, str] = {}
    for outcome in ("passed", "failed", "error"):
        for report in reporter.stats.get(outcome, []):
            verdicts[report.nodeid] = outcome
    return verdicts
