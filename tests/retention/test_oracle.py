"""Over thousands of people a run touches exactly what an independent reading of the rules says."""

import uuid
from collections.abc import Sequence

import pytest
from flask import Flask

from tests.contacts.register import Admin
from tests.factories import Tenant, load_policy, make_tenant
from tests.retention.aging import Retention
from tests.retention.oracle import NOW, RULES, Line, Person, expected, people
from tests.retention.storing import store

PEOPLE = 3000
AT = NOW.isoformat()


@pytest.fixture
def register(
    app: Flask, admin: Admin, request: pytest.FixtureRequest
) -> tuple[Tenant, Sequence[Person]]:
    """A register of made-up people under the oracle's rules."""
    tenant = make_tenant(app, policy={**load_policy(), "retention": RULES})
    made = people(PEOPLE, seed=request.node.name)
    with admin.transaction():
        store(admin, tenant.controller_id, made)
    return tenant, made


def remaining(
    admin: Admin, tenant: Tenant, table: str, where: str = "true", *, column: str = "id"
) -> set[uuid.UUID]:
    query = f"SELECT {column} FROM {table} WHERE controller_id = %s AND {where}"  # noqa: S608 - ours
    return {row[0] for row in admin.execute(query, (tenant.controller_id,))}


@pytest.mark.rule(33)
@pytest.mark.clause("ee-05", "ee-09", "no-04", "se-06", "si-04", "si-05", "si-13")
def test_a_dry_run_names_exactly_what_the_rules_say(
    register: tuple[Tenant, Sequence[Person]], retention: Retention
) -> None:
    tenant, made = register
    wanted: set[Line] = {line for person in made for line in expected(person)}

    found = retention.preview(tenant, AT)

    said = [(row["rule"], row["table"], uuid.UUID(row["id"]), row["held"]) for row in found]
    assert len(wanted) > PEOPLE / 2
    assert len(said) == len(set(said))
    assert set(said) == wanted


@pytest.mark.rule(33)
@pytest.mark.clause("ee-05", "ee-09", "no-04", "se-06", "si-04", "si-05", "si-13")
def test_a_run_leaves_exactly_what_the_rules_leave(
    register: tuple[Tenant, Sequence[Person]], retention: Retention, admin: Admin
) -> None:
    tenant, made = register
    due = {line for person in made for line in expected(person) if line[3] is None}
    gone = {one for rule, _, one, _ in due if rule not in {"numbers", "segments"}}
    stay = [person for person in made if person.is_contact and person.id not in gone]
    kept = {one.id: one for person in stay for one in person.records if one.id not in gone}
    cut = {one for rule, _, one, _ in due if rule == "numbers"}
    plain = {one for rule, _, one, _ in due if rule == "segments"}

    retention.run(tenant, AT)

    assert remaining(admin, tenant, "contacts") == {person.id for person in stay}
    assert remaining(admin, tenant, "interactions") == kept.keys()
    numbered = {one.id for one in kept.values() if one.has_number and one.id not in cut}
    assert remaining(admin, tenant, "interactions", "number IS NOT NULL") == numbered
    contracts = {one for person in stay for one, _ in person.contracts} - gone
    assert remaining(admin, tenant, "contracts") == contracts
    segmented = {person.id for person in stay if person.has_segment} - plain
    assert remaining(admin, tenant, "contacts", "attributes ? 'segment'") == segmented
    people_left = [*stay, *(person for person in made if not person.is_contact)]
    events = {one for person in people_left for one, _ in person.events} - gone
    assert remaining(admin, tenant, "engagement_events") == events
    blocked = {person.id for person in made if person.is_contact and person.is_blocked}
    assert remaining(admin, tenant, "suppressions", column="subject_id") == blocked
    known = blocked | {person.id for person in stay}
    assert remaining(admin, tenant, "addresses", column="subject_id") == known
