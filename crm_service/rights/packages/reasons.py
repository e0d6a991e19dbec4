"""Why something was done or left undone, in words, for the readable document of a package."""

from collections.abc import Mapping

from flask_babel import gettext

_ = gettext

Codes = Mapping[str, str]


def causes() -> Codes:
    """Return of what a recipient is told."""
    return {
        "rectification": _("correction of your data"),
        "erasure": _("erasure of your data"),
        "restriction": _("restriction of the processing"),
        "restriction_lifted": _("end of the restriction"),
    }


def endings() -> Codes:
    """Return how a dispute ended."""
    return {
        "judgment": _("judgment"),
        "arbitration": _("arbitration"),
        "court_settlement": _("settlement in court"),
        "amicable_settlement": _("settlement without a court"),
    }


def exceptions() -> Codes:
    """Return what lets restricted or stopped data be used all the same (GDPR Art. 18(2))."""
    return {
        "legal_claims": _("legal claims"),
        "rights_of_others": _("the rights of another person"),
        "public_interest": _("an important public interest"),
    }


def exemptions() -> Codes:
    """Return why somebody need not be told (GDPR Art. 14(5))."""
    return {
        "has_information": _("you know it already"),
        "impossible_or_disproportionate": _("telling you is impossible or disproportionate"),
        "laid_down_by_law": _("a law lays it down"),
        "professional_secrecy": _("professional secrecy"),
    }


def of_disclosures() -> Codes:
    """Return what a disclosure rests on."""
    return {
        "consent": _("your consent"),
        "agreement": _("an agreement with you"),
        "legal_duty": _("a legal duty"),
        "legal_right": _("a right of the recipient by law"),
        "malicious_intent": _("malicious intent"),
        "processor": _("works on our behalf"),
    }


def of_requests() -> Codes:
    """Return what a request rests on (GDPR Art. 16, 17(1))."""
    return {
        "wrong": _("the data are wrong"),
        "incomplete": _("the data are incomplete"),
        "unlawful": _("the processing is unlawful"),
        "no_longer_needed": _("the data are needed no longer"),
        "consent_withdrawn": _("you took your consent back"),
        "marketing_objected": _("you object to marketing"),
        "objection_upheld": _("your objection is justified"),
        "legally_required": _("a law demands it"),
    }


def of_blocks() -> Codes:
    """Return why nothing is sent to an address."""
    return {
        "unsubscribe": _("you left"),
        "objection": _("you objected"),
        "complaint": _("you reported a message as unwanted"),
        "hard_bounce": _("messages come back"),
        "invalid": _("there is no such address"),
        "erasure": _("your data were erased"),
        "manual": _("entered by our staff"),
        "import": _("from a list of ours"),
        "pause": _("you wanted a pause"),
    }


def of_leaving() -> Codes:
    """Return why somebody left, as the page for leaving asks it."""
    return {
        "too_many": _("Too many messages"),
        "not_relevant": _("They do not interest me"),
        "never_asked": _("I never asked for them"),
        "no_longer_needed": _("I no longer need them"),
        "other": _("Another reason"),
    }


def of_restrictions() -> Codes:
    """Return why data are restricted, or were used all the same."""
    return {
        "rights_request": _("your request"),
        "review": _("a review of ours"),
        "operator": _("our staff"),
        "restricted": _("the data are restricted"),
        "processing_stopped": _("you took your consent back or objected"),
    }
