"""The state machine, every action in every status."""

import pytest

from crm_service.errors import Conflict
from crm_service.rights import states

#: action: the status it leads to from received, identity, in_progress, decided, closed.
TABLE = {
    "ask_identity": ("identity", "identity", None, None, None),
    "identify": ("in_progress", "in_progress", None, None, None),
    "ask": (None, None, "in_progress", None, None),
    "hear": ("received", "identity", "in_progress", None, None),
    "extend": ("received", "identity", "in_progress", None, None),
    "charge": ("received", "identity", "in_progress", None, None),
    "settle": ("received", "identity", "in_progress", None, None),
    "grant": (None, None, "decided", None, None),
    "refuse": ("decided", "decided", "decided", None, None),
    "retract": ("decided", "decided", "decided", None, None),
    "close": (None, None, None, "closed", None),
}
CASES = [
    (action, status, after)
    for action, row in TABLE.items()
    for status, after in zip(states.STATUSES, row, strict=True)
]


@pytest.mark.clause("si-17")
@pytest.mark.parametrize(("action", "status", "after"), CASES)
def test_what_may_be_done_depends_on_the_status(
    action: str, status: str, after: str | None
) -> None:
    if after is not None:
        assert states.after(action, status) == after
        return
    with pytest.raises(Conflict) as refused:
        states.after(action, status)
    too_early = action == "grant" and status in {"received", "identity"}
    assert refused.value.code == ("identity_not_proven" if too_early else "wrong_status")
    assert refused.value.extra["status"] == status
    if not too_early:
        assert refused.value.extra["needed"] == list(states.TRANSITIONS[action])


def test_a_step_too_early_or_too_late_names_the_states_that_it_needs() -> None:
    with pytest.raises(Conflict, match="that is received or identity; this one is in progress"):
        states.after("identify", "in_progress")


def test_the_table_has_every_action() -> None:
    assert TABLE.keys() == states.TRANSITIONS.keys()
