"""Findings about the addresses that one-time links are mailed from."""

from collections.abc import Iterator

from crm_service.addresses import InvalidAddress, normalize_email
from crm_service.policies.document import Policy
from crm_service.policies.findings import ERROR, Finding


def mail_addresses(policy: Policy) -> Iterator[Finding]:
    """Refuse what is no address to write from, or to answer to."""
    for name, address in (("sender", policy.mail.sender), ("reply_to", policy.mail.reply_to)):
        try:
            normalize_email(address or "nobody@example.com")
        except InvalidAddress:
            yield Finding(ERROR, f"mail.{name}", "must be an e-mail address such as a@example.com")
