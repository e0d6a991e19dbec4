"""A provider after an outage sends everything at once, again and again: each effect is one."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.engagement.happenings import Admin
from tests.engagement.webhooks.deliveries import Signed
from tests.engagement.webhooks.hooks import Hook, event_of, make_hook
from tests.factories import Tenant

AT_ONCE = 50
PATIENCE = 20

_COUNTS = """
SELECT (SELECT count(*) FROM engagement_events WHERE controller_id = %(id)s),
       (SELECT count(*) FROM suppressions WHERE controller_id = %(id)s AND lifted_at IS NULL),
       (SELECT count(*) FROM events WHERE controller_id = %(id)s AND type = 'suppression.added.v1'),
       (SELECT count(*) FROM events
        WHERE controller_id = %(id)s AND type = 'engagement.recorded.v1')
"""


def _until_taken(hook: Hook, signed: Signed) -> dict[str, Any]:
    """Send as a provider does: again, whenever the answer is 503."""
    for _ in range(PATIENCE):
        answer = hook.send(signed)
        if answer.status_code != 503:
            assert answer.status_code == 200, answer.text
            taken: dict[str, Any] = answer.json
            return taken
    raise AssertionError("never taken")


def _flood(hook: Hook, batches: list[Signed]) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda signed: _until_taken(hook, signed), batches))


@pytest.mark.rule(28)
def test_one_batch_fifty_times_at_once_has_each_effect_once(tenant: Tenant, admin: Admin) -> None:
    hook = make_hook(tenant, "sendgrid")
    signed = hook.sign(*(event_of("sendgrid", f"p{n}@example.com", n) for n in range(500)))

    answers = _flood(hook, [signed] * AT_ONCE)

    assert sum(answer["accepted"] for answer in answers) == 500
    assert sum(answer["duplicates"] for answer in answers) == 500 * (AT_ONCE - 1)
    assert admin.execute(_COUNTS, {"id": tenant.controller_id}).fetchone() == (500, 500, 500, 500)


@pytest.mark.rule(28)
def test_batches_that_overlap_in_any_order_have_each_effect_once(
    tenant: Tenant, admin: Admin
) -> None:
    hook = make_hook(tenant, "brevo")
    events = [event_of("brevo", f"p{n % 40}@example.com", n) for n in range(120)]
    batches = [hook.sign(*events[n::-1], *events[n:]) for n in range(0, 120, 8)]

    answers = _flood(hook, batches)

    assert sum(answer["accepted"] for answer in answers) == 120
    assert admin.execute(_COUNTS, {"id": tenant.controller_id}).fetchone() == (120, 40, 40, 120)
