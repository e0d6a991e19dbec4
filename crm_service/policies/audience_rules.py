"""Findings about what audiences may hand out (clauses ee-04 and si-07)."""

from collections.abc import Collection, Iterator

from crm_service.policies.document import Policy, Purpose
from crm_service.policies.findings import ERROR, WARNING, Finding, one_of

#: An audience for a channel is of no use without one of these.
REACHED_BY = {
    "email": ("email",),
    "sms": ("phone",),
    "phone": ("phone",),
    "post": ("street", "postal_code", "city"),
    "ads_facebook": ("email", "phone"),
    "ads_instagram": ("email", "phone"),
    "ads_google": ("email", "phone"),
}


def audience_channels(policy: Policy) -> Iterator[Finding]:
    """Warn of fields for a channel that the purpose does not use."""
    for purpose in policy.purposes.values():
        for channel in purpose.audience_fields:
            if channel not in purpose.channels:
                path = f"purposes.{purpose.slug}.audience_fields.{channel}"
                message = one_of(channel, sorted(purpose.channels))
                yield Finding(WARNING, path, f"has no effect: {message}")


def audience_fields(policy: Policy) -> Iterator[Finding]:
    """Warn of fields that a contact cannot have."""
    for path, names in _stated(policy):
        for name in sorted(names):
            if not policy.allows_field(name):
                message = one_of(name, sorted(policy.contact_fields))
                yield Finding(WARNING, path, f"has no effect: {message} (the contact_fields)")


def unreachable_audiences(policy: Policy) -> Iterator[Finding]:
    """Refuse limits that leave an audience without the address that its channel needs."""
    for purpose in policy.purposes.values():
        for channel, names in purpose.audience_fields.items():
            path = f"purposes.{purpose.slug}.audience_fields.{channel}"
            yield from _lacking(policy, path, channel, names)
        for basis, rule in purpose.bases.items():
            path = f"purposes.{purpose.slug}.bases.{basis}.audience_fields"
            for channel in sorted(purpose.channels):
                if rule.audience_fields is not None and purpose.allows(basis, channel):
                    yield from _lacking(policy, path, channel, rule.audience_fields)


def _lacking(policy: Policy, path: str, channel: str, names: Collection[str]) -> Iterator[Finding]:
    useful = [name for name in REACHED_BY.get(channel, ()) if policy.allows_field(name)]
    if useful and not set(useful) & set(names):
        choices = " or ".join(useful)
        yield Finding(ERROR, path, f"must name {choices}: {channel} reaches nobody without")


def _stated(policy: Policy) -> Iterator[tuple[str, Collection[str]]]:
    for purpose in policy.purposes.values():
        yield from _stated_by(purpose)


def _stated_by(purpose: Purpose) -> Iterator[tuple[str, Collection[str]]]:
    for channel, names in purpose.audience_fields.items():
        yield f"purposes.{purpose.slug}.audience_fields.{channel}", names
    for basis, rule in purpose.bases.items():
        if rule.audience_fields is not None:
            yield f"purposes.{purpose.slug}.bases.{basis}.audience_fields", rule.audience_fields


def required_fields(policy: Policy) -> Iterator[Finding]:
    """Refuse to demand what a contact cannot have (clause no-01)."""
    for purpose in policy.purposes.values():
        for name in sorted(purpose.required_fields):
            if not policy.allows_field(name):
                path = f"purposes.{purpose.slug}.required_fields"
                yield Finding(ERROR, path, one_of(name, sorted(policy.contact_fields)))
