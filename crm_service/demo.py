"""The demo controller that a new data folder starts with: something to try the first calls on.

Sample people live at example.com (RFC 2606), where no mail ever arrives.
"""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm_service.app import create_app
from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.contacts import service as contacts
from crm_service.contacts.facts import Origin, Source
from crm_service.controllers import service as controllers
from crm_service.db import db, driver_connection, transaction
from crm_service.migrating import resources
from crm_service.policies import service as policies
from crm_service.provisioning import provision
from crm_service.topics import service as topics

SLUG = "demo"
ACTOR = "operator:demo"
TOPICS = {"news": "News", "offers": "Offers", "training": "Training", "events": "Events"}

#: First name, last name, city, and the topics that the person has consented to.
PEOPLE = (
    ("Anna", "Tamm", "Tallinn", ("news", "offers")),
    ("Jaan", "Kask", "Tartu", ("news", "training")),
    ("Liis", "Saar", "Narva", ("events",)),
    ("Mart", "Rebane", "Tallinn", ("news", "offers", "training", "events")),
    ("Olga", "Ivanova", "Narva", ()),
)


def create(settings: Settings) -> str:
    """Create the demo controller with its sample data, all of it or nothing; return an API key."""
    app = create_app(settings)
    with app.app_context():
        try:
            with transaction() as session:
                controller_id = provision(
                    session,
                    slug=SLUG,
                    name="Demo",
                    policy_file=resources() / "deploy" / "policies" / "cantec-ee.yaml",
                    actor=ACTOR,
                    accept_agreement=True,
                )
                _fill(session, settings, controller_id)
                return controllers.issue_key(session, controller_id, name="demo", actor=ACTOR)
        finally:
            db.engine.dispose()


def _fill(session: Session, settings: Settings, controller_id: uuid.UUID) -> None:
    connection = driver_connection(session)
    policy = policies.active(connection, controller_id)
    for slug, name in TOPICS.items():
        topics.create(connection, controller_id, slug=slug, name={"en": name}, category="marketing")
    for number, person in enumerate(PEOPLE):
        contacts.register(
            session,
            controller_id,
            policy,
            given=_facts(number, *person[:3]),
            pepper=settings.keyring.pepper(controller_id),
            origin=Origin(actor=ACTOR, source=Source(kind="website_form", reference="demo")),
            permissions=[_consent(topic) for topic in person[3]],
        )


def _facts(number: int, first_name: str, last_name: str, city: str) -> dict[str, Any]:
    return {
        "email": f"{first_name}.{last_name}@example.com".lower(),
        "first_name": first_name,
        "last_name": last_name,
        "city": city,
        "country": "EE",
        "language": "en",
        "added_at": utcnow() - timedelta(days=30 + number),
    }


def _consent(topic: str) -> dict[str, Any]:
    given_at = utcnow() - timedelta(days=30)
    wording = {
        "version": f"demo-{topic}-1",
        "language": "en",
        "text": f"Yes, send me {TOPICS[topic]}.",
    }
    evidence = {"method": "website_form", "occurred_at": given_at, "wording": wording}
    return {
        "topic": topic,
        "channel": "email",
        "basis": "consent",
        "state": "granted",
        "evidence": evidence,
    }
