"""Application factory: settings, database, guard, errors, and one blueprint a room."""

import importlib
from contextlib import suppress
from functools import cache

from alembic.script import ScriptDirectory
from flask import Flask

from crm_service.audit import service as audit
from crm_service.config import Settings, load_settings
from crm_service.controllers import service as controllers
from crm_service.db import init_database
from crm_service.migrating import resources
from crm_service.unsubscribe import description
from crm_service.web import auth, errors, idempotency, logs, requests
from crm_service.web.blueprint import Blueprint
from crm_service.web.json_body import FastJson
from crm_service.web.openapi import init_api

ROOMS = (
    "contacts.routes",
    "contacts.organization_routes",
    "contacts.permission_routes",
    "suppression.routes",
    "eligibility.routes",
    "unsubscribe.routes",
    "unsubscribe.public_routes",
    "topics.routes",
    "policies.routes",
    "controllers.routes",
    "rights.routes",
    "audit.routes",
    "outbox.routes",
    "web.metrics",
    "web.health",
    "web.docs",
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
    app.extensions["crm.settings"] = settings
    app.extensions["crm.authenticate"] = controllers.authenticate
    app.extensions["crm.audit"] = audit.record
    app.extensions["crm.revision"] = newest_revision
    app.extensions["crm.pages"] = {"tag": description.TAG, "paths": description.PATHS}
    init_database(app, settings.database_url, settings.web_threads)
    requests.install(app)
    auth.install(app)
    idempotency.install(app)
    api = init_api(app)
    errors.install(app)
    for room in ROOMS:
        # While rooms are being built: one that cannot be imported yet keeps nobody else out.
        with suppress(ImportError):
            blueprint = importlib.import_module(f"crm_service.{room}").blp
            # The pages of recipients are no API: they stand beside it, undescribed by schemas.
            owner = api if isinstance(blueprint, Blueprint) else app
            owner.register_blueprint(blueprint)
    return app


@cache
def newest_revision() -> str | None:
    """Return the newest migration's revision: what the database of this release must have."""
    return ScriptDirectory(str(resources() / "migrations")).get_current_head()
