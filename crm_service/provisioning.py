"""Setting up a tenant: controller, policy and, if so told, acceptance of its agreement."""

import uuid
from pathlib import Path

from sqlalchemy.orm import Session

from crm_service.controllers import service as controllers
from crm_service.db import driver_connection
from crm_service.policies import service as policies
from crm_service.policies.loading import read_policy


def provision(
    session: Session,
    *,
    slug: str,
    name: str,
    policy_file: Path,
    actor: str,
    accept_agreement: bool,
) -> uuid.UUID:
    """Create a controller with an active policy in the caller's transaction; return its id.

    Raises ``Conflict`` (``controller_exists``) and ``Invalid`` (``invalid_policy``,
    ``invalid_slug``); nothing is stored then.
    """
    document = read_policy(policy_file)
    controller = controllers.create(session, slug=slug, name=name)
    connection = driver_connection(session)
    policy = policies.activate(connection, controller.id, document, actor)
    if accept_agreement and policy.agreement is not None:
        policies.accept_agreement(
            connection,
            controller.id,
            version=policy.agreement.version,
            accepted_by=actor,
            recorded_by=actor,
        )
    return controller.id
