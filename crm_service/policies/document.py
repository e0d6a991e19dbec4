"""The policy as the rest of the service sees it: immutable, parsed from a checked document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from crm_service.policies.branding import Branding, parse_branding
from crm_service.policies.contact_point import ContactPoint, parse_contact_point
from crm_service.policies.disclosure import DisclosureRules, parse_disclosure
from crm_service.policies.engagement import EngagementRules, parse_engagement
from crm_service.policies.holds import HoldRules, parse_holds
from crm_service.policies.mail import Mail, parse_mail
from crm_service.policies.publication import Publication, parse_publication
from crm_service.policies.retention import RetentionRules, parse_retention
from crm_service.policies.review import Review, parse_review
from crm_service.policies.rights import RightsRules, parse_rights
from crm_service.policies.sources import Sources, parse_sources
from crm_service.policies.tracking import Tracking, parse_tracking
from crm_service.policies.vocabulary import (
    AUDIENCE_FIELDS,
    ELECTRONIC_MAIL,
    INHERITING,
    NO_MESSAGE,
)


@dataclass(frozen=True)
class Authority:
    """The data protection authority that a person may complain to (GDPR Art. 77)."""

    name: str
    url: str


@dataclass(frozen=True)
class Agreement:
    """What a controller accepts before it may use the service; a new version asks again."""

    version: str
    title: str
    url: str


@dataclass(frozen=True)
class BasisRule:
    """What the policy says about relying on one legal basis for one purpose.

    ``term`` is an ISO 8601 period counted from ``term_from`` (``added_at`` or ``since``); None
    lasts until it is ended. ``inherits``: a permission for the whole purpose covers its topics.
    ``relationship`` is what electronic mail on legitimate interests rests on (rule 17).
    ``audience_fields`` are the only fields that an audience hands out of people reached on this
    basis; None leaves it at the contact's fields.
    """

    term: str | None = None
    term_from: str = "since"
    inherits: bool = False
    relationship: str | None = None
    audience_fields: frozenset[str] | None = None


@dataclass(frozen=True)
class Purpose:
    """Why data are processed, over which channels, and on which bases.

    Without a channel it is no purpose for messages: nothing may be sent for it. ``audience_fields``
    holds, for channels that state it, the only fields that an audience hands out for them. ``name``
    is what people read, by language. ``required_fields``: what a grant takes, and nothing else is
    demanded (clause no-01).
    """

    slug: str
    category: str
    channels: frozenset[str] = frozenset()
    bases: Mapping[str, BasisRule] = field(default_factory=dict)
    audience_fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    name: Mapping[str, str] = field(default_factory=dict)
    required_fields: frozenset[str] = frozenset()

    @property
    def reach(self) -> frozenset[str]:
        """Where a permission for this purpose may reach: its channels, or that it sends nothing."""
        return self.channels or frozenset({NO_MESSAGE})

    def allows(self, basis: str, channel: str) -> bool:
        """Tell whether a permission on ``basis`` may be recorded for ``channel``.

        Soft opt-in is an exception for electronic mail alone (ePrivacy Directive 13(2)).
        """
        if basis not in self.bases or channel not in self.reach:
            return False
        return basis != "soft_opt_in" or channel in ELECTRONIC_MAIL

    def narrows(self, field_name: str, channel: str, basis: str) -> bool:
        """Tell whether an audience for ``channel`` must leave the field out on ``basis``."""
        rule = self.bases.get(basis)
        limits = (self.audience_fields.get(channel), rule.audience_fields if rule else frozenset())
        return any(limit is not None and field_name not in limit for limit in limits)


@dataclass(frozen=True)
class CustomAttribute:
    """A declared attribute of contacts: what it is for and what kind of data it is."""

    name: str
    purpose: str
    category: str


@dataclass(frozen=True)
class Policy:
    """One version of a controller's policy; never changes."""

    name: str
    version: int
    controller_name: str
    timezone: str
    languages: tuple[str, ...]
    default_language: str
    authority: Authority
    link_mode: str = "confirm"
    agreement: Agreement | None = None
    wording_text: str = "warn"
    #: The purpose that national identification numbers are kept for; None keeps none.
    national_id_purpose: str | None = None
    contact_fields: frozenset[str] = frozenset()
    custom_attributes: Mapping[str, CustomAttribute] = field(default_factory=dict)
    purposes: Mapping[str, Purpose] = field(default_factory=dict)
    contact_point: ContactPoint = field(default_factory=ContactPoint)
    #: ISO 3166-1 code of the country whose public holidays are no working days.
    holidays: str | None = None
    rights: RightsRules = field(default_factory=lambda: parse_rights({}))
    publication: Publication = field(default_factory=Publication)
    mail: Mail = field(default_factory=Mail)
    branding: Branding = field(default_factory=Branding)
    tracking: Tracking = field(default_factory=Tracking)
    engagement: EngagementRules = field(default_factory=EngagementRules)
    disclosure: DisclosureRules = field(default_factory=DisclosureRules)
    sources: Sources = field(default_factory=Sources)
    review: Review = field(default_factory=Review)
    retention: RetentionRules = field(default_factory=RetentionRules)
    holds: HoldRules = field(default_factory=HoldRules)

    def allows_field(self, name: str) -> bool:
        """Tell whether a contact may have this field (not a custom attribute)."""
        return name in self.contact_fields

    def audience_fields(self, purpose: Purpose, channel: str, basis: str) -> tuple[str, ...]:
        """Return the fields that an audience may hand out of people reached on ``basis``.

        Clauses ee-04 and si-07; GDPR Art. 5(1)(c).
        """
        return tuple(
            name
            for name in AUDIENCE_FIELDS
            if self.allows_field(name) and not purpose.narrows(name, channel, basis)
        )


def parse(document: Mapping[str, Any], version: int) -> Policy:
    """Return the policy that a checked document describes (``checking.check`` comes first)."""
    agreement = document.get("agreement")
    return Policy(
        name=document["name"],
        version=version,
        controller_name=document["controller"]["name"],
        timezone=document["timezone"],
        languages=tuple(document["languages"]),
        default_language=document["default_language"],
        authority=Authority(**document["authority"]),
        link_mode=document.get("unsubscribe", {}).get("link_mode", "confirm"),
        agreement=Agreement(**agreement) if agreement else None,
        wording_text=document.get("consent", {}).get("wording_text", "warn"),
        national_id_purpose=document.get("national_id", {}).get("purpose"),
        contact_fields=frozenset(document["contact_fields"]),
        custom_attributes=_attributes(document.get("custom_attributes", {})),
        purposes=MappingProxyType(
            {slug: _purpose(slug, stated) for slug, stated in document["purposes"].items()}
        ),
        holidays=document.get("holidays"),
        **_sections(document),
    )


def _sections(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections that have a module of their own; a policy may leave each out."""
    return {
        "contact_point": parse_contact_point(document),
        "rights": parse_rights(document),
        "publication": parse_publication(document),
        "mail": parse_mail(document.get("mail")),
        "branding": parse_branding(document.get("branding")),
        "tracking": parse_tracking(document.get("tracking")),
        "engagement": parse_engagement(document),
        "disclosure": parse_disclosure(document.get("disclosure")),
        "sources": parse_sources(document.get("sources")),
        "review": parse_review(document.get("review")),
        "retention": parse_retention(document.get("retention")),
        "holds": parse_holds(document.get("holds")),
    }


def _attributes(declared: Mapping[str, Any]) -> Mapping[str, CustomAttribute]:
    return MappingProxyType(
        {
            name: CustomAttribute(name, stated["purpose"], stated["category"])
            for name, stated in declared.items()
        }
    )


def _purpose(slug: str, stated: Mapping[str, Any]) -> Purpose:
    bases = {name: _basis_rule(name, rule) for name, rule in stated["bases"].items()}
    return Purpose(
        slug=slug,
        category=stated["category"],
        channels=frozenset(stated["channels"]),
        bases=MappingProxyType(bases),
        audience_fields=MappingProxyType(
            {
                channel: frozenset(names)
                for channel, names in stated.get("audience_fields", {}).items()
            }
        ),
        name=MappingProxyType(dict(stated.get("name", {}))),
        required_fields=frozenset(stated.get("required_fields", ())),
    )


def _basis_rule(basis: str, rule: Mapping[str, Any]) -> BasisRule:
    names = rule.get("audience_fields")
    return BasisRule(
        term=rule.get("term"),
        term_from=rule.get("term_from", "since"),
        inherits=rule.get("inherits", basis in INHERITING),
        relationship=rule.get("relationship"),
        audience_fields=None if names is None else frozenset(names),
    )
