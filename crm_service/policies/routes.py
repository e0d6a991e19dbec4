"""Reading the policy, reading and accepting the agreement it names."""

from typing import Any

from flask.typing import ResponseReturnValue

from crm_service.db import driver_connection, transaction
from crm_service.errors import NotFound
from crm_service.policies import service
from crm_service.policies.schemas import (
    ActivePolicy,
    AgreementState,
    NewAcceptance,
    PolicyDocument,
)
from crm_service.policies.service import Activation, AgreementStatus
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint

blp = Blueprint("policy", __name__, url_prefix="/v1", description="Policy and agreement")


@blp.get("/policy")
@requires("agreement:read")
@blp.response(200, ActivePolicy)
def get_policy() -> dict[str, Any]:
    """Return the policy that holds now, since when, and the earlier versions."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        connection = driver_connection(session)
        versions = service.history(connection, controller_id)
        if not versions:
            raise NotFound("this controller has no policy yet", code="no_policy")
        active, document = service.stated(connection, controller_id, versions[0].version)
        earlier = [_facts(version) for version in versions[1:]]
        return {**_facts(active), "document": document, "earlier": earlier}


@blp.get("/policy/versions/<int:version>")
@requires("agreement:read")
@blp.response(200, PolicyDocument)
def get_policy_version(version: int) -> dict[str, Any]:
    """Return what one version says: a decision names the version that it was taken under."""
    controller_id = principal().controller_id
    with transaction(controller_id) as session:
        connection = driver_connection(session)
        activation, document = service.stated(connection, controller_id, version)
        return {**_facts(activation), "document": document}


@blp.get("/agreement")
@requires("agreement:read")
@blp.response(200, AgreementState)
def get_agreement() -> dict[str, Any]:
    """Return the agreement that the policy names, and who accepted its current version."""
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        status = service.agreement_status(connection, caller.controller_id, actor=caller.actor)
        return _state(status)


@blp.post("/agreement/acceptance")
@requires("agreement:accept")
@blp.arguments(NewAcceptance)
@blp.response(201, AgreementState)
@blp.alt_response(200, schema=AgreementState, description="That version was accepted before")
def accept_agreement(new: dict[str, Any]) -> ResponseReturnValue:
    """Accept the current version of the agreement for the controller.

    409 `agreement_version`, naming the current one, when another version was read. A repeat
    answers 200 and leaves the first acceptance as it stands.
    """
    caller = principal()
    with transaction(caller.controller_id) as session:
        connection = driver_connection(session)
        is_new = service.accept_agreement(
            connection, caller.controller_id, recorded_by=caller.actor, **new
        )
        status = service.agreement_status(connection, caller.controller_id, actor=caller.actor)
        return _state(status), 201 if is_new else 200


def _facts(activation: Activation) -> dict[str, Any]:
    return {
        "version": activation.version,
        "name": activation.name,
        "sha256": activation.sha256.hex(),
        "activated_at": activation.activated_at,
    }


def _state(status: AgreementStatus) -> dict[str, Any]:
    agreement, acceptance = status.agreement, status.acceptance
    return {
        "required": agreement is not None,
        "accepted": acceptance is not None,
        "version": agreement and agreement.version,
        "title": agreement and agreement.title,
        "url": agreement and agreement.url,
        "accepted_by": acceptance and acceptance.accepted_by,
        "accepted_at": acceptance and acceptance.accepted_at,
    }
