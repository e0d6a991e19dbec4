"""The set-based verdict against the rules said one address at a time, over random registers."""

import uuid
from dataclasses import replace
from random import Random

import pytest

from crm_service.db import pipeline
from crm_service.eligibility import service
from crm_service.eligibility.inquiry import Inquiry
from crm_service.eligibility.service import Question
from crm_service.policies import service as policies
from tests.eligibility.oracle import Asked, verdict
from tests.eligibility.registers import NOW, TERMS, ZONES, Dice, store
from tests.permissions.person import Person

ASKED = {"topic": "offers", "channel": "email"}


@pytest.fixture
def question(mari: Person) -> Question:
    """What any service asks: offers by e-mail."""
    with pipeline(mari.tenant.controller_id) as connection:
        policy = policies.active(connection, mari.tenant.controller_id)
        return service.ask(connection, mari.tenant.controller_id, policy, **ASKED)


def about(question: Question, asked: Asked) -> Question:
    return replace(
        question,
        purpose=asked.purpose,
        policy=replace(question.policy, timezone=asked.timezone),
        is_marketing=asked.is_marketing,
        now=asked.now,
    )


@pytest.mark.rule(3, 16, 20, 21, 22, 23)
@pytest.mark.clause("ee-05")
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("term", TERMS)
def test_the_verdict_is_what_the_rules_say(
    mari: Person, question: Question, term: str, zone: str
) -> None:
    controller_id = mari.tenant.controller_id
    dice = Dice(Random(term + zone), term, zone)  # noqa: S311 - dice for a test
    purpose, stored = dice.purpose(), [dice.register() for _ in range(150)]
    keys = [uuid.uuid4() for _ in stored]
    asked = Asked(purpose, "offers", "email", purpose.category == "marketing", zone, NOW)
    store(mari.admin, controller_id, keys, stored)

    with pipeline(controller_id) as connection:
        inquiry = Inquiry(connection, controller_id, about(question, asked))
        inquiry.ask([key.bytes for key in keys])
        verdicts = inquiry.verdicts()

    for key, register in zip(keys, stored, strict=True):
        found = (verdicts.reasons(key.bytes), verdicts.basis.get(key.bytes))
        assert found == verdict(register, asked), register
