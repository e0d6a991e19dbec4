"""What is not carried elsewhere: what was never allowed, and what machines did (GDPR Art. 20)."""

import pytest

from tests.contacts.register import CONSENT, register
from tests.engagement.happenings import happening, take_in
from tests.factories import Tenant
from tests.rights.asking import granted, package


@pytest.mark.rule(33)
@pytest.mark.clause("si-17")
def test_a_consent_that_was_refused_carries_nothing(tenant: Tenant) -> None:
    refused = {**CONSENT, "state": "withdrawn"}
    del refused["evidence"]
    contact = register(tenant, permissions=[refused])

    held = package(tenant, granted(tenant, "portability", contact_id=contact["id"]))

    assert held["contacts"] == []


@pytest.mark.rule(30, 33)
@pytest.mark.clause("si-17")
def test_what_machines_opened_is_not_the_persons_to_carry(tenant: Tenant) -> None:
    contact = register(tenant, permissions=[dict(CONSENT)])
    take_in(tenant, [happening("opened", machine=True), happening("opened", after=60)])

    held = package(tenant, granted(tenant, "portability", contact_id=contact["id"]))

    assert [one["occurred_at"] for one in held["engagement"]] == ["2026-11-02T09:01:00Z"]
