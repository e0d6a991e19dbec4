"""What the person is told of a decision, in the person's language (GDPR Art. 12(4), si-18, ws-07).

Composed from what is recorded whenever it is read: the same facts give the same letter. It names
the ground with its article, the reasons, the authority and the time limit for a complaint.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_currency
from babel.support import NullTranslations, Translations

from crm_service.pages.languages import SOURCE, supported
from crm_service.pages.texts import chosen
from crm_service.policies.document import Policy
from crm_service.policies.rights import NO_ARTICLE, Period
from crm_service.rights import accounts
from crm_service.rights.deadlines import WorkCalendar
from crm_service.rights.models import RightsRequest

_CATALOGS = Path(__file__).parent / "translations"


@dataclass(frozen=True)
class Letter:
    """A decision as the person reads it."""

    language: str
    subject: str
    text: str


def language(policy: Policy, wanted: Sequence[str | None]) -> str:
    """Return the first wanted language that we write and the policy speaks, else its own."""
    spoken = {supported(code) for code in policy.languages}
    for code in wanted:
        found = supported(code)
        if found is not None and found in spoken:
            return found
    return supported(policy.default_language) or SOURCE


def write(policy: Policy, request: RightsRequest, *, reasons: str | None = None) -> Letter | None:
    """Return the letter of a decided request under the policy it was judged by; None before.

    ``reasons``: those of a decision by which the person was erased, and they with the person.
    """
    if request.outcome is None or request.decided_at is None:
        return None
    return Letter(
        language=request.language,
        subject=_subject(request),
        text="\n\n".join(_paragraphs(policy, request, request.reasons or reasons)),
    )


def write_fee(policy: Policy, request: RightsRequest) -> Letter | None:
    """Return what the person is told of a fee (GDPR Art. 12(5)); None where none was asked."""
    if request.fee_asked_at is None:
        return None
    return Letter(
        language=request.language,
        subject=_subject(request),
        text="\n\n".join(_fee_paragraphs(policy, request)),
    )


@cache
def catalog(code: str) -> NullTranslations:
    """Return what this room says in a language."""
    return Translations.load(str(_CATALOGS), [code], "messages")


def _subject(request: RightsRequest) -> str:
    _ = catalog(request.language).gettext
    subjects = {
        "access": _("Your request for a copy of your data"),
        "rectification": _("Your request to correct your data"),
        "erasure": _("Your request to erase your data"),
        "restriction": _("Your request to restrict the processing of your data"),
        "objection": _("Your objection to the processing of your data"),
        "portability": _("Your request to hand over your data"),
        "withdrawal": _("Your withdrawal of consent"),
    }
    return subjects[request.kind]


def _paragraphs(policy: Policy, request: RightsRequest, reasons: str | None) -> Iterator[str]:
    _ = catalog(request.language).gettext
    received_on = WorkCalendar.of(policy).day_of(request.received_at)
    yield policy.controller_name
    yield _subject(request)
    yield _("Received on %(date)s.") % {"date": _date(received_on, request.language)}
    yield _outcome(request)
    if request.refusal_ground is not None:
        yield _ground(policy, request)
    if reasons:
        yield _("Reasons: %(reasons)s") % {"reasons": reasons}
    if request.certificate:
        yield from accounts.of_erasure(request.certificate, _, request.language)
    if request.fee_outcome is not None:
        yield _fee_outcome(request)
    yield _complaint(policy, request.language)
    yield _("You may also turn to a court (GDPR Art. 79).")


def _fee_paragraphs(policy: Policy, request: RightsRequest) -> Iterator[str]:
    _ = catalog(request.language).gettext
    received_on = WorkCalendar.of(policy).day_of(request.received_at)
    yield policy.controller_name
    yield _subject(request)
    yield _("Received on %(date)s.") % {"date": _date(received_on, request.language)}
    facts = {"amount": _fee(request)}
    yield (
        _(
            "We ask a fee of %(amount)s for it, because it is manifestly unfounded or excessive "
            "(GDPR Art. 12(5)). Until it is paid we do not do what you asked for."
        )
        % facts
    )
    if request.fee_reasons:
        yield _("Reasons: %(reasons)s") % {"reasons": request.fee_reasons}
    turn = {"sender": policy.controller_name}
    yield (
        _(
            "To pay it, or if you disagree, turn to %(sender)s. You may also take the request "
            "back; then you owe nothing."
        )
        % turn
    )
    yield _complaint(policy, request.language)
    yield _("You may also turn to a court (GDPR Art. 79).")


def _fee_outcome(request: RightsRequest) -> str:
    _ = catalog(request.language).gettext
    outcomes = {
        "paid": _("You paid a fee of %(amount)s for it (GDPR Art. 12(5))."),
        "waived": _("You need not pay the fee of %(amount)s that we asked for it."),
    }
    return outcomes[request.fee_outcome or ""] % {"amount": _fee(request)}


def _fee(request: RightsRequest) -> str:
    amount, currency = Decimal(request.fee_amount or "0"), request.fee_currency or ""
    return str(format_currency(amount, currency, locale=request.language))


def _outcome(request: RightsRequest) -> str:
    _ = catalog(request.language).gettext
    outcomes = {
        "granted": _("We have done what you asked for."),
        "partly_granted": _("We have done a part of what you asked for."),
        "refused": _("We cannot do what you asked for."),
        "retracted": _("You took your request back; we have done nothing further."),
    }
    return outcomes[request.outcome or ""]


def _ground(policy: Policy, request: RightsRequest) -> str:
    _ = catalog(request.language).gettext
    slug = request.refusal_ground or ""
    facts = {"ground": ground(policy, slug, request.language)}
    article = policy.rights.refusals[slug].article
    if article == NO_ARTICLE:
        return _("Ground: %(ground)s (our privacy policy).") % facts
    return _("Ground: %(ground)s (GDPR Art. %(article)s).") % {**facts, "article": article}


def ground(policy: Policy, slug: str, code: str) -> str:
    """Return how a ground of refusal is told in a language, also one that the policy had before."""
    stated = policy.rights.refusals.get(slug)
    said = chosen(stated.text, code, policy.default_language) if stated else None
    return said.text if said else _usual(slug, code)


def _usual(slug: str, code: str) -> str:
    """Return how the law's own grounds are told, where the policy has no words for them."""
    _ = catalog(code).gettext
    texts = {
        "not_identifiable": _("the person who asks cannot be identified"),
        "unfounded_or_excessive": _("the request is manifestly unfounded or excessive"),
        "rights_of_others": _("a copy would adversely affect the rights of others"),
        "freedom_of_expression": _("the data are needed for freedom of expression"),
        "legal_obligation": _("the law requires the data to be kept"),
        "public_health": _("the data are needed for public health"),
        "archiving_or_research": _("the data are needed for archiving, research or statistics"),
        "legal_claims": _("the data are needed for legal claims"),
        "compelling_grounds": _("there are compelling legitimate grounds for the processing"),
    }
    return texts.get(slug, slug.replace("_", " "))


def _complaint(policy: Policy, code: str) -> str:
    _ = catalog(code).gettext
    facts = {"authority": policy.authority.name, "url": policy.authority.url}
    limit = policy.rights.complaint_within
    told = _("If you disagree, you may complain to %(authority)s, %(url)s.") % facts
    if limit is None:
        return told
    until = _("Time limit for the complaint: %(period)s.") % {"period": period(limit, code)}
    return f"{told} {until}"


def period(stated: Period, code: str) -> str:
    """Return a period in words: 15 days, 7 working days, 1 month."""
    ngettext = catalog(code).ngettext
    texts = {
        "days": ngettext("%(num)d day", "%(num)d days", stated.count),
        "working_days": ngettext("%(num)d working day", "%(num)d working days", stated.count),
        "months": ngettext("%(num)d month", "%(num)d months", stated.count),
    }
    return texts[stated.unit] % {"num": stated.count}


def _date(day: object, code: str) -> str:
    return format_date(day, format="long", locale=code)  # type: ignore[arg-type]  # a date
