"""Which categories of retention a record or a hold may name: those that some rule can be about.

A record of any other category would never go, and a hold of it would hold nothing of what does
(rule 33; clauses si-05, no-12).
"""

from collections.abc import Sequence

from crm_service.errors import Invalid
from crm_service.policies.document import Policy
from crm_service.policies.retention import CONTRACTS


def of_interaction(policy: Policy, stated: str) -> str:
    """Return the category; one that no rule can be about is refused (``unknown_category``).

    A policy that says nothing of retention clears nothing: there any category is a mere name.
    """
    if policy.retention.is_stated:
        _require(stated, policy.retention.interactions, "category")
    return stated


def of_contract(policy: Policy, stated: str) -> str:
    """Return the category, as ``of_interaction`` does: rules know one category of contracts."""
    if policy.retention.is_stated:
        _require(stated, (CONTRACTS,), "category")
    return stated


def of_hold(policy: Policy, stated: Sequence[str]) -> None:
    """Refuse what is none, whatever the policy says of retention: a later version may say more."""
    for place, category in enumerate(stated):
        _require(category, policy.retention.known, f"categories.{place}")


def _require(category: str, known: Sequence[str], field: str) -> None:
    if category not in known:
        choices = ", ".join(known)
        raise Invalid(
            f"there is no such category of retention; it must be one of: {choices}",
            code="unknown_category",
            errors={field: [f"must be one of: {choices}"]},
        )
