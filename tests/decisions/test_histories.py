"""Whatever happened to an address: what was answered at the time is what is proved afterwards."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import time_machine

from tests.decisions.proofs import decide, prove, said
from tests.permissions.person import Person, consent

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


class Fate:
    """Draws what happens to a person; the same seed draws the same."""

    def __init__(self, person: Person, dice: Random) -> None:
        self._person = person
        self._dice = dice
        self._now = START

    def at(self, now: datetime) -> None:
        """Let one thing happen at a time."""
        self._now = now
        deeds: list[Callable[[], object]] = [self._consent, self._consent, self._interest]
        deeds += [self._withdraw, self._block, self._lift, self._click, self._restate, self._age]
        self._dice.choice(deeds)()

    def _consent(self) -> None:
        given = self._now - timedelta(hours=self._dice.choice([0, 1, 30]))
        state = self._dice.choice(["granted", "granted", "pending"])
        self._person.state(state, evidence=consent(given.isoformat()))

    def _interest(self) -> None:
        self._person.state("granted", "legitimate_interests", purpose="marketing")

    def _withdraw(self) -> None:
        self._person.state(self._dice.choice(["withdrawn", "objected"]))

    def _restate(self) -> None:
        self._person.state("objected", "legitimate_interests", purpose="marketing")

    def _block(self) -> None:
        reason = self._dice.choice(["manual", "hard_bounce", "unsubscribe"])
        name = self._dice.choice([{"email": self._person.email}, {"domain": "example.com"}])
        self._person.suppress(reason, self._dice.choice(["marketing", {"topic": "offers"}]), **name)

    def _lift(self) -> None:
        client = self._person.tenant.client
        standing = [one["id"] for one in client.get("/v1/suppressions").json["items"]]
        for found in self._dice.sample(standing, min(1, len(standing))):
            client.post(f"/v1/suppressions/{found}/lift", json={"justification": "by letter"})

    def _click(self) -> None:
        self._person.click()

    def _age(self) -> None:
        self._person.tenant.client.put(
            "/v1/contacts",
            json={
                "email": self._person.email,
                "source": {"kind": "event"},
                "added_at": "2021-11-25T12:00:00Z",
            },
        )


@pytest.mark.rule(3, 16, 19, 20, 22)
@pytest.mark.clause("ee-06", "se-03", "ws-06")
@pytest.mark.parametrize("seed", range(8))
def test_the_verdict_reached_again_is_the_one_that_was_given(mari: Person, seed: int) -> None:
    fate = Fate(mari, Random(seed))  # noqa: S311 - dice for a test
    decisions = []
    for step in range(10):
        now = START + timedelta(hours=12 * step, minutes=seed)
        with time_machine.travel(now, tick=True):
            fate.at(now)
            decisions.append(decide(mari))

    for decision in decisions:
        proof = prove(mari, decision, answer=decision)
        assert proof["verdict"]["reasons"] == said(decision)["reasons"], decision
        assert proof["kept"]["agrees"] is True, decision
        assert proof["verdict_at_end"] is None

    assert len({str(said(decision)) for decision in decisions}) > 1
