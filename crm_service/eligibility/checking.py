"""One check from request to answer, in one transaction, recorded so that it can be proved later."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

import orjson

from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.eligibility import batches, repository, service
from crm_service.eligibility.asking import Check
from crm_service.eligibility.service import Question
from crm_service.eligibility.verdicts import Verdicts
from crm_service.errors import Invalid
from crm_service.keyring import Keyring
from crm_service.policies.document import Policy
from crm_service.unsubscribe import tokens
from crm_service.unsubscribe.campaigns import remember_campaign

_KINDS = {"email": "email", "phone": "phone"}


@dataclass(frozen=True)
class Caller:
    """Who asks, and with which secrets and public address the answer is made."""

    controller_id: uuid.UUID
    actor: str
    keyring: Keyring
    public_url: str


def prepare(connection: Connection, caller: Caller, policy: Policy, check: Check) -> Question:
    """Return the question, and remember the campaign that its links will name.

    Raises ``Invalid``: unknown topic or channel, or addresses that the channel does not use.
    """
    question = service.ask(
        connection,
        caller.controller_id,
        policy,
        topic=check.topic,
        channel=check.channel,
        kind=_kind(check),
    )
    if check.links and check.campaign:
        reference = _campaign_ref(caller, check)
        remember_campaign(connection, caller.controller_id, check.campaign, reference)
    return question


def _kind(check: Check) -> str | None:
    kind = _KINDS.get(check.name)
    usual = service.KIND_BY_CHANNEL.get(check.channel)
    if kind is None or usual is None or kind == usual:
        return usual
    if check.channel.startswith("ads_"):
        return kind
    raise Invalid(
        f"the channel {check.channel} is asked by {usual}s or contact_ids",
        code="wrong_address_kind",
        errors={f"{kind}s": [f"the channel {check.channel} needs {usual}s or contact_ids"]},
    )


def answer(
    connection: Connection, caller: Caller, question: Question, check: Check
) -> list[dict[str, Any]]:
    """Return one result for each address asked, in order."""
    keys = _keys(connection, caller, question, check)
    valid = {key for key in keys if key is not None}
    verdicts = (
        service.judge(connection, caller.controller_id, question, list(valid))
        if valid
        else Verdicts()
    )
    without_key = "unknown_address" if check.name == "contact_id" else "invalid_address"
    found = batches.results(check.name, check.asked, keys, verdicts, without_key=without_key)
    if check.links and question.channel in tokens.CHANNELS:
        signer = tokens.signer(
            caller.keyring,
            question.controller_ref,
            question.channel,
            question.topic_ref,
            _campaign_ref(caller, check),
        )
        batches.add_links(found, keys, signer, caller.public_url)
    return found


def _campaign_ref(caller: Caller, check: Check) -> int:
    if not check.campaign:
        return 0
    return tokens.campaign_ref(caller.keyring.pepper(caller.controller_id), check.campaign)


def _keys(
    connection: Connection, caller: Caller, question: Question, check: Check
) -> list[bytes | None]:
    pepper = caller.keyring.pepper(caller.controller_id)
    if check.name == "email":
        return batches.email_keys(pepper, check.asked)
    if check.name == "phone":
        return batches.phone_keys(pepper, check.asked)
    found = connection.execute(
        repository.ADDRESSES_OF_CONTACTS,
        {
            "controller_id": caller.controller_id,
            "contact_ids": check.asked,
            "kind": question.kind,
        },
    ).fetchall()
    by_contact = {subject_id: key.bytes for subject_id, key in found}
    return [by_contact.get(contact_id) for contact_id in check.asked]


def record(
    connection: Connection,
    caller: Caller,
    question: Question,
    check: Check,
    *,
    asked: int,
    eligible: int,
    results_sha256: bytes,
    decision_id: uuid.UUID,
) -> None:
    """Write the decision: its id, the question, the counts, and the digest of the results."""
    audit.record(
        connection,
        caller.controller_id,
        actor=caller.actor,
        action="eligibility.check",
        purpose=question.purpose.slug,
        fields=[check.name],
        count=asked,
        entry_id=decision_id,
        details={
            "topic": question.topic,
            "channel": question.channel,
            "policy_version": question.policy.version,
            "checked_at": question.now,
            "eligible": eligible,
            "results_sha256": results_sha256.hex(),
        },
    )


def digest(results: list[dict[str, Any]]) -> tuple[bytes, bytes]:
    """Return the results as JSON and the SHA-256 of that text."""
    text = orjson.dumps(results)
    return text, hashlib.sha256(text).digest()
