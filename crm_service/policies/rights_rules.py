"""Judging what a policy says about rights and publication."""

from collections.abc import Iterator, Mapping

import holidays as public_holidays

from crm_service.policies.document import Policy
from crm_service.policies.findings import ERROR, NOTE, WARNING, Finding, one_of, shown
from crm_service.policies.rights import FEE, NO_ARTICLE, Period
from crm_service.policies.vocabulary import currencies, is_language

#: GDPR Art. 12(3).
_LAWFUL_DAYS = {"working_days": 20, "days": 30, "months": 1}


def holiday_country(policy: Policy) -> Iterator[Finding]:
    """Refuse a country whose public holidays are not known; warn of working days without one."""
    supported = public_holidays.list_supported_countries(include_aliases=False)
    if policy.holidays is not None and policy.holidays not in supported:
        message = f"the public holidays of {shown(policy.holidays)} are not known"
        yield Finding(ERROR, "holidays", f"{message}; allowed: ISO 3166-1 codes such as EE")
    units = {period.unit for period in policy.rights.due.values()}
    if policy.holidays is None and "working_days" in units:
        message = "counts working days: name under holidays the country whose public holidays count"
        yield Finding(WARNING, "rights", message)


def periods(policy: Policy) -> Iterator[Finding]:
    """Warn of answers later than the law's month (GDPR Art. 12(3)), and of a stopped clock."""
    for kind, period in policy.rights.due.items():
        if period.count > _LAWFUL_DAYS[period.unit]:
            message = "is longer than the month of GDPR Art. 12(3), which holds all the same"
            yield Finding(WARNING, f"rights.kinds.{kind}.due", message)
    if FEE in policy.rights.clock_stops_for:
        message = "lets a fee stop the period, which the GDPR does not say: at one's own risk"
        yield Finding(NOTE, "rights.clock_stops_for", message)
    extension = policy.rights.extension
    if extension is not None and _is_beyond(extension.by, months=2):
        message = "is longer than the two months of GDPR Art. 12(3), which hold all the same"
        yield Finding(WARNING, "rights.extension.by", message)


def fees(policy: Policy) -> Iterator[Finding]:
    """Refuse a fee in what is no currency."""
    fee = policy.rights.fee
    if fee is not None and fee.currency is not None and fee.currency not in currencies():
        message = f"{shown(fee.currency)} is no currency; allowed: those of ISO 4217 in use"
        yield Finding(ERROR, "rights.fee.most.currency", message)


def _is_beyond(period: Period, *, months: int) -> bool:
    return period.count > months * _LAWFUL_DAYS[period.unit]


def refusal_grounds(policy: Policy) -> Iterator[Finding]:
    """Point out grounds that no article carries, and those that nothing can be refused on."""
    for slug, ground in policy.rights.refusals.items():
        path = f"rights.refusal_grounds.{slug}"
        if ground.article == NO_ARTICLE:
            message = "has no article of the GDPR behind it: refusing for it is at one's own risk"
            yield Finding(NOTE, f"{path}.article", message)
        if ground.text:
            yield from judge_texts(policy, f"{path}.text", ground.text)
        if not ground.kinds & policy.rights.due.keys():
            yield Finding(WARNING, f"{path}.kinds", "has no effect: no such request is offered")


def published_texts(policy: Policy) -> Iterator[Finding]:
    """Judge the languages of names that people read."""
    for position, recipient in enumerate(policy.publication.recipients):
        yield from judge_texts(policy, f"recipients.{position}.name", recipient.name)
    for slug, purpose in policy.purposes.items():
        if purpose.name:
            yield from judge_texts(policy, f"purposes.{slug}.name", purpose.name)


def judge_texts(policy: Policy, path: str, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Judge the languages in which something is said to people."""
    for code in texts:
        if not is_language(code):
            yield Finding(ERROR, f"{path}.{code}", one_of(code, policy.languages))
    missing = [code for code in policy.languages if code not in texts]
    if missing:
        message = f"is not said in {', '.join(missing)}: people read another language there"
        yield Finding(WARNING, path, message)
