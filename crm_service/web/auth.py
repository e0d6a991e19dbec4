"""The guard in front of every view: each declares its scope, or that it is public.

A view that declares neither is never served: the guard refuses it, whatever it would have answered.
Failures: 401 ``unauthenticated``, 403 ``insufficient_scope``, 403 ``agreement_required``
(RFC 6750 section 3 for the challenge), 403 ``not_for_client_managers`` on every view that does not
say it is for them, 429 ``too_many_requests`` for a network that keeps sending
wrong keys; a right key from the same network is served all the same (clause si-19).
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from flask import Flask, current_app, g, request

from crm_service.db import act_for_client_manager
from crm_service.errors import Unauthenticated
from crm_service.web import limits
from crm_service.web.principal import SCOPES, Principal
from crm_service.web.problems import Problem

__all__ = ["PUBLIC", "SCOPES", "Principal", "declared_scope", "principal", "public", "requires"]

#: What a public view declares instead of a scope.
PUBLIC: Final = "public"

#: These stay open while the agreement is not accepted: they are how it is read and accepted.
_AGREEMENT_SCOPES = frozenset({"agreement:read", "agreement:accept"})

_CHALLENGE = 'Bearer realm="crm-service"'

View = TypeVar("View", bound=Callable[..., Any])


def requires(scope: str, *, client_managers: bool = False) -> Callable[[View], View]:
    """Declare the scope that a key needs for this view; its place among decorators is free.

    ``client_managers``: their keys may call it, for contacts assigned to them (clause ws-02).
    """
    if scope not in SCOPES:
        raise ValueError(f"there is no scope {scope!r}; add it to web/principal.py")
    return _declare(scope, client_managers=client_managers)


def public(view: View) -> View:
    """Declare that anybody may call this view."""
    return _declare(PUBLIC)(view)


def _declare(scope: str, *, client_managers: bool = False) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        if client_managers:
            view.__crm_client_managers__ = True  # type: ignore[attr-defined]  # as below
        view.__crm_scope__ = scope  # type: ignore[attr-defined]  # a mark on a function
        return view

    return decorate


def declared_scope(view: Callable[..., Any], method: str) -> str | None:
    """Return the scope that ``view`` declares for ``method``, ``PUBLIC``, or None."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        name = "get" if method == "HEAD" else method.lower()
        view = getattr(view_class, name, view)
    scope: str | None = getattr(view, "__crm_scope__", None)
    return scope


def is_for_client_managers(view: Callable[..., Any]) -> bool:
    """Tell whether ``view`` declares that client managers may call it."""
    return getattr(view, "__crm_client_managers__", False)


def principal() -> Principal:
    """Return who calls the current view. Only for views that declare a scope."""
    return cast("Principal", g.principal)


def install(app: Flask) -> None:
    """Put the guard in front of every view of ``app``."""
    app.before_request(guard)


def guard() -> None:
    """Let the request through to its view, or raise ``Problem``."""
    rule = request.url_rule
    if rule is None or (
        request.method == "OPTIONS" and getattr(rule, "provide_automatic_options", False)
    ):
        return
    view = current_app.view_functions[rule.endpoint]
    scope = declared_scope(view, request.method)
    if scope == PUBLIC:
        return
    if scope is None:
        raise Problem(500, "undeclared_scope", "this route declares no scope")
    caller = _authenticate()
    _authorize(caller, scope)
    if caller.client_manager is not None and not is_for_client_managers(view):
        raise Problem(
            403, "not_for_client_managers", "this is not for client managers; ask an administrator"
        )
    act_for_client_manager(caller.client_manager)
    g.principal = caller


def _authenticate() -> Principal:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Problem(
            401,
            "unauthenticated",
            "send an API key as Authorization: Bearer <key>",
            headers={"WWW-Authenticate": _CHALLENGE},
        )
    authenticate = current_app.extensions["crm.authenticate"]
    try:
        return cast("Principal", authenticate(key.strip()))
    except Unauthenticated as error:
        limits.take(limits.by_network(limits.FAILED_KEYS))
        raise Problem(
            401,
            "unauthenticated",
            str(error),
            headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'},
        ) from None


def _authorize(caller: Principal, scope: str) -> None:
    if caller.origins is not None and request.headers.get("Origin") not in caller.origins:
        raise Problem(
            403, "origin_not_allowed", "this key is for browsers, on the pages that it names"
        )
    if scope not in caller.scopes:
        raise Problem(
            403,
            "insufficient_scope",
            f"this key lacks the scope {scope}",
            headers={
                "WWW-Authenticate": f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'
            },
            scope=scope,
        )
    if caller.missing_agreement is not None and scope not in _AGREEMENT_SCOPES:
        raise Problem(
            403,
            "agreement_required",
            "the agreement that the policy names is not accepted yet; accept it by "
            "POST /v1/agreement/acceptance",
            version=caller.missing_agreement,
            link="/v1/agreement/acceptance",
        )
