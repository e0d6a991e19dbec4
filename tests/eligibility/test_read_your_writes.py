from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.factories import Tenant
from tests.permissions.person import Admin, Person, make_person

PEOPLE = 4
ROUNDS = 6


def leave_and_return(person: Person, *, stop: Event) -> list[str]:
    """Leave and take it back again and again; return every answer that came too late."""
    late = []
    for _ in range(ROUNDS):
        pressed = person.press()
        if not person.reasons():
            late.append("a yes after leaving")
        if person.undo(pressed) != 200 or person.reasons():
            late.append("a no after coming back")
    person.click()
    stop.wait(0.05)
    if "suppressed" not in person.reasons():
        late.append("a yes after the last click")
    return late


@pytest.mark.rule(24)
@pytest.mark.clause("ee-14")
def test_no_check_says_yes_once_leaving_was_answered_however_many_ask_at_once(
    tenant: Tenant, admin: Admin
) -> None:
    people = [make_person(tenant, admin, email=f"p{n}@example.com") for n in range(PEOPLE)]
    for person in people:
        person.grant()
        person.grant("legitimate_interests", purpose="marketing")
    everybody = [person.email for person in people]
    stop = Event()

    def ask_on() -> int:
        asked = 0
        while not stop.is_set():
            people[0].verdict(emails=everybody)
            asked += 1
        return asked

    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        asking = pool.submit(ask_on)
        late = list(pool.map(lambda person: leave_and_return(person, stop=stop), people))
        stop.set()

    assert late == [[]] * PEOPLE
    assert asking.result() > 0
