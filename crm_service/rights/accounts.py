"""What a person is told of their erasure: what went, what stays and why (GDPR Art. 12, 17, 19)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from babel.dates import format_date

from crm_service.rights.certificates import HELD_BY

Say = Callable[[str], str]


def of_erasure(certificate: Mapping[str, Any], _: Say, language: str) -> Iterator[str]:
    """Yield the paragraphs in the ``language`` that ``_`` speaks."""
    yield from _held(certificate, _, language) if certificate["holds"] else _erased(certificate, _)
    yield from _kept(certificate, _)
    if not certificate["recipients"]:
        return
    if certificate["holds"]:
        yield _("We tell those to whom your data went that the use of them is restricted.")
    else:
        yield _(
            "We tell those to whom your data went to erase them as well, until each has confirmed."
        )


def _erased(certificate: Mapping[str, Any], _: Say) -> Iterator[str]:
    erased = {
        "contact": _("your contact data"),
        "national_id": _("your identification number"),
        "permissions": _("the evidence of what you agreed to and refused"),
        "engagement": _("what became of our messages to you"),
        "interactions": _("calls, notes and other dealings with you"),
        "requests": _("what was written in your requests"),
    }
    told = [text for one in certificate["erased"] if (text := erased.get(one["category"]))]
    if told:
        yield _("We have erased: %(data)s, and whatever else named you.") % {
            "data": ", ".join(told)
        }


def _held(certificate: Mapping[str, Any], _: Say, language: str) -> Iterator[str]:
    """Yield what is not erased: nobody is told that data went which a hold keeps (Art. 17(3))."""
    for hold in certificate["holds"]:
        # Certificates once said a hold without its article.
        facts = {"law": hold["law"], "article": hold.get("article", HELD_BY[hold["kind"]])}
        told = {
            "dispute": _(
                "We have not erased your data, because they are needed for legal claims in a "
                "dispute (GDPR Art. %(article)s)."
            ),
            "statutory": _(
                "We have not erased your data, because a law demands that they are kept: %(law)s "
                "(GDPR Art. %(article)s)."
            ),
        }
        yield told[hold["kind"]] % facts
        if hold["held_until"]:
            day = format_date(date.fromisoformat(hold["held_until"]), "long", locale=language)
            yield _("They are kept for that until %(date)s.") % {"date": day}
    yield _(
        "Meanwhile they are stored and used for nothing else, and no marketing is sent to you "
        "(GDPR Art. 18(2), 21(3))."
    )


def _kept(certificate: Mapping[str, Any], _: Say) -> Iterator[str]:
    why = {
        "compared_with_so_that_nothing_is_sent": _(
            "We keep a code made from your address, which only serves to compare, so that you are "
            "not written to again (GDPR Art. %(article)s)."
        ),
        "proves_consents_and_refusals_without_evidence": _(
            "We keep when consents were given and taken back, without their contents, to prove "
            "that the law was kept (GDPR Art. %(article)s)."
        ),
        "proves_that_it_was_decided_in_time": _(
            "We keep that you asked, and how we decided (GDPR Art. %(article)s)."
        ),
    }
    for one in certificate["kept"]:
        if one["why"] in why:
            yield why[one["why"]] % {"article": one["article"]}
