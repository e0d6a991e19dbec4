"""Where the one-time link of the preference page leads: a button, and what it does."""

from flask import Response

from crm_service.db import driver_connection, pipeline, transaction
from crm_service.pages import rendering
from crm_service.pages.branding import Brand, brand
from crm_service.permissions.targets import Target
from crm_service.policies import service as policies
from crm_service.preferences import joining, pages, service
from crm_service.preferences.joining import Wording
from crm_service.preferences.service import Topic
from crm_service.proofs import service as proofs
from crm_service.proofs.service import Proof, Unusable
from crm_service.topics import service as topics


class PreferenceProofs:
    """The pages of proofs with the purpose ``preferences``."""

    def show(self, proof: Proof, token: str) -> Response:
        """Show what is to be confirmed. Changes nothing."""
        look, topic, _ = _about(proof)
        return pages.confirm(token, look, proof, topic)

    def act(self, proof: Proof, token: str) -> Response:
        """Use the proof up and do what it confirms, in one transaction."""
        del token
        look, topic, target = _about(proof)
        with transaction(proof.controller_id) as session:
            connection = driver_connection(session)
            used = proofs.redeem(connection, proof.controller_id, proof.id, purpose=proof.purpose)
            if topic is not None and target is not None:
                wording = _wording(look, topic, proof.language)
                joining.join(connection, proof.controller_id, used, target=target, wording=wording)
            else:
                service.prefer(
                    connection,
                    proof.controller_id,
                    used.address_key,
                    frequency=proof.payload["frequency"],
                    language=proof.payload.get("language"),
                )
        return pages.confirmed(look, proof, topic)


def _wording(look: Brand, topic: Topic, own: str | None) -> Wording:
    with rendering.in_language(own, look) as language:
        name = rendering.written(topic.name)
        return Wording(pages.wording(name.text if name else topic.slug, look.name), language)


def _about(proof: Proof) -> tuple[Brand, Topic | None, Target | None]:
    """Return who speaks, and the topic that the proof is about. Raises ``Unusable``."""
    slug = proof.payload.get("topic")
    with pipeline(proof.controller_id) as connection:
        policy = policies.active(connection, proof.controller_id)
        found = topics.find(connection, proof.controller_id, slug) if slug else None
    look = brand(policy, proof.controller_id)
    if slug is None:
        return look, None, None
    if found is None or found.archived_at is not None:
        raise Unusable("the topic that this link is about is gone")
    shown = Topic(
        found.id,
        found.slug,
        found.name,
        found.description,
        0,
        frozenset(),
        frozenset(),
        None,
        may_join=True,
    )
    return look, shown, Target(found.purpose, found.id, found.slug)
