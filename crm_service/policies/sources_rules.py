"""Findings about the sources of data (clauses se-02 and si-08)."""

from collections.abc import Iterator

from crm_service.policies.document import Policy
from crm_service.policies.findings import ERROR, WARNING, Finding, one_of
from crm_service.policies.vocabulary import WAYS


def sources(policy: Policy) -> Iterator[Finding]:
    """Refuse data of no known source to count as one that the policy does not name."""
    kinds, unnamed = policy.sources.kinds, policy.sources.unnamed
    if kinds is None:
        return
    if unnamed is not None and unnamed not in kinds:
        yield Finding(ERROR, "sources.unnamed", one_of(unnamed, sorted(kinds)))
    for way in sorted(WAYS & kinds):
        message = f"{way} says how data came, not where from (GDPR Art. 14(2)(f)); name what it "
        yield Finding(WARNING, "sources.kinds", f"{message}counts as under sources.unnamed")
