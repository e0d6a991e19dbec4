"""The pages about rights, rendered."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Response
from flask_babel import format_currency, format_date, format_datetime

from crm_service.pages import branding, rendering
from crm_service.policies.document import Policy, Purpose
from crm_service.policies.rights import KINDS, Period
from crm_service.proofs import tokens
from crm_service.proofs.service import Proof
from crm_service.rights import labels
from crm_service.rights.knowledge import Published
from crm_service.rights.models import RightsRequest

if TYPE_CHECKING:
    from crm_service.rights.portal import Done

#: Below this path stands what a controller publishes.
ROOT = "/c/"


def path_of(slug: str, page: str | None = None) -> str:
    """Return where a page of a controller is, or the one that leads to it, as browsers know it."""
    index = f"{rendering.base_path()}{ROOT}{slug}"
    return f"{index}/{page}" if page else index


def names(told: Mapping[str, str], codes: Collection[str]) -> str:
    """Return what the codes are called, in the order of the labels, separated by commas."""
    return ", ".join(name for code, name in told.items() if code in codes)


def privacy(known: Published) -> Response:
    """Return the page about the processing."""
    zone = ZoneInfo(known.policy.timezone)

    def day(moment: datetime) -> str:
        return str(format_date(moment.astimezone(zone).date(), format="long"))

    return rendering.render(
        "rights/privacy.html",
        path=path_of(known.slug, "privacy"),
        brand=branding.brand(known.policy, known.controller_id),
        labels=labels.everything,
        names=names,
        policy=known.policy,
        purposes=marketing_first(known.policy),
        kinds=offered(known.policy),
        point=known.policy.contact_point,
        receiving=known.recipients,
        sources=known.sources,
        versions=[
            {"version": one.version, "day": lambda at=one.activated_at: day(at)}
            for one in known.versions
        ],
        rights_path=path_of(known.slug, "rights"),
    )


def _kinds(policy: Policy) -> list[str]:
    """Return the kinds of request that are offered, as people read them, whatever the document."""
    return [kind for kind in KINDS if kind in policy.rights.due]


def offered(policy: Policy) -> list[tuple[str, Period]]:
    """Return what may be asked for, and within which time it is answered."""
    return [(kind, policy.rights.due[kind]) for kind in _kinds(policy)]


def marketing_first(policy: Policy) -> list[Purpose]:
    """Return the purposes in the order in which people are told of them."""
    return sorted(policy.purposes.values(), key=lambda one: (one.category, one.slug))


def index(known: Published) -> Response:
    """Return the page that leads to all others of a controller."""
    rights_path = path_of(known.slug, "rights")
    return _of(known, "index", path=path_of(known.slug), rights_path=rights_path)


def ask(known: Published, *, is_refused: bool = False) -> Response:
    """Return the page that asks for the address."""
    return _of(known, "ask", is_refused=is_refused, status=422 if is_refused else 200)


def sent(known: Published) -> Response:
    """Return what everybody sees who asked for a link, known or not."""
    return _of(known, "sent")


def _of(known: Published, name: str, *, path: str | None = None, **facts: Any) -> Response:
    policy = known.policy
    return rendering.render(
        f"rights/{name}.html",
        path=path or path_of(known.slug, "rights"),
        brand=branding.brand(policy, known.controller_id),
        privacy_path=path_of(known.slug, "privacy") if policy.publication.right_to_know else None,
        **facts,
    )


def form(
    policy: Policy, proof: Proof, token: str, *, kind: str | None, status: int = 200
) -> Response:
    """Return what a link shows: what to ask for, or whether it was the person who asked."""
    return rendering.render(
        "rights/confirm.html" if kind else "rights/form.html",
        path=f"{rendering.base_path()}{tokens.PATH}{token}",
        brand=branding.brand(policy, proof.controller_id),
        own=proof.language,
        status=status,
        labels=labels.everything,
        kinds=_kinds(policy),
        kind=kind,
        is_refused=status != HTTPStatus.OK,
    )


def download(policy: Policy, proof: Proof, token: str, *, asks: str, error: str | None) -> Response:
    """Return the page with the button that downloads a package.

    ``asks``: for the password that was ``told``, for a ``new`` one, or for one if wanted
    (``optional``). ``error``: what is wrong with it.
    """
    until = proof.expires_at.astimezone(ZoneInfo(policy.timezone)).replace(tzinfo=None)
    return rendering.render(
        "rights/download.html",
        path=f"{rendering.base_path()}{tokens.PATH}{token}",
        brand=branding.brand(policy, proof.controller_id),
        own=proof.language,
        status=422 if error else 200,
        asks=asks,
        error=error,
        until=lambda: format_datetime(until, "medium"),
    )


def done(result: "Done", proof: Proof) -> Response:
    """Return what a used link leads to: the request made, and how far all of them have come."""
    zone = ZoneInfo(result.policy.timezone)

    def day(value: date) -> str:
        return str(format_date(value, format="long"))

    return rendering.render(
        "rights/done.html",
        path=None,  # the link is used up
        brand=branding.brand(result.policy, proof.controller_id),
        own=proof.language,
        labels=labels.everything,
        made=result.made,
        requests=result.requests,
        packages=result.packages,
        policy=result.policy,
        point=result.policy.contact_point,
        fee_of=_fee,
        received_on=lambda one: day(one.received_at.astimezone(zone).date()),
        day=day,
    )


def _fee(request: RightsRequest) -> str:
    amount, currency = Decimal(request.fee_amount or "0"), request.fee_currency or ""
    return str(format_currency(amount, currency))


def unknown() -> Response:
    """Return what every address shows behind which nothing is published."""
    return rendering.render("rights/unknown.html", path=rendering.root(), status=404)
