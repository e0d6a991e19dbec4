"""Of whom nothing was said is known also where one was asked twice, or refused and granted."""

import pytest

from crm_service.eligibility.verdicts import Verdicts

YES, ENDED, NO, SILENT = (bytes([number]) * 16 for number in range(4))


def told() -> Verdicts:
    """Return verdicts in which one address is granted and refused, and one is granted alone."""
    verdicts = Verdicts(("consent",))
    verdicts.state("granted", holds=True, rank=1, keys=YES + NO)
    verdicts.state("granted", holds=False, rank=1, keys=ENDED)
    verdicts.state("withdrawn", holds=False, rank=None, keys=NO)
    return verdicts


@pytest.mark.rule(21)
@pytest.mark.parametrize(
    ("asked", "silent"),
    [
        ([{YES, ENDED, NO}], set()),
        ([{YES, ENDED, NO, SILENT}], {SILENT}),
        ([{YES, ENDED}, {YES, NO}], set()),
        ([{YES, ENDED, NO}, {SILENT, YES}], {SILENT}),
        ([], set()),
    ],
)
def test_whoever_no_permission_names_is_silent(asked: list[set[bytes]], silent: set[bytes]) -> None:
    assert told().silent(asked) == silent
