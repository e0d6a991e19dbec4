"""Who may call what is declared at every view (rule 37); public ones are few and known."""

import pytest
from flask import Flask

from crm_service.proofs.service import PURPOSES
from crm_service.web.auth import PUBLIC, declared_scope
from crm_service.web.principal import SCOPES

#: Rooms and pages that anybody may call, by the beginning of the path.
OPEN_PATHS = (
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/u/",
    "/U/",
    "/p/",
    "/P/",
    "/o/",
    "/O/",
    "/r/",
    "/R/",
    "/c/",
    # Deliveries of providers prove themselves, each as its provider signs.
    "/v1/webhooks/",
)


def _declarations(app: Flask) -> dict[tuple[str, str], str | None]:
    return {
        (rule.rule, method): declared_scope(app.view_functions[rule.endpoint], method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS"}
    }


@pytest.mark.rule(37)
def test_every_route_declares_a_scope_or_that_it_is_public(app: Flask) -> None:
    declared = _declarations(app)

    undeclared = {route for route, scope in declared.items() if scope not in {*SCOPES, PUBLIC}}

    assert declared
    assert undeclared == set()


@pytest.mark.rule(37)
def test_only_the_known_few_routes_are_public(app: Flask) -> None:
    public = {path for (path, _), scope in _declarations(app).items() if scope == PUBLIC}

    # The root tells a browser where to go instead, and nothing else.
    unexpected = {path for path in public - {"/"} if not path.startswith(OPEN_PATHS)}

    assert unexpected == set()


@pytest.mark.rule(10)
def test_every_purpose_of_a_one_time_link_has_its_page(app: Flask) -> None:
    pages = app.extensions["crm.proof_pages"]

    assert set(pages) == set(PURPOSES)
