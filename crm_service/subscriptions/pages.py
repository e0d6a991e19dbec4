"""What a confirmation link shows and does; see ``proofs.public_routes.ProofPages``."""

from flask import Response

from crm_service.db import driver_connection, transaction
from crm_service.pages import branding, rendering
from crm_service.policies import service as policies
from crm_service.proofs import tokens
from crm_service.proofs.service import Proof
from crm_service.subscriptions import service


class SubscriptionPages:
    """Opening the link never confirms; its one button does (email.md, "Why GET must be harmless").

    A repeat of the button finds the link used.
    """

    def show(self, proof: Proof, token: str) -> Response:
        """Show what is to be confirmed, and the button."""
        with transaction(proof.controller_id) as session:
            connection = driver_connection(session)
            policy = policies.active(connection, proof.controller_id)
            topics = service.names(connection, proof.controller_id, proof.payload["topics"])
        return rendering.render(
            "subscriptions/confirm.html",
            path=f"{rendering.base_path()}{tokens.PATH}{token}",
            brand=branding.brand(policy, proof.controller_id),
            own=proof.language,
            topics=topics,
        )

    def act(self, proof: Proof, token: str) -> Response:
        """Confirm."""
        del token
        with transaction(proof.controller_id) as session:
            policy = policies.active(driver_connection(session), proof.controller_id)
            confirmed = service.confirm(session, policy, proof)
        return rendering.render(
            "subscriptions/confirmed.html",
            path=None,  # the link is used up
            brand=branding.brand(policy, proof.controller_id),
            own=proof.language,
            topics=confirmed.topics,
        )
