"""What everybody may know about a controller's processing, said by its policy (no-07, si-21)."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from crm_service.controllers import service as controllers
from crm_service.db import driver_connection
from crm_service.errors import NotFound
from crm_service.policies import service as policies
from crm_service.policies.document import BasisRule, Policy, Purpose
from crm_service.policies.rights import Period
from crm_service.policies.service import Activation
from crm_service.policies.vocabulary import WAYS
from crm_service.recipients import service as recipients
from crm_service.rights import receiving
from crm_service.rights.receiving import Receiving


@dataclass(frozen=True)
class Published:
    """A controller, the policy that holds, and every version there was, the active one first.

    ``recipients`` are those of the register that receive data now, as far as they are public.
    """

    controller_id: uuid.UUID
    slug: str
    policy: Policy
    versions: tuple[Activation, ...]
    recipients: tuple[Receiving, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """Where data come from by the policy; how they come says nothing to anybody."""
        stated = self.policy.sources
        return tuple(kind for kind in stated.allowed if stated.kinds and kind not in WAYS)


def published(session: Session, slug: str) -> Published:
    """Return what a controller publishes; the transaction sees its rows from here on.

    Raises ``NotFound`` (``not_published``), alike for a controller that there is not and for one
    whose policy keeps to itself.
    """
    known = under_policy(session, slug)
    if not known.policy.publication.right_to_know:
        raise _nothing()
    register = recipients.every(driver_connection(session), known.controller_id)
    shown = receiving.shown(register, known.policy.publication.register)
    return replace(known, recipients=shown)


def under_policy(session: Session, slug: str) -> Published:
    """Return a controller and its policy, also where that keeps to itself: rights do not.

    Raises what ``published`` raises.
    """
    try:
        controller = controllers.enter(session, slug)
    except NotFound:
        raise _nothing() from None
    connection = driver_connection(session)
    versions = tuple(policies.history(connection, controller.id))
    if not versions:
        raise _nothing()
    policy = policies.at_version(connection, controller.id, versions[0].version)
    return Published(controller.id, slug, policy, versions)


def _nothing() -> NotFound:
    return NotFound("nothing is published here", code="not_published")


def facts(known: Published, rights_url: str) -> dict[str, Any]:
    """Return it all as JSON values; ``rights_url`` is where rights are exercised."""
    active, told = known.versions[0], about(known.policy)
    return {
        **told,
        "policy": {**_version(active), "earlier": [_version(one) for one in known.versions[1:]]},
        "registered_recipients": [one.stated() for one in known.recipients],
        "sources": list(known.sources),
        "retention": known.policy.retention.described(),
        "rights": {"url": rights_url, **told["rights"]},
    }


def about(policy: Policy) -> dict[str, Any]:
    """Return what a policy says about the processing, as JSON values."""
    return {
        "controller": {"name": policy.controller_name, **_stated(vars(policy.contact_point))},
        "purposes": [_purpose(one) for one in policy.purposes.values()],
        "data": {
            "fields": sorted(policy.contact_fields),
            "attributes": [vars(one) for one in policy.custom_attributes.values()],
        },
        "recipients": [_stated(vars(one)) for one in policy.publication.recipients],
        "rights": _rights(policy),
        "authority": vars(policy.authority),
    }


def _stated(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _version(activation: Activation) -> dict[str, Any]:
    return {
        "name": activation.name,
        "version": activation.version,
        "in_force_since": activation.activated_at,
        "sha256": activation.sha256.hex(),
    }


def _purpose(purpose: Purpose) -> dict[str, Any]:
    return {
        "purpose": purpose.slug,
        "name": dict(purpose.name),
        "category": purpose.category,
        "channels": sorted(purpose.channels),
        "bases": [_basis(name, rule) for name, rule in purpose.bases.items()],
    }


def _basis(name: str, rule: BasisRule) -> dict[str, Any]:
    term = {"term": rule.term, "term_from": rule.term_from} if rule.term else {}
    return {"basis": name, **term, **_stated({"relationship": rule.relationship})}


def _rights(policy: Policy) -> dict[str, Any]:
    rules = policy.rights
    return {
        "kinds": [
            _stated({"kind": kind, "due": _period(due), "grounds": rules.grounds.get(kind)})
            for kind, due in rules.due.items()
        ],
        "refusal_grounds": [
            {"ground": one.slug, "article": one.article, "kinds": sorted(one.kinds)}
            for one in rules.refusals.values()
        ],
        **_stated({"extension": _period(rules.extension.by) if rules.extension else None}),
        **_stated({"complaint_within": _period(rules.complaint_within)}),
    }


def _period(period: Period | None) -> dict[str, int] | None:
    return {period.unit: period.count} if period else None
