"""What codes of a policy are called on a page, in the language that is spoken there."""

from collections.abc import Sequence
from typing import Any

from flask_babel import get_locale, gettext, ngettext

from crm_service.policies.document import BasisRule
from crm_service.policies.rights import Period
from crm_service.policies.terms import parse_period
from crm_service.rights import keeping

_ = gettext


def bases() -> dict[str, str]:
    """Return the legal bases with their articles."""
    return {
        "consent": _("your consent (GDPR Art. 6(1)(a))"),
        "contract": _("a contract with you (GDPR Art. 6(1)(b))"),
        "legal_obligation": _("a legal obligation (GDPR Art. 6(1)(c))"),
        "vital_interests": _("vital interests (GDPR Art. 6(1)(d))"),
        "public_task": _("a task in the public interest (GDPR Art. 6(1)(e))"),
        "legitimate_interests": _("legitimate interests (GDPR Art. 6(1)(f))"),
        "soft_opt_in": _("an earlier purchase of something similar (ePrivacy Directive 13(2))"),
    }


def channels() -> dict[str, str]:
    """Return the ways on which messages go out."""
    return {
        "email": _("e-mail"),
        "sms": _("text message"),
        "phone": _("telephone"),
        "post": _("post"),
        "ads_facebook": _("advertising on Facebook"),
        "ads_instagram": _("advertising on Instagram"),
        "ads_google": _("advertising on Google"),
    }


def fields() -> dict[str, str]:
    """Return what may be known about a person."""
    return {
        "email": _("e-mail address"),
        "phone": _("telephone number"),
        "first_name": _("first name"),
        "last_name": _("last name"),
        "company": _("company"),
        "street": _("street"),
        "postal_code": _("postal code"),
        "city": _("city"),
        "country": _("country"),
        "language": _("language"),
        "external_id": _("customer number"),
        "notes": _("notes on the relationship"),
    }


def rights() -> dict[str, str]:
    """Return what a person may ask for."""
    return {
        "access": _("a copy of your data"),
        "rectification": _("correction of your data"),
        "erasure": _("erasure of your data"),
        "restriction": _("restriction of the processing"),
        "objection": _("objection to marketing"),
        "portability": _("your data to take elsewhere"),
        "withdrawal": _("withdrawal of consent"),
    }


def roles() -> dict[str, str]:
    """Return what a recipient of data is."""
    return {
        "processor": _("works on our behalf"),
        "controller": _("decides for itself"),
        "joint_controller": _("decides together with us"),
        "authority": _("public authority"),
    }


def statuses() -> dict[str, str]:
    """Return how far a request has come."""
    return {
        "received": _("received"),
        "identity": _("waiting for proof of who you are"),
        "in_progress": _("being worked on"),
        "decided": _("decided"),
        "closed": _("closed"),
    }


def within(due: Period) -> str:
    """Return a period in words: 15 days, 7 working days, 1 month."""
    texts = {
        "days": ngettext("%(num)d day", "%(num)d days", due.count),
        "working_days": ngettext("%(num)d working day", "%(num)d working days", due.count),
        "months": ngettext("%(num)d month", "%(num)d months", due.count),
    }
    return str(texts[due.unit])


def term(rule: BasisRule, *, can_be_left: bool) -> str:
    """Return how long a basis carries, in words."""
    if rule.term is None and can_be_left:
        return str(_("until you leave, or it is no longer needed"))
    if rule.term is None:
        return str(_("as long as it is needed"))
    told = length(rule.term)
    if rule.term_from == "added_at":
        return str(_("%(term)s from the day on which we added you", term=told))
    return str(_("%(term)s from the day on which it began", term=told))


def length(period: str) -> str:
    """Return an ISO 8601 period in words."""
    return keeping.length(parse_period(period))


def country(code: str) -> str:
    """Return the name of a country."""
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


def everything() -> dict[str, Any]:
    """Return all of it for a template."""
    named = (bases, channels, fields, rights, roles, statuses)
    functions: Sequence[Any] = (within, term, length, country)
    told = {one.__name__: one() for one in named} | {one.__name__: one for one in functions}
    return told | keeping.everything()
