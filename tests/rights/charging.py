"""Asking a fee, for tests."""

from typing import Any

from flask import Flask

from crm_service.policies.loading import read_policy
from tests.factories import Answer, Tenant, make_tenant
from tests.rights.asking import POLICIES, ask, identify, step

FEE = {"amount": "12.50", "currency": "EUR", "reasons": "The third copy this month."}


def stating(app: Flask, **section: Any) -> Tenant:
    """Return a controller whose policy says this about rights besides."""
    policy = dict(read_policy(POLICIES / "tenzor.yaml"))
    return make_tenant(app, policy=policy | {"rights": {**policy["rights"], **section}})


def charged(tenant: Tenant, kind: str = "access", **facts: Any) -> dict[str, Any]:
    """Return a request for which a fee is asked, of somebody who is identified."""
    request = ask(tenant, kind, **facts)
    identify(tenant, request)
    answer = step(tenant, request, "fee", **FEE)
    assert answer.status_code == 200, answer.json
    return request


def refused(answer: Answer) -> tuple[int, str]:
    """Return how something was refused."""
    return answer.status_code, answer.json["code"]
