"""Findings about the tracking of opens and clicks (rule 31)."""

from collections.abc import Iterator

from crm_service.policies.document import Policy
from crm_service.policies.findings import ERROR, NOTE, WARNING, Finding, one_of
from crm_service.policies.vocabulary import CATEGORIES

_PATH = "tracking.purpose"


def tracking(policy: Policy) -> Iterator[Finding]:
    """Refuse tracking without a purpose of its own that e-mail can be tracked for."""
    name = policy.tracking.purpose
    if name is None:
        return
    purpose = policy.purposes.get(name)
    if purpose is None:
        yield Finding(ERROR, _PATH, one_of(name, policy.purposes))
        return
    if name in CATEGORIES:
        message = "tracking is a purpose of its own: whoever agrees to mail has not agreed to it"
        yield Finding(ERROR, _PATH, message)
        return
    if "email" not in purpose.channels:
        path = f"purposes.{name}.channels"
        yield Finding(ERROR, path, "must name email: it is e-mail whose opens are tracked")
    for basis in purpose.bases:
        if basis != "consent":
            yield Finding(
                NOTE if basis == "legitimate_interests" else WARNING,
                f"purposes.{name}.bases.{basis}",
                "hardly carries tracking: pixels and tracked links read the recipient's device, "
                "for which ePrivacy Directive 5(3) asks for consent (EDPB Guidelines 2/2023)",
            )
