"""Where the link to a package leads: a page with one button that downloads it.

From the first download on the link works for ``GRACE`` at most, so that one that breaks off can be
repeated; one that came to its end uses it up.
"""

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Final

import psycopg
import structlog
from flask import Response, current_app, request
from sqlalchemy.orm import Session

from crm_service.clock import utcnow
from crm_service.db import driver_connection, transaction
from crm_service.errors import NotFound
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.proofs import service as proofs
from crm_service.proofs.service import Proof, Unusable
from crm_service.rights import pages, repository
from crm_service.rights.models import RightsRequest
from crm_service.rights.packages import building, links
from crm_service.rights.packages.building import Maker
from crm_service.rights.packages.sending import ZIP, handed_out
from crm_service.rights.packages.spool import Spool
from crm_service.web import limits, streaming
from crm_service.web.limits import Limit

log = structlog.get_logger(__name__)

ACTOR: Final = "recipient"
GRACE: Final = timedelta(minutes=15)

#: Packages, and passwords, that are tried by one link.
_TRIES: Final = Limit("package-downloads", quota=10, seconds=3600)
_SHORTEST, _LONGEST = 12, 128


class PackagePages:
    """What a link to a package shows and does; see ``proofs.public_routes.ProofPages``."""

    def show(self, proof: Proof, token: str) -> Response:
        """Show the button. Changes nothing, and tells nothing of the person."""
        return _page(proof, token, error=None)

    def act(self, proof: Proof, token: str) -> Response:
        """Make the package and send it."""
        limits.take(_TRIES.of(proof.controller_id, proof.id))
        with transaction(proof.controller_id) as session:
            policy, _ = _about(session, proof)
        password, error = _stated(proof, policy)
        if error is not None:
            return _page(proof, token, error=error)
        return handed_out(_made(proof, password), ZIP, then=_using_up(proof))


def _page(proof: Proof, token: str, *, error: str | None) -> Response:
    with transaction(proof.controller_id) as session:
        policy, _ = _about(session, proof)
        return pages.download(policy, proof, token, asks=_asks(proof, policy), error=error)


def _made(proof: Proof, password: str | None) -> Spool:
    maker = Maker(keyring=current_app.extensions["crm.settings"].keyring, actor=ACTOR)
    with ExitStack() as unsent:
        with transaction(proof.controller_id) as session:
            _, found = _about(session, proof)
            spool = building.as_zip(session, found, maker, password=password)
            unsent.callback(spool.close)
            proofs.narrow(
                driver_connection(session),
                proof.controller_id,
                proof.id,
                purpose=links.PURPOSE,
                until=utcnow() + GRACE,
            )
        unsent.pop_all()
    return spool


def _about(session: Session, proof: Proof) -> tuple[Policy, RightsRequest]:
    """Return what the link is about. Raises ``Unusable`` where nothing is left of it."""
    policy = policies.active(driver_connection(session), proof.controller_id)
    try:
        found = repository.get(session, proof.controller_id, links.request_of(proof))
    except NotFound:
        raise Unusable("the request behind this link is gone") from None
    if not building.has_package(found):
        raise Unusable("there is no package behind this link")
    return policy, found


def _asks(proof: Proof, policy: Policy) -> str:
    """Return what the page asks for: the password that was told, a new one, or one if wanted."""
    if links.is_protected(proof):
        return "told"
    return "new" if policy.rights.package.must_encrypt else "optional"


def _stated(proof: Proof, policy: Policy) -> tuple[str | None, str | None]:
    """Return the password for the archive, and what is wrong with it."""
    given = request.form.get("password", "")
    if links.is_protected(proof):
        told = "".join(given.split()).lower()
        return (told, None) if links.is_right(proof, told) else (None, "wrong")
    if not given and not policy.rights.package.must_encrypt:
        return None, None
    return (given, None) if _SHORTEST <= len(given) <= _LONGEST else (None, "short")


def _using_up(proof: Proof) -> Callable[[], None]:
    connect = streaming.connecting(proof.controller_id)
    controller_id: uuid.UUID = proof.controller_id

    def use_up() -> None:
        try:
            with connect() as connection:
                proofs.redeem(connection, controller_id, proof.id, purpose=links.PURPOSE)
        except (Unusable, psycopg.Error) as error:
            # The link ends by itself soon.
            log.warning("package_link_not_used_up", error=type(error).__name__)

    return use_up
