"""Optimistic locking: no change without knowing the current version."""

import pytest

from tests.factories import Tenant


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        (None, 428),
        ('"2"', 412),
        ("nonsense", 412),
        ('W/"3"', 412),
        ('"3"', 200),
        ("*", 200),
        ('"2", "3"', 200),
        ('"3","2"', 200),
        ('"2", W/"3"', 412),
        ('"33"', 412),
        ('"2", *', 412),
    ],
)
def test_a_change_needs_the_current_version(
    probing_tenant: Tenant, if_match: str | None, status: int
) -> None:
    headers = {"If-Match": if_match} if if_match else {}

    answer = probing_tenant.client.patch("/probe/versioned", headers=headers)

    assert answer.status_code == status
