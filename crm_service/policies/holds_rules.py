"""Judging what a policy says about holds."""

from collections.abc import Iterator

from crm_service.policies.document import Policy
from crm_service.policies.findings import ERROR, WARNING, Finding, one_of, shown
from crm_service.policies.holds import OUTCOMES
from crm_service.policies.terms import parse_period
from crm_service.policies.vocabulary import is_language


def dispute_terms(policy: Policy) -> Iterator[Finding]:
    """Refuse a term that holds nothing; point out outcomes without one (clause si-05)."""
    for outcome, period in policy.holds.terms.items():
        term = parse_period(period)
        if term.months + term.days == 0:
            yield Finding(ERROR, f"holds.dispute.{outcome}", f"{shown(period)} is no time at all")
    missing = [outcome for outcome in OUTCOMES if outcome not in policy.holds.terms]
    if policy.holds.terms and missing:
        message = f"has no term after {', '.join(missing)}: such a dispute can only be lifted"
        yield Finding(WARNING, "holds.dispute", message)


def laws(policy: Policy) -> Iterator[Finding]:
    """Refuse a law without a name that the controller's own language has (clause no-12)."""
    for slug, law in policy.holds.laws.items():
        path = f"holds.laws.{slug}.name"
        if policy.default_language not in law.name:
            yield Finding(ERROR, path, f"must say it in {policy.default_language}")
        for code in law.name:
            if not is_language(code):
                yield Finding(ERROR, f"{path}.{code}", one_of(code, policy.languages))
