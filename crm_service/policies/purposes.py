"""What something is kept for: a purpose of the policy, by name or by default."""

from crm_service.errors import Invalid
from crm_service.policies.document import Policy

_SERVICE = "service"


def named(policy: Policy, stated: str | None) -> str:
    """Return the stated purpose, by default that of the service, or else the policy's first.

    Raises ``Invalid`` (``unknown_purpose``) for one that the policy lacks.
    """
    known = policy.purposes
    purpose = stated or (_SERVICE if _SERVICE in known else next(iter(known)))
    if purpose not in known:
        choices = ", ".join(known)
        raise Invalid(
            f"the policy knows no such purpose; it must be one of: {choices}",
            code="unknown_purpose",
            errors={"purpose": [f"must be one of: {choices}"]},
        )
    return purpose
