"""What an audience may be asked for: channel, format, fields and links."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_service.disclosures import matching
from crm_service.eligibility.service import Question
from crm_service.errors import Invalid
from crm_service.policies.vocabulary import AUDIENCE_FIELDS
from crm_service.unsubscribe import tokens

FORMATS = ("ndjson", "csv", "meta", "google")
_LISTS = ("ndjson", "csv")
#: Advertising platforms get their own format, hashed, and no other (clause ee-04).
_PLATFORMS = {"ads_facebook": "meta", "ads_instagram": "meta", "ads_google": "google"}


@dataclass(frozen=True)
class Order:
    """An audience as asked for. ``fields`` None asks for all that the policy lets be handed out."""

    topic: str
    channel: str
    format: str
    links: bool = False
    campaign: str | None = None
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Plan:
    """An audience as it will be handed out: for each field, on which bases it may be told."""

    order: Order
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def is_for_platform(self) -> bool:
        """Whether an advertising platform gets it."""
        return self.order.format not in _LISTS


def check(order: Order) -> None:
    """Raise ``Invalid`` for what does not go together, naming what does.

    Codes: ``format_not_allowed``, ``links_not_available``, ``unknown_field``.
    """
    platform = _PLATFORMS.get(order.channel)
    formats = (platform,) if platform else _LISTS
    if order.format not in formats:
        choices = ", ".join(formats)
        raise Invalid(
            f"an audience for {order.channel} is handed out as: {choices}",
            code="format_not_allowed",
            errors={"format": [f"must be one of: {choices}"]},
        )
    if order.links and order.channel not in tokens.CHANNELS:
        raise Invalid(
            f"the channel {order.channel} has no unsubscribe links",
            code="links_not_available",
            errors={"include": ["links need one of the channels: " + ", ".join(tokens.CHANNELS)]},
        )
    unknown = [name for name in order.fields or () if name not in AUDIENCE_FIELDS]
    if unknown:
        choices = ", ".join(AUDIENCE_FIELDS)
        raise Invalid(
            f"an audience's fields are: {choices}",
            code="unknown_field",
            errors={"fields": [f"must be among: {choices}"]},
        )


def plan(order: Order, question: Question) -> Plan:
    """Return what may be handed out: fields that the order asks for and the policy allows."""
    purpose, policy = question.purpose, question.policy
    bases = [basis for basis in purpose.bases if purpose.allows(basis, order.channel)]
    by_basis = {b: policy.audience_fields(purpose, order.channel, b) for b in bases}
    wanted = order.fields if order.fields is not None else AUDIENCE_FIELDS
    compared = matching.FIELDS.get(order.format, AUDIENCE_FIELDS)
    on = {
        name: frozenset(basis for basis in bases if name in by_basis[basis])
        for name in AUDIENCE_FIELDS
        if name in wanted and name in compared
    }
    return Plan(order, {name: found for name, found in on.items() if found})
