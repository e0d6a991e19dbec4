"""Findings about what recipients' pages look like."""

from collections.abc import Iterator

from crm_service.policies.document import Policy
from crm_service.policies.findings import ERROR, WARNING, Finding, shown
from crm_service.policies.vocabulary import is_language


def footers(policy: Policy) -> Iterator[Finding]:
    """Refuse a footer in what is no language; warn of languages without one."""
    stated = policy.branding.footer
    for code in stated:
        if not is_language(code):
            path = f"branding.footer.{code}"
            yield Finding(ERROR, path, f"{shown(code)} is no language; allowed: et, en, pt-BR")
    missing = [code for code in policy.languages if code not in stated]
    if stated and missing:
        message = f"has no text in {', '.join(missing)}: readers there see another language"
        yield Finding(WARNING, "branding.footer", message)
