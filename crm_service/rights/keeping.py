"""How long data are kept and where they come from, in words (GDPR Art. 13(2)(a) and 14(2)(f))."""

from typing import Any

from flask_babel import gettext, ngettext

from crm_service.policies.retention import PERMANENT, RetentionRule
from crm_service.policies.terms import Term

_ = gettext
_MONTHS = 12


def categories() -> dict[str, str]:
    """Return what is kept; a policy's own categories go by their own name."""
    return {
        "contact": _("your entry in our register"),
        "call_log": _("calls"),
        "conversations": _("conversations"),
        "transactions": _("orders and other transactions"),
        "inquiries": _("inquiries"),
        "case_notes": _("notes on cases"),
        "recordings": _("recordings"),
        "engagement": _("which messages you opened and what you clicked"),
        "contracts": _("contracts"),
        "attributes.identity": _("further data on who you are"),
        "attributes.contact": _("further data on how to reach you"),
        "attributes.relationship": _("data on our relationship"),
        "attributes.preference": _("your preferences"),
        "attributes.transaction": _("data on your purchases"),
        "attributes.technical": _("technical data"),
    }


def category(code: str) -> str:
    """Return what a category is called."""
    return categories().get(code, code.replace("_", " "))


def details() -> dict[str, str]:
    """Return what can be taken away while the rest stays."""
    return {
        "number": _("telephone number"),
        "occurred_at": _("date and time"),
        "note": _("the note"),
        "direction": _("who called whom"),
        "client": _("mail program"),
        "os": _("operating system"),
        "device": _("device"),
        "url": _("which link was opened"),
    }


def sources() -> dict[str, str]:
    """Return where data come from."""
    return {
        "person": _("you yourself"),
        "website_form": _("forms on our website"),
        "event": _("events that you attend"),
        "order": _("your orders"),
        "use_of_services": _("your use of our services"),
        "cookies": _("cookies"),
        "business_contact": _("business contacts"),
        "partner": _("partners"),
        "public_register": _("public registers"),
        "credit_register": _("credit registers"),
        "public_source": _("public sources"),
        "import": _("earlier databases of ours"),
        "api": _("our other systems"),
        "other": _("other sources"),
    }


def kinds() -> dict[str, str]:
    """Return what a recipient of the register is."""
    return {
        "processor": _("a company that works on our behalf"),
        "third_party": _("another company or organization"),
        "authority": _("a public authority"),
    }


def length(term: Term) -> str:
    """Return a period in words: 5 years, 1 year 6 months, 90 days."""
    years, months = divmod(term.months, _MONTHS)
    parts = [
        ngettext("%(num)d year", "%(num)d years", years) if years else "",
        ngettext("%(num)d month", "%(num)d months", months) if months else "",
        ngettext("%(num)d day", "%(num)d days", term.days) if term.days else "",
    ]
    told = " ".join(part for part in parts if part)
    return told or str(ngettext("%(num)d day", "%(num)d days", 0))


def kept(rule: RetentionRule) -> str:
    """Return how long a rule keeps data, in words."""
    if rule.term is None:
        by_law = rule.keep == PERMANENT
        return str(_("permanently, by law") if by_law else _("without a fixed term"))
    if _is_discarded(rule):
        return str(_("not kept"))
    told = length(rule.term)
    counted = {
        "added": _("%(term)s from the day on which we added you", term=told),
        "last_interaction": _("%(term)s after we last had to do with each other", term=told),
        "occurred": _("%(term)s from the day on which it happened", term=told),
        "contract_end": _("%(term)s after the end of the contract", term=told),
        "withdrawal": _("%(term)s after the last permission to use them has ended", term=told),
    }
    return str(counted[rule.counted_from or "occurred"])


def becomes(rule: RetentionRule) -> str:
    """Return what happens to the data then, in words; nothing where they stay."""
    if rule.term is None or _is_discarded(rule):
        return ""
    names = ", ".join(name for code, name in details().items() if code in rule.fields)
    told = {
        "erase": _("then erased"),
        "anonymize": _("then made anonymous, so that nothing leads back to you"),
        "fields": _("then these details are erased: %(fields)s", fields=names),
        "announce": _("then whoever keeps them is told to delete them"),
    }
    return str(told[rule.action])


def _is_discarded(rule: RetentionRule) -> bool:
    return rule.action == "erase" and rule.counted_from == "occurred" and rule.term == Term(0, 0)


def everything() -> dict[str, Any]:
    """Return all of it for a template."""
    named = (sources, kinds)
    functions = (category, kept, becomes)
    return {one.__name__: one() for one in named} | {one.__name__: one for one in functions}
