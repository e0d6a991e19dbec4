"""Whether the policy lets data go to a recipient, and on which ground.

Everything that speaks against it is named at once.
"""

from collections.abc import Collection, Iterator

from crm_service.errors import Forbidden
from crm_service.policies.disclosure import EEA, DisclosureRules
from crm_service.recipients.repository import Recipient

KINDS = ("processor", "third_party", "authority")

#: Whose right or suspicion it is.
_OF_AUTHORITIES = frozenset({"legal_right", "malicious_intent"})
#: What has to be said besides the ground: the law, contract or case, and why it is needed.
_NEEDING_REFERENCE = frozenset({"agreement", "legal_duty", "legal_right", "malicious_intent"})
_NEEDING_NEED = frozenset({"legal_right", "malicious_intent"})


class DisclosureRefused(Forbidden):
    """The policy does not let these data go to this recipient; ``errors`` names each reason."""

    code = "disclosure_refused"


def against(rules: DisclosureRules, recipient: Recipient) -> Iterator[tuple[str, str]]:
    """Yield code and reason of everything that speaks against a recipient whatever is handed out.

    Clauses ws-03, no-02, no-09, si-15.
    """
    if recipient.ended_at is not None:
        yield "recipient_ended", "the register says that nothing goes there any more"
    if recipient.kind != "authority":
        for name in sorted(rules.safeguards):
            if not getattr(recipient, name):
                yield f"{name}_missing", f"the policy asks for a {name} reference in the register"
    if rules.area is not None and recipient.country not in rules.area:
        area = "the European Economic Area" if rules.area == EEA else "the policy's area"
        yield "country_not_allowed", f"{recipient.country} is outside {area}"
    if recipient.is_international_organization and not rules.organizations:
        yield "organization_not_allowed", "the policy excludes international organizations"
    if recipient.stores_elsewhere and rules.own_servers:
        yield "stored_elsewhere", "the policy keeps data on the controller's own servers"


def against_ground(
    rules: DisclosureRules, recipient: Recipient, *, ground: str, reference: object, need: object
) -> Iterator[tuple[str, str]]:
    """Yield what speaks against a ground (clauses ee-11, ws-04, no-09)."""
    if ground not in rules.grounds:
        allowed = ", ".join(sorted(rules.grounds))
        yield "ground_not_allowed", f"the policy allows: {allowed}"
    if ground in _OF_AUTHORITIES and recipient.kind != "authority":
        yield "no_authority", f"{ground} is a ground for an authority"
    if ground == "processor" and recipient.kind != "processor":
        yield "no_processor", "the register does not call it a processor"
    if ground in _NEEDING_REFERENCE and not reference:
        yield "reference_missing", "name the law, agreement or case in reference"
    if ground in _NEEDING_NEED and not need:
        yield "need_missing", "say in need why these data are needed"


def against_fields(
    rules: DisclosureRules, fields: Collection[str], listed: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the fields that are not handed out (clause no-09; GDPR Art. 5(1)(c))."""
    most = set(listed) if rules.fields is None else set(listed) & rules.fields
    for name in sorted(set(fields) - most):
        yield "field_not_allowed", f"{name} is not handed out; allowed: {', '.join(sorted(most))}"


def refuse(place: str, reasons: list[tuple[str, str]]) -> None:
    """Raise ``DisclosureRefused`` unless there is no reason to."""
    if reasons:
        codes = [code for code, _ in reasons]
        raise DisclosureRefused(
            "the policy does not allow this disclosure; see errors",
            errors={place: [text for _, text in reasons]},
            reasons=codes,
        )
