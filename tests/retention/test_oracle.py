"""Over thousands of people a run touches exactly what an independent reading of the rules says."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask

from tests.contacts.register import Admin
from tests.factories import Tenant, load_policy, make_tenant
from tests.retention.aging import Retention
from tests.retention.oracle import NOW, RULES, Line, Person, expected, people

PEOPLE = 3000
AT = NOW.isoformat()

_STORE = {
    "contacts": """INSERT INTO contacts (id, controller_id, email, email_key, source_kind, added_at)
        VALUES (%s, %s, %s, %s, 'import', %s)""",
    "addresses": """INSERT INTO addresses (controller_id, address_key, subject_id, kind, is_current)
        VALUES (%s, %s, %s, 'email', true)""",
    "last": """INSERT INTO last_interactions (controller_id, address_key, interacted_at)
        VALUES (%s, %s, %s)""",
    "requests": """INSERT INTO rights_requests (id, controller_id, subject_id, address_key, kind,
            status, language, received_at, received_by, due_on, legal_end_on, ends_at,
            policy_version, recorded_by)
        VALUES (gen_random_uuid(), %s, %s, %s, 'access', 'received', 'en', now(), 'email',
            current_date, current_date, now(), 1, 'operator:test')""",
    "holds": """INSERT INTO holds (controller_id, subject_id, kind, reference, categories, reasons,
            set_by, set_at)
        VALUES (%s, %s, 'dispute', 'ref', %s, 'reasons', 'operator:test', now())""",
    "cases": """INSERT INTO cases (id, controller_id, subject_id, reference, opened_at, closed_at)
        VALUES (%s, %s, %s, %s, now(), %s)""",
    "interactions": """INSERT INTO interactions (id, controller_id, subject_id, kind, category,
            purpose, occurred_at, number, record_system, record_id, case_id, recorded_by)
        VALUES (%s, %s, %s, 'call', %s, %s, %s, %s, 'cameras', %s, %s, 'operator:test')""",
    "contracts": """INSERT INTO contracts (id, controller_id, subject_id, reference, category,
            purpose, signed_on, ended_on, recorded_by, recorded_at, updated_at)
        VALUES (%s, %s, %s, 'C-1', 'contracts', 'service', '2010-01-01', %s, 'operator:test',
            now(), now())""",
}


def rows(tenant: Tenant, person: Person, into: dict[str, list[tuple[Any, ...]]]) -> None:
    """Put what is known of a person into rows of tables."""
    ours, key = tenant.controller_id, uuid.uuid5(person.id, "email")
    into["contacts"].append((person.id, ours, f"{person.id}@example.com", key, person.added_at))
    into["addresses"].append((ours, key, person.id))
    if person.last_at:
        into["last"].append((ours, key, person.last_at))
    if person.asks:
        into["requests"].append((ours, person.id, key))
    if person.held is not None:
        into["holds"].append((ours, person.id, list(person.held) or None))
    for contract_id, ended_on in person.contracts:
        into["contracts"].append((contract_id, ours, person.id, ended_on))
    for one in person.records:
        case = uuid.uuid5(one.id, "case") if one.case else None
        if case:
            closed_at = NOW if one.case == "closed" else None
            into["cases"].append((case, ours, person.id, str(case), closed_at))
        number = "+37251234567" if one.has_number else None
        facts = (one.category, one.purpose, one.occurred_at, number, str(one.id), case)
        into["interactions"].append((one.id, ours, person.id, *facts))


@pytest.fixture
def register(
    app: Flask, admin: Admin, request: pytest.FixtureRequest
) -> tuple[Tenant, Sequence[Person]]:
    """A register of made-up people under the oracle's rules."""
    tenant = make_tenant(app, policy={**load_policy(), "retention": RULES})
    made, into = people(PEOPLE, seed=request.node.name), {name: [] for name in _STORE}  # type: ignore[var-annotated]
    for person in made:
        rows(tenant, person, into)
    with admin.transaction(), admin.cursor() as cursor:
        for name, statement in _STORE.items():
            cursor.executemany(statement, into[name])
    return tenant, made


def remaining(admin: Admin, tenant: Tenant, table: str, where: str = "true") -> set[uuid.UUID]:
    query = f"SELECT id FROM {table} WHERE controller_id = %s AND {where}"  # noqa: S608 - ours
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
    gone = {one for rule, _, one, _ in due if rule != "numbers"}
    stay = [person for person in made if person.id not in gone]
    kept = {one.id: one for person in stay for one in person.records if one.id not in gone}
    cut = {one for rule, _, one, _ in due if rule == "numbers"}

    retention.run(tenant, AT)

    assert remaining(admin, tenant, "contacts") == {person.id for person in stay}
    assert remaining(admin, tenant, "interactions") == kept.keys()
    numbered = {one.id for one in kept.values() if one.has_number and one.id not in cut}
    assert remaining(admin, tenant, "interactions", "number IS NOT NULL") == numbered
    contracts = {one for person in stay for one, _ in person.contracts} - gone
    assert remaining(admin, tenant, "contracts") == contracts
