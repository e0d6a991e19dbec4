"""Application factory: settings, database, guard, errors, and the blueprints of the rooms."""

from functools import cache

from alembic.script import ScriptDirectory
from flask import Flask

from crm_service.audit import routes as audit
from crm_service.audit import service as audit_service
from crm_service.config import Settings, load_settings
from crm_service.contacts import assignment_routes, organization_routes, permission_routes
from crm_service.contacts import routes as contacts
from crm_service.contracts import routes as contracts
from crm_service.controllers import assistance_routes
from crm_service.controllers import routes as controllers
from crm_service.controllers import service as controllers_service
from crm_service.db import init_database
from crm_service.decisions import permission_routes as permission_proofs
from crm_service.decisions import routes as decisions
from crm_service.disclosures import routes as disclosures
from crm_service.eligibility import routes as eligibility
from crm_service.engagement import endpoint_routes, stats_routes, webhook_routes
from crm_service.engagement import routes as engagement
from crm_service.engagement.providers.certificates import CachedCertificates
from crm_service.engagement.tracking import public_routes as tracking_pages
from crm_service.engagement.tracking import routes as tracking
from crm_service.engagement.tracking.description import PATHS as TRACKING
from crm_service.history import routes as history
from crm_service.holds import routes as holds
from crm_service.informing import routes as informing
from crm_service.interactions import routes as interactions
from crm_service.journal import fence
from crm_service.migrating import resources
from crm_service.national_ids import routes as national_ids
from crm_service.notices import routes as notices
from crm_service.outbox import routes as outbox
from crm_service.pages import branding_routes
from crm_service.pages import routes as pages
from crm_service.permissions import lifting as refusals
from crm_service.permissions import wording_routes
from crm_service.policies import routes as policies
from crm_service.preferences import public_routes as preference_routes
from crm_service.preferences.proof_pages import PreferenceProofs
from crm_service.proofs import public_routes as proof_routes
from crm_service.proofs.description import PATHS as PROOFS
from crm_service.recipients import routes as recipients
from crm_service.reviews import routes as reviews
from crm_service.rights import (
    fee_routes,
    package_routes,
    portal,
    receipt_routes,
    request_routes,
    restriction_routes,
    review_routes,
)
from crm_service.rights import public_routes as knowledge_routes
from crm_service.rights import routes as rights
from crm_service.rights.description import PATHS as KNOWLEDGE
from crm_service.rights.packages import links as package_links
from crm_service.rights.packages.downloading import PackagePages
from crm_service.seals import routes as seals
from crm_service.subscriptions import routes as subscriptions
from crm_service.subscriptions import service as sign_ups
from crm_service.subscriptions.pages import SubscriptionPages
from crm_service.suppression import hashed_routes
from crm_service.suppression import routes as suppression
from crm_service.topics import routes as topics
from crm_service.transfers import contact_routes, import_routes, suppression_routes
from crm_service.unsubscribe import answer_routes, description, reason_routes
from crm_service.unsubscribe import routes as unsubscribe
from crm_service.web import (
    auth,
    docs,
    errors,
    health,
    idempotency,
    limits,
    logs,
    metrics,
    requests,
)
from crm_service.web.json_body import FastJson
from crm_service.web.openapi import init_api

RESOURCES = (
    contacts.blp,
    assignment_routes.blp,
    organization_routes.blp,
    national_ids.blp,
    permission_routes.blp,
    wording_routes.blp,
    contact_routes.blp,
    suppression.blp,
    hashed_routes.blp,
    suppression_routes.blp,
    import_routes.blp,
    eligibility.blp,
    decisions.blp,
    permission_proofs.blp,
    seals.blp,
    engagement.blp,
    stats_routes.blp,
    history.blp,
    interactions.blp,
    contracts.blp,
    holds.blp,
    holds.by_id,
    disclosures.blp,
    endpoint_routes.blp,
    webhook_routes.blp,
    recipients.blp,
    notices.blp,
    unsubscribe.blp,
    reason_routes.blp,
    branding_routes.blp,
    subscriptions.blp,
    tracking.blp,
    topics.blp,
    policies.blp,
    controllers.blp,
    assistance_routes.blp,
    receipt_routes.blp,
    rights.blp,
    request_routes.blp,
    fee_routes.blp,
    restriction_routes.blp,
    reviews.blp,
    review_routes.blp,
    informing.blp,
    package_routes.blp,
    audit.blp,
    outbox.blp,
    metrics.blp,
    health.blp,
    docs.blp,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the HTTP application. Raises ``ConfigurationError`` when settings are incomplete."""
    settings = settings or load_settings()
    logs.configure_logging(settings.log_level)
    app = Flask(__name__, static_folder=None)
    app.json = FastJson(app)
    # A redirect would turn a recipient's POST into a GET, or lose it (rule 11).
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    _wire(app, settings)
    init_database(app, settings.database_url, settings.web_threads)
    # In this order: a refused request is logged too, and an idempotency key is the caller's own.
    requests.install(app)
    fence.install(app)
    limits.install(app)
    auth.install(app)
    idempotency.install(app)
    api = init_api(app)
    errors.install(app)
    for blueprint in RESOURCES:
        api.register_blueprint(blueprint)
    pages.install(app)
    # Recipients see pages, not resources: no schema describes them.
    app.register_blueprint(answer_routes.blp)
    app.register_blueprint(proof_routes.blp)
    app.register_blueprint(preference_routes.blp)
    app.register_blueprint(tracking_pages.blp)
    app.register_blueprint(knowledge_routes.blp)
    return app


def _wire(app: Flask, settings: Settings) -> None:
    """Hand lower rooms what only higher ones know."""
    app.extensions["crm.settings"] = settings
    app.extensions["crm.authenticate"] = controllers_service.authenticate
    app.extensions["crm.audit"] = audit_service.record
    app.extensions["crm.sns"] = CachedCertificates()
    app.extensions["crm.lifted"] = refusals.remember
    app.extensions["crm.revision"] = newest_revision
    paths = {**description.PATHS, **PROOFS, **TRACKING, **KNOWLEDGE}
    app.extensions["crm.pages"] = {"tag": description.TAG, "paths": paths}
    #: What a one-time link leads to, by the purpose of its proof.
    app.extensions["crm.proof_pages"] = {
        "preferences": PreferenceProofs(),
        portal.PURPOSE: portal.RightsPages(),
        package_links.PURPOSE: PackagePages(),
        sign_ups.PURPOSE: SubscriptionPages(),
    }


@cache
def newest_revision() -> str | None:
    """Return the newest migration's revision: what the database of this release must have."""
    return ScriptDirectory(str(resources() / "migrations")).get_current_head()
