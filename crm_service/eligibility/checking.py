"""One check from request to answer, in one transaction, recorded so that it can be proved later."""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.eligibility import batches, extras, repository, service, tracking
from crm_service.eligibility.asking import Check
from crm_service.eligibility.extras import Extra
from crm_service.eligibility.inquiry import Inquiry
from crm_service.eligibility.service import Question
from crm_service.eligibility.verdicts import Verdicts
from crm_service.errors import Invalid
from crm_service.keyring import Keyring
from crm_service.policies.document import Policy
from crm_service.preferences import service as preferences
from crm_service.unsubscribe import tokens
from crm_service.unsubscribe.campaigns import remember_campaign
from crm_service.unsubscribe.links import Aim, Ways

#: Addresses looked up at once: small enough to keep PostgreSQL and Python busy side by side.
PORTION = 2_500
_KINDS = {"email": "email", "phone": "phone"}


@dataclass(frozen=True)
class Caller:
    """Who asks, and with which secrets, public address and domain the answer is made.

    ``mail_domain`` is where mail comes back to unless the policy names a domain of its own.
    """

    controller_id: uuid.UUID
    actor: str
    keyring: Keyring
    public_url: str
    mail_domain: str | None = None


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
    if check.include and check.campaign:
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


@dataclass
class Lookup:
    """Addresses being looked up: what is known of them before the database has answered."""

    check: Check
    keys: list[bytes | None]
    inquiry: Inquiry
    made: list[tuple[Extra, list[Mapping[str, Any]]]]

    def results(self, verdicts: Verdicts) -> list[dict[str, Any]]:
        """Return one result for each address asked, in order; needs no connection."""
        name = self.check.name
        without_key = "unknown_address" if name == "contact_id" else "invalid_address"
        found = batches.results(
            name, self.check.asked, self.keys, verdicts, without_key=without_key
        )
        for _, made in self.made:
            extras.add(found, self.keys, made)
        return found


def look_up(
    connection: Connection,
    caller: Caller,
    question: Question,
    check: Check,
    *,
    portion: int,
) -> Lookup:
    """Begin to look addresses up.

    Keys and links of one portion are made while PostgreSQL works on the one before.
    """
    find_keys = _key_finder(connection, caller, question, check)
    inquiry = Inquiry(connection, caller.controller_id, question)
    lookup = Lookup(check, [], inquiry, [(e, []) for e in _extras(caller, question, check)])
    for start in range(0, len(check.asked), portion):
        found = find_keys(check.asked[start : start + portion])
        valid = [key for key in found if key is not None]
        lookup.inquiry.ask(list(set(valid)))
        lookup.keys += found
        for extra, made in lookup.made:
            made.extend(extra.make(valid))
    if check.name == "email":
        lookup.inquiry.addresses = zip(lookup.keys, check.asked, strict=True)
    return lookup


def answer(
    connection: Connection,
    caller: Caller,
    question: Question,
    check: Check,
    *,
    portion: int = PORTION,
) -> list[dict[str, Any]]:
    """Return one result for each address asked, in order."""
    lookup = look_up(connection, caller, question, check, portion=portion)
    verdicts = lookup.inquiry.verdicts()
    results = lookup.results(verdicts)
    if extras.TRACKING in check.include:
        made = tracking.make(
            connection,
            caller.controller_id,
            question,
            verdicts,
            lookup.keys,
            keyring=caller.keyring,
            campaign_ref=_campaign_ref(caller, check),
            public_url=caller.public_url,
        )
        for result, key in zip(results, lookup.keys, strict=True):
            result.update(made.get(key or b"", {}))
    if extras.PREFERENCES in check.include:
        eligible = [uuid.UUID(bytes=key) for key in verdicts.basis]
        stated = preferences.stated(connection, caller.controller_id, eligible)
        for result, key in zip(results, lookup.keys, strict=True):
            if key is not None and (said := stated.get(uuid.UUID(bytes=key))):
                result["preferences"] = said
    return results


def _extras(caller: Caller, question: Question, check: Check) -> Iterator[Extra]:
    """Yield what makes the things asked for; nothing for an audience channel."""
    if question.channel not in tokens.CHANNELS:
        return
    domain = question.policy.mail.inbound_domain or caller.mail_domain
    aim = Aim(
        question.controller_ref,
        question.channel,
        question.topic_ref,
        _campaign_ref(caller, check),
    )
    if extras.LINKS in check.include:
        ways = Ways(caller.keyring, aim, public_url=caller.public_url, mail_domain=domain)
        yield extras.WaysOut(ways)
    if extras.RETURN_PATH in check.include and domain and question.channel == "email":
        yield extras.ReturnPaths(caller.keyring, aim, domain)


def _campaign_ref(caller: Caller, check: Check) -> int:
    if not check.campaign:
        return 0
    return tokens.campaign_ref(caller.keyring.pepper(caller.controller_id), check.campaign)


def _key_finder(
    connection: Connection, caller: Caller, question: Question, check: Check
) -> Callable[[Sequence[Any]], list[bytes | None]]:
    """Return the function from addresses as asked to their raw keys, None where there is none."""
    pepper = caller.keyring.pepper(caller.controller_id)
    if check.name == "email":
        return partial(batches.email_keys, pepper)
    if check.name == "phone":
        return partial(batches.phone_keys, pepper)
    found = connection.execute(
        repository.ADDRESSES_OF_CONTACTS,
        {
            "controller_id": caller.controller_id,
            "contact_ids": check.asked,
            "kind": question.kind,
        },
    ).fetchall()
    by_contact = {subject_id: key.bytes for subject_id, key in found}
    return lambda asked: [by_contact.get(contact_id) for contact_id in asked]


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
    snapshot: str | None = None,
) -> None:
    """Write the decision: its id, the question, the counts, and the digest of the results.

    ``snapshot``: of the first question, where the answer took several.
    """
    audit.record(
        connection,
        caller.controller_id,
        actor=caller.actor,
        action="eligibility.check",
        purpose=question.purpose.slug,
        fields=[check.name, *check.include & {extras.PREFERENCES}],
        count=asked,
        entry_id=decision_id,
        details={
            "topic": question.topic,
            "channel": question.channel,
            "policy_version": question.policy.version,
            "checked_at": question.now,
            "snapshot": snapshot or question.snapshot,
            "eligible": eligible,
            "results_sha256": results_sha256.hex(),
        },
    )


def digest(results: list[dict[str, Any]]) -> tuple[bytes, bytes]:
    """Return the results as JSON and the SHA-256 of that text."""
    text = orjson.dumps(results)
    return text, hashlib.sha256(text).digest()
