"""What a schema cannot say about a policy: findings that need the law, or two places at once."""

from collections.abc import Callable, Iterator
from zoneinfo import available_timezones

from crm_service.policies.audience_rules import (
    audience_channels,
    audience_fields,
    required_fields,
    unreachable_audiences,
)
from crm_service.policies.branding_rules import footers
from crm_service.policies.document import Policy, Purpose
from crm_service.policies.findings import ERROR, NOTE, WARNING, Finding, one_of, shown
from crm_service.policies.holds_rules import dispute_terms, laws
from crm_service.policies.mail_rules import mail_addresses
from crm_service.policies.retention_rules import (
    retention,
    retention_and_terms,
    retention_conflicts,
    retention_of_strangers,
)
from crm_service.policies.rights_rules import (
    fees,
    holiday_country,
    periods,
    published_texts,
    refusal_grounds,
)
from crm_service.policies.secret_rules import refused_names
from crm_service.policies.sources_rules import sources
from crm_service.policies.terms import parse_period
from crm_service.policies.tracking_rules import tracking
from crm_service.policies.vocabulary import ELECTRONIC_MAIL, is_language

_MARKETING_BASES = frozenset({"consent", "legitimate_interests", "soft_opt_in"})

#: Words in an attribute's name that hint at Art. 9 data.
_SPECIAL_WORDS = {"health", "disease", "diagnosis", "disability", "religion", "religious"}
_SPECIAL_WORDS |= {"ethnic", "ethnicity", "race", "political", "party", "union", "sexual"}
_SPECIAL_WORDS |= {"genetic", "dna", "biometric", "fingerprint", "conviction", "orientation"}


def timezone(policy: Policy) -> Iterator[Finding]:
    """Refuse a time zone that the database of time zones does not have."""
    if policy.timezone not in available_timezones():
        yield Finding(
            ERROR,
            "timezone",
            f"{shown(policy.timezone)} is no time zone; allowed: IANA names such as Europe/Tallinn",
        )


def languages(policy: Policy) -> Iterator[Finding]:
    """Refuse what is no language, and a default that is not among the languages."""
    for position, code in enumerate(policy.languages):
        if not is_language(code):
            yield Finding(
                ERROR,
                f"languages.{position}",
                f"{shown(code)} is no language; allowed: ISO 639-1 codes such as et, en, pt-BR",
            )
    if policy.default_language not in policy.languages:
        yield Finding(ERROR, "default_language", one_of(policy.default_language, policy.languages))


def link_mode(policy: Policy) -> Iterator[Finding]:
    """Warn of instant links (rule 13)."""
    if policy.link_mode == "instant":
        yield Finding(
            WARNING,
            "unsubscribe.link_mode",
            "instant is at the controller's own risk: mail scanners open links, and those that are "
            "not recognized as machines unsubscribe people who did not ask for it; confirm is safe",
        )


def contact_fields(policy: Policy) -> Iterator[Finding]:
    """Refuse a policy without the one field that every contact has."""
    if not policy.allows_field("email"):
        yield Finding(ERROR, "contact_fields", "must name email: contacts are found by it")


def empty_purposes(policy: Policy) -> Iterator[Finding]:
    """Refuse a purpose that nothing could ever permit."""
    for slug, purpose in policy.purposes.items():
        if not purpose.bases:
            path = f"purposes.{slug}.bases"
            yield Finding(ERROR, path, "must not be empty: without a basis nothing is permitted")


def terms(policy: Policy) -> Iterator[Finding]:
    """Refuse a term that is over before it began."""
    for purpose in policy.purposes.values():
        for basis, rule in purpose.bases.items():
            period = parse_period(rule.term) if rule.term else None
            if period is not None and period.months + period.days == 0:
                path = f"purposes.{purpose.slug}.bases.{basis}.term"
                yield Finding(ERROR, path, f"{shown(rule.term)} is no time at all")


def legitimate_interests(policy: Policy) -> Iterator[Finding]:
    """Hold electronic mail without consent against ePrivacy Directive 13 (rule 17)."""
    for purpose in policy.purposes.values():
        rule = purpose.bases.get("legitimate_interests")
        reached = ", ".join(sorted(purpose.channels & ELECTRONIC_MAIL))
        is_for_messages = purpose.slug != policy.tracking.purpose
        if rule is None or not reached or purpose.category != "marketing" or not is_for_messages:
            continue
        path = f"purposes.{purpose.slug}.bases.legitimate_interests"
        if rule.relationship:
            yield Finding(
                NOTE,
                path,
                f"marketing by {reached} rests on the declared relationship: ePrivacy Directive "
                "13 asks for consent or soft opt-in where the recipient is a natural person",
            )
        else:
            yield Finding(
                ERROR,
                path,
                f"must name the relationship that marketing by {reached} relies on: for natural "
                "persons ePrivacy Directive 13 asks for consent or soft opt-in besides a "
                "legitimate interest",
            )


def relationships(policy: Policy) -> Iterator[Finding]:
    """Refuse a relationship where nothing would rely on it."""
    for purpose in policy.purposes.values():
        for basis, rule in purpose.bases.items():
            if rule.relationship and basis != "legitimate_interests":
                yield Finding(
                    ERROR,
                    f"purposes.{purpose.slug}.bases.{basis}.relationship",
                    "has a meaning for legitimate_interests only",
                )


def soft_opt_in(policy: Policy) -> Iterator[Finding]:
    """Refuse soft opt-in outside marketing by electronic mail (ePrivacy Directive 13(2))."""
    for purpose in policy.purposes.values():
        if "soft_opt_in" in purpose.bases and not _may_soft_opt_in(purpose):
            yield Finding(
                ERROR,
                f"purposes.{purpose.slug}.bases.soft_opt_in",
                "permits marketing by email or sms only (ePrivacy Directive 13(2))",
            )


def _may_soft_opt_in(purpose: Purpose) -> bool:
    return purpose.category == "marketing" and bool(purpose.channels & ELECTRONIC_MAIL)


def marketing_bases(policy: Policy) -> Iterator[Finding]:
    """Warn of bases that hardly ever carry marketing, and of consent for more than was named."""
    for purpose in policy.purposes.values():
        path = f"purposes.{purpose.slug}.bases"
        if purpose.category != "marketing":
            continue
        for basis, rule in purpose.bases.items():
            if basis not in _MARKETING_BASES:
                yield Finding(WARNING, f"{path}.{basis}", "is hardly a basis for marketing")
            if basis == "consent" and rule.inherits:
                message = "lets a consent cover topics that it did not name (GDPR Art. 4(11))"
                yield Finding(WARNING, f"{path}.consent.inherits", message)


def default_purposes(policy: Policy) -> Iterator[Finding]:
    """Refuse a purpose named like a category that is not of that category."""
    for category in ("marketing", "service"):
        purpose = policy.purposes.get(category)
        if purpose is not None and purpose.category != category:
            path = f"purposes.{category}.category"
            yield Finding(ERROR, path, f"must be {category}: topics of that category default to it")


def custom_attributes(policy: Policy) -> Iterator[Finding]:
    """Refuse attributes without a purpose and secrets; warn of special data (clause ee-20)."""
    for name, attribute in policy.custom_attributes.items():
        path = f"custom_attributes.{name}"
        if attribute.purpose not in policy.purposes:
            yield Finding(ERROR, f"{path}.purpose", one_of(attribute.purpose, policy.purposes))
        yield from refused_names(name, path)
        if set(name.split("_")) & _SPECIAL_WORDS:
            message = "sounds like a special category of data (GDPR Art. 9), which must not be kept"
            yield Finding(WARNING, path, message)


def national_id(policy: Policy) -> Iterator[Finding]:
    """Refuse national ids for a purpose that there is not (clause ee-01)."""
    purpose = policy.national_id_purpose
    if purpose is not None and purpose not in policy.purposes:
        yield Finding(ERROR, "national_id.purpose", one_of(purpose, policy.purposes))


#: In the order in which their findings of equal weight and place are shown.
RULES: tuple[Callable[[Policy], Iterator[Finding]], ...] = (
    timezone,
    languages,
    link_mode,
    contact_fields,
    empty_purposes,
    terms,
    legitimate_interests,
    relationships,
    soft_opt_in,
    marketing_bases,
    default_purposes,
    custom_attributes,
    national_id,
    audience_channels,
    audience_fields,
    required_fields,
    unreachable_audiences,
    holiday_country,
    periods,
    fees,
    refusal_grounds,
    published_texts,
    mail_addresses,
    footers,
    tracking,
    sources,
    retention,
    retention_conflicts,
    retention_of_strangers,
    retention_and_terms,
    dispute_terms,
    laws,
)
