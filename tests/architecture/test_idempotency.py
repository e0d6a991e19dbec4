"""Every write takes ``Idempotency-Key``, but for those that are named here with the reason."""

from flask import Flask

from crm_service.web.auth import PUBLIC, declared_scope
from crm_service.web.idempotency import METHODS, offered

#: They change nothing: a POST, since what they ask about must not stand in a URL.
READING = {
    "/v1/contacts/lookup",
    "/v1/contacts/<uuid:contact_id>/national-id/reveal",
    "/v1/national-ids/lookup",
    "/v1/suppressions/lookup",
    "/v1/eligibility-checks",
    "/v1/decisions/<uuid:decision_id>/proof",
    "/v1/permission-proofs",
    "/v1/rights-requests/<uuid:request_id>/package",
}
#: The second time changes nothing: events bear ids of their own, a list that was taken in is known,
#: the same links are made anew, one sign-up stands for all of an address. Most are too long or in
#: too many parts to be compared.
REPEATABLE = {
    "/v1/engagement-events",
    "/v1/imports",
    "/v1/suppressions/imports",
    "/v1/tracking-links",
    "/v1/unsubscribe-links",
    "/v1/subscriptions",
}
#: Their answers hold a secret.
SHOWN_ONCE = {
    "/v1/keys",
    "/v1/webhook-endpoints",
    "/v1/webhook-endpoints/<uuid:endpoint_id>/secrets",
    "/v1/rights-requests/<uuid:request_id>/package-link",
}


def test_every_write_takes_an_idempotency_key_or_is_known_not_to_need_one(app: Flask) -> None:
    writes = {
        (method, rule.rule, app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) & METHODS
    }
    keyed = {one for one in writes if declared_scope(one[2], one[0]) != PUBLIC}

    without = {path for method, path, view in keyed if not offered(view, method)}

    assert without == READING | REPEATABLE
    assert len(keyed) - len(without) > 50


def test_answers_with_a_secret_are_never_kept(app: Flask) -> None:
    marked = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "__crm_shown_once__", False)
    }

    assert marked == SHOWN_ONCE
